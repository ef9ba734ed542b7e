package importer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/importer/source"
)

const (
	ticketsAtOnce = 20       // written in one transaction
	bytesAtOnce   = 16 << 20 // of files among them
)

var ticketKind = kind[source.Ticket]{
	object: "Ticket", plural: "Tickets",
	id:      func(t *source.Ticket) string { return t.ID },
	changed: func(t *source.Ticket) time.Time { return t.Changed },
	put: func(ctx context.Context, w *writer, entries []*entry[source.Ticket]) error {
		return w.tickets(ctx, entries)
	},
}

// ticketsOf takes the tickets of a page over, some at a time, and reports whether some are left for
// another time. The page is read anew then; those that are done are passed over.
func (i *Importer) ticketsOf(ctx context.Context, run *desk.HelpdeskImport, src source.Source, page source.Page, until time.Time) (rest bool, err error) {
	for first := true; len(page.Tickets) > 0; first = false {
		if !first && !time.Now().Before(until) { // reading the page may have taken all of the time
			return true, nil
		}
		batch, taken, fetchErr := i.fetch(ctx, *run, src, page.Tickets)
		if len(batch.tickets)+len(batch.failures) > 0 || fetchErr == nil {
			err := i.step(ctx, run, func(w *writer) error { return w.batch(ctx, batch) })
			if err != nil {
				return false, err
			}
		}
		if fetchErr != nil {
			return false, fetchErr
		}
		page.Tickets = page.Tickets[taken:]
	}
	return false, nil
}

// batch is tickets that are complete, and those that couldn't be made so.
type batch struct {
	tickets  []source.Ticket
	failures []desk.ImportFailure
	failed   int // tickets
}

func (b *batch) fail(object, id string, err error) {
	b.failures = append(b.failures, desk.ImportFailure{Object: object, SourceID: id, Reason: desk.Cut(err.Error(), maxReason)})
}

// fetch completes tickets until there are enough for a transaction. It returns how many of the list it
// looked at. What it has when the source wants a rest is to be written all the same.
func (i *Importer) fetch(ctx context.Context, run desk.HelpdeskImport, src source.Source, list []source.Ticket) (b batch, taken int, err error) {
	list = list[:min(ticketsAtOnce, len(list))]
	names := make([]string, len(list))
	for at, t := range list {
		names[at] = t.ID
	}
	known, err := i.store.KnownRecords(ctx, run, ticketKind.object, names)
	if err != nil {
		return b, 0, err
	}
	for size := 0; taken < len(list) && size < bytesAtOnce; taken++ {
		t := list[taken]
		if was, there := known[t.ID]; there && !newer(was, t.Changed) {
			b.tickets = append(b.tickets, t) // counted, and passed over
			continue
		}
		if err := src.Complete(ctx, &t); harmsOneTicket(err) {
			b.fail(ticketKind.object, t.ID, err)
			b.failed++
			continue
		} else if err != nil {
			return b, taken, err
		}
		n, err := b.files(ctx, src, &t)
		if err != nil {
			return b, taken, err
		}
		size += n
		b.tickets = append(b.tickets, t)
	}
	return b, taken, nil
}

// files fetches the files of a ticket and returns how large they are. One that can't be had is
// left out: the ticket is worth more.
func (b *batch) files(ctx context.Context, src source.Source, t *source.Ticket) (size int, err error) {
	for a := range t.Articles {
		files := t.Articles[a].Files
		t.Articles[a].Files = files[:0:0]
		for _, f := range files {
			if f.Data == nil {
				if f.Data, err = download(ctx, src, f); err != nil {
					if !harmsOneTicket(err) && !errors.Is(err, egress.ErrPrivate) {
						return size, err
					}
					b.fail("Attachment", t.ID+"/"+f.ID, err)
					continue
				}
			}
			size += len(f.Data)
			t.Articles[a].Files = append(t.Articles[a].Files, f)
		}
	}
	return size, nil
}

// download returns the bytes of a file. One that the helpdesk has but doesn't hand out is no empty one.
func download(ctx context.Context, src source.Source, f source.File) ([]byte, error) {
	if f.URL == "" {
		return nil, &source.Unreadable{Reason: "the helpdesk does not say where the file is"}
	}
	return src.Download(ctx, f)
}

// harmsOneTicket reports whether the helpdesk has nothing but trouble with this one ticket.
func harmsOneTicket(err error) bool {
	_, trouble := errors.AsType[*source.Trouble](err)
	_, unreadable := errors.AsType[*source.Unreadable](err)
	refused, isRefused := errors.AsType[*source.Refused](err)
	const forbidden = 403
	return trouble || unreadable || isRefused && refused.Status == forbidden
}

