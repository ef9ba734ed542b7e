package desk_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
)

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
