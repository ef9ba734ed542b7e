// Package collab answers what is asked about what people attach to tickets: tags, links, mentions,
// drafts, spent time, checklists. Answers of knowledge bases have tags too.
package collab

import (
	"context"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// Answers says who has to do with answers of knowledge bases, as the room does that shows them.
type Answers interface {
	MayReadAnswer(ctx context.Context, who *desk.Caller, id kb.AnswerID) error
	MayEditAnswer(ctx context.Context, who *desk.Caller, id kb.AnswerID) error
}

// Room answers requests about what is attached to tickets.
type Room struct {
	*rest.House
	people  *people.Room
	shown   *shown.Tickets
	answers Answers
}

// New returns a Room of a house. People and tickets are shown as other rooms show them.
func New(house *rest.House, people *people.Room, shown *shown.Tickets, answers Answers) *Room {
	return &Room{house, people, shown, answers}
}

// may is one of the rules of desk.TicketAccess.
type may func(desk.TicketAccess, desk.Ticket) error

// ticket returns a ticket that somebody may work with in some way, and keeps others from changing
// it while a transaction lasts.
func lockedTicket(ctx context.Context, tx *store.Store, who *desk.Caller, id desk.TicketID, allowed may) (desk.Ticket, error) {
	ticket, err := tx.LockTicket(ctx, id)
	if err != nil {
		return ticket, err
	}
	return ticket, allowed(who.TicketAccess(), ticket)
}

// ticket is lockedTicket for those who only look.
func (s *Room) ticket(ctx context.Context, who *desk.Caller, id desk.TicketID, allowed may) (desk.Ticket, error) {
	ticket, err := s.Store.Ticket(ctx, id)
	if err != nil {
		return ticket, err
	}
	return ticket, allowed(who.TicketAccess(), ticket)
}

// saveTicket stores what a change of something attached changed of its ticket, which is locked.
func saveTicket(ctx context.Context, tx *store.Store, in *rest.Input, before, after desk.Ticket) error {
	_, err := tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: in.Catalog,
		Event: desk.TicketEvent{By: in.Who.User.ID, Interface: desk.ByAPI},
	})
	return err
}

// release has bytes deleted that nothing refers to any more.
func release(ctx context.Context, tx *store.Store, blobs []desk.BlobID) error {
	if len(blobs) == 0 {
		return nil
	}
	return tx.Announce(ctx, task.BlobsReleased{BlobIDs: blobs})
}

// ticketID reads which ticket is meant, where a client says so by class and id.
func ticketID(p rest.Params, class, id string) (desk.TicketID, error) {
	if p.Text(class) != desk.ObjectTicket {
		return 0, rest.Invalid(class, "The parameter '%s' is invalid.", class)
	}
	found, err := rest.IDIn[desk.TicketID](p, id)
	if err == nil && found == 0 {
		err = &desk.MissingError{Class: desk.ObjectTicket}
	}
	return found, err
}
