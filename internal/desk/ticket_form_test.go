package desk_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
)

func TestFormNamesTheFirstValueThatMayNotBe(t *testing.T) {
	t.Parallel()
	c := catalog()
	c.Settings["customer_ticket_create_group_ids"] = []byte(`["1", 2]`)
	all := desk.TicketAccess{Agent: true, User: 10, Create: []desk.GroupID{1, 4}, Change: []desk.GroupID{2}}
	later := now.Add(time.Hour)
	good := desk.Ticket{GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 21, Title: "Help"}
	with := func(change func(*desk.Ticket)) desk.Ticket {
		ticket := good
		change(&ticket)
		return ticket
	}
	state := func(id desk.StateID) desk.Ticket { return with(func(t *desk.Ticket) { t.StateID = id }) }
	group := func(id desk.GroupID) desk.Ticket { return with(func(t *desk.Ticket) { t.GroupID = id }) }

	agentNew := desk.TicketForm{Access: all, AsAgent: true, Creating: true}
	agentEdit := desk.TicketForm{Access: all, AsAgent: true}
	customerNew := desk.TicketForm{Creating: true}
	customerEdit := desk.TicketForm{}
	for _, tc := range []struct {
		name   string
		form   desk.TicketForm
		before desk.Ticket
		ticket desk.Ticket
		want   string
	}{
		{"all good", agentNew, desk.Ticket{}, good, ""},
		{"agent creates closed", agentNew, desk.Ticket{}, state(4), ""},
		{"agent creates merged", agentNew, desk.Ticket{}, state(5), "Invalid value '5' for field 'state_id'!"},
		{"agent creates in a retired state", agentNew, desk.Ticket{}, state(7), "Invalid value '7' for field 'state_id'!"},
		{"agent sets back to new", agentEdit, state(2), state(1), "Invalid value '1' for field 'state_id'!"},
		{"what is stored may stay", agentEdit, state(5), state(5), ""},
		{"customer creates open", customerNew, desk.Ticket{}, state(2), "Invalid value '2' for field 'state_id'!"},
		{"customer creates closed", customerNew, desk.Ticket{}, state(4), ""},
		{"customer opens", customerEdit, state(4), state(2), ""},
		{"customer sets pending", customerEdit, good, state(3), "Invalid value '3' for field 'state_id'!"},
		{"agent creates where only change is held", agentNew, desk.Ticket{}, group(2), "Invalid value '2' for field 'group_id'!"},
		{"agent moves where change is held", agentEdit, good, group(2), ""},
		{"agent moves elsewhere", agentEdit, good, group(3), "Invalid value '3' for field 'group_id'!"},
		{"agent creates in a retired group", agentNew, desk.Ticket{}, group(4), "Invalid value '4' for field 'group_id'!"},
		{"customer creates where it is offered", customerNew, desk.Ticket{}, group(2), ""},
		{"customer creates elsewhere", customerNew, desk.Ticket{}, group(3), "Invalid value '3' for field 'group_id'!"},
		{"customer moves anywhere", customerEdit, good, group(3), ""},
		{"owner without the right", agentEdit, good, with(func(t *desk.Ticket) { t.OwnerID = 7 }), "Invalid value '7' for field 'owner_id'!"},
		{"owner with the right", desk.TicketForm{Access: all, AsAgent: true, MayOwn: true}, good, with(func(t *desk.Ticket) { t.OwnerID = 7 }), ""},
		{"retired priority", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.PriorityID = 9 }), "Invalid value '9' for field 'priority_id'!"},
		{"no title", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.Title = " " }), "Missing required value for field 'title'!"},
		{"no customer", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.CustomerID = 0 }), "Missing required value for field 'customer_id'!"},
		{"pending for ever", agentNew, desk.Ticket{}, state(3), "Missing required value for field 'pending_time'!"},
		{"pending till", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.StateID = 6; t.PendingTime = &later }), ""},
		{"a value before a missing one", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.StateID = 5; t.Title = "" }), "Invalid value '5' for field 'state_id'!"},
	} {
		got := ""
		if err := tc.form.Check(tc.before, tc.ticket, c); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestSettlePutsWhatFollowsIntoTheTicket(t *testing.T) {
	t.Parallel()
	later := now.Add(time.Hour).Add(17 * time.Second)
	minute := now.Add(time.Hour)
	long := now.Add(-48 * time.Hour)
	for _, tc := range []struct {
		name          string
		before, after desk.Ticket
		want          desk.Ticket
	}{
		{"title on one line", desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 1}, desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 1, Title: "a\tb\r\nc"},
			desk.Ticket{Title: "a b  c"}},
		{"pending to the minute", desk.Ticket{}, desk.Ticket{StateID: 3, OwnerID: 1, PendingTime: &later}, desk.Ticket{PendingTime: &minute}},
		{"leaving pending", desk.Ticket{StateID: 3, PendingTime: &minute}, desk.Ticket{StateID: 2, OwnerID: 1, PendingTime: &minute}, desk.Ticket{}},
		{"first closing", desk.Ticket{StateID: 2}, desk.Ticket{StateID: 4, OwnerID: 1}, closing(&now, &now)},
		{"closing again", with(desk.Ticket{StateID: 2}, &long, &long), with(desk.Ticket{StateID: 4, OwnerID: 1}, &long, &long), closing(&long, &now)},
		{"still closed", desk.Ticket{StateID: 4}, with(desk.Ticket{StateID: 4, OwnerID: 1}, &long, &long), closing(&long, &long)},
		{"merged is not closed", desk.Ticket{StateID: 2}, desk.Ticket{StateID: 5, OwnerID: 1}, desk.Ticket{}},
		{"owner takes over", desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 1}, desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 9}, owned(&now)},
		{"owner gone", desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 9}, desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 1}, desk.Ticket{}},
		{"moved to a group without a timeout", desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 9}, desk.Ticket{GroupID: 2, StateID: 2, OwnerID: 9}, desk.Ticket{}},
		{"waiting", desk.Ticket{GroupID: 1, StateID: 2, OwnerID: 9}, desk.Ticket{GroupID: 1, StateID: 3, OwnerID: 9}, desk.Ticket{}},
	} {
		got := tc.after
		got.Settle(tc.before, catalog(), now)
		for _, field := range []struct {
			name      string
			got, want *time.Time
		}{
			{"pending_time", got.PendingTime, tc.want.PendingTime},
			{"close_at", got.CloseAt, tc.want.CloseAt},
			{"last_close_at", got.LastCloseAt, tc.want.LastCloseAt},
			{"last_owner_update_at", got.LastOwnerUpdateAt, tc.want.LastOwnerUpdateAt},
		} {
			if (field.got == nil) != (field.want == nil) || field.got != nil && !field.got.Equal(*field.want) {
				t.Errorf("%s: %s = %v, want %v", tc.name, field.name, field.got, field.want)
			}
		}
		if tc.want.Title != "" && got.Title != tc.want.Title {
			t.Errorf("%s: title = %q, want %q", tc.name, got.Title, tc.want.Title)
		}
	}
}

func TestSettlingTwiceClosesOnce(t *testing.T) {
	t.Parallel()
	ticket := desk.Ticket{StateID: 4, OwnerID: 1}
	ticket.Settle(desk.Ticket{StateID: 2}, catalog(), now)
	ticket.Settle(desk.Ticket{StateID: 2}, catalog(), now.Add(time.Millisecond))
	if !ticket.LastCloseAt.Equal(*ticket.CloseAt) {
		t.Errorf("first closed at %v, last at %v, want the same", ticket.CloseAt, ticket.LastCloseAt)
	}
}

func closing(first, last *time.Time) desk.Ticket {
	return with(desk.Ticket{}, first, last)
}

func with(ticket desk.Ticket, first, last *time.Time) desk.Ticket {
	ticket.CloseAt, ticket.LastCloseAt = first, last
	return ticket
}

func owned(since *time.Time) desk.Ticket {
	var ticket desk.Ticket
	ticket.LastOwnerUpdateAt = since
	return ticket
}
