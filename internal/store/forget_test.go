package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/privacy"
)

// user writes a user with the fewest values.
func (b *base) user(login string) desk.UserID {
	b.t.Helper()
	u := desk.User{Login: login, Email: login, Firstname: "Ann", Lastname: "Other", Active: true}
	u.CreatedByID, u.UpdatedByID = 1, 1
	if err := b.InsertUser(b.t.Context(), &u); err != nil {
		b.t.Fatal(err)
	}
	return u.ID
}

// namedIn lists the columns of the database in which a user's id may stand for the user, and does.
func (b *base) namedIn(user desk.UserID) []string {
	b.t.Helper()
	rows, _ := b.db.Query(context.Background(), `
		SELECT c.relname::text, a.attname::text
		FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'bigint'::regtype
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
			AND (a.attname IN ('created_by_id', 'updated_by_id', 'user_id', 'owner_id', 'customer_id', 'origin_by_id')
				OR EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confrelid = 'users'::regclass AND f.conkey = ARRAY[a.attnum]))`)
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Table, Column string }])
	if err != nil {
		b.t.Fatal(err)
	}
	if len(columns) < 40 {
		b.t.Fatalf("found %d columns that name users: the test looks for them in a wrong way", len(columns))
	}
	var named []string
	for _, c := range columns {
		if n := ask[int](b, `SELECT count(*) FROM `+pgx.Identifier{c.Table}.Sanitize()+` WHERE `+pgx.Identifier{c.Column}.Sanitize()+` = $1`, user); n > 0 {
			named = append(named, fmt.Sprintf("%s.%s (%d)", c.Table, c.Column, n))
		}
	}
	slices.Sort(named)
	return named
}

