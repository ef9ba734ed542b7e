package tickets

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/desk/workspace"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// articleDraft is an article as a client sent it, checked as far as that needs no database.
type articleDraft struct {
	article desk.Article
	files   []upload
	sent    rest.Params // for whom, which takes a look into the database
}

// draftArticle decodes an article.
func draftArticle(p rest.Params, c *desk.Catalog) (articleDraft, error) {
	d := articleDraft{sent: p}
	a := &d.article
	if p["body"] == nil {
		return d, rest.Invalid("body", "Need at least an 'article body' field.")
	}
	body, isText := rest.TextOf(p["body"])
	if !isText || strings.TrimSpace(body) == "" {
		return d, rest.Invalid("body", "Missing required value for field 'body'!")
	}
	a.Body, a.ContentType = body, "text/plain"
	var err error
	if a.TypeID, _, err = rest.Named(p, "type", c.ArticleTypes, func(t desk.ArticleType) string { return t.Name }); err != nil {
		return d, err
	}
	if a.SenderID, _, err = rest.Named(p, "sender", c.Senders, func(name string) string { return name }); err != nil {
		return d, err
	}
	if err := d.readTexts(p); err != nil {
		return d, err
	}
	p.SetBool(&a.Internal, "internal")
	if err := p.SetObject(&a.Preferences, "preferences"); err != nil {
		return d, err
	}
	if subtype := p.Text("subtype"); subtype != "" {
		a.Preferences = withKey(a.Preferences, "subtype", rest.Cut(subtype, maxSubtype))
	}
	d.files, err = readUploads(p)
	return d, err
}

const maxSubtype = 100 // characters

// readTexts reads what is stored as given.
func (d *articleDraft) readTexts(p rest.Params) error {
	a := &d.article
	for _, text := range []struct {
		dst **string
		key string
	}{
		{&a.From, "from"}, {&a.To, "to"}, {&a.Cc, "cc"}, {&a.Subject, "subject"}, {&a.ReplyTo, "reply_to"},
		{&a.MessageID, "message_id"}, {&a.InReplyTo, "in_reply_to"}, {&a.References, "references"},
	} {
		if err := p.SetNullText(text.dst, text.key, desk.MaxAddresses); err != nil {
			return err
		}
	}
	if a.MessageID != nil && *a.MessageID != "" {
		sum := thread.MessageIDSum(*a.MessageID)
		a.MessageIDMD5 = &sum
	}
	if kind := strings.ToLower(p.Text("content_type")); strings.HasPrefix(kind, "text/html") {
		a.ContentType = "text/html"
	}
	return a.Trim()
}

func withKey(preferences map[string]any, key string, value any) map[string]any {
	preferences = maps.Clone(preferences)
	if preferences == nil {
		preferences = map[string]any{}
	}
	preferences[key] = value
	return preferences
}

// createArticle adds an article to a ticket.
func (s *Room) createArticle(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[desk.TicketID](in.Params, "ticket_id")
	if err != nil {
		return err
	}
	var article desk.Article
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		ticket, err := tx.LockTicket(ctx, id)
		if err != nil {
			return err
		}
		access := in.Who.TicketAccess()
		if err := access.MayAddArticle(ticket); err != nil {
			return err
		}
		if !access.WorksOn(ticket) {
			if err := access.MayFollowUp(ticket, in.Catalog, time.Now()); err != nil {
				return err
			}
		}
		draft, err := draftArticle(in.Params, in.Catalog)
		if err != nil {
			return err
		}
		before := ticket
		if article, err = s.addArticle(ctx, tx, in, &ticket, draft); err != nil {
			return err
		}
		if _, err := settleOwner(ctx, &ticketParams{store: tx, catalog: in.Catalog}, &ticket, before); err != nil {
			return err
		}
		return saveTicket(ctx, tx, in, before, ticket, happening{article: article.ID})
	})
	if err != nil {
		return err
	}
	return s.answerArticle(w, r, http.StatusCreated, article.ID, in.Params)
}

