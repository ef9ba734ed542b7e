package desk

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// ArticleWriter is who writes an article by hand, and for whom.
type ArticleWriter struct {
	Author     User
	AsAgent    bool  // else the rules for customers hold
	Origin     *User // on whose behalf the author says to write
	Customer   User  // of the ticket
	Colleagues bool  // author and customer are members of one shared organization
}

// Complete fills in what follows from the writer: type, sender, origin and from. A type or sender
// of 0 was not asked for.
func (w ArticleWriter) Complete(a *Article, c *Catalog) {
	if a.TypeID == 0 {
		a.TypeID = ArticleNote
	}
	if a.SenderID == 0 {
		a.SenderID = SenderCustomer
		if w.AsAgent {
			a.SenderID = SenderAgent
		}
	}
	if w.AsAgent {
		w.speakFor(a)
	} else {
		asCustomer(a)
	}
	if from, ok := w.from(a, c.ArticleTypes[a.TypeID].Name); ok {
		a.From = &from
	}
}

// asCustomer takes away what customers can't decide. What steers mails goes too: where answers are
// sent, and which ticket they are taken for.
func asCustomer(a *Article) {
	a.SenderID, a.OriginByID, a.Internal = SenderCustomer, nil, false
	if a.TypeID != ArticleWeb {
		a.TypeID = ArticleNote
	}
	a.ReplyTo, a.InReplyTo, a.References = nil, nil, nil
	a.MessageID, a.MessageIDMD5 = nil, nil
	a.Preferences = nil
}

// speakFor settles on whose behalf an agent writes.
func (w ArticleWriter) speakFor(a *Article) {
	switch {
	case w.Origin != nil:
		a.OriginByID, a.SenderID = &w.Origin.ID, SenderCustomer
	case a.SenderID == SenderCustomer && !w.Colleagues && speaksForCustomer(a.TypeID) && w.Customer.ID != 0:
		a.OriginByID = &w.Customer.ID
	}
}

// speaksForCustomer reports whether an article of this type that an agent enters as the customer's
// is one that the customer told: a call, a visit, a form.
func speaksForCustomer(id ArticleTypeID) bool {
	return id == ArticlePhone || id == ArticleNote || id == ArticleWeb
}

// from is how the writer is named. It says no for types that write it themselves or keep it as given.
func (w ArticleWriter) from(a *Article, typeName string) (string, bool) {
	for _, network := range []string{"email", "sms", "whatsapp", "twitter", "facebook"} {
		if strings.HasPrefix(typeName, network) {
			return "", false
		}
	}
	writer := w.Author
	switch {
	case w.Origin != nil && w.AsAgent:
		writer = *w.Origin
	case a.OriginByID != nil:
		writer = w.Customer
	}
	name := writer.FullName()
	if a.SenderID == SenderCustomer && (a.TypeID == ArticleWeb || a.TypeID == ArticlePhone) {
		name += " <" + writer.Email + ">"
	}
	return name, true
}

// Trim makes an article's texts fit their columns. What can't be cut is refused.
func (a *Article) Trim() error {
	if n := utf8.RuneCountInString(a.Body); n > MaxBody {
		return &InvalidError{Field: "body", Reason: "body of article is too large, " + strconv.Itoa(n) +
			" chars - only " + strconv.Itoa(MaxBody) + " allowed"}
	}
	for _, text := range []*string{a.From, a.To, a.Cc, a.Subject, a.MessageID, a.InReplyTo} {
		if text != nil {
			*text = Cut(*text, MaxAddresses)
		}
	}
	if a.ReplyTo != nil {
		*a.ReplyTo = Cut(*a.ReplyTo, MaxReplyTo)
	}
	if a.Subject != nil {
		*a.Subject = oneLine(*a.Subject)
	}
	return nil
}
