package lookup

import (
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/internal/wording"
)

// term is what the index is asked for in place of some patterns: a tsquery, empty if no ticket has any
// of them.
type term struct {
	all     string // with words that only internal articles have
	public  string
	exact   bool // else the texts of what the index finds have to be looked at
	unknown bool // the index can't be asked: titles and numbers are looked at, nobody waits for all articles
}

const (
	// fewLetters are too few for the index of the vocabulary: words that begin with them are found.
	fewLetters = 3
	// mostForms is how many words may have in them what somebody typed. Beyond them those that begin
	// with it are found.
	mostForms = 200
)

// cut lists the pieces that only the vocabulary can complete.
func cut(query *rules.Query, texts [][]string) []string {
	var pieces []string
	note := func(patterns []string) {
		for _, pattern := range patterns {
			for _, piece := range wording.Pieces(pattern) {
				if piece.Letters >= fewLetters && !piece.Whole() {
					pieces = append(pieces, piece.Like)
				}
			}
		}
	}
	query.EachWords(note)
	for _, texts := range texts {
		note(literal(texts))
	}
	slices.Sort(pieces)
	return slices.Compact(pieces)
}

// literal makes patterns that find texts as they are.
func literal(texts []string) []string {
	patterns := make([]string, len(texts))
	for i, text := range texts {
		patterns[i] = rules.Literal(text)
	}
	return patterns
}

// nowhere is a tsquery that finds nothing: no word begins like that.
const nowhere = "'/'"

// termOf writes the tsquery for one of some patterns. forms are the words of the vocabulary for each
// piece that is cut. With guesses, too many of them are made good by those that begin with the piece;
// without, everything is found that has the patterns, and maybe more.
func termOf(patterns []string, forms map[string][]string, guesses bool) term {
	t := term{exact: true}
	for _, pattern := range patterns {
		pieces := wording.Pieces(pattern)
		alone := len(pieces) == 1 && pieces[0].Cut && pieces[0].Open
		var all, public []string
		for _, piece := range pieces {
			a, p, known := alternatives(piece, forms[piece.Like], alone && guesses)
			if known {
				all, public = append(all, a), append(public, p)
			}
		}
		t.exact = t.exact && alone
		t.unknown = t.unknown || len(all) == 0
		t.all, t.public = either(t.all, together(all)), either(t.public, together(public))
	}
	return t
}

// alternatives writes the tsquery for a piece, with and without what is internal. known is false where
// the index can't tell whether it is there.
func alternatives(piece wording.Piece, forms []string, alone bool) (all, public string, known bool) {
	switch {
	case piece.Whole():
		return quoted(piece.Like) + " | " + quoted(internalMark+piece.Like), quoted(piece.Like), true
	case piece.Letters >= fewLetters && len(forms) <= mostForms:
		var every, open []string
		for _, form := range forms {
			every = append(every, quoted(form))
			if !strings.HasPrefix(form, internalMark) {
				open = append(open, quoted(form))
			}
		}
		return strings.Join(every, " | "), strings.Join(open, " | "), true
	case piece.Start == "" || piece.Cut && !alone:
		return "", "", false
	}
	public = quoted(piece.Start) + ":*"
	return public + " | " + quoted(internalMark+piece.Start) + ":*", public, true
}

var tsLiteral = strings.NewReplacer(`'`, `''`, `\`, `\\`)

// quoted is a word in a tsquery.
func quoted(word string) string { return "'" + tsLiteral.Replace(word) + "'" }

// together joins tsqueries by and; empty if one of them is, or if there is none.
func together(parts []string) string {
	if len(parts) == 0 || slices.Contains(parts, "") {
		return ""
	}
	return "(" + strings.Join(parts, ") & (") + ")"
}

func either(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + " | " + b
}

// clause writes that a ticket has the term: row w is that of its words.
func (t term) clause(patterns []string, articles rules.ArticleScope, args *pg.Args) string {
	has := func(query string) string {
		if query == "" {
			return "false"
		}
		return "w.words @@ " + args.Add(query) + "::tsquery"
	}
	if t.unknown {
		return table.AnyLike(textsOfTicket, patterns, args)
	}
	var found string
	switch {
	case !articles.Limited:
		found = has(t.all)
	case len(articles.Groups) == 0:
		found = has(t.public)
	default:
		found = "(" + has(t.public) + " OR " + has(t.all) + " AND t.group_id = ANY(" + args.Add(articles.Groups) + "))"
	}
	if t.exact || t.all == "" {
		return found
	}
	return "(" + found + " AND " + ticketHas(patterns, articles, args) + ")"
}

// scopeQuery finds the tickets of a scope.
func scopeQuery(scope desk.TicketScope) string {
	var all []string
	for _, id := range scope.Groups {
		all = append(all, quoted(marked(groupMark, id)))
	}
	if scope.Customer != 0 {
		all = append(all, quoted(marked(customerMark, scope.Customer)))
	}
	for _, id := range scope.Organizations {
		all = append(all, quoted(marked(organizationMark, id)))
	}
	return strings.Join(all, " | ")
}
