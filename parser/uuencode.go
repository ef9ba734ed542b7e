package parser

import (
	"strings"
)

// maxFiles bounds the files that are taken out of one text.
const maxFiles = 100

// uuFile is a file that stood in a text itself, as mailers wrote it before there was MIME.
type uuFile struct {
	name string
	data []byte
}

// cutFiles takes the uuencoded files out of a text. What is not complete, or not quite the form, stays:
// people write "begin", too.
func cutFiles(text string) (rest string, files []uuFile) {
	if !strings.Contains(text, "begin ") {
		return text, nil
	}
	var kept strings.Builder
	for text != "" {
		line, behind := cutLine(text)
		name, begins := beginsFile(line)
		if begins && len(files) < maxFiles {
			if data, after, ok := readUU(behind); ok {
				files = append(files, uuFile{name, data})
				text = after
				continue
			}
		}
		kept.WriteString(text[:len(text)-len(behind)])
		text = behind
	}
	if files == nil {
		return kept.String(), nil
	}
	return strings.TrimRight(kept.String(), "\n") + "\n", files
}

// beginsFile reads "begin 644 name".
func beginsFile(line string) (name string, ok bool) {
	rest, found := strings.CutPrefix(line, "begin ")
	mode, name, spaced := strings.Cut(rest, " ")
	if !found || !spaced || len(mode) < 3 || len(mode) > 4 || strings.Trim(mode, "01234567") != "" {
		return "", false
	}
	name = strings.TrimSpace(name)
	return name, name != ""
}

// readUU reads up to "end". No line that begins another file is one of data, so texts of any length
// are read once.
func readUU(text string) (data []byte, rest string, ok bool) {
	for text != "" {
		var line string
		line, text = cutLine(text)
		if line == "end" {
			return data, text, true
		}
		if line == "" || line == "`" || line == " " {
			line, text = cutLine(text)
			return data, text, line == "end"
		}
		if !isUULine(line) {
			return nil, "", false
		}
		data = appendUULine(data, []byte(line))
	}
	return nil, "", false
}

// isUULine compares a line's length with the one it announces: blanks at its end may be lost, and
// some programs add a character to check it by.
func isUULine(line string) bool {
	if line[0] < ' ' || line[0] > '`' {
		return false
	}
	bytes := int(line[0]-' ') & 63
	want := 1 + (bytes+2)/3*4
	if len(line) > want+1 {
		return false
	}
	for i := range len(line) {
		if line[i] < ' ' || line[i] > '`' {
			return false
		}
	}
	return want-len(line) < 4
}

// cutLine takes the first line off a text of LF lines.
func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return line, rest
}
