package store_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// fillTicket sets every field of a struct to something that is not its zero value, relations to records
// that are there.
func fillTicket(t *desk.Ticket) {
	at := time.Date(2026, 5, 4, 9, 30, 15, 120_000_000, time.UTC)
	v := reflect.ValueOf(t).Elem()
	var walk func(reflect.Value)
	n := int64(1)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			field := v.Field(i)
			n++
			switch field.Interface().(type) {
			case *time.Time:
				at = at.Add(time.Minute)
				field.Set(reflect.ValueOf(new(at)))
			case *int:
				field.Set(reflect.ValueOf(new(int(n))))
			case int:
				field.SetInt(n)
			case *string:
				field.Set(reflect.ValueOf(new("text")))
			case map[string]any:
				field.Set(reflect.ValueOf(map[string]any{"a": "b", "n": float64(n)}))
			default:
				if field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[time.Time]() {
					walk(field)
				}
			}
		}
	}
	walk(v)
	t.TimeUnit = new("1.50")
	t.OrganizationID = new(desk.OrganizationID(7))
	t.CreateArticleTypeID, t.CreateArticleSenderID = new(desk.ArticleEmail), new(desk.SenderCustomer)
}

func TestTicketComesBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	b := open(t)
	// Only then nobody calculates the deadlines that are part of it.
	b.exec(`INSERT INTO settings (name, title, area, state_current, state_initial) VALUES ('import_mode', 'Import', 'x', '{"value":true}', '{}')`)
	b.exec(`INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (7, 'A', 1, 1)`)
	fresh := desk.Ticket{Number: "1", Title: "x", GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2}
	fresh.CreatedByID, fresh.UpdatedByID = 2, 2
	fillTicket(&fresh)
	if err := b.InsertTicket(t.Context(), &fresh); err != nil {
		t.Fatal(err)
	}
	got, err := b.Ticket(t.Context(), fresh.ID)
	if err != nil || !reflect.DeepEqual(got, fresh) {
		t.Errorf("inserted %+v\n     got %+v (%v)", fresh, got, err)
	}
	plain := b.ticket("2")
	plain, err = b.LockTicket(t.Context(), plain.ID)
	if err != nil {
		t.Fatal(err)
	}
	before := plain
	b.exec(`UPDATE tickets SET updated_at = updated_at - interval '1 hour' WHERE id = $1`, plain.ID)
	fillTicket(&plain)
	plain.Number, plain.Title, plain.StateID, plain.OwnerID, plain.UpdatedByID = "3", "y", 4, 2, 1
	if err := b.SaveTicket(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	got, err = b.Ticket(t.Context(), plain.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.UpdatedAt.Before(before.UpdatedAt.Add(-time.Minute)) {
		t.Errorf("updated_at is %v after a change, and was %v before", got.UpdatedAt, before.UpdatedAt)
	}
	plain.UpdatedAt = got.UpdatedAt
	if !reflect.DeepEqual(got, plain) {
		t.Errorf("saved %+v\n  got %+v", plain, got)
	}
	if byNumber, err := b.TicketByNumber(t.Context(), "3"); err != nil || byNumber.ID != plain.ID {
		t.Errorf("ticket by number = %d, %v; want %d", byNumber.ID, err, plain.ID)
	}
	if _, err := b.TicketByNumber(t.Context(), "2"); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("ticket by its old number: %v, want desk.ErrNotFound", err)
	}
	if err := b.SaveTicket(t.Context(), desk.Ticket{ID: 999, GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2, Stamp: desk.Stamp{UpdatedByID: 1}}); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("saving a ticket that is gone: %v, want desk.ErrNotFound", err)
	}
}

