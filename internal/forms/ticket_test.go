package forms_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/forms"
)

var now = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

// catalog is an installation with a few groups, states and priorities.
func catalog() *desk.Catalog {
	return &desk.Catalog{
		Settings: desk.Settings{},
		Groups: map[desk.GroupID]desk.Group{
			1: {ID: 1, Name: "Users", Active: true}, 2: {ID: 2, Name: "Sales", Active: true},
			3: {ID: 3, Name: "Support", Active: true}, 4: {ID: 4, Name: "Gone"},
		},
		StateTypes: map[desk.StateTypeID]string{1: "new", 2: "open", 3: "pending reminder", 4: "pending action", 5: "closed", 6: "merged"},
		States: map[desk.StateID]desk.State{
			1: {ID: 1, StateTypeID: 1, Name: "new", Active: true}, 2: {ID: 2, StateTypeID: 2, Name: "open", Active: true},
			3: {ID: 3, StateTypeID: 3, Name: "pending reminder", Active: true}, 4: {ID: 4, StateTypeID: 5, Name: "closed", Active: true},
			5: {ID: 5, StateTypeID: 6, Name: "merged", Active: true}, 6: {ID: 6, StateTypeID: 4, Name: "pending close", Active: true},
			7: {ID: 7, StateTypeID: 2, Name: "retired"},
		},
		Priorities: map[desk.PriorityID]desk.Priority{1: {ID: 1, Active: true}, 2: {ID: 2, Active: true}, 9: {ID: 9}},
	}
}

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

	agentNew := forms.Ticket{Access: all, AsAgent: true, Creating: true}
	agentEdit := forms.Ticket{Access: all, AsAgent: true}
	customerNew := forms.Ticket{Creating: true}
	customerEdit := forms.Ticket{}
	for _, tc := range []struct {
		name   string
		form   forms.Ticket
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
		{"owner with the right", forms.Ticket{Access: all, AsAgent: true, MayOwn: true}, good, with(func(t *desk.Ticket) { t.OwnerID = 7 }), ""},
		{"retired priority", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.PriorityID = 9 }), "Invalid value '9' for field 'priority_id'!"},
		{"no title", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.Title = " " }), "Missing required value for field 'title'!"},
		{"no customer", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.CustomerID = 0 }), "Missing required value for field 'customer_id'!"},
		{"pending for ever", agentNew, desk.Ticket{}, state(3), "Missing required value for field 'pending_time'!"},
		{"pending till", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.StateID = 6; t.PendingTime = &later }), ""},
		{"a value before a missing one", agentNew, desk.Ticket{}, with(func(t *desk.Ticket) { t.StateID = 5; t.Title = "" }), "Invalid value '5' for field 'state_id'!"},
	} {
		got := ""
		if err := tc.form.Check(tc.before, tc.ticket, c, now); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}
