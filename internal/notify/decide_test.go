package notify_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/notify"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// matrix is what an agent wants to be told: the shipped default, as JSON has it.
func matrix(more map[string]any) map[string]any {
	row := func(nobody, subscribed bool) map[string]any {
		return map[string]any{
			"criteria": map[string]any{"owned_by_me": true, "owned_by_nobody": nobody, "subscribed": subscribed, "no": false},
			"channel":  map[string]any{"email": true, "online": true},
		}
	}
	rows := map[string]any{"create": row(true, true), "update": row(true, true), "reminder_reached": row(false, false), "escalation": row(false, false)}
	config := map[string]any{"matrix": rows}
	for key, value := range more {
		if _, is := rows[key]; is {
			rows[key] = value
		} else {
			config[key] = value
		}
	}
	return config
}

func TestDecide(t *testing.T) {
	t.Parallel()
	both, none := notify.Ways{Online: true, Email: true}, notify.Ways{}
	const me, other = desk.UserID(7), desk.UserID(8)
	for _, tc := range []struct {
		name   string
		change func(a *notify.Agent, n *notify.News)
		want   notify.Ways
	}{
		{"a new ticket of nobody", func(a *notify.Agent, n *notify.News) {}, both},
		{"somebody else's", func(a *notify.Agent, n *notify.News) { n.Ticket.OwnerID, n.Owners = other, []desk.UserID{other} }, none},
		{"one's own", func(a *notify.Agent, n *notify.News) { n.Ticket.OwnerID, n.Owners = me, []desk.UserID{me} }, both},
		{"of whom one stands in for", func(a *notify.Agent, n *notify.News) { n.Ticket.OwnerID, n.Owners = other, []desk.UserID{other, me} }, both},
		{"subscribed", func(a *notify.Agent, n *notify.News) {
			n.Ticket.OwnerID, n.Owners, a.Subscribed = other, []desk.UserID{other}, true
		}, both},
		{"all tickets", func(a *notify.Agent, n *notify.News) {
			n.Ticket.OwnerID = other
			a.Preferences["notification_config"] = matrix(map[string]any{"create": map[string]any{
				"criteria": map[string]any{"no": "true"}, "channel": map[string]any{"online": true}}})
		}, notify.Ways{Online: true}},
		{"no channel", func(a *notify.Agent, n *notify.News) {
			a.Preferences["notification_config"] = matrix(map[string]any{"create": map[string]any{"criteria": map[string]any{"no": true}}})
		}, none},
		{"without wishes", func(a *notify.Agent, n *notify.News) { a.Preferences = nil }, none},
		{"another group wanted", func(a *notify.Agent, n *notify.News) {
			a.Preferences["notification_config"] = matrix(map[string]any{"group_ids": []any{"2", 4.0}})
		}, none},
		{"this group wanted", func(a *notify.Agent, n *notify.News) {
			a.Preferences["notification_config"] = matrix(map[string]any{"group_ids": []any{"2", 3.0}})
		}, both},
		{"any group", func(a *notify.Agent, n *notify.News) {
			a.Preferences["notification_config"] = matrix(map[string]any{"group_ids": []any{"-"}})
		}, both},
		{"another group wanted, but one's own", func(a *notify.Agent, n *notify.News) {
			a.Preferences["notification_config"] = matrix(map[string]any{"group_ids": []any{"2"}})
			n.Ticket.OwnerID, n.Owners = me, []desk.UserID{me}
		}, both},
		{"done by oneself", func(a *notify.Agent, n *notify.News) { n.Author, n.Event.Interface = me, desk.ByAPI }, none},
		{"done by oneself by mail", func(a *notify.Agent, n *notify.News) { n.Author, n.Event.Interface = me, desk.ByMail }, both},
		{"inactive", func(a *notify.Agent, n *notify.News) { a.Active = false }, none},
		{"mail came back", func(a *notify.Agent, n *notify.News) {
			a.Preferences["mail_delivery_failed"], a.Preferences["mail_delivery_failed_data"] = true, "2026-01-01T00:00:00Z"
		}, none},
		{"mail came back long ago", func(a *notify.Agent, n *notify.News) {
			a.Preferences["mail_delivery_failed"], a.Preferences["mail_delivery_failed_data"] = true, "2025-12-31T00:00:00Z"
		}, both},
		{"nothing to tell", func(a *notify.Agent, n *notify.News) { n.Worth = false }, none},
		{"a reminder of nobody's ticket", func(a *notify.Agent, n *notify.News) { n.Event.Type = desk.EventReminderReached }, none},
		{"a warning is an escalation", func(a *notify.Agent, n *notify.News) {
			n.Event.Type, n.Ticket.OwnerID, n.Owners = desk.EventEscalationWarning, me, []desk.UserID{me}
		}, both},
		{"a merge is an update", func(a *notify.Agent, n *notify.News) { n.Event.Type = desk.EventMergedInto }, both},
	} {
		agent := notify.Agent{User: desk.User{ID: me, Active: true, Preferences: map[string]any{"notification_config": matrix(nil)}}}
		news := notify.News{
			Event:  desk.TicketEvent{Type: desk.EventCreate, By: other, Interface: desk.ByMail},
			Ticket: desk.Ticket{GroupID: 3, OwnerID: desk.SystemUser}, Author: other, Worth: true,
		}
		tc.change(&agent, &news)
		if got := notify.Decide(agent, news, now); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	const me, other = desk.UserID(7), desk.UserID(8)
	c := &desk.Catalog{
		StateTypes: map[desk.StateTypeID]string{1: "new", 2: "open", 3: "pending reminder", 4: "pending action", 5: "closed", 6: "merged"},
		States: map[desk.StateID]desk.State{
			1: {StateTypeID: 1}, 2: {StateTypeID: 2}, 3: {StateTypeID: 3}, 4: {StateTypeID: 5}, 5: {StateTypeID: 6},
			6: {StateTypeID: 4, NextStateID: new(desk.StateID(4))}, 7: {StateTypeID: 4, NextStateID: new(desk.StateID(2))},
		},
	}
	for _, tc := range []struct {
		name    string
		state   desk.StateID
		owner   desk.UserID
		by      desk.UserID
		mine    bool
		anybody bool
		settles bool
	}{
		{"open", 2, other, other, false, false, false},
		{"closed", 4, other, other, true, true, true},
		{"closed by another, mine", 4, me, other, false, true, true},
		{"closed by me, mine", 4, me, me, true, true, true},
		{"merged by another, mine", 5, me, other, true, true, true},
		{"waits to be closed", 6, other, other, true, true, true},
		{"waits to be opened", 7, other, other, false, false, false},
		{"waits for somebody", 3, other, other, true, true, true},
		{"waits for nobody", 3, desk.SystemUser, other, false, true, false},
	} {
		ticket := desk.Ticket{StateID: tc.state, OwnerID: tc.owner}
		ticket.UpdatedByID = tc.by
		if mine, anybody := notify.Seen(ticket, me, c), notify.Seen(ticket, 0, c); mine != tc.mine || anybody != tc.anybody {
			t.Errorf("%s: seen by me %t, by anybody %t, want %t and %t", tc.name, mine, anybody, tc.mine, tc.anybody)
		}
		if got := notify.Settles(ticket, c); got != tc.settles {
			t.Errorf("%s: settles %t, want %t", tc.name, got, tc.settles)
		}
	}
}
