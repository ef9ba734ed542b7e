package csvimport

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// cell is one value of a line. encoding/csv can't tell an empty cell from one with nothing between
// its quotes, which is why it is not used here.
type cell struct {
	text   string
	quoted bool
}

// text is a file as UTF-8. Spreadsheet programs write Windows-1252 where they don't write that.
func text(data string) string {
	if !utf8.ValidString(data) {
		if decoded, err := charmap.Windows1252.NewDecoder().String(data); err == nil {
			data = decoded
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(data, "\uFFFD"), "\x00", "")
}

// split cuts a file into lines of cells, as RFC 4180 says: a cell in quotes may hold separators,
// line breaks, and quotes that are doubled. What stands around the quotes is dropped if it is
// blank.
func split(data string, separator rune) ([][]cell, error) {
	s := splitter{data: data, separator: string(separator), line: 1}
	var lines [][]cell
	for s.data != "" {
		line, err := s.cells()
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// splitter is what is left of a file.
type splitter struct {
	data      string
	separator string
	line      int // of the file, for errors
}

// cells takes one line.
func (s *splitter) cells() ([]cell, error) {
	var cells []cell
	for {
		c, err := s.cell()
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
		switch {
		case strings.HasPrefix(s.data, s.separator):
			s.data = s.data[len(s.separator):]
		case strings.HasPrefix(s.data, "\r\n"):
			s.data = s.data[2:]
			s.line++
			return cells, nil
		default: // one line break, or the end
			s.data = s.data[min(1, len(s.data)):]
			s.line++
			return cells, nil
		}
	}
}

// cell takes one cell and leaves what ends it.
func (s *splitter) cell() (cell, error) {
	blank := len(s.data) - len(strings.TrimLeft(s.data, s.blanks()))
	if !strings.HasPrefix(s.data[blank:], `"`) {
		plain := s.until()
		return cell{text: strings.TrimSpace(plain)}, nil
	}
	start := s.line
	s.data = s.data[blank+1:]
	var inside strings.Builder
	for {
		quote := strings.IndexByte(s.data, '"')
		if quote < 0 {
			return cell{}, fmt.Errorf("the quotes that begin in line %d have no end", start)
		}
		s.line += strings.Count(s.data[:quote], "\n")
		inside.WriteString(s.data[:quote])
		s.data = s.data[quote+1:]
		if !strings.HasPrefix(s.data, `"`) {
			break
		}
		inside.WriteByte('"')
		s.data = s.data[1:]
	}
	if strings.TrimSpace(s.until()) != "" {
		return cell{}, fmt.Errorf("text follows the quotes in line %d", s.line)
	}
	return cell{text: inside.String(), quoted: true}, nil
}

// blanks may stand before quotes, unless they separate cells.
func (s *splitter) blanks() string { return strings.ReplaceAll(" \t", s.separator, "") }

// until takes what stands before the end of a cell.
func (s *splitter) until() string {
	end := strings.IndexAny(s.data, "\r\n"+s.separator)
	if end < 0 {
		end = len(s.data)
	}
	taken := s.data[:end]
	s.data = s.data[end:]
	return taken
}
