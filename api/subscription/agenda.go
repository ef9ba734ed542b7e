package subscription

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/ical"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// mostEvents is how many tickets of a kind are in a calendar.
const mostEvents = 1000

// reminder is how long before a moment those are reminded who want that.
const reminder = time.Minute

// agenda is what somebody has to look after.
type agenda struct {
	*rest.House
	who     *desk.Caller
	catalog *desk.Catalog
	now     time.Time
}

// kind is one reason why a ticket is in a calendar.
type kind struct {
	name      string
	wanted    wanted
	condition map[string]any
	order     string
	event     func(t desk.Ticket, customer string) ical.Event
}

func (a agenda) events(ctx context.Context, part string) ([]ical.Event, error) {
	wants := ticketsOf(a.who.User, a.catalog)
	var events []ical.Event
	for _, k := range a.kinds(wants) {
		if part != partAll && part != k.name {
			continue
		}
		more, err := a.of(ctx, k)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	if wants.Alarm {
		for i := range events {
			if !events[i].AllDay {
				events[i].Alarm = reminder
			}
		}
	}
	return events, nil
}

func (a agenda) kinds(wants chosen) []kind {
	states := func(types ...string) map[string]any {
		return map[string]any{"ticket.state_id": map[string]any{"operator": "is", "value": texts(a.catalog.StatesOf(types))}}
	}
	return []kind{
		{
			partNewOpen, wants.NewOpen, states(desk.StateTypeNew, desk.StateTypeOpen), "id",
			func(t desk.Ticket, _ string) ical.Event {
				return ical.Event{Summary: fmt.Sprintf("%s ticket: '%s'", a.catalog.States[t.StateID].Name, t.Title), Start: a.today(), AllDay: true}
			},
		}, {
			partPending, wants.Pending, states(desk.StateTypePendingReminder, desk.StateTypePendingAction), "pending_time",
			func(t desk.Ticket, customer string) ical.Event {
				return a.due(t.PendingTime, fmt.Sprintf("%s ticket: '%s' customer: %s", a.catalog.States[t.StateID].Name, t.Title, customer))
			},
		}, {
			partEscalated, wants.Escalation,
			map[string]any{"ticket.escalation_at": map[string]any{"operator": "after (absolute)", "value": "1970-01-01T00:00:00Z"}}, "escalation_at",
			func(t desk.Ticket, customer string) ical.Event {
				return a.due(t.EscalationAt, fmt.Sprintf("ticket escalation: '%s' customer: %s", t.Title, customer))
			},
		},
	}
}

// of are the events of one kind.
func (a agenda) of(ctx context.Context, k kind) ([]ical.Event, error) {
	owners := k.wanted.owners(a.who.User.ID)
	if len(owners) == 0 {
		return nil, nil
	}
	k.condition["ticket.owner_id"] = map[string]any{"operator": "is", "pre_condition": "specific", "value": texts(owners)}
	search := lookup.Search{
		Scope: a.who.TicketAccess().Lists(), Order: []table.Order{{Column: k.order}}, Page: table.Page{Limit: mostEvents},
	}
	search.Context = rest.RulesContext(a.who, a.catalog)
	var err error
	if search.Condition, err = rest.BindCondition(k.condition, rules.TicketAttributes(a.catalog), search.Context); err != nil {
		return nil, fmt.Errorf("%s tickets of calendar: %w", k.name, err)
	}
	found, err := a.Store.SearchTickets(ctx, search)
	if err != nil {
		return nil, err
	}
	customers := make([]desk.UserID, len(found))
	for i, t := range found {
		customers[i] = t.CustomerID
	}
	people, err := a.Store.Users(ctx, customers)
	if err != nil {
		return nil, err
	}
	var events []ical.Event
	for _, t := range found {
		event := k.event(t, people[t.CustomerID].FullName())
		if event.Start.IsZero() {
			continue // it waits for no moment
		}
		events = append(events, a.about(t, k.name, event))
	}
	return events, nil
}

// about says which ticket an event is about.
func (a agenda) about(t desk.Ticket, kind string, event ical.Event) ical.Event {
	host := a.catalog.Settings.String("fqdn")
	event.ID = fmt.Sprintf("ticket-%d-%s@%s", t.ID, kind, host)
	event.Description = "T#" + t.Number
	event.URL = fmt.Sprintf("%s://%s/#ticket/zoom/%d", a.catalog.Settings.String("http_type"), host, t.ID)
	event.Changed = t.UpdatedAt
	return event
}

// today is the day it is where the desk is.
func (a agenda) today() time.Time {
	year, month, day := a.now.In(a.catalog.Settings.Zone()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// due is an event at a moment, or now if that has passed: nobody looks at yesterday.
func (a agenda) due(at *time.Time, summary string) ical.Event {
	if at == nil {
		return ical.Event{}
	}
	start := *at
	if start.Before(a.now) {
		start = a.now.Truncate(time.Minute)
	}
	return ical.Event{Summary: summary, Start: start}
}

func texts[T ~int64](ids []T) []any {
	all := make([]any, len(ids))
	for i, id := range ids {
		all[i] = strconv.FormatInt(int64(id), 10)
	}
	return all
}
