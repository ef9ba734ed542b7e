package tickets

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// nobody is whom a ticket without an owner belongs to.
const nobody desk.UserID = 1

// autoAssign makes the caller the owner of a ticket that has none, if the installation wants that of
// whoever opens one, and returns the ticket as it is then.
func (s *Room) autoAssign(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (desk.Ticket, error) {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil || !takesWhatItOpens(who, ticket, catalog.Settings) {
		return ticket, err
	}
	var selector struct {
		Condition map[string]any `json:"condition"`
	}
	if !catalog.Settings.Into("ticket_auto_assignment_selector", &selector) || len(selector.Condition) == 0 {
		return ticket, nil
	}
	search := lookup.Search{Scope: who.TicketAccess().Lists(), IDs: []desk.TicketID{ticket.ID}, Page: table.Page{Limit: 1}}
	search.Context = rest.RulesContext(who, catalog)
	if search.Condition, err = rest.BindCondition(selector.Condition, rules.TicketAttributes(catalog), search.Context); err != nil {
		s.Log.WarnContext(ctx, "ticket_auto_assignment_selector can't be used", "error", err)
		return ticket, nil // the ticket can be shown all the same
	}
	found, err := s.Store.SearchTickets(ctx, search)
	if err != nil || len(found) == 0 {
		return ticket, err
	}
	in := &rest.Input{Catalog: catalog, Who: who}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		before, err := tx.LockTicket(ctx, ticket.ID)
		if err != nil || before.OwnerID != nobody {
			return err // somebody else was faster
		}
		after := before
		after.OwnerID = who.User.ID
		return saveTicket(ctx, tx, in, before, after, happening{})
	})
	if err != nil {
		return ticket, err
	}
	return s.Store.Ticket(ctx, ticket.ID)
}

func takesWhatItOpens(who *desk.Caller, ticket desk.Ticket, settings desk.Settings) bool {
	var ignored []json.Number // forms send ids as texts, too
	settings.Into("ticket_auto_assignment_user_ids_ignore", &ignored)
	return settings.Bool("ticket_auto_assignment") && ticket.OwnerID == nobody && who.Can("ticket.agent") &&
		who.HasAccess(ticket.GroupID, desk.AccessFull) && !slices.Contains(ignored, json.Number(strconv.FormatInt(int64(who.User.ID), 10)))
}