// batch writes what was fetched.
func (w *writer) batch(ctx context.Context, b batch) error {
	var people []source.User
	for _, t := range b.tickets {
		people = append(people, t.People...)
	}
	if err := w.strangers(ctx, people); err != nil {
		return err
	}
	w.failures = append(w.failures, b.failures...)
	w.count(ticketKind.plural, desk.ImportCount{Sum: b.failed, Failed: b.failed})
	return take(ctx, w, ticketKind, b.tickets)
}

// strangers writes people who take part in tickets and were in no list of the source.
func (w *writer) strangers(ctx context.Context, people []source.User) error {
	names := make([]string, len(people))
	for i, u := range people {
		names[i] = u.ID
	}
	known, err := w.tx.ImportedIDs(ctx, w.run.Source, userKind.object, names)
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(u source.User) bool { return known[u.ID] != 0 })
	return take(ctx, w, userKind, people)
}

// references are what records that tickets refer to became.
type references struct {
	users, groups, organizations map[string]int64
	people                       map[desk.UserID]desk.User
}

// refer looks up all that some tickets refer to.
func (w *writer) refer(ctx context.Context, entries []*entry[source.Ticket]) (r references, err error) {
	var people, teams, firms []string
	for _, e := range entries {
		t := &e.record
		people, teams, firms = append(people, t.Customer, t.Owner), append(teams, t.Group), append(firms, t.Organization)
		for _, a := range t.Articles {
			people = append(people, a.Author)
		}
	}
	if r.users, err = w.tx.ImportedIDs(ctx, w.run.Source, userKind.object, people); err != nil {
		return r, err
	}
	if r.groups, err = w.tx.ImportedIDs(ctx, w.run.Source, groupKind.object, teams); err != nil {
		return r, err
	}
	if r.organizations, err = w.tx.ImportedIDs(ctx, w.run.Source, organizationKind.object, firms); err != nil {
		return r, err
	}
	ids := make([]desk.UserID, 0, len(r.users))
	for _, id := range r.users {
		ids = append(ids, desk.UserID(id))
	}
	r.people, err = w.tx.Users(ctx, ids)
	return r, err
}

// user returns what somebody became here; who is unknown is the system.
func (r *references) user(name string) desk.UserID {
	if id := r.users[name]; id != 0 {
		return desk.UserID(id)
	}
	return desk.SystemUser
}

// fill sets the attributes of a ticket of ours as the other helpdesk has them.
func (w *writer) fill(ctx context.Context, t *desk.Ticket, from source.Ticket, r *references) error {
	custom, err := w.customOf(ctx, from.Custom)
	if err != nil {
		return err
	}
	t.Title = strings.TrimSpace(text(from.Title, desk.MaxTitle))
	if t.Title == "" {
		t.Title = "-"
	}
	t.GroupID = desk.GroupID(r.groups[from.Group])
	if t.GroupID == 0 {
		t.GroupID = w.anyGroup()
	}
	t.StateID, t.PriorityID = w.stateOf(from.State), w.priorityOf(from.Priority)
	t.OwnerID, t.CustomerID = r.user(from.Owner), r.user(from.Customer)
	t.OrganizationID = r.people[t.CustomerID].OrganizationID
	if id := r.organizations[from.Organization]; id != 0 {
		t.OrganizationID = new(desk.OrganizationID(id))
	}
	t.Custom, t.PendingTime = custom, nil
	if !from.Pending.IsZero() {
		t.PendingTime = new(from.Pending.UTC())
	}
	if from.Type != "" {
		t.Type = new(text(from.Type, maxName))
	}
	if from.Note != "" {
		t.Note = new(text(from.Note, maxNote))
	}
	return nil
}

// anyGroup is for tickets that are in no group: the first active one.
func (w *writer) anyGroup() (first desk.GroupID) {
	for id, g := range w.catalog.Groups {
		if g.Active && (first == 0 || id < first) {
			first = id
		}
	}
	return first
}

func (w *writer) stateOf(name string) desk.StateID {
	for id, s := range w.catalog.States {
		if strings.EqualFold(s.Name, name) {
			return id
		}
	}
	return desk.StateOpen
}

func (w *writer) priorityOf(name string) desk.PriorityID {
	for id, p := range w.catalog.Priorities {
		if strings.EqualFold(p.Name, name) {
			return id
		}
	}
	return w.catalog.DefaultPriority()
}
