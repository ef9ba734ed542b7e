package importer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/teamwork"
	"postroom/internal/importer/source"
	"postroom/internal/store/helpdesks"
	"postroom/internal/store/tickets"
)

// pile is what is copied into the database at once.
type pile struct {
	tickets     []desk.Ticket
	articles    []desk.Article
	history     []tickets.HistoryEntry
	attachments []desk.Attachment // for each of files
	files       [][]byte
	tags        []string // each for the ticket at its place
	tagged      []desk.TicketID
	read        []helpdesks.Noted // articles
}

// tickets writes new tickets together, and those that changed since an earlier run one by one.
func (w *writer) tickets(ctx context.Context, entries []*entry[source.Ticket]) error {
	refs, err := w.refer(ctx, entries)
	if err != nil {
		return err
	}
	var fresh []*entry[source.Ticket]
	articles := 0
	for _, e := range entries {
		if e.fresh() {
			fresh = append(fresh, e)
			articles += len(e.record.Articles)
		} else if err := w.again(ctx, e, &refs); err != nil {
			return err
		}
	}
	ids, err := w.tx.DrawIDs(ctx, "tickets", len(fresh))
	if err != nil {
		return err
	}
	articleIDs, err := w.tx.DrawIDs(ctx, "ticket_articles", articles)
	if err != nil {
		return err
	}
	numbers, err := w.numbers(ctx, fresh)
	if err != nil {
		return err
	}
	p := &pile{}
	for i, e := range fresh {
		n := len(e.record.Articles)
		t := desk.Ticket{ID: desk.TicketID(ids[i]), Number: numbers[i]}
		if err := w.add(ctx, p, t, articleIDs[:n], e.record, &refs); err != nil {
			return err
		}
		articleIDs = articleIDs[n:]
		e.oid, e.outcome = ids[i], created
	}
	return w.store(ctx, p)
}

// numbers returns the numbers of new tickets: those they had, unless somebody has one already.
func (w *writer) numbers(ctx context.Context, fresh []*entry[source.Ticket]) ([]string, error) {
	numbers := make([]string, len(fresh))
	for i, e := range fresh {
		numbers[i] = text(e.record.Number, maxName)
	}
	taken, err := w.tx.TakenNumbers(ctx, numbers)
	if err != nil {
		return nil, err
	}
	var without []int
	for i, number := range numbers {
		if number == "" || taken[number] {
			without = append(without, i)
		}
		taken[number] = true
	}
	if len(without) == 0 {
		return numbers, nil
	}
	ours, err := w.tx.NextTicketNumbers(ctx, w.catalog, time.Now().In(w.catalog.Settings.Zone()), len(without))
	for i, at := range without {
		if err == nil {
			numbers[at] = ours[i]
		}
	}
	return numbers, err
}

// add puts a new ticket, which has an id and a number, onto the pile.
func (w *writer) add(ctx context.Context, p *pile, t desk.Ticket, articleIDs []int64, from source.Ticket, refs *references) error {
	if err := w.fill(ctx, &t, from, refs); err != nil {
		return err
	}
	t.CreatedAt, t.UpdatedAt = stamp(from.Created, from.Changed)
	articles := inOrder(from.Articles)
	if t.CreatedByID = t.CustomerID; len(articles) > 0 {
		t.CreatedByID = refs.user(articles[0].Author)
	}
	t.UpdatedByID = t.CreatedByID
	p.history = append(p.history, tickets.HistoryEntry{
		Change: desk.Change{Object: "Ticket", OID: int64(t.ID), Type: "created", By: t.CreatedByID}, CreatedAt: t.CreatedAt,
	})
	for i, a := range articles {
		desk.ApplyArticle(&t, w.article(p, a, desk.ArticleID(articleIDs[i]), &t, refs), w.catalog)
	}
	t.Settle(desk.Ticket{}, w.catalog, closedAt(from, t))
	t.LastOwnerUpdateAt = nil // nobody loses a ticket for what was not done elsewhere
	p.tickets = append(p.tickets, t)
	for _, tag := range from.Tags {
		if name, err := teamwork.TagName(text(tag, teamwork.MaxTag)); err == nil {
			p.tags, p.tagged = append(p.tags, name), append(p.tagged, t.ID)
		}
	}
	return nil
}

