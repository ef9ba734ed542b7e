// Package csvimport makes and changes records of one kind as the rows of a CSV file say.
//
// In goes the text of a file; out comes how many records were made and changed, and what was wrong,
// line by line. Where records are kept, and what may be in one, is for whoever runs the import.
package csvimport

import (
	"fmt"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// Kind says what the files of one kind of record look like.
type Kind struct {
	Class   string   // as clients know it: User
	Lookup  []string // columns by which a record is recognised, the surest first
	Columns []string // attributes and relations that a file may set
	Ignored []string // those that files bring along and that are passed over
	Several []string // columns whose cells may hold several values
	Locked  []int64  // records that no file changes
}

// Row is one record of a file. Attributes holds texts, and lists of texts for cells of several
// values; what the file says nothing about is not in it.
type Row struct {
	Line       int // counted from 1, the header and empty lines left out
	Attributes map[string]any
}

// Several separates the values of a cell.
const Several = "~~~"

// maxRows is how many records one file may hold. They are written in one transaction while
// whoever sent them waits.
const maxRows = 50_000

// fault refuses a file as a whole.
func fault(format string, args ...any) error {
	return &desk.InvalidError{Field: "data", Reason: fmt.Sprintf(format, args...)}
}

// Read reads a file whose first line names its columns. It returns a *desk.InvalidError for a file
// that can't be used at all.
func (k Kind) Read(data string, separator rune) ([]Row, error) {
	data = strings.TrimPrefix(text(data), "\uFEFF")
	if strings.TrimSpace(data) == "" {
		return nil, fault("Unable to parse empty file/string for %s.", k.Class)
	}
	lines, err := split(data, separator)
	if err != nil {
		return nil, fault("Unable to parse file/string for %s: %v.", k.Class, err)
	}
	header := names(lines[0])
	if !slices.ContainsFunc(header, func(name string) bool { return name != "" }) {
		return nil, fault("Unable to parse file/string without header for %s.", k.Class)
	}
	if !slices.ContainsFunc(k.Lookup, func(name string) bool { return slices.Contains(header, name) }) {
		return nil, fault("No lookup column like %s for %s found.", strings.Join(k.Lookup, ","), k.Class)
	}
	rows := k.rows(header, lines[1:])
	switch {
	case len(rows) == 0:
		return nil, fault("No records found in file/string for %s.", k.Class)
	case len(rows) > maxRows:
		return nil, fault("More than %d records found in file/string for %s.", maxRows, k.Class)
	}
	return rows, nil
}

// names are the columns that a header names.
func names(header []cell) []string {
	all := make([]string, len(header))
	for i, c := range header {
		all[i] = strings.ToLower(strings.TrimSpace(c.text))
	}
	return all
}

func (k Kind) rows(header []string, lines [][]cell) []Row {
	var rows []Row
	for _, line := range lines {
		attributes := map[string]any{}
		for i, c := range line {
			if i >= len(header) || header[i] == "" || slices.Contains(k.Ignored, header[i]) {
				continue
			}
			if value, given := c.value(slices.Contains(k.Several, header[i])); given {
				attributes[header[i]] = value
			}
		}
		if len(attributes) > 0 {
			rows = append(rows, Row{Line: len(rows) + 1, Attributes: attributes})
		}
	}
	return rows
}

// value is what a cell says. An empty one says nothing, unless it is in quotes.
func (c cell) value(maySeveral bool) (value any, given bool) {
	switch {
	case c.quoted && c.text == "":
		return "", true
	case c.text == "":
		return nil, false
	case maySeveral && strings.Contains(c.text, Several):
		var list []any
		for part := range strings.SplitSeq(c.text, Several) {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		return list, true
	}
	return c.text, true
}
