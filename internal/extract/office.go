package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Bounds on what an archive may unpack to. A page of text is some kilobytes, with its markup ten
// times as much.
const (
	maxUnpacked = 32 << 20 // bytes of all parts together
	maxParts    = 10_000   // of an archive
	maxDepth    = 1000     // of nested elements
)

// parts are where the text is, by how the name of a part begins.
var parts = []string{
	"content.xml", // OpenDocument
	"word/document", "word/header", "word/footer", "word/footnotes", "word/endnotes", "word/comments",
	"xl/sharedStrings", "xl/worksheets/", "xl/comments",
	"ppt/slides/slide", "ppt/notesSlides/",
}

// officeText reads the parts of an Office Open XML or OpenDocument file that hold text.
func officeText(data []byte) (string, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if len(archive.File) > maxParts {
		return "", fmt.Errorf("%w: %d parts", ErrBroken, len(archive.File))
	}
	chosen := slices.DeleteFunc(slices.Clone(archive.File), func(f *zip.File) bool { return !holdsText(f.Name) })
	if len(chosen) == 0 {
		return "", fmt.Errorf("%w: no part holds text", ErrBroken)
	}
	slices.SortFunc(chosen, func(a, b *zip.File) int { // slide2 before slide10
		return compareParts(a.Name, b.Name)
	})
	w := &words{left: maxUnpacked}
	for _, f := range chosen {
		err := w.part(f)
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("%w: part %q: %w", ErrBroken, f.Name, err)
		}
	}
	return w.text.String(), nil
}

func holdsText(name string) bool {
	return path.Ext(name) == ".xml" && slices.ContainsFunc(parts, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

func compareParts(a, b string) int {
	if path.Dir(a) == path.Dir(b) && len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// words collects what stands in parts.
type words struct {
	text strings.Builder
	left int64 // bytes that may still be unpacked
}

// errEnough says that the text is as long as it may be.
var errEnough = errors.New("enough text")

func (w *words) part(f *zip.File) error {
	unpacked, err := f.Open()
	if err != nil {
		return err
	}
	defer unpacked.Close()
	limited := &io.LimitedReader{R: unpacked, N: w.left}
	defer func() { w.left = limited.N }()
	d := xml.NewDecoder(limited)
	d.Strict = false
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("these files are UTF-8") }
	sheet := strings.HasPrefix(f.Name, "xl/worksheets/")
	depth, shown := 0, !sheet && f.Name != ""
	for {
		token, err := d.RawToken() // knows no entities but the five: nothing can grow
		switch {
		case limited.N <= 0:
			return errors.New("it unpacks to too much")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errors.New("it is nested too deeply")
			}
			if sheet { // numbers of strings are no words; inline strings are
				shown = t.Name.Local == "t"
			}
			w.start(t.Name.Local)
		case xml.EndElement:
			depth--
			if sheet {
				shown = false
			}
			w.end(t.Name.Local)
		case xml.CharData:
			if shown {
				w.text.Write(t)
			}
			if w.text.Len() > MaxText {
				return errEnough
			}
		}
	}
}

func (w *words) start(name string) {
	switch name {
	case "tab", "s", "br", "line-break":
		w.text.WriteByte(' ')
	}
}

// end separates what ends: paragraphs, cells, strings.
func (w *words) end(name string) {
	switch name {
	case "p", "h", "si", "is", "row", "tr", "table-row":
		w.text.WriteByte('\n')
	case "tc", "table-cell", "c":
		w.text.WriteByte(' ')
	}
}
