package extract_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"postroom/internal/extract"
)

// alone makes the test binary the process that reads PDFs.
const alone = "POSTROOM_TEST_ALONE"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == alone {
		if err := extract.Alone(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func extractor(t *testing.T) *extract.Extractor {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return extract.New(self, alone)
}

// archive makes a zip file of parts.
func archive(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, text := range parts {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// pdf makes a file with a page that says a text.
func pdf(stream string) []byte {
	var file bytes.Buffer
	var offsets []int
	object := func(text string) {
		offsets = append(offsets, file.Len())
		fmt.Fprintf(&file, "%d 0 obj\n%s\nendobj\n", len(offsets), text)
	}
	file.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(stream), stream))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	start := file.Len()
	fmt.Fprintf(&file, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&file, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&file, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return file.Bytes()
}

func TestTextOfFiles(t *testing.T) {
	t.Parallel()
	e := extractor(t)
	word := archive(t, map[string]string{
		"[Content_Types].xml": "<Types/>",
		"word/document.xml":   `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Order</w:t></w:r><w:r><w:t xml:space="preserve"> 4711</w:t></w:r></w:p><w:p><w:r><w:t>due &amp; paid</w:t></w:r></w:p></w:body></w:document>`,
		"word/settings.xml":   `<w:settings xmlns:w="w">secret</w:settings>`,
	})
	sheet := archive(t, map[string]string{
		"xl/sharedStrings.xml":     `<sst><si><t>Espresso</t></si><si><t>Lungo</t></si></sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>Ristretto</t></is></c></row></worksheet>`,
	})
	for _, tc := range []struct {
		name, kind string
		data       []byte
		want       string
	}{
		{"note.txt", "", []byte("Grüße\n"), "Grüße"},
		{"latin.txt", "text/plain; charset=iso-8859-1", []byte("Gr\xfc\xdfe"), "Grüße"},
		{"page.html", "", []byte("<style>p{}</style><p>Hello <b>you</b></p>"), "Hello you"},
		{"noname", "text/html; charset=utf-8", []byte("<p>by its type</p>"), "by its type"},
		{"order.docx", "", word, "Order 4711\ndue & paid"},
		{"drinks.xlsx", "", sheet, "Espresso\nLungo\nRistretto"},
		{"talk.pptx", "", archive(t, map[string]string{"ppt/slides/slide10.xml": `<a:p><a:t>last</a:t></a:p>`, "ppt/slides/slide2.xml": `<a:p><a:t>first</a:t></a:p>`}), "first\nlast"},
		{"letter.odt", "", archive(t, map[string]string{"content.xml": `<office:text><text:p>Dear<text:s/>Anna</text:p><text:h>Bill</text:h></office:text>`}), "Dear Anna\nBill"},
		{"bill.pdf", "", pdf("BT /F1 12 Tf 72 700 Td (Invoice 4711) Tj ET"), "Invoice 4711"},
		{"photo.png", "image/png", []byte("\x89PNG"), ""},
	} {
		got, err := e.Text(t.Context(), tc.name, tc.kind, tc.data)
		got = strings.Join(strings.Fields(strings.ReplaceAll(got, "\n", " | ")), " ")
		want := strings.ReplaceAll(tc.want, "\n", " | ")
		for strings.Contains(got, "| |") {
			got = strings.ReplaceAll(got, "| |", "|")
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", tc.name, got, err, want)
		}
	}
}

func TestHostileFilesHarmNobody(t *testing.T) {
	t.Parallel()
	e := extractor(t)
	zeros := strings.Repeat("A", 1<<20)
	bomb := archive(t, map[string]string{"word/document.xml": "<w:p><w:q a='" + strings.Repeat(zeros, 200) + "'/></w:p>"})
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes: it is none", len(bomb))
	}
	var parts bytes.Buffer
	w := zip.NewWriter(&parts)
	for n := range 20_000 {
		if _, err := w.Create(fmt.Sprintf("word/document%d.xml", n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	good := pdf("BT /F1 12 Tf 72 700 Td (Invoice) Tj ET")
	for _, tc := range []struct {
		name, file string
		data       []byte
	}{
		{"an archive that unpacks to 200 MB", "a.docx", bomb},
		{"an archive of many parts", "a.docx", parts.Bytes()},
		{"no archive at all", "a.xlsx", []byte("PK\x03\x04 but no more")},
		{"an archive without text", "a.odt", archive(t, map[string]string{"x": "y"})},
		{"elements in elements", "a.docx", archive(t, map[string]string{"word/document.xml": strings.Repeat("<a>", 1<<20)})},
		{"entities of entities", "a.docx", archive(t, map[string]string{"word/document.xml": `<!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "&b;&b;&b;&b;">]><w:t>&d;</w:t>`})},
		{"a PDF that ends early", "a.pdf", good[:len(good)/2]},
		{"a PDF of nothing", "a.pdf", []byte("%PDF-1.4\n")},
		{"a PDF whose pages are their own parents", "a.pdf", bytes.ReplaceAll(good, []byte("/Kids [3 0 R]"), []byte("/Kids [2 0 R]"))},
		{"a PDF whose stream unpacks to 400 MB", "a.pdf", pdfBomb(t)},
	} {
		before := allocated()
		began := time.Now()
		text, err := e.Text(t.Context(), tc.file, "", tc.data)
		if len(text) > extract.MaxText {
			t.Errorf("%s: a text of %d bytes", tc.name, len(text))
		}
		if err != nil && !errors.Is(err, extract.ErrBroken) {
			t.Errorf("%s: %v, want none or one that says that the file is broken", tc.name, err)
		}
		if grown := allocated() - before; grown > 150<<20 {
			t.Errorf("%s: %d MB were allocated here", tc.name, grown>>20)
		}
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("%s: took %s", tc.name, took)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// pdfBomb has a compressed page of nothing but spaces.
func pdfBomb(t *testing.T) []byte {
	t.Helper()
	var packed bytes.Buffer
	packed.Write([]byte{0x78, 0x9c}) // zlib
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("(AAAAAAAA) Tj "), 1<<16)
	for range 400 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	stream := packed.String()
	return bytes.Replace(pdf(stream), fmt.Appendf(nil, "<< /Length %d >>", len(stream)), fmt.Appendf(nil, "<< /Length %d /Filter /FlateDecode >>", len(stream)), 1)
}

func TestWhoStopsIsNotToldThatAFileIsBroken(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := extractor(t).Text(ctx, "a.pdf", "", pdf("BT ET")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
