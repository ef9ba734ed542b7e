// Package wording takes texts apart into the words by which they are found.
//
// The same rules hold for what is written into the index of words and for what is looked for in it:
// a word is a run of letters and digits, in lower case. Everything else is between words.
package wording

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest is how many characters of a word count. What is longer is no word that somebody types.
const Longest = 64

// Words yields the words of a text one after the other, the same as often as it occurs.
func Words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.FieldsFuncSeq(text, between) {
			if !yield(Fold(part)) {
				return
			}
		}
	}
}

// Fold is a word as it stands in the index.
func Fold(word string) string {
	if len(word) > Longest && utf8.RuneCountInString(word) > Longest {
		word = string([]rune(word)[:Longest])
	}
	return strings.ToLower(word)
}

func between(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }

// Piece is a word that is looked for, or a part of one.
type Piece struct {
	Like    string // pattern of LIKE for it
	Letters int    // how many of its characters are known, in a row
	Start   string // what is known of its beginning
	// Cut says that the word may go on before the piece, Open behind it: nothing in the pattern says
	// that it does not.
	Cut, Open bool
}

// Whole reports whether the piece is a word of which every character is known.
func (p Piece) Whole() bool { return !p.Cut && !p.Open && p.Start == p.Like }

// Pieces takes a pattern of LIKE apart into words, which all have to be found for the pattern to be.
// Its % and _ stand for parts of a word.
func Pieces(pattern string) []Piece {
	var all []Piece
	current := piece{cut: true}
	escaped := false
	for _, r := range pattern {
		switch {
		case r == '\\' && !escaped:
			escaped = true
			continue
		case !escaped && (r == '%' || r == '_'):
			current.wild(r)
		case between(r):
			all = current.addTo(all, false)
			current = piece{}
		default:
			current.letter(r)
		}
		escaped = false
	}
	return current.addTo(all, true)
}

// piece is a Piece that is being read.
type piece struct {
	like, start  strings.Builder
	run, longest int
	count        int
	wildcard     bool
	cut          bool
}

func (p *piece) wild(r rune) {
	p.wildcard, p.run = true, 0
	p.like.WriteRune(r)
}

func (p *piece) letter(r rune) {
	if p.count++; p.count > Longest {
		return // as in the index
	}
	lower := strings.ToLower(string(r))
	p.like.WriteString(lower)
	if !p.wildcard {
		p.start.WriteString(lower)
	}
	p.run++
	p.longest = max(p.longest, p.run)
}

func (p *piece) addTo(pieces []Piece, open bool) []Piece {
	if p.count == 0 {
		return pieces
	}
	return append(pieces, Piece{Like: p.like.String(), Letters: p.longest, Start: p.start.String(), Cut: p.cut, Open: open})
}
