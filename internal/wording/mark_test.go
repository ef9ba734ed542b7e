package wording_test

import (
	"slices"
	"strings"
	"testing"

	"postroom/internal/wording"
)

func TestMarksAreShownWhereTheyAreFound(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 100) + "the toner is out" + strings.Repeat(" word", 100)
	for _, tc := range []struct {
		name        string
		marks       []wording.Mark
		field, text string
		want        []string
	}{
		{"a word", []wording.Mark{{Pattern: "toner"}}, "title", "Toner, please", []string{"<em>Toner</em>, please"}},
		{"a part of a word", []wording.Mark{{Pattern: "oner"}}, "title", "no Toner <now>", []string{"no <em>Toner</em> &lt;now&gt;"}},
		{"only a whole word", []wording.Mark{{Pattern: "open", Whole: true}}, "title", "reopened, still open", []string{"reopened, still <em>open</em>"}},
		{"two words", []wording.Mark{{Pattern: "no"}, {Pattern: "toner"}}, "title", "No toner", []string{"<em>No</em> <em>toner</em>"}},
		{"two in one", []wording.Mark{{Pattern: "ton"}, {Pattern: "oner"}}, "title", "toner", []string{"<em>toner</em>"}},
		{"a phrase over lines", []wording.Mark{{Pattern: "more toner"}}, "title", "more\n toner", []string{"<em>more\n toner</em>"}},
		{"in one piece", []wording.Mark{{Pattern: "5f3a.1234"}}, "title", "key 5F3A.1234!", []string{"key <em>5F3A.1234</em>!"}},
		{"a wildcard", []wording.Mark{{Pattern: "p%er"}}, "title", "printer paper", []string{"<em>printer</em> <em>paper</em>"}},
		{"one character", []wording.Mark{{Pattern: "t_ner"}}, "title", "tuner", []string{"<em>tuner</em>"}},
		{"a percent sign", []wording.Mark{{Pattern: `100\%`}}, "title", "100% sure", []string{"<em>100</em>% sure"}},
		{"another field", []wording.Mark{{Field: "article.body", Pattern: "toner"}}, "title", "toner", nil},
		{"other scripts", []wording.Mark{{Pattern: "ärz"}}, "title", "für ÄRZTE", []string{"für <em>ÄRZTE</em>"}},
		{"nothing to be seen", []wording.Mark{{Pattern: "-"}}, "title", "a - b", nil},
		{"in a long text", []wording.Mark{{Pattern: "toner"}}, "article.body", long, []string{
			strings.Repeat("word ", 12) + "the <em>toner</em> is out" + strings.Repeat(" word", 17)}},
	} {
		if got := wording.NewMarker(tc.marks).Passages(tc.field, tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	often := strings.Repeat("toner "+strings.Repeat("word ", 60), 20)
	if got := wording.NewMarker([]wording.Mark{{Pattern: "toner"}}).Passages("title", often); len(got) != 3 {
		t.Errorf("%d passages of a text that is full of it, want 3", len(got))
	}
}
