// Package extract finds the words in files, so that people can search for them.
//
// In goes a file as somebody sent it, out comes its text. Files are hostile: what they unpack to is
// bounded, and the formats that are too intricate to trust a decoder with are read by a process of
// its own, which has little memory, little time, and nothing that it could harm.
package extract

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"postroom/internal/richtext"
)

// MaxText is how long a text can be, in bytes: what comes after is left out.
const MaxText = 1 << 20

// ErrBroken says that a file is not what it claims to be, or too much.
var ErrBroken = errors.New("the file can't be read")

// Extractor reads files.
type Extractor struct {
	command []string // runs Alone in a process of its own
}

// New returns an extractor. The command is a program, with its arguments, that does nothing but call
// Alone.
func New(command ...string) *Extractor { return &Extractor{command} }

type format int

const (
	unknown format = iota
	plain
	markup
	office // Office Open XML and OpenDocument
	pdf
)

var formats = map[string]format{
	".txt": plain, ".text": plain, ".csv": plain, ".tsv": plain, ".log": plain, ".md": plain, ".json": plain, ".xml": plain,
	".yml": plain, ".yaml": plain, ".ini": plain, ".conf": plain, ".ics": plain, ".vcf": plain, ".sql": plain,
	".htm": markup, ".html": markup, ".xhtml": markup, ".pdf": pdf,
	".docx": office, ".docm": office, ".dotx": office, ".xlsx": office, ".xlsm": office, ".pptx": office, ".pptm": office, ".ppsx": office,
	".odt": office, ".ott": office, ".ods": office, ".odp": office, ".odg": office,
}

var types = map[string]format{
	"text/html": markup, "application/xhtml+xml": markup, "application/pdf": pdf, "application/json": plain, "application/xml": plain,
}

func formatOf(name, contentType string) format {
	if known := formats[strings.ToLower(path.Ext(name))]; known != unknown {
		return known
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case types[kind] != unknown:
		return types[kind]
	case strings.HasPrefix(kind, "application/vnd.openxmlformats-officedocument."),
		strings.HasPrefix(kind, "application/vnd.oasis.opendocument."):
		return office
	case strings.HasPrefix(kind, "text/"):
		return plain
	}
	return unknown
}

// Reads reports whether there is a text to be found in a file of this name and type.
func Reads(name, contentType string) bool { return formatOf(name, contentType) != unknown }

// Text returns the text of a file; that of one which nobody reads is empty. A file that can't be
// read is ErrBroken; every other error may be gone at the next attempt.
func (e *Extractor) Text(ctx context.Context, name, contentType string, data []byte) (string, error) {
	var text string
	var err error
	switch formatOf(name, contentType) {
	case plain:
		text = decode(data, contentType)
	case markup:
		text = richtext.PlainText(decode(data, contentType))
	case office:
		text, err = officeText(data)
	case pdf:
		text, err = e.outside(ctx, data)
	}
	if err != nil {
		return "", fmt.Errorf("text of a file: %w", err)
	}
	return tidy(text), nil
}

// decode makes UTF-8 of a text.
func decode(data []byte, contentType string) string {
	data = data[:min(len(data), 4*MaxText)]
	if utf8.Valid(data) {
		return string(data)
	}
	encoding, _, _ := charset.DetermineEncoding(data, contentType)
	text, err := encoding.NewDecoder().Bytes(data)
	if err != nil {
		return string(data)
	}
	return string(text)
}

// tidy makes something of a text that can stand in a document, and in a database.
func tidy(text string) string {
	text = text[:min(len(text), MaxText)]
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	return strings.TrimSpace(text)
}
