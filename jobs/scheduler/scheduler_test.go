package scheduler_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/perform"
	"postroom/internal/schedule"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/jobs/jobtest"
	"postroom/jobs/scheduler"
	"postroom/jobs/task"
)

// office is a fresh installation with 25 new tickets, 901 to 925, and a clock.
type office struct {
	*jobtest.Office
	clock *scheduler.Clock
	run   *scheduler.Run
}

func open(t *testing.T) *office {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	o := &office{Office: jobtest.Open(t)}
	o.clock, o.run = scheduler.NewClock(o.Store, log), scheduler.NewRun(o.Store, perform.New(blob.New(t.TempDir()), log), log)
	o.Exec(`INSERT INTO users (id, login, firstname, email, active, updated_by_id, created_by_id)
		VALUES (60, 'nina', 'Nina', 'nina@example.org', true, 1, 1), (61, 'old', 'Old', 'old@example.org', true, 1, 1)`)
	o.Exec(`UPDATE tickets SET state_id = 2`) // the one that greets
	o.Exec(`INSERT INTO tickets (id, number, title, group_id, state_id, priority_id, owner_id, customer_id, updated_by_id, created_by_id)
		SELECT 900 + n, (10900 + n)::text, 'Ticket', 1, 1, 2, 1, 60, 60, 60
		FROM generate_series(1, 25) n`)
	return o
}

func (o *office) number(sql string, args ...any) int {
	o.T.Helper()
	return jobtest.Ask[int](o.Office, sql, args...)
}

// always is a plan that every slot is in.
func always() map[string]any {
	on := func(names ...string) map[string]any {
		all := map[string]any{}
		for _, name := range names {
			all[name] = true
		}
		return all
	}
	var hours []string
	for h := range 24 {
		hours = append(hours, strconv.Itoa(h))
	}
	return map[string]any{
		"days": on("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "hours": on(hours...), "minutes": on("0", "10", "20", "30", "40", "50"),
	}
}

// plan makes a scheduler that was saved long ago.
func (o *office) plan(condition, actions string, change func(*desk.Scheduler)) desk.SchedulerID {
	o.T.Helper()
	v := desk.Scheduler{Name: "Night shift", Object: "Ticket", Timeplan: always(), DisableNotification: true, Active: true}
	for text, into := range map[string]*map[string]any{condition: &v.Condition, actions: &v.Perform} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			o.T.Fatal(err)
		}
	}
	if change != nil {
		change(&v)
	}
	if err := o.InTx(o.T.Context(), func(tx *store.Store) error { return catalog.Schedulers.Insert(o.T.Context(), tx.DB, &v, 1) }); err != nil {
		o.T.Fatal(err)
	}
	o.Exec(`UPDATE schedulers SET updated_at = now() - interval '1 hour'`)
	return v.ID
}

// begin lets the clock begin what it finds due.
func (o *office) begin() int {
	o.T.Helper()
	n, err := o.clock.Begin(o.T.Context())
	if err != nil {
		o.T.Fatal(err)
	}
	return n
}

// slice works one slice off; it reports whether there was one.
func (o *office) slice() bool {
	o.T.Helper()
	var id desk.OutboxID
	var payload []byte
	err := o.DB.QueryRow(o.T.Context(), `SELECT id, payload FROM outbox WHERE kind = 'scheduler.run' ORDER BY id LIMIT 1`).Scan(&id, &payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return false
	}
	var t task.SchedulerToRun
	if err != nil || json.Unmarshal(payload, &t) != nil {
		o.T.Fatal(err)
	}
	for range 2 { // a reminder of it that comes twice changes nothing
		if err := o.run.Work(o.T.Context(), t, id); err != nil {
			o.T.Fatal(err)
		}
	}
	return true
}

const (
	fresh  = `{"ticket.state_id":{"operator":"is","value":["1"]}}`
	closed = `{"ticket.state_id":{"value":"4"},"article.note":{"subject":"Closed","body":"Over.","internal":"true"}}`
)

