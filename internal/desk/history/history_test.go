package history_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
)

// office is a small installation.
func office() *desk.Catalog {
	return &desk.Catalog{
		Groups:     map[desk.GroupID]desk.Group{1: {ID: 1, Name: "Users"}, 2: {ID: 2, Name: "Sales::North"}},
		States:     map[desk.StateID]desk.State{desk.StateNew: {Name: "new"}, desk.StateOpen: {Name: "open"}},
		Priorities: map[desk.PriorityID]desk.Priority{2: {Name: "2 normal"}, 3: {Name: "3 high"}},
	}
}

var nine = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func TestHistoryNamesEachChangedAttribute(t *testing.T) {
	t.Parallel()
	c := office()
	before := desk.Ticket{ID: 7, GroupID: 1, StateID: desk.StateNew, PriorityID: 2, OwnerID: 1, CustomerID: 3, Title: "old"}
	after := before
	after.GroupID, after.StateID, after.PriorityID, after.OwnerID = 2, desk.StateOpen, 3, 5
	after.OrganizationID, after.Title = new(desk.OrganizationID(4)), "new"
	after.PendingTime, after.ArticleCount = new(nine), 9
	after.Preferences = map[string]any{"x": 1}
	after.UpdatedByID = 5
	want := []desk.Change{
		{Attribute: "group", ValueFrom: "Users", ValueTo: "Sales::North", IDFrom: new(int64(1)), IDTo: new(int64(2))},
		{Attribute: "state", ValueFrom: "new", ValueTo: "open", IDFrom: new(int64(1)), IDTo: new(int64(2))},
		{Attribute: "priority", ValueFrom: "2 normal", ValueTo: "3 high", IDFrom: new(int64(2)), IDTo: new(int64(3))},
		{Attribute: "owner", IDFrom: new(int64(1)), IDTo: new(int64(5))},
		{Attribute: "organization", IDTo: new(int64(4))},
		{Attribute: "title", ValueFrom: "old", ValueTo: "new"},
		{Attribute: "pending_time", ValueTo: "2026-05-04 09:00:00 UTC"},
	}
	got := history.TicketChanges(before, after, c, 5)
	if len(got) != len(want) {
		t.Fatalf("%d changes, want %d: %+v", len(got), len(want), got)
	}
	for i, change := range got {
		if change.Object != "Ticket" || change.OID != 7 || change.Type != "updated" || change.By != 5 {
			t.Errorf("change %d is of %s %d, type %s, by %d", i, change.Object, change.OID, change.Type, change.By)
		}
		w := want[i]
		if change.Attribute != w.Attribute || change.ValueFrom != w.ValueFrom || change.ValueTo != w.ValueTo ||
			!equal(change.IDFrom, w.IDFrom) || !equal(change.IDTo, w.IDTo) {
			t.Errorf("change %d = %+v, want %+v", i, change, w)
		}
	}
}

func equal(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

func TestUnchangedTicketHasNoHistory(t *testing.T) {
	t.Parallel()
	ticket := desk.Ticket{ID: 1, PendingTime: new(nine), Note: new("x")}
	same := ticket
	same.PendingTime, same.Note = new(nine), new("x")
	if got := history.TicketChanges(ticket, same, office(), 1); len(got) != 0 {
		t.Errorf("changes of an unchanged ticket: %+v", got)
	}
}

func TestHistoryCutsLongValues(t *testing.T) {
	t.Parallel()
	before, after := desk.Ticket{}, desk.Ticket{Note: new(strings.Repeat("ü", 600))}
	got := history.TicketChanges(before, after, office(), 1)
	if len(got) != 1 || got[0].ValueTo != strings.Repeat("ü", 500) {
		t.Errorf("history of a long note: %d lines, value of %d bytes", len(got), len(got[0].ValueTo))
	}
}

func TestHistoryOfAttributesThatWereAdded(t *testing.T) {
	t.Parallel()
	attributes := []desk.Attribute{
		{Name: "visit", DataType: "datetime"}, {Name: "day", DataType: "date"}, {Name: "remark", DataType: "input"},
		{Name: "fruit", DataType: "multiselect"}, {Name: "boxes", DataType: "integer"}, {Name: "fragile", DataType: "boolean"},
	}
	before := map[string]any{"visit": "2027-01-02T03:04:05.000Z", "fruit": []any{"apple", "pear"}, "fragile": true}
	after := map[string]any{"visit": "2027-01-03T00:00:00.500Z", "day": "2027-01-03", "remark": "2027-01-03T00:00:00.500Z", "boxes": 3}
	want := []string{
		"visit: 2027-01-02 03:04:05 UTC -> 2027-01-03 00:00:00 UTC", "day:  -> 2027-01-03", "remark:  -> 2027-01-03T00:00:00.500Z",
		"fruit: apple, pear -> ", "boxes:  -> 3", "fragile: true -> ",
	}
	var got []string
	for _, change := range history.CustomChanges("Ticket", 7, attributes, before, after, 5) {
		got = append(got, change.Attribute+": "+change.ValueFrom+" -> "+change.ValueTo)
	}
	if !slices.Equal(got, want) {
		t.Errorf("history %q, want %q", got, want)
	}
}