func TestLockedTicketIsChangedByOneAfterTheOther(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				err := b.InTx(t.Context(), func(tx *store.Store) error {
					locked, err := tx.LockTicket(t.Context(), ticket.ID)
					if err != nil {
						return err
					}
					locked.ArticleCount++
					return tx.SaveTicket(t.Context(), locked)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got, _ := b.Ticket(t.Context(), ticket.ID); got.ArticleCount != 40 {
		t.Errorf("article_count = %d, want 40", got.ArticleCount)
	}
}

func TestArticleComesBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	article := desk.Article{
		TicketID: ticket.ID, TypeID: 1, SenderID: 2, From: new("f"), To: new("t"), Cc: new("c"), Subject: new("s"), ReplyTo: new("r"),
		MessageID: new("<m>"), MessageIDMD5: new("0123"), InReplyTo: new("<i>"), References: new("<r>"), ContentType: "text/html", Body: "<b>x</b>",
		Internal: true, Preferences: map[string]any{"a": "b"}, TimeUnit: new("2.25"), OriginByID: new(desk.UserID(2)),
		Stamp: desk.Stamp{CreatedByID: 2, UpdatedByID: 2},
	}
	if err := b.InsertArticle(t.Context(), &article); err != nil {
		t.Fatal(err)
	}
	got, err := b.Article(t.Context(), article.ID)
	if err != nil || !reflect.DeepEqual(got, article) {
		t.Errorf("inserted %+v\n     got %+v (%v)", article, got, err)
	}
	article.Internal, article.Preferences, article.Body = false, map[string]any{"delivery_status": "success"}, "y"
	if err := b.SaveArticle(t.Context(), article); err != nil {
		t.Fatal(err)
	}
	got, _ = b.Article(t.Context(), article.ID)
	article.UpdatedAt = got.UpdatedAt
	if !reflect.DeepEqual(got, article) {
		t.Errorf("saved %+v\n  got %+v", article, got)
	}
	if _, err := b.Article(t.Context(), 999); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("article that is not there: %v", err)
	}
}

func TestArticlesOfATicketAreOldestFirst(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket, other := b.ticket("1"), b.ticket("2")
	late, early := b.article(ticket.ID), b.article(ticket.ID)
	b.article(other.ID)
	b.exec(`UPDATE ticket_articles SET created_at = '2020-01-01' WHERE id = $1`, early.ID)
	articles, err := b.ArticlesOf(t.Context(), ticket.ID)
	if err != nil || len(articles) != 2 || articles[0].ID != early.ID || articles[1].ID != late.ID {
		t.Errorf("articles = %+v, %v", articles, err)
	}
}

// withFile gives an article a file and returns its blob.
func (b *base) withFile(article desk.ArticleID, text string) desk.BlobID {
	b.t.Helper()
	var blobs []desk.BlobID
	err := b.InTx(b.t.Context(), func(tx *store.Store) (err error) {
		blobs, err = blob.New("").Put(b.t.Context(), tx, blob.DB, []byte(text))
		if err != nil {
			return err
		}
		return tx.InsertAttachments(b.t.Context(), []desk.Attachment{
			{Object: desk.ObjectArticle, OID: int64(article), Filename: "a", Size: 1, BlobID: blobs[0], CreatedByID: 1},
		})
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return blobs[0]
}

func TestDeletedTicketTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket, other := b.ticket("1"), b.ticket("2")
	article, kept := b.article(ticket.ID), b.article(other.ID)
	file, keptFile := b.withFile(article.ID, "one"), b.withFile(kept.ID, "two")
	var changes []desk.Change
	for _, of := range []desk.Ticket{ticket, other} {
		changes = append(changes, desk.Change{Object: "Ticket", OID: int64(of.ID), Type: "created", By: 1})
	}
	for _, of := range []desk.Article{article, kept} {
		changes = append(changes, desk.Change{Object: "Ticket::Article", OID: int64(of.ID), Type: "created", RelatedObject: "Ticket", RelatedOID: int64(of.TicketID), By: 1})
	}
	if err := b.AddHistory(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	blobs, err := b.DeleteTicket(t.Context(), ticket.ID)
	if err != nil || !slices.Equal(blobs, []desk.BlobID{file}) {
		t.Errorf("released blobs = %v, %v; want %d and not %d", blobs, err, file, keptFile)
	}
	for table, want := range map[string]int{"tickets": 1, "ticket_articles": 1, "attachments": 1, "history": 2} {
		if got := ask[int](b, `SELECT count(*) FROM `+table); got != want {
			t.Errorf("%d rows in %s, want %d", got, table, want)
		}
	}
	if _, err := b.DeleteTicket(t.Context(), ticket.ID); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("deleting it again: %v, want desk.ErrNotFound", err)
	}
}

func TestDeletedArticleTakesItsFilesAlong(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	article, kept := b.article(ticket.ID), b.article(ticket.ID)
	file := b.withFile(article.ID, "one")
	b.withFile(kept.ID, "two")
	if blobs, err := b.DeleteArticle(t.Context(), article.ID); err != nil || !slices.Equal(blobs, []desk.BlobID{file}) {
		t.Errorf("released blobs = %v, %v; want %d", blobs, err, file)
	}
	if n := ask[int](b, `SELECT count(*) FROM attachments`); n != 1 {
		t.Errorf("%d attachments, want that of the other article", n)
	}
	if blobs, err := b.DeleteArticle(t.Context(), kept.ID); err != nil || len(blobs) != 1 {
		t.Errorf("released blobs = %v, %v", blobs, err)
	}
	if _, err := b.DeleteArticle(t.Context(), kept.ID); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("deleting it again: %v, want desk.ErrNotFound", err)
	}
}

func TestAttachmentsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	article := b.article(ticket.ID)
	id := b.withFile(article.ID, "x")
	b.exec(`DELETE FROM attachments`)
	files := make([]desk.Attachment, 20)
	for i := range files {
		files[i] = desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(article.ID), Filename: string(rune('a' + (i*7)%20)), Size: int64(i), BlobID: id, CreatedByID: 2,
			Preferences: map[string]any{"Mime-Type": "text/plain", "i": float64(i)},
		}
	}
	if err := b.InsertAttachments(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	got, err := b.AttachmentsOf(t.Context(), desk.ObjectArticle, int64(article.ID))
	if err != nil || !reflect.DeepEqual(got, files) {
		t.Errorf("inserted %+v\n     got %+v (%v)", files, got, err)
	}
	if one, err := b.Attachment(t.Context(), files[3].ID); err != nil || one.Filename != files[3].Filename {
		t.Errorf("attachment = %+v, %v", one, err)
	}
	if none, err := b.AttachmentsOf(t.Context(), desk.ObjectArticleMail, int64(article.ID)); err != nil || len(none) != 0 {
		t.Errorf("attachments of another class = %v, %v", none, err)
	}
	if err := b.InsertAttachments(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestHistoryFillsInNamesOfPeople(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (7, 'Acme', 1, 1)`)
	ticket := b.ticket("1")
	article := b.article(ticket.ID)
	err := b.AddHistory(t.Context(), []desk.Change{
		{Object: "Ticket", OID: int64(ticket.ID), Type: "updated", Attribute: "owner", IDFrom: new(int64(1)), IDTo: new(int64(2)), By: 2},
		{Object: "Ticket", OID: int64(ticket.ID), Type: "updated", Attribute: "organization", IDTo: new(int64(7)), By: 2},
		{Object: "Ticket", OID: int64(ticket.ID), Type: "updated", Attribute: "state", ValueFrom: "new", ValueTo: "open", IDFrom: new(int64(1)), IDTo: new(int64(2)), By: 2},
		{Object: "Ticket::Article", OID: int64(article.ID), Type: "created", RelatedObject: "Ticket", RelatedOID: int64(ticket.ID), By: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	history, err := b.HistoryOf(t.Context(), ticket.ID)
	if err != nil || len(history) != 4 {
		t.Fatalf("history = %+v, %v", history, err)
	}
	for i, want := range [][3]string{{"owner", "-", "Nicole"}, {"organization", "", "Acme"}, {"state", "new", "open"}, {"", "", ""}} {
		if got := [3]string{history[i].Attribute, history[i].ValueFrom, history[i].ValueTo}; got != want {
			t.Errorf("entry %d = %q, want %q", i, got, want)
		}
	}
	if history[3].Object != "Ticket::Article" || history[3].RelatedOID != int64(ticket.ID) || history[3].By != 2 || history[3].CreatedAt.IsZero() {
		t.Errorf("entry of the article = %+v", history[3])
	}
}
