package channels_test

import (
	"slices"
	"testing"

	"postroom/channels"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                   nil,
		"  \n ":              nil,
		"short":              {"short"},
		"exactly 10":         {"exactly 10"},
		"one two three four": {"one two", "three four"},
		"one\ntwothreefour":  {"one\ntwothr", "eefour"},
		"abcdefghijklmno":    {"abcdefghij", "klmno"},
		"äöüäöüäöü äöü":      {"äöüäöüäöü", "äöü"},
	} {
		if got := channels.Pieces(text, 10); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		var one []string
		for piece, rest := channels.Piece(text, 10); piece != ""; piece, rest = channels.Piece(rest, 10) {
			one = append(one, piece)
		}
		if !slices.Equal(one, want) {
			t.Errorf("%q, one after the other: %q, want %q", text, one, want)
		}
	}
}

func TestEnding(t *testing.T) {
	t.Parallel()
	for media, want := range map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "Text/Plain; charset=utf-8": ".txt", "text/html": ".html",
		"text/vcard": ".vcf", "text/x-vcard": ".vcf", "audio/amr": ".amr", "audio/ogg; codecs=opus": ".ogg",
		"video/quicktime": ".mov", "application/pdf": ".pdf", "application/x-nobody-knows": "", "": "",
	} {
		if got := channels.Ending(media); got != want {
			t.Errorf("%q: %q, want %q", media, got, want)
		}
	}
}
