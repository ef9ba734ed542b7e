package tickets

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/workspace"
	"postroom/internal/forms"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
)

// updateTicket changes a ticket and adds the article that came with it.
func (s *Room) updateTicket(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := rest.PathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		if err := s.Change(ctx, tx, in, id); err != nil {
			return err
		}
		return in.Restamp(ctx, tx, "tickets", int64(id))
	})
	if err != nil {
		return err
	}
	return s.answerTicket(w, r, http.StatusOK, id, in.Params)
}

// Change makes what somebody wants of a ticket, with the article that came along.
func (s *Room) Change(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID) error {
	before, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if err := in.Who.TicketAccess().MayFollowUp(before, in.Catalog, time.Now()); err != nil {
		return err
	}
	after, err := changedTicket(ctx, &ticketParams{store: tx, catalog: in.Catalog, sent: in.Params}, in.Who, before)
	if err != nil {
		return err
	}
	object, withArticle, err := articleIn(in.Params)
	if err != nil {
		return err
	}
	if !withArticle {
		if !changed(before, after, in.Catalog) {
			return nil // nothing is to be seen of an update that changes nothing
		}
		return saveTicket(ctx, tx, in, before, after, happening{})
	}
	draft, err := draftArticle(object, in.Catalog)
	if err != nil {
		return err
	}
	if err := useDraft(ctx, tx, in, id, object); err != nil {
		return err
	}
	article, err := s.addArticle(ctx, tx, in, &after, draft)
	if err != nil {
		return err
	}
	return saveTicket(ctx, tx, in, before, after, happening{article: article.ID})
}

// changedTicket decodes and checks what a client wants to change.
func changedTicket(ctx context.Context, p *ticketParams, who *desk.Caller, before desk.Ticket) (desk.Ticket, error) {
	access, c, t := who.TicketAccess(), p.catalog, before
	form := forms.Ticket{Who: who, Access: access, AsAgent: access.MayChangeAsAgent(before) == nil}
	if !form.AsAgent {
		p.withoutPeople("organization", "organization_id")
	}
	customer, customerSent, err := p.user(ctx, "customer")
	if err != nil {
		return t, err
	}
	if customerSent {
		t.CustomerID = 0 // nobody: the form will say so
		if customer != nil {
			t.CustomerID = customer.ID
		}
	}
	if err := p.apply(ctx, &t); err != nil {
		return t, err
	}
	if t.CustomerID != 0 && (t.CustomerID != before.CustomerID || p.sent.Has("organization_id") || p.sent.Has("organization")) {
		if err := settleOrganization(ctx, p, &t, before); err != nil {
			return t, err
		}
	}
	if form.MayOwn, err = settleOwner(ctx, p, &t, before); err != nil {
		return t, err
	}
	if form.Related, err = p.related(ctx, t); err != nil {
		return t, err
	}
	if err := form.Check(before, t, c, time.Now()); err != nil {
		return t, err
	}
	t.Settle(before, c, time.Now())
	return t, nil
}

func settleOrganization(ctx context.Context, p *ticketParams, t *desk.Ticket, before desk.Ticket) error {
	customer, err := p.store.User(ctx, t.CustomerID)
	if err != nil {
		return err
	}
	if t.CustomerID != before.CustomerID {
		t.OrganizationID = nil
	}
	return p.applyOrganization(ctx, t, customer)
}

// settleOwner takes a ticket that is not closed from an owner who can't own it. It reports whether
// the owner that is left can.
func settleOwner(ctx context.Context, p *ticketParams, t *desk.Ticket, before desk.Ticket) (mayOwn bool, err error) {
	if t.OwnerID == desk.SystemUser || t.GroupID == 0 {
		return true, nil
	}
	mayOwn, err = p.store.MayOwn(ctx, t.OwnerID, t.GroupID)
	if err != nil || mayOwn {
		return mayOwn, err
	}
	if p.catalog.StateType(t.StateID) == desk.StateTypeClosed {
		return false, nil
	}
	t.OwnerID = desk.SystemUser
	return true, nil
}

// changed reports whether an update changes anything a client can write.
func changed(before, after desk.Ticket, c *desk.Catalog) bool {
	return len(history.TicketChanges(before, after, c, 0)) > 0 ||
		!bytes.Equal(rest.AppendJSON(nil, before.Preferences), rest.AppendJSON(nil, after.Preferences))
}

// happening is what a change of a ticket is, beside the attributes that differ.
type happening struct {
	kind    string // none: an update
	article desk.ArticleID
}

// saveTicket writes back a locked ticket, the history of what changed, and the event for triggers.
func saveTicket(ctx context.Context, tx *store.Store, in *rest.Input, before, after desk.Ticket, what happening) error {
	after.Settle(before, in.Catalog, time.Now())
	by := in.Who.User.ID
	_, err := tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: in.Catalog,
		Event: desk.TicketEvent{Type: what.kind, ArticleID: what.article, By: by, Interface: desk.ByAPI},
	})
	if err != nil {
		return err
	}
	activity, noted := workspace.ActivityOf(after, history.TicketChanges(before, after, in.Catalog, by), by)
	if !noted {
		return nil
	}
	return in.Note(ctx, tx, activity)
}
