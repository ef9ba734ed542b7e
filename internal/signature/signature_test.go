package signature_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/internal/signature"
)

const (
	eve   = "\n--\nEve Adams\nBuilding 7\nExample Street 1\n12345 Berlin\n"
	adams = "\n--\nE. Adams\nNew Building\nOther Road 2\n20095 Hamburg\n"
)

func TestSignaturesAreWhatMailsShare(t *testing.T) {
	t.Parallel()
	ten := strings.Join(numbered(10), "\n")
	for _, tc := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"no mail", nil, ""},
		{"one mail", []string{"hello" + eve}, ""},
		{"two mails", []string{"the printer" + eve, "my mouse\nis dead" + eve}, "\n--\nEve Adams\nBuilding 7\nExample Street 1\n12345 Berlin\n"[1:]},
		{"nothing in common", []string{"a\nb\nc\nd\ne\nf", "g\nh\ni\nj\nk\nl"}, ""},
		{"four lines are too few", []string{"x\n1\n2\n3\n4", "y\n1\n2\n3\n4"}, ""},
		{"five are enough", []string{"x\n1\n2\n3\n4\n5", "y\n1\n2\n3\n4\n5"}, "1\n2\n3\n4\n5"},
		{"five with another between them are not", []string{"x\n1\n2\n3\n4\n5", "y\n1\n2\nz\n3\n4\n5"}, ""},
		{"ten of many", []string{"x\n" + ten + "\n11\n12", "y\n" + ten + "\n11\n12"}, ten},
		{"the first of two", []string{"x\n1\n2\n3\n4\n5\nx\n6\n7\n8\n9\n10", "y\n1\n2\n3\n4\n5\ny\n6\n7\n8\n9\n10"}, "1\n2\n3\n4\n5"},
		{"what a gateway adds", []string{"CAUTION: from outside\n1\n2\n3\n4\nx", "CAUTION: from outside\n1\n2\n3\n4\ny"}, ""},
		{"empty lines", []string{"x\n\n\n\n\n\n\ny", "z\n\n\n\n\n\n\na"}, ""},
		{"the same mail twice", []string{"hello" + eve, "hello" + eve}, ""},
		{"line ends of two kinds", []string{"x\r\n1\r\n2\r\n3\r\n4\r\n5", "y\n1\n2\n3\n4\n5"}, "1\n2\n3\n4\n5"},
		{"very long lines", []string{"x\n" + strings.Repeat(strings.Repeat("w", 1000)+"\n", 6), "y\n" + strings.Repeat(strings.Repeat("w", 1000)+"\n", 6)}, ""},
		{"the most frequent", []string{"a" + adams, "b" + adams, "c" + eve, "d" + eve, "e" + eve}, "--\nEve Adams\nBuilding 7\nExample Street 1\n12345 Berlin\n"},
	} {
		got := signature.Find(tc.texts)
		if strings.TrimPrefix(got, "\n") != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
		for i, text := range tc.texts {
			if got != "" && strings.Contains(strings.ReplaceAll(text, "\r", ""), got) != (signature.Line(text, got) > 0) {
				t.Errorf("%s: whether text %d has the signature", tc.name, i)
			}
		}
	}
}

func TestWhereASignatureBegins(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, signature string
		want            int
	}{
		{"a\nb\nc\nd", "b\nc", 2},
		{"b\nc\nd", "b\nc", 1},
		{"a\r\nb\r\nc", "b\nc", 2},
		{"a\nb", "b\nc", 0},
		{"a b\nc", "b\nc", 0}, // within a line
		{"a", "", 0},
		{"", "a", 0},
	} {
		if got := signature.Line(tc.text, tc.signature); got != tc.want {
			t.Errorf("%q in %q: line %d, want %d", tc.signature, tc.text, got, tc.want)
		}
	}
}

func TestTextOfHTMLHasItsLines(t *testing.T) {
	t.Parallel()
	if got, want := signature.Text("text/html", `hi<br>--<br><a href="https://x.example">Eve</a>`), "hi\n--\nEve"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := signature.Text("text/plain", "1 < 2<br>"); got != "1 < 2<br>" {
		t.Errorf("plain text became %q", got)
	}
}

func numbered(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprint(i+1))
	}
	return lines
}

// What strangers write decides how long a comparison takes.
func BenchmarkFindInLongMails(b *testing.B) {
	texts := make([]string, 5)
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprintf("line of mail %d\n", i), 20_000) + eve
	}
	for b.Loop() {
		signature.Find(texts)
	}
}
