package checkmk

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
)

// open makes a ticket of the report.
func (v *report) open(ctx context.Context, tx *store.Store) (rest.Record, error) {
	t, err := v.draft(ctx, tx)
	if err != nil {
		return nil, err
	}
	article := v.article()
	if err := tx.OpenTicket(ctx, v.Catalog, &t, &article); err != nil {
		return nil, err
	}
	return rest.Record{
		{"result", fmt.Sprintf("new ticket created (ticket id: %d)", t.ID)}, {"ticket_id", t.ID}, {"ticket_number", t.Number},
	}, nil
}

// draft is the ticket as the report and the settings describe it.
func (v *report) draft(ctx context.Context, tx *store.Store) (desk.Ticket, error) {
	customer, err := v.customer(ctx, tx)
	if err != nil {
		return desk.Ticket{}, err
	}
	t := desk.Ticket{
		GroupID: desk.GroupID(v.Catalog.Settings.Int(system + "_group_id")), StateID: v.Catalog.DefaultState(), PriorityID: v.Catalog.DefaultPriority(),
		OwnerID: desk.SystemUser, CustomerID: customer.ID, OrganizationID: customer.OrganizationID,
	}
	// state and customer mean something else here than in a ticket.
	sent := maps.Clone(v.Params)
	maps.DeleteFunc(sent, func(name string, _ any) bool {
		switch name {
		case "state", "customer", "title", "preferences", "article":
			return true
		}
		return false
	})
	described := *v.Input
	described.Params = sent
	if err := v.describe(ctx, tx, &described, &t); err != nil {
		return t, err
	}
	about := map[string]any{"host": v.host}
	if v.service != nil {
		about["service"] = *v.service
	}
	t.Title, t.Preferences = v.title, map[string]any{system: about}
	t.CreatedByID, t.UpdatedByID = v.Who.User.ID, v.Who.User.ID
	return t, nil
}

// customer is the user that the report names by login or mail address, or else the system.
func (v *report) customer(ctx context.Context, tx *store.Store) (desk.User, error) {
	name := strings.ToLower(strings.TrimSpace(v.Params.Text("customer")))
	if name == "" {
		return v.Who.User, nil
	}
	found, err := tx.UsersByAddress(ctx, []string{name})
	if user, known := found[name]; known || err != nil {
		return user, err
	}
	return v.Who.User, nil
}

// addNote adds the report to an open ticket, and closes it if the report says that all is well.
func (v *report) addNote(ctx context.Context, tx *store.Store, before desk.Ticket, closing bool) error {
	after := before
	if state := desk.StateID(v.Catalog.Settings.Int(system + "_auto_close_state_id")); closing && v.Catalog.States[state].Active {
		after.StateID = state
	}
	article, err := v.write(ctx, tx, &after)
	if err != nil {
		return err
	}
	after.Settle(before, v.Catalog, time.Now())
	_, err = tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: v.Catalog,
		Event: desk.TicketEvent{ArticleID: article, By: v.Who.User.ID, Interface: desk.ByAPI},
	})
	return err
}

// article is the report as it is kept.
func (v *report) article() desk.Article {
	return desk.Article{
		TypeID: desk.ArticleWeb, SenderID: desk.SenderCustomer, Subject: &v.title, ContentType: "text/plain", Body: desk.Cut(v.body, desk.MaxBody),
	}
}

// write adds the report to a ticket.
func (v *report) write(ctx context.Context, tx *store.Store, t *desk.Ticket) (desk.ArticleID, error) {
	a := v.article()
	a.TicketID, a.CreatedByID, a.UpdatedByID = t.ID, v.Who.User.ID, v.Who.User.ID
	if err := tx.InsertArticle(ctx, &a); err != nil {
		return 0, err
	}
	desk.ApplyArticle(t, a, v.Catalog)
	return a.ID, tx.AddHistory(ctx, []desk.Change{{
		Object: "Ticket::Article", OID: int64(a.ID), Type: "created",
		RelatedObject: "Ticket", RelatedOID: int64(t.ID), By: v.Who.User.ID,
	}})
}
