package lookup

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/wording"
)

// In the index, words that only internal articles have, and those who may see a ticket, are told from
// words by how they begin.
const (
	internalMark     = "-"
	groupMark        = "/g"
	customerMark     = "/c"
	organizationMark = "/o"
)

func marked[ID ~int64](mark string, id ID) string { return mark + strconv.FormatInt(int64(id), 10) }

// mostText is how many bytes the different words of a ticket may have. PostgreSQL can keep twice as
// much; nobody writes so many different words, but machines might.
const mostText = 400_000

// ticketWords are the words of a ticket.
type ticketWords struct {
	scope []string        // who may see it
	words map[string]bool // true: internal articles alone have it
	size  int
}

func wordsOfTicket(t desk.Ticket) *ticketWords {
	w := &ticketWords{
		scope: []string{marked(groupMark, t.GroupID), marked(customerMark, t.CustomerID)},
		words: map[string]bool{},
	}
	if t.OrganizationID != nil {
		w.scope = append(w.scope, marked(organizationMark, *t.OrganizationID))
	}
	w.add(t.Number, false)
	w.add(t.Title, false)
	return w
}

func (w *ticketWords) addArticle(internal, html bool, body, heads string) {
	w.add(heads, internal)
	if html {
		body = richtext.ToText(body) // with where links lead
	}
	w.add(body, internal)
}

func (w *ticketWords) add(text string, internal bool) {
	for word := range wording.Words(text) {
		secret, known := w.words[word]
		if known && (!secret || internal) {
			continue
		}
		if !known {
			if w.size += len(word) + len(internalMark); w.size > mostText {
				return
			}
		}
		w.words[word] = internal
	}
}

// lexemes are all of it as the index has them, separated by blanks, which no word has. Words are noted
// in the vocabulary.
func (w *ticketWords) lexemes(vocabulary map[string]bool) string {
	all := slices.Clone(w.scope)
	for _, word := range slices.Sorted(maps.Keys(w.words)) {
		if w.words[word] {
			word = internalMark + word
		}
		vocabulary[word] = true
		all = append(all, word)
	}
	return strings.Join(all, " ")
}