func TestForgottenUserIsNamedNowhere(t *testing.T) {
	t.Parallel()
	b := open(t)
	gone, stays := b.user("gone@example.org"), b.user("stays@example.org")
	own, other := b.ticket("1"), b.ticket("2")
	b.exec(`UPDATE tickets SET customer_id = $1, created_by_id = $1 WHERE id = $2`, gone, own.ID)
	b.exec(`UPDATE tickets SET owner_id = $1, updated_by_id = $1 WHERE id = $2`, gone, other.ID)
	b.article(own.ID)
	written := b.article(other.ID)
	b.exec(`UPDATE ticket_articles SET origin_by_id = $1, created_by_id = $1, updated_by_id = $2 WHERE id = $3`, gone, stays, written.ID)
	b.exec(`INSERT INTO roles_users (user_id, role_id) VALUES ($1, 3), ($2, 3)`, gone, stays)
	b.exec(`INSERT INTO tokens (user_id, action, token_hash) VALUES ($1, 'api', '\x01'), ($2, 'api', '\x02')`, gone, stays)
	b.exec(`UPDATE users SET out_of_office_replacement_id = $1, created_by_id = $1 WHERE id = $2`, gone, stays)
	b.exec(`INSERT INTO triggers (name, condition, perform, activator, execution_condition_mode, updated_by_id, created_by_id)
		VALUES ('t', '{}', '{}', 'action', 'always', $1, $1)`, gone)
	for _, viewer := range []desk.UserID{1, gone} { // what somebody looked at is there once
		b.exec(`INSERT INTO recent_views (object, o_id, created_by_id) VALUES ('Ticket', $1, $2)`, other.ID, viewer)
	}
	b.exec(`INSERT INTO sessions (token_hash, user_id, switched_from_id, authentication, expires_at) VALUES ('\x03', $1, $2, 'password', now())`, stays, gone)
	b.exec(`INSERT INTO history (object, o_id, type, created_by_id) VALUES ('User', $1, 'created', 1), ('User', $2, 'updated', $1)`, gone, stays)
	b.exec(`INSERT INTO blobs (id, sha256, size, place) VALUES (7, sha256('x'), 1, 'DB')`)
	b.exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id) VALUES ('User', $1, 'face.png', 1, 7, 1)`, gone)

	for _, want := range []int{1, 0} {
		if n, err := b.DeleteTicketsOf(t.Context(), gone, 10); err != nil || n != want {
			t.Fatalf("deleted %d tickets, %v, want %d", n, err, want)
		}
	}
	if err := b.ForgetTraces(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if left := b.namedIn(gone); len(left) > 0 {
		t.Errorf("the user is still named in %s", strings.Join(left, ", "))
	}
	if err := b.InTx(t.Context(), func(tx *store.Store) error { return tx.DeleteForgotten(t.Context(), gone, false) }); err != nil {
		t.Fatal(err)
	}
	if got := ask[string](b, `SELECT string_agg(id::text, ',') FROM tickets`); got != fmt.Sprint(other.ID) {
		t.Errorf("tickets left: %s, want %d alone", got, other.ID)
	}
	article := ask[[]int64](b, `SELECT ARRAY[origin_by_id, created_by_id, updated_by_id] FROM ticket_articles WHERE id = $1`, written.ID)
	if want := []int64{1, 1, int64(stays)}; !slices.Equal(article, want) {
		t.Errorf("article was written by %v, want %v", article, want)
	}
	if tokens, history := ask[int](b, `SELECT count(*) FROM tokens`), ask[int](b, `SELECT count(*) FROM history WHERE object = 'User'`); tokens != 1 || history != 1 {
		t.Errorf("%d tokens and %d entries of history are left, want those of the other user", tokens, history)
	}
	if views, sessions := ask[int](b, `SELECT count(*) FROM recent_views`), ask[int](b, `SELECT count(*) FROM sessions`); views != 1 || sessions != 0 {
		t.Errorf("%d views and %d sessions in another's name are left, want 1 and none", views, sessions)
	}
	if replacement := ask[*int64](b, `SELECT out_of_office_replacement_id FROM users WHERE id = $1`, stays); replacement != nil {
		t.Errorf("the other user is still replaced by %d", *replacement)
	}
	if got := ask[int](b, `SELECT count(*) FROM outbox WHERE kind = 'blobs.released' AND payload @> '{"blob_ids": [7]}'`); got != 1 {
		t.Errorf("%d announcements that the picture is released, want 1", got)
	}
}

func TestForgettingWalksThroughManyRows(t *testing.T) {
	t.Parallel()
	b := open(t)
	gone := b.user("gone@example.org")
	b.exec(`INSERT INTO history (object, o_id, type, created_by_id) SELECT 'Ticket', n, 'updated', $1 FROM generate_series(1, 12000) n`, gone)
	b.exec(`INSERT INTO history (object, o_id, type, created_by_id) SELECT 'User', $1, 'updated', 1 FROM generate_series(1, 11000) n`, gone)
	if err := b.ForgetTraces(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if taken, left := ask[int](b, `SELECT count(*) FROM history WHERE created_by_id = 1`), ask[int](b, `SELECT count(*) FROM history`); taken != 12000 || left != 12000 {
		t.Errorf("%d of %d entries are the system's, want 12000 of as many", taken, left)
	}
}

func TestOrganizationGoesWithItsLastMember(t *testing.T) {
	t.Parallel()
	b := open(t)
	for name, tc := range map[string]struct {
		with, colleague bool
		left            int
	}{
		"last member":             {true, false, 0},
		"last member, not wanted": {false, false, 1},
		"not the last":            {true, true, 1},
	} {
		id := ask[int64](b, `INSERT INTO organizations (name, updated_by_id, created_by_id) VALUES ($1, 1, 1) RETURNING id`, name)
		gone := b.user("gone@" + strings.ReplaceAll(name, " ", "") + ".example")
		b.exec(`UPDATE users SET organization_id = $1 WHERE id = $2`, id, gone)
		if tc.colleague {
			b.exec(`INSERT INTO organizations_users (user_id, organization_id) VALUES (2, $1)`, id)
		}
		ticket := b.ticket(name)
		b.exec(`UPDATE tickets SET organization_id = $1 WHERE id = $2`, id, ticket.ID)
		err := b.InTx(t.Context(), func(tx *store.Store) error { return tx.DeleteForgotten(t.Context(), gone, tc.with) })
		if left := ask[int](b, `SELECT count(*) FROM organizations WHERE id = $1`, id); err != nil || left != tc.left {
			t.Errorf("%s: %d organizations are left, %v, want %d", name, left, err, tc.left)
		}
		if left := ask[int](b, `SELECT count(*) FROM tickets WHERE id = $1`, ticket.ID); left != 1 {
			t.Errorf("%s: a ticket of somebody else is gone", name)
		}
	}
}

func TestUserWhoIsNamedAgainIsDeletedLater(t *testing.T) {
	t.Parallel()
	b := open(t)
	gone := b.user("gone@example.org")
	b.exec(`UPDATE tickets SET owner_id = $1 WHERE id = $2`, gone, b.ticket("1").ID)
	err := b.InTx(t.Context(), func(tx *store.Store) error { return tx.DeleteForgotten(t.Context(), gone, false) })
	if err == nil || desk.Permanent(err) {
		t.Errorf("error = %v, want one after which another attempt makes sense", err)
	}
}

func TestOrdersToForgetAreChecked(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`
		INSERT INTO permissions (id, name) VALUES (1, 'admin');
		INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (1, 'Admin', 1, 1);
		INSERT INTO permissions_roles (role_id, permission_id) VALUES (1, 1);`)
	admin, other := b.user("admin@example.org"), b.user("other@example.org")
	b.exec(`INSERT INTO roles_users (user_id, role_id) VALUES ($1, 1)`, admin)
	ticket := b.ticket("4711")
	order := func(kind string, id int64, by desk.UserID) (desk.DataPrivacyTask, error) {
		v := desk.DataPrivacyTask{DeletableType: kind, DeletableID: id, Preferences: map[string]any{"sure": "DELETE"}}
		err := b.InTx(t.Context(), func(tx *store.Store) error { return privacy.Tasks.Insert(t.Context(), tx.DB, &v, by) })
		return v, err
	}
	for _, tc := range []struct {
		name string
		kind string
		id   int64
		by   desk.UserID
		want string // the error; "": accepted
	}{
		{"of another kind", "Group", 1, admin, "Deletable type is not included in the list"},
		{"of the system", "User", 1, admin, "Deletable is undeletable system User with ID 1"},
		{"of oneself", "User", int64(other), other, "Deletable is your current account"},
		{"of the last administrator", "User", int64(admin), other, "Deletable is last account with admin permissions"},
		{"of nobody", "User", 4711, admin, "Invalid value for param 'deletable_id': 4711"},
		{"of no ticket", "Ticket", 4711, admin, "Invalid value for param 'deletable_id': 4711"},
		{"of a user", "User", int64(other), admin, ""},
		{"of a user again", "User", int64(other), admin, "Deletable has an existing DataPrivacyTask queued"},
		{"of a ticket", "Ticket", int64(ticket.ID), admin, ""},
	} {
		_, err := order(tc.kind, tc.id, tc.by)
		got := ""
		if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
			got = invalid.Reason
		} else if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got != tc.want {
			t.Errorf("%s: error %q, want %q", tc.name, got, tc.want)
		}
	}
	if n := ask[int](b, `SELECT count(*) FROM outbox WHERE kind = 'data_privacy.forget'`); n != 2 {
		t.Errorf("%d orders are announced, want those two that were accepted", n)
	}
	b.exec(`UPDATE data_privacy_tasks SET state = 'failed'`)
	again, err := order("User", 2, admin)
	if err != nil {
		t.Fatal(err)
	}
	about, _ := again.Preferences["user"].(map[string]any)
	if got := fmt.Sprintf("%v %v %v", slices.Sorted(maps.Keys(again.Preferences)), about["email"], again.Preferences["customer_tickets"]); got != "[customer_tickets owner_tickets sure user] nicole@example.org [4711]" {
		t.Errorf("the order says %s", got)
	}
	if err := b.SuspendUser(t.Context(), admin); err == nil || !desk.Permanent(err) {
		t.Errorf("suspending the last administrator: %v, want a refusal", err)
	}
	if err := b.SuspendUser(t.Context(), other); err != nil || ask[bool](b, `SELECT active FROM users WHERE id = $1`, other) {
		t.Errorf("suspending another user: %v, and active or not", err)
	}
}