func TestRecordsAreWorkedOnInSlicesOnceEach(t *testing.T) {
	t.Parallel()
	o := open(t)
	id := o.plan(fresh, closed, nil)
	if n := o.begin(); n != 1 {
		t.Fatalf("%d schedulers begun, want 1", n)
	}
	if n := o.begin(); n != 0 {
		t.Errorf("it begins again while it runs")
	}
	running := `SELECT count(*)::int FROM schedulers WHERE id = $1 AND running AND processed = 25 AND matching = 25 AND last_run_at > now() - interval '1 minute' AND next_run_at > last_run_at`
	if o.number(running, id) != 1 {
		t.Error("it does not say that it runs")
	}
	o.slice()
	if n := o.number(`SELECT count(*)::int FROM tickets WHERE state_id = 4`); n != 10 {
		t.Errorf("%d tickets after a slice, want 10", n)
	}
	o.Exec(`UPDATE tickets SET state_id = 2 WHERE id = 925`) // somebody is at it meanwhile
	for o.slice() {
	}
	if n := o.number(`SELECT count(*)::int FROM tickets WHERE state_id = 4 AND id > 900 AND updated_by_id = 1`); n != 24 {
		t.Errorf("%d tickets closed, want all but the one that does not match any more", n)
	}
	if n := o.number(`SELECT count(*)::int FROM ticket_articles WHERE subject = 'Closed' AND internal`); n != 24 {
		t.Errorf("%d notes, want 24", n)
	}
	if n := o.number(`SELECT count(*)::int FROM history WHERE attribute = 'state' AND sourceable_type = 'Job' AND sourceable_name = 'Night shift'`); n != 24 {
		t.Errorf("%d lines of history that name the scheduler, want 24", n)
	}
	quiet := `SELECT count(*)::int FROM outbox WHERE kind = 'ticket.changed' AND payload->>'interface' = 'scheduler' AND payload->'disable_notification' = 'true'`
	if n := o.number(quiet); n != 24 {
		t.Errorf("%d events that agents are not told of, want 24", n)
	}
	if o.number(`SELECT count(*)::int FROM schedulers WHERE id = $1 AND NOT running`, id) != 1 {
		t.Error("it does not say that it is over")
	}
}

func TestMayBegin(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	for _, tc := range []struct {
		name   string
		change func(*desk.Scheduler)
		want   bool
	}{
		{"never ran", func(v *desk.Scheduler) {}, true},
		{"switched off", func(v *desk.Scheduler) { v.Active = false }, false},
		{"saved a moment ago", func(v *desk.Scheduler) { v.UpdatedAt = now.Add(-time.Minute) }, false},
		{"ran five minutes ago", func(v *desk.Scheduler) { v.LastRunAt = ago(5 * time.Minute) }, false},
		{"ran ten minutes ago", func(v *desk.Scheduler) { v.LastRunAt = ago(10 * time.Minute) }, true},
		{"runs for an hour", func(v *desk.Scheduler) { v.LastRunAt, v.Running = ago(time.Hour), true }, false},
		{"is stuck for a day", func(v *desk.Scheduler) { v.LastRunAt, v.Running = ago(24*time.Hour), true }, true},
	} {
		v := desk.Scheduler{Active: true}
		v.UpdatedAt = now.Add(-time.Hour)
		tc.change(&v)
		if got := schedule.MayBegin(v, now); got != tc.want {
			t.Errorf("%s: %t, want %t", tc.name, got, tc.want)
		}
	}
}

