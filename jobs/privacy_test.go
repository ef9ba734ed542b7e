package jobs

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/setup"
	"postroom/internal/store"
	"postroom/internal/store/privacy"
	"postroom/jobs/task"
)

// newSeededRig is a rig with the records of a fresh installation.
func newSeededRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	if err := setup.Seed(t.Context(), r.store, setup.Address{}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := r.db.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// order stores the order to forget something, as user 1 gives it.
func (r *rig) order(t *testing.T, kind string, id int64, preferences map[string]any) desk.DataPrivacyTaskID {
	t.Helper()
	v := desk.DataPrivacyTask{DeletableType: kind, DeletableID: id, Preferences: preferences}
	err := r.store.InTx(t.Context(), func(tx *store.Store) error {
		return privacy.Tasks.Insert(t.Context(), tx.DB, &v, desk.SystemUser)
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.ID
}

// outboxID is the announcement of an order.
func (r *rig) outboxID(t *testing.T, order desk.DataPrivacyTaskID) (id desk.OutboxID) {
	t.Helper()
	err := r.db.QueryRow(t.Context(), `
		SELECT id FROM outbox WHERE kind = 'data_privacy.forget' AND payload @> jsonb_build_object('data_privacy_task_id', $1::bigint)`, order).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestUserIsForgottenWithAllTickets(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	r.exec(t, `INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT 1, 2, 1, 'n' || n, 'x', 2, 2, 2 FROM generate_series(1, 45) n`)
	order := r.order(t, "User", 2, map[string]any{"delete_organization": "true"})
	job, id := NewForgetRecord(r.store), r.outboxID(t, order)
	for range 2 { // a repeated task does no harm
		if err := job.Work(t.Context(), task.DataPrivacyOrdered{TaskID: order}, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{
		`SELECT count(*) FROM users WHERE id = 2`, `SELECT count(*) FROM tickets`, `SELECT count(*) FROM organizations`,
		`SELECT count(*) FROM outbox WHERE kind = 'data_privacy.forget'`,
	} {
		if n := r.number(t, sql); n != 0 {
			t.Errorf("%s: %d, want none", sql, n)
		}
	}
	done, err := privacy.Tasks.Get(t.Context(), r.store.DB, order)
	if err != nil {
		t.Fatal(err)
	}
	about := done.Preferences["user"]
	if want := "map[email:n*n@z*d.org firstname:N*e lastname:B*n organization:Z*n]"; done.State != "completed" || fmt.Sprint(about) != want {
		t.Errorf("the order is %s and says %v, want completed and %s", done.State, about, want)
	}
}

func TestTicketIsForgotten(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	order := r.order(t, "Ticket", 1, nil)
	if err := NewForgetRecord(r.store).Work(t.Context(), task.DataPrivacyOrdered{TaskID: order}, r.outboxID(t, order)); err != nil {
		t.Fatal(err)
	}
	done, err := privacy.Tasks.Get(t.Context(), r.store.DB, order)
	if err != nil || done.State != "completed" || r.number(t, `SELECT count(*) FROM tickets WHERE id = 1`) != 0 {
		t.Errorf("the order is %s, %v, and the ticket may still be there", done.State, err)
	}
	about, _ := done.Preferences["ticket"].(map[string]any)
	if about["title"] != "W*!" || about["number"] == "" {
		t.Errorf("the order says %v", about)
	}
}

func TestOrderThatWasTakenBackChangesNothing(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	order := r.order(t, "Ticket", 1, nil)
	id := r.outboxID(t, order)
	r.exec(t, `DELETE FROM data_privacy_tasks`)
	if err := NewForgetRecord(r.store).Work(t.Context(), task.DataPrivacyOrdered{TaskID: order}, id); err != nil {
		t.Fatal(err)
	}
	if r.number(t, `SELECT count(*) FROM tickets WHERE id = 1`) != 1 || r.number(t, `SELECT count(*) FROM outbox WHERE id = $1`, id) != 0 {
		t.Error("the ticket is gone, or the work stays")
	}
}

func TestOrderThatCannotBeCarriedOutFails(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	order := r.order(t, "User", 2, nil)
	// Somebody made this user the only administrator after the order.
	r.exec(t, `INSERT INTO roles_users (user_id, role_id) VALUES (2, 1)`)
	job := NewForgetRecord(r.store)
	reason := job.Work(t.Context(), task.DataPrivacyOrdered{TaskID: order}, r.outboxID(t, order))
	if reason == nil || !desk.Permanent(reason) {
		t.Fatalf("error = %v, want one for good", reason)
	}
	err := r.store.InTx(t.Context(), func(tx *store.Store) error {
		return job.GiveUp(t.Context(), tx, task.DataPrivacyOrdered{TaskID: order}, 0, reason)
	})
	failed, getErr := privacy.Tasks.Get(t.Context(), r.store.DB, order)
	if err := errors.Join(err, getErr); err != nil || failed.State != "failed" || failed.Preferences["error"] != reason.Error() {
		t.Errorf("the order is %s because of %v (%v), want failed because of %v", failed.State, failed.Preferences["error"], err, reason)
	}
	if r.number(t, `SELECT count(*) FROM users WHERE id = 2 AND active`) != 1 {
		t.Error("the administrator is suspended or gone")
	}
}

func TestOrderIsCarriedOutByWorkers(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.workers(2, NewForgetRecord(r.store).Handler()).Run)
	r.order(t, "Ticket", 1, nil)
	r.wait(t, time.Minute, 0, `SELECT count(*) FROM tickets WHERE id = 1`)
}
