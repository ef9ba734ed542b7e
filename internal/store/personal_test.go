package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/table"
)

func TestActivitiesOfAMomentAreOne(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	record := func(a ...workspace.Activity) {
		t.Helper()
		if err := b.RecordActivities(t.Context(), a...); err != nil {
			t.Fatal(err)
		}
	}
	count := func() int { return ask[int](b, `SELECT count(*) FROM activity_stream`) }
	record(workspace.TicketActivity(workspace.ActivityCreate, ticket, 2), workspace.ArticleActivity(workspace.ActivityCreate, ticket, 5, 2))
	record(workspace.TicketActivity(workspace.ActivityUpdate, ticket, 2))
	if got := count(); got != 2 {
		t.Errorf("%d activities, want those of ticket and article", got)
	}
	record(workspace.TicketActivity(workspace.ActivityUpdate, ticket, 1))
	if got := count(); got != 3 {
		t.Errorf("%d activities after somebody else's, want 3", got)
	}
	b.exec(`UPDATE activity_stream SET created_at = now() - interval '91 seconds'`)
	record(workspace.TicketActivity(workspace.ActivityUpdate, ticket, 2))
	if got := count(); got != 4 {
		t.Errorf("%d activities after a while, want 4", got)
	}
}

func TestActivitiesAreForThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO permissions (id, name) VALUES (61, 'ticket.agent'), (2, 'admin.user')`)
	var all []workspace.Activity
	for i := range 6 {
		all = append(all, workspace.TicketActivity(workspace.ActivityCreate, desk.Ticket{ID: desk.TicketID(i + 1), GroupID: desk.GroupID(i%3 + 1)}, 2))
	}
	all = append(all, workspace.UserActivity(workspace.ActivityUpdate, 7, 2))
	if err := b.RecordActivities(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name        string
		groups      []desk.GroupID
		permissions []string
		limit       int
		want        string
	}{
		{"agent of two groups", []desk.GroupID{1, 3}, []string{"ticket.agent"}, 10, "[Ticket 6 Ticket 4 Ticket 3 Ticket 1]"},
		{"the newest", []desk.GroupID{1, 2, 3}, []string{"ticket.agent", "admin.user"}, 3, "[User 7 Ticket 6 Ticket 5]"},
		{"administrator", []desk.GroupID{}, []string{"admin.user"}, 10, "[User 7]"},
		{"nobody", []desk.GroupID{1}, []string{}, 10, "[]"},
	} {
		found, err := b.Activities(t.Context(), tc.groups, tc.permissions, tc.limit)
		shown := []string{}
		for _, a := range found {
			shown = append(shown, fmt.Sprint(a.Object, " ", a.OID))
			if a.PermissionID == nil {
				t.Errorf("%s: activity %d has no permission", tc.name, a.ID)
			}
		}
		if got := fmt.Sprint(shown); err != nil || got != tc.want {
			t.Errorf("%s: %s, %v, want %s", tc.name, got, err, tc.want)
		}
	}
}

func TestViewsAreDistinctAndNewestFirst(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1").ID
	for _, id := range []int64{int64(ticket), 900, 901, int64(ticket), 901} {
		b.exec(`UPDATE recent_views SET created_at = created_at - interval '1 hour'`)
		if err := b.View(t.Context(), 2, desk.ObjectTicket, id); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() (ids []int64) {
		views, err := b.RecentViews(t.Context(), 2, table.Page{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, view := range views {
			ids = append(ids, view.OID)
		}
		return ids
	}
	if got, want := shown(), []int64{901, int64(ticket)}; !slices.Equal(got, want) {
		t.Errorf("last views %v, want %v", got, want)
	}
	if _, err := b.DeleteTicket(t.Context(), ticket); err != nil {
		t.Fatal(err)
	}
	if got, want := shown(), []int64{901, 900}; !slices.Equal(got, want) {
		t.Errorf("last views %v after the ticket was deleted, want %v", got, want)
	}
}

func TestReminderTakesThePlaceOfTheOneBefore(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := int64(b.ticket("1").ID)
	tell := func(types ...string) {
		t.Helper()
		for _, what := range types {
			n := workspace.OnlineNotification{UserID: 2, Type: what, Object: desk.ObjectTicket, OID: ticket}
			n.CreatedByID = 1
			if err := b.InsertOnlineNotifications(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	tell("update", "reminder_reached", "update", "escalation_warning", "reminder_reached", "escalation")
	read := func(groups ...desk.GroupID) (types []string) {
		t.Helper()
		found, err := b.OnlineNotifications(t.Context(), 2, groups, table.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range found {
			types = append(types, n.Type)
		}
		return types
	}
	if got, want := read(1), []string{"escalation", "reminder_reached", "update", "update"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if got := read(2); got != nil {
		t.Errorf("told %q of a ticket that can't be read, want nothing", got)
	}
}

func TestOldNotificationsAreForgotten(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO online_notifications (id, user_id, type, object, o_id, seen, updated_by_id, created_by_id, created_at, updated_at) VALUES
		(1, 2, 'update', 'Ticket', 1, false, 1, 1, now() - interval '8 months', now() - interval '8 months'),
		(2, 2, 'update', 'Ticket', 1, false, 1, 1, now() - interval '10 months', now()),
		(3, 2, 'update', 'Ticket', 1, true, 2, 1, now(), now() - interval '9 minutes'),
		(4, 2, 'update', 'Ticket', 1, true, 2, 1, now(), now() - interval '11 minutes'),
		(5, 2, 'update', 'Ticket', 1, true, 1, 1, now(), now() - interval '7 hours'),
		(6, 2, 'update', 'Ticket', 1, true, 1, 1, now(), now() - interval '9 hours')`)
	n, err := b.PurgeOnlineNotifications(t.Context())
	left := ask[[]int64](b, `SELECT array_agg(id ORDER BY id) FROM online_notifications`)
	if want := []int64{1, 3, 5}; err != nil || n != 3 || !slices.Equal(left, want) {
		t.Errorf("forgot %d, %v, left %v, want %v", n, err, left, want)
	}
	b.exec(`INSERT INTO activity_stream (type, object, o_id, created_by_id, created_at) VALUES
		('create', 'User', 1, 1, now() - interval '2 months'), ('create', 'User', 2, 1, now() - interval '4 months')`)
	b.exec(`INSERT INTO recent_views (object, o_id, created_by_id, created_at) VALUES
		('User', 1, 1, now() - interval '2 months'), ('User', 2, 1, now() - interval '4 months')`)
	b.exec(`INSERT INTO taskbars (user_id, app, key, callback, last_contact) VALUES
		(2, 'desktop', 'a', 'x', now() - interval '2 days'), (2, 'mobile', 'b', 'x', now() - interval '2 hours'), (2, 'mobile', 'c', 'x', now() - interval '2 days')`)
	if n, err := b.PurgeActivities(t.Context()); err != nil || n != 1 {
		t.Errorf("forgot %d activities, %v, want 1", n, err)
	}
	if n, err := b.PurgeRecentViews(t.Context()); err != nil || n != 1 {
		t.Errorf("forgot %d views, %v, want 1", n, err)
	}
	if n, err := b.PurgeTaskbars(t.Context()); err != nil || n != 1 {
		t.Errorf("closed %d tabs, %v, want 1", n, err)
	}
}

func TestTabIsOpenOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	tab := workspace.Taskbar{UserID: 2, App: "desktop", Key: "Ticket-1", Callback: "TicketZoom", Params: map[string]any{"ticket_id": 1}}
	if err := b.InsertTaskbar(t.Context(), &tab); err != nil {
		t.Fatal(err)
	}
	again := tab
	if err := b.InsertTaskbar(t.Context(), &again); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("opened twice: %v, want ErrConflict", err)
	}
	tab.Prio = 3
	if err := b.SaveTaskbar(t.Context(), tab); err != nil {
		t.Fatal(err)
	}
	tabs, err := b.Taskbars(t.Context(), 2)
	if err != nil || len(tabs) != 1 || tabs[0].Prio != 3 || tabs[0].Params["ticket_id"] != 1.0 {
		t.Errorf("tabs %+v, %v, want the one", tabs, err)
	}
	if err := b.DeleteTaskbar(t.Context(), tab.ID); err != nil {
		t.Error(err)
	}
	if err := b.DeleteTaskbar(t.Context(), tab.ID); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("closed twice: %v, want ErrNotFound", err)
	}
}