func TestOutsideOfThePlanOnlyTheForecastIsNew(t *testing.T) {
	t.Parallel()
	o := open(t)
	id := o.plan(fresh, closed, func(v *desk.Scheduler) {
		plan := always()
		for h := range 2 { // this hour and, for it may begin any moment, the next
			delete(plan["hours"].(map[string]any), strconv.Itoa((time.Now().UTC().Hour()+h)%24))
		}
		v.Timeplan = plan
	})
	if n := o.begin(); n != 0 {
		t.Errorf("%d schedulers begun outside of their plan", n)
	}
	if _, err := o.clock.Forecast(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o.number(`SELECT count(*)::int FROM schedulers WHERE id = $1 AND matching = 25 AND next_run_at > now() AND last_run_at IS NULL`, id) != 1 {
		t.Error("the forecast is not what is to be found")
	}
}

func TestSwitchedOffInTheMiddle(t *testing.T) {
	t.Parallel()
	o := open(t)
	id := o.plan(fresh, closed, nil)
	o.begin()
	o.slice()
	o.Exec(`UPDATE schedulers SET active = false`)
	for o.slice() {
	}
	if n := o.number(`SELECT count(*)::int FROM tickets WHERE state_id = 4`); n != 10 {
		t.Errorf("%d tickets closed, want those of the first slice", n)
	}
	if o.number(`SELECT count(*)::int FROM schedulers WHERE id = $1 AND NOT running`, id) != 1 {
		t.Error("it does not say that it is over")
	}
}

func TestWhatCanNotBeDoneKeepsNothingElse(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.plan(fresh, `{"ticket.no_such":{"value":"4"}}`, nil)
	o.plan(`{"ticket.gone":{"operator":"is","value":"1"}}`, closed, func(v *desk.Scheduler) { v.Name = "Broken" })
	o.plan(fresh, `{"ticket.tags":{"operator":"add","value":"night"}}`, func(v *desk.Scheduler) { v.Name = "Tagging" })
	if n := o.begin(); n != 2 {
		t.Errorf("%d schedulers begun, want the two whose conditions can be read", n)
	}
	for o.slice() {
	}
	if n := o.number(`SELECT count(*)::int FROM taggings`); n != 25 {
		t.Errorf("%d tickets tagged, want 25", n)
	}
	if n := o.number(`SELECT count(*)::int FROM schedulers WHERE running`); n != 0 {
		t.Errorf("%d schedulers still run", n)
	}
}

func TestPeopleAndOrganizations(t *testing.T) {
	t.Parallel()
	jobtest.SameDay(t)
	o := open(t)
	o.Exec(`INSERT INTO organizations (id, name, active, updated_by_id, created_by_id) VALUES (70, 'Gone Ltd', true, 1, 1), (71, 'Former', true, 1, 1)`)
	o.Exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, editable, active, position, updated_by_id, created_by_id)
		VALUES ('User', 'left_on', 'Left on', 'date', '{}', true, true, 900, 1, 1)`)
	o.ForgetCatalog()
	o.plan(`{"user.login":{"operator":"is","value":"old"}}`, `{"user.active":{"value":"false"},"user.note":{"value":"left, was #{user.login}"},"user.organization_id":{"value":"71"},
		"user.left_on":{"operator":"relative","value":"1","range":"day"}}`,
		func(v *desk.Scheduler) { v.Object, v.Name = "User", "Leavers" })
	o.plan(`{"user.login":{"operator":"is","value":"nina"}}`, `{"user.action":{"value":"data_privacy_deletion_task"}}`,
		func(v *desk.Scheduler) { v.Object, v.Name = "User", "Forget" })
	o.plan(`{"organization.name":{"operator":"is","value":"Gone Ltd"}}`, `{"organization.active":{"value":false},"organization.note":{"value":"#{organization.name} of #{config.fqdn}"}}`,
		func(v *desk.Scheduler) { v.Object, v.Name = "Organization", "Companies" })
	o.begin()
	for o.slice() {
	}
	for what, sql := range map[string]string{
		"user changed":         `SELECT count(*)::int FROM users WHERE id = 61 AND NOT active AND note = 'left, was old' AND updated_by_id = 1`,
		"user's relations":     `SELECT count(*)::int FROM users WHERE id = 61 AND organization_id = 71 AND custom->>'left_on' = (now() AT TIME ZONE 'UTC' + interval '1 day')::date::text`,
		"user's history":       `SELECT count(*)::int FROM history WHERE object = 'User' AND o_id = 61 AND attribute = 'active' AND sourceable_name = 'Leavers'`,
		"user to be forgotten": `SELECT count(*)::int FROM data_privacy_tasks WHERE deletable_type = 'User' AND deletable_id = 60`,
		"organization changed": `SELECT count(*)::int FROM organizations WHERE id = 70 AND NOT active AND note LIKE 'Gone Ltd of %.%'`,
	} {
		if n := o.number(sql); n != 1 {
			t.Errorf("%s: %d, want 1", what, n)
		}
	}
}

func TestNothingBeginsDuringAnImport(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.plan(fresh, closed, nil)
	o.Exec(`UPDATE settings SET state_current = '{"value": true}' WHERE name = 'import_mode'`)
	if n := o.begin(); n != 0 {
		t.Errorf("%d schedulers begun", n)
	}
}
