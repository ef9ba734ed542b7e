package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func TestUsersAreMadeOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO organizations (id, name, domain, domain_assignment, updated_by_id, created_by_id) VALUES (7, 'Acme', 'acme.example', true, 1, 1)`)
	people := []desk.Person{
		{Email: "NICOLE@example.org", Firstname: "Somebody", Lastname: "Else"},
		{Email: "max@acme.example", Firstname: "Max Smith"},
		{Email: "jane.doe@example.org"},
		{Email: "odd@example.org", Undeliverable: true},
		{Email: "max@acme.example", Firstname: "Twice"},
		{Email: ""},
	}
	users, err := b.EnsureUsers(t.Context(), people)
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != 4 {
		t.Errorf("%d users, want 4: %v", len(users), users)
	}
	if known := users["nicole@example.org"]; known.ID != 2 || known.Firstname != "Nicole" || known.Lastname != "" {
		t.Errorf("user that was there = %+v", known)
	}
	max := users["max@acme.example"]
	if max.Firstname != "Max" || max.Lastname != "Smith" || max.Login != "max@acme.example" || max.OrganizationID == nil || *max.OrganizationID != 7 ||
		max.CreatedByID != max.ID || max.UpdatedByID != max.ID || !max.Active {
		t.Errorf("new user = %+v", max)
	}
	if jane := users["jane.doe@example.org"]; jane.Firstname != "Jane" || jane.Lastname != "Doe" || jane.OrganizationID != nil {
		t.Errorf("user without a name = %+v", jane)
	}
	odd := users["odd@example.org"]
	at, err := time.Parse(time.RFC3339, fmt.Sprint(odd.Preferences["mail_delivery_failed_data"]))
	if odd.Preferences["mail_delivery_failed"] != true || odd.Preferences["mail_delivery_failed_reason"] != "invalid email" ||
		err != nil || time.Since(at) > time.Hour {
		t.Errorf("preferences of an odd address = %v (%v)", odd.Preferences, err)
	}
	if n := ask[int](b, `SELECT count(*) FROM roles_users WHERE role_id = 3`); n != 3 {
		t.Errorf("%d users have the role of who signs up, want the 3 new ones", n)
	}
	again, err := b.EnsureUsers(t.Context(), people)
	if err != nil || len(again) != 4 || again["max@acme.example"].ID != max.ID {
		t.Errorf("again = %v, %v", again, err)
	}
	if n := ask[int](b, `SELECT count(*) FROM users`); n != 5 {
		t.Errorf("%d users, want 5", n)
	}
}

func TestNamelessUserGetsAName(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO users (id, login, email, updated_by_id, created_by_id) VALUES (50, 'c@example.org', 'c@example.org', 1, 1)`)
	users, err := b.EnsureUsers(t.Context(), []desk.Person{{Email: "c@example.org", Firstname: "Carl Customer"}})
	if err != nil || users["c@example.org"].Lastname != "Customer" {
		t.Errorf("user = %+v, %v", users["c@example.org"], err)
	}
	if got := ask[string](b, `SELECT firstname || '|' || lastname FROM users WHERE id = 50`); got != "Carl|Customer" {
		t.Errorf("name = %q", got)
	}
	if _, err := b.EnsureUsers(t.Context(), []desk.Person{{Email: "c@example.org", Firstname: "Somebody Else"}}); err != nil {
		t.Fatal(err)
	}
	if got := ask[string](b, `SELECT firstname || '|' || lastname FROM users WHERE id = 50`); got != "Carl|Customer" {
		t.Errorf("name = %q: a name that is there changes", got)
	}
}

func TestAddressCanBeALogin(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO users (id, login, email, updated_by_id, created_by_id) VALUES
		(50, 'old@example.org', 'new@example.org', 1, 1), (51, 'other', 'x@example.org', 1, 1), (52, 'x@example.org', 'y@example.org', 1, 1)`)
	users, err := b.EnsureUsers(t.Context(), []desk.Person{{Email: "old@example.org"}, {Email: "x@example.org"}})
	if err != nil || users["old@example.org"].ID != 50 || users["x@example.org"].ID != 51 {
		t.Errorf("users = %v, %v; want 50 by login, 51 by address before login", users, err)
	}
}

func TestKnownPeopleAreNotWritten(t *testing.T) {
	t.Parallel()
	b := open(t)
	before := ask[string](b, `SELECT string_agg(xmin::text || ctid::text, ' ' ORDER BY id) FROM users`)
	if _, err := b.EnsureUsers(t.Context(), []desk.Person{{Email: "nicole@example.org", Firstname: "N"}}); err != nil {
		t.Fatal(err)
	}
	if after := ask[string](b, `SELECT string_agg(xmin::text || ctid::text, ' ' ORDER BY id) FROM users`); after != before {
		t.Errorf("rows of users %s became %s", before, after)
	}
}

func TestStrangersInParallelTransactionsAreMadeOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := range 5 {
				var people []desk.Person
				for i := range 20 { // each worker in an order of its own
					people = append(people, desk.Person{Email: fmt.Sprintf("u%d.%d@example.org", round, (i*7+worker*3)%20)})
				}
				err := b.InTx(t.Context(), func(tx *store.Store) error {
					users, err := tx.EnsureUsers(t.Context(), people)
					if err == nil && len(users) != 20 {
						t.Errorf("%d users, want 20", len(users))
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := ask[int](b, `SELECT count(*) FROM users WHERE email LIKE 'u%'`); n != 100 {
		t.Errorf("%d users, want 100", n)
	}
	if n := ask[int](b, `SELECT count(*) FROM roles_users`); n != 100 {
		t.Errorf("%d roles of users, want 100", n)
	}
}