// inOrder sorts articles by their time.
func inOrder(articles []source.Article) []source.Article {
	sorted := slices.Clone(articles)
	slices.SortStableFunc(sorted, func(a, b source.Article) int { return a.Created.Compare(b.Created) })
	return sorted
}

func closedAt(from source.Ticket, t desk.Ticket) time.Time {
	if from.Closed.IsZero() {
		return t.UpdatedAt
	}
	return from.Closed.UTC().Truncate(time.Millisecond)
}

// store copies a pile into the database.
func (w *writer) store(ctx context.Context, p *pile) error {
	place := cmp.Or(w.catalog.Settings.String(blob.Setting), blob.DB)
	blobs, err := w.blobs.Put(ctx, w.tx, place, p.files...)
	if err != nil {
		return err
	}
	for i := range p.attachments {
		p.attachments[i].BlobID = blobs[i]
	}
	ids := make([]desk.TicketID, len(p.tickets))
	for i, t := range p.tickets {
		ids[i] = t.ID
	}
	now := time.Now().UTC()
	for _, write := range []func() error{
		func() error { return w.tx.CopyTickets(ctx, p.tickets) },
		func() error { return w.tx.CopyArticles(ctx, p.articles) },
		func() error { return w.tx.CopyHistory(ctx, p.history) },
		func() error { return w.tx.InsertAttachments(ctx, p.attachments) },
		func() error { return w.tx.TagTickets(ctx, p.tags, p.tagged, desk.SystemUser) },
		func() error { return w.tx.ExcuseReminders(ctx, ids, now, now.In(w.catalog.Settings.Zone())) },
		func() error { return w.tx.NoteRecords(ctx, *w.run, "Article", p.read) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// again writes what changed of a ticket since an earlier run. One that was deleted here stays deleted.
func (w *writer) again(ctx context.Context, e *entry[source.Ticket], refs *references) error {
	before, err := w.tx.LockTicket(ctx, desk.TicketID(e.oid))
	if errors.Is(err, desk.ErrNotFound) {
		e.outcome = skipped
		return nil
	}
	if err != nil {
		return err
	}
	fresh, err := w.freshArticles(ctx, e.record.Articles)
	if err != nil {
		return err
	}
	ids, err := w.tx.DrawIDs(ctx, "ticket_articles", len(fresh))
	if err != nil {
		return err
	}
	after := before
	if err := w.fill(ctx, &after, e.record, refs); err != nil {
		return err
	}
	p := &pile{}
	for i, a := range inOrder(fresh) {
		desk.ApplyArticle(&after, w.article(p, a, desk.ArticleID(ids[i]), &after, refs), w.catalog)
	}
	_, changed := stamp(e.record.Created, e.record.Changed)
	after.Settle(before, w.catalog, closedAt(e.record, desk.Ticket{Stamp: desk.Stamp{UpdatedAt: changed}}))
	after.LastOwnerUpdateAt = nil
	for _, change := range history.TicketChanges(before, after, w.catalog, desk.SystemUser) {
		p.history = append(p.history, tickets.HistoryEntry{Change: change, CreatedAt: changed})
	}
	if err := w.tx.SaveTicket(ctx, after); err != nil {
		return err
	}
	e.outcome = updated
	if err := w.store(ctx, p); err != nil {
		return err
	}
	return w.tx.StampTicket(ctx, after.ID, changed)
}

// freshArticles returns those that no earlier run read.
func (w *writer) freshArticles(ctx context.Context, articles []source.Article) ([]source.Article, error) {
	names := make([]string, len(articles))
	for i, a := range articles {
		names[i] = a.ID
	}
	known, err := w.tx.KnownRecords(ctx, *w.run, "Article", names)
	return slices.DeleteFunc(slices.Clone(articles), func(a source.Article) bool { return known[a.ID].OID != 0 }), err
}
