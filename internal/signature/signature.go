// Package signature finds what somebody writes under every mail, by comparing that person's mails.
//
// In come texts, out comes the block of lines that most of them share, or the line of a text where
// that block begins. Nothing in a text says so: signatures are known by being repeated.
package signature

import (
	"slices"
	"strings"

	"postroom/internal/richtext"
)

const (
	minLines = 5  // fewer in common are chance, such as a salutation
	maxLines = 10 // more say nothing more

	// A signature is stored with its user. What is longer is a disclaimer, or no signature at all.
	maxLength = 4000 // bytes

	// comparedLines bounds what one comparison costs: its square in steps and in bytes, twice.
	comparedLines = 1000
)

// caution begins what gateways put above mail from outside: it is repeated, and nobody's signature.
const caution = "CAUTION:"

// Text is what a reader sees of a body, one line a line.
func Text(contentType, body string) string {
	if contentType == "text/html" {
		return richtext.PlainText(body)
	}
	return body
}

// Find returns the lines that neighbours among texts have in common, those of most neighbours if
// there are several; empty: there are none. Texts are in the order of their times, either way.
func Find(texts []string) string {
	count, best := map[string]int{}, ""
	for i := 1; i < len(texts); i++ {
		candidate := shared(linesOf(texts[i-1]), linesOf(texts[i]))
		if candidate == "" {
			continue
		}
		if count[candidate]++; count[candidate] > count[best] {
			best = candidate
		}
	}
	return best
}

// Line returns in which line of a text, counted from 1, a signature begins; 0: it isn't there.
func Line(text, signature string) int {
	if signature == "" {
		return 0
	}
	lines, wanted := linesOf(text), linesOf(signature)
	for i := 0; i+len(wanted) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(wanted)], wanted) {
			return i + 1
		}
	}
	return 0
}

func linesOf(text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines
}

// shared returns the first lines that two texts have in common, where a comparison shows enough of
// them in a row. Of two texts that are the same nobody can tell which part is the signature.
func shared(a, b []string) string {
	if slices.Equal(a, b) {
		return ""
	}
	a, b = a[:min(len(a), comparedLines)], b[:min(len(b), comparedLines)]
	run := firstRun(a, b)
	text := strings.Join(run[:min(len(run), maxLines)], "\n")
	if strings.TrimSpace(text) == "" || len(text) > maxLength || strings.Contains(text, caution) {
		return ""
	}
	return text
}

// firstRun returns the first lines that are unchanged between a and b and at least minLines in a
// row, as a comparison line by line shows them: one that keeps as many lines as can be.
func firstRun(a, b []string) []string {
	if len(a) < minLines || len(b) < minLines {
		return nil
	}
	kept := longestKept(a, b)
	i, j, run := 0, 0, 0
	for i < len(a) && j < len(b) {
		if a[i] == b[j] {
			i, j, run = i+1, j+1, run+1
			continue
		}
		if run >= minLines {
			break
		}
		run = 0
		if kept[i+1][j] >= kept[i][j+1] {
			i++
		} else {
			j++
		}
	}
	if run < minLines {
		return nil
	}
	return a[i-run : i]
}

// longestKept tells for every pair of positions how many lines can be kept of what follows them.
func longestKept(a, b []string) [][]uint16 {
	kept := make([][]uint16, len(a)+1)
	cells := make([]uint16, (len(a)+1)*(len(b)+1))
	for i := range kept {
		kept[i] = cells[i*(len(b)+1) : (i+1)*(len(b)+1)]
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				kept[i][j] = kept[i+1][j+1] + 1
			} else {
				kept[i][j] = max(kept[i+1][j], kept[i][j+1])
			}
		}
	}
	return kept
}
