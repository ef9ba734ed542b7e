package thread

import "strings"

// maxReferences is how long a References header may get, in characters.
const maxReferences = 30_000

// IDs are the Message-IDs an article carries.
type IDs struct {
	MessageID *string
	InReplyTo *string // may hold several
}

// References returns what an outgoing mail refers to, oldest first: the ids of all articles of its
// ticket but its own. newestFirst are the ticket's articles; the oldest are left out when the list
// gets too long (reference/email.md 6.4).
func References(newestFirst []IDs, own string) []string {
	var articles [][]string
	length := 0
	for _, a := range newestFirst {
		var ids []string
		for _, id := range strings.Fields(text(a.MessageID) + " " + text(a.InReplyTo)) {
			if id != own {
				ids = append(ids, id)
				length += len(id)
			}
		}
		if length > maxReferences {
			break
		}
		articles = append(articles, ids)
	}
	var references []string
	for i := len(articles) - 1; i >= 0; i-- {
		references = append(references, articles[i]...)
	}
	return references
}

// text is a text, or none.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
