package importer

import (
	"cmp"
	"html"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/importer/source"
	"postroom/internal/richtext"
	"postroom/internal/store/helpdesks"
	"postroom/internal/store/tickets"
)

var senders = map[source.Sender]desk.SenderID{
	source.ByCustomer: desk.SenderCustomer, source.ByAgent: desk.SenderAgent, source.BySystem: desk.SenderSystem,
}

// article puts an article of a ticket onto the pile, with its files.
func (w *writer) article(p *pile, from source.Article, id desk.ArticleID, t *desk.Ticket, refs *references) desk.Article {
	author := refs.user(from.Author)
	a := desk.Article{
		ID: id, TicketID: t.ID, TypeID: w.typeOf(from.Type), SenderID: senders[from.Sender], Internal: from.Internal,
		From: filled(from.From), To: filled(from.To), Cc: filled(from.Cc), Subject: filled(cmp.Or(from.Subject, t.Title)),
		MessageID: filled(from.MessageID), InReplyTo: filled(from.InReplyTo), ContentType: "text/plain",
		Body: text(from.Body, desk.MaxBody), Preferences: map[string]any{},
	}
	if a.From == nil {
		if person := refs.people[author]; author != desk.SystemUser {
			a.From = filled(desk.FormatAddress(person.FullName(), cmp.Or(person.Email, person.Login)))
		}
	}
	if a.MessageID != nil {
		a.MessageIDMD5 = new(thread.MessageIDSum(*a.MessageID))
	}
	a.CreatedByID, a.UpdatedByID = author, author
	a.CreatedAt, a.UpdatedAt = stamp(from.Created, from.Changed)
	if author == desk.SystemUser && from.Sender == source.ByCustomer && t.CustomerID != desk.SystemUser {
		a.OriginByID = new(t.CustomerID)
	}
	if from.HTML {
		a.ContentType = "text/html"
		a.Body, _ = richtext.Sanitize(shownInline(text(from.Body, 2*desk.MaxBody), from.Files), richtext.Options{MaxLength: desk.MaxBody})
	}
	p.articles = append(p.articles, a)
	p.read = append(p.read, helpdesks.Noted{SourceID: from.ID, OID: int64(id), ChangedAt: from.Changed})
	p.history = append(p.history, tickets.HistoryEntry{CreatedAt: a.CreatedAt, Change: desk.Change{
		Object: desk.ObjectArticle, OID: int64(id), Type: "created", RelatedObject: "Ticket", RelatedOID: int64(t.ID), By: author,
	}})
	for _, f := range from.Files {
		p.attach(f, a)
	}
	return a
}

func (w *writer) typeOf(name string) desk.ArticleTypeID {
	for id, typ := range w.catalog.ArticleTypes {
		if typ.Name == name {
			return id
		}
	}
	return desk.ArticleNote
}

func filled(s string) *string {
	if s = text(s, desk.MaxAddresses); s == "" {
		return nil
	}
	return &s
}

const contentIDHost = "@import.invalid" // nobody can own it (RFC 2606)

// contentID is what a body calls a file that it shows.
func contentID(f source.File) string {
	return cmp.Or(strings.Trim(f.ContentID, "<>"), "file."+f.ID+contentIDHost)
}

// shownInline makes a body show its own copies of images that it shows from the other helpdesk.
func shownInline(body string, files []source.File) string {
	return richtext.RewriteImages(body, func(src string) (string, bool) {
		for _, f := range files {
			if f.URL != "" && html.UnescapeString(src) == f.URL || f.Inline && f.ID != "" && strings.Contains(src, "/"+f.ID) {
				return "cid:" + contentID(f), true
			}
		}
		return "", false
	})
}

func (p *pile) attach(f source.File, a desk.Article) {
	kind := cmp.Or(text(f.Type, maxName), "application/octet-stream")
	facts := map[string]any{"Mime-Type": kind, "Content-Type": kind}
	if f.Inline || f.ContentID != "" || strings.Contains(a.Body, contentID(f)) {
		facts["Content-ID"] = contentID(f)
	}
	if f.Inline {
		facts["Content-Disposition"] = "inline"
	}
	p.files = append(p.files, f.Data)
	p.attachments = append(p.attachments, desk.Attachment{
		Object: desk.ObjectArticle, OID: int64(a.ID), Filename: cmp.Or(text(f.Name, maxName), "file"), Size: int64(len(f.Data)),
		Preferences: facts, CreatedByID: a.CreatedByID, CreatedAt: a.CreatedAt,
	})
}
