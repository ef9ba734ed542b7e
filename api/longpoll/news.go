package longpoll

import (
	"context"
	"maps"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/personal"
	"postroom/internal/store/table"
)

// news is what a page is to be told.
type news struct {
	*Room
	who    *desk.Caller
	knows  personal.Known
	events []rest.Record
}

// notifications tells that the online notifications are others than those that the page knows.
func (n *news) notifications(ctx context.Context) error {
	state, err := n.Store.NotificationState(ctx, n.who.User.ID)
	if err != nil || state == n.knows.Notified {
		return err
	}
	if !n.knows.Looked.IsZero() { // a page that begins reads them anyway
		n.events = append(n.events, rest.Record{{"event", "OnlineNotification::changed"}, {"data", rest.Record{}}})
	}
	n.knows.Notified = state
	return nil
}

// Bounds of what is told of tickets. A ticket's time is that of its change, which others see when it
// commits: so the last moments are looked at again.
const (
	mostChanged = 50
	lookBack    = 10 * time.Second
)

// tickets tells which tickets were changed.
func (n *news) tickets(ctx context.Context, now time.Time) error {
	since := now.Add(-lookBack)
	if !n.knows.Looked.IsZero() && n.knows.Looked.Before(since) {
		since = n.knows.Looked.Add(-lookBack)
	}
	changed, err := n.changed(ctx, since)
	if err != nil {
		return err
	}
	told := maps.Clone(n.knows.Tickets)
	n.knows.Tickets = map[desk.TicketID]time.Time{}
	for _, t := range changed {
		n.knows.Tickets[t.ID] = t.UpdatedAt
		if n.knows.Looked.IsZero() || told[t.ID].Equal(t.UpdatedAt) {
			continue
		}
		n.events = append(n.events, rest.Record{{"event", "Ticket:update"}, {"data", rest.Record{{"id", t.ID}, {"updated_at", t.UpdatedAt}}}})
	}
	n.knows.Looked = now
	return nil
}

// changed are tickets that were changed lately, of those that the user sees.
func (n *news) changed(ctx context.Context, since time.Time) ([]desk.Ticket, error) {
	catalog, err := n.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	search := lookup.Search{Scope: n.who.TicketAccess().Lists(), Page: table.Page{Limit: mostChanged}}
	search.Context = rest.RulesContext(n.who, catalog)
	search.Condition, err = rest.BindCondition(map[string]any{
		"ticket.updated_at": map[string]any{"operator": "after (absolute)", "value": since.UTC().Format(time.RFC3339)},
	}, rules.TicketAttributes(catalog), search.Context)
	if err != nil {
		return nil, err
	}
	return n.Store.SearchTickets(ctx, search)
}
