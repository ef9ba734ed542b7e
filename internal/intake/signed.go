package intake

import (
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store/arrivals"
	"postroom/jobs/task"
)

// signedLines is how many lines end a mail before one asks what its author writes under each: a
// signature has at least five.
const signedLines = 4

// mayBeSigned announces that the mail is compared with earlier ones of its author. To compare is work for
// later; to see that there is nothing to compare costs nothing.
func (m *mail) mayBeSigned(f arrivals.Filing) []task.Kind {
	if !f.NewTicket || m.newcomer || m.session.ID != f.Ticket.CustomerID || m.catalog.Settings.Bool("import_mode") ||
		f.Article.TypeID != desk.ArticleEmail || f.Article.SenderID != desk.SenderCustomer || !severalLines(f.Article) {
		return nil
	}
	return []task.Kind{task.SignatureToDetect{UserID: f.Ticket.CustomerID, TicketID: f.Ticket.ID}}
}

// severalLines reports whether a reader sees so many lines that the last of them may be a signature.
func severalLines(a *desk.Article) bool {
	body := strings.TrimSpace(a.Body)
	if a.ContentType != "text/html" {
		return strings.Count(body, "\n") >= signedLines
	}
	ends := 0
	for _, tag := range []string{"<br", "</div", "</p", "</tr", "</li", "<hr", "</h", "</pre", "\n"} {
		if ends += strings.Count(body, tag); ends >= signedLines {
			return true
		}
	}
	return false
}