// addArticle writes a drafted article in a transaction and lets it take effect on its ticket,
// which the caller has locked or just made, and saves.
func (s *Room) addArticle(ctx context.Context, tx *store.Store, in *rest.Input, ticket *desk.Ticket, d articleDraft) (desk.Article, error) {
	a, who, c := d.article, in.Who, in.Catalog
	if err := stampArticle(ctx, tx, in, &a, d.sent); err != nil {
		return a, err
	}
	a.TicketID = ticket.ID
	writer, err := articleWriter(ctx, tx, who, *ticket, d)
	if err != nil {
		return a, err
	}
	writer.Complete(&a, c)
	shown, err := takeShownImages(ctx, tx, who, &a, *ticket, c.Settings.String("fqdn"))
	if err != nil {
		return a, err
	}
	files := append(takeImages(&a, c), d.files...)
	outgoing := a.TypeID == desk.ArticleEmail && a.SenderID != desk.SenderCustomer
	if outgoing {
		if err := thread.ComposeEmail(&a, *ticket, who.User, c, time.Now(), uuid.NewString()); err != nil {
			return a, err
		}
		if err := protect(ctx, tx, &a, *ticket, c); err != nil {
			return a, err
		}
	}
	if err := a.Trim(); err != nil {
		return a, err
	}
	if err := tx.InsertArticle(ctx, &a); err != nil {
		return a, err
	}
	if err := s.keepFiles(ctx, tx, a, files, shown, c); err != nil {
		return a, err
	}
	if err := takeUploads(ctx, tx, in, a, d.sent); err != nil {
		return a, err
	}
	desk.ApplyArticle(ticket, a, c)
	desk.OpenOnAnswer(ticket, a, c)
	if err := attachToArticle(ctx, tx, in, ticket, a, d.sent); err != nil {
		return a, err
	}
	if err := in.Note(ctx, tx, workspace.ArticleActivity(workspace.ActivityCreate, *ticket, a.ID, who.User.ID)); err != nil {
		return a, err
	}
	if delivery := task.Delivery(a); delivery != nil {
		if err := tx.Announce(ctx, delivery); err != nil {
			return a, err
		}
	}
	return a, tx.AddHistory(ctx, []desk.Change{{
		Object: "Ticket::Article", OID: int64(a.ID), Type: "created",
		RelatedObject: "Ticket", RelatedOID: int64(ticket.ID), By: who.User.ID,
	}})
}

// stampArticle says who writes an article, and when: times that are zero are now.
func stampArticle(ctx context.Context, tx *store.Store, in *rest.Input, a *desk.Article, sent rest.Params) (err error) {
	if a.Stamp, err = in.Stamp(ctx, tx, sent); err != nil {
		return err
	}
	a.CreatedByID = cmp.Or(a.CreatedByID, in.Who.User.ID)
	a.UpdatedByID = cmp.Or(a.UpdatedByID, in.Who.User.ID)
	return nil
}

// articleWriter finds out who writes, and for whom.
func articleWriter(ctx context.Context, tx *store.Store, who *desk.Caller, ticket desk.Ticket, d articleDraft) (desk.ArticleWriter, error) {
	writer := desk.ArticleWriter{Author: who.User, AsAgent: who.TicketAccess().WorksOn(ticket)}
	if !writer.AsAgent {
		return writer, nil
	}
	var err error
	if writer.Origin, _, err = people.UserNamed(ctx, tx, d.sent, "origin_by"); err != nil {
		return writer, err
	}
	if writer.Origin != nil || d.article.SenderID != desk.SenderCustomer {
		return writer, nil
	}
	if writer.Customer, err = tx.User(ctx, ticket.CustomerID); err != nil {
		return writer, err
	}
	writer.Colleagues, err = tx.AreColleagues(ctx, who.User.ID, ticket.CustomerID)
	return writer, err
}

// takeImages cleans an HTML body and takes the images out that were written into it, which become
// files that it refers to.
func takeImages(a *desk.Article, c *desk.Catalog) []upload {
	if a.ContentType != "text/html" {
		return nil
	}
	fqdn := c.Settings.String("fqdn")
	ownURL := c.Settings.String("http_type") + "://" + fqdn
	var files []upload
	body, images := richtext.ExtractDataImages(a.Body, func(int, string) string {
		return ticketContentID(a.TicketID, fqdn)
	})
	for _, image := range images {
		files = append(files, inlineImage(image))
	}
	a.Body, _ = richtext.Sanitize(body, richtext.Options{OwnURL: ownURL})
	return files
}
