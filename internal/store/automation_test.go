package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/library"
	"postroom/internal/store/table"
)

func newCalendar(b *base, name string, isDefault bool) desk.Calendar {
	b.t.Helper()
	v := desk.Calendar{Name: name, Timezone: "UTC", BusinessHours: map[string]any{}, Default: isDefault}
	if err := b.InTx(b.t.Context(), func(tx *store.Store) error {
		return catalog.Calendars.Insert(b.t.Context(), tx.DB, &v, desk.SystemUser)
	}); err != nil {
		b.t.Fatal(err)
	}
	return v
}

func TestExactlyOneCalendarIsTheDefault(t *testing.T) {
	t.Parallel()
	b := open(t)
	defaults := func() string { return ask[string](b, `SELECT string_agg(name, ',') FROM calendars WHERE "default"`) }
	change := func(fn func(tx *store.Store) error) {
		t.Helper()
		if err := b.InTx(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	first := newCalendar(b, "first", false)
	if got := defaults(); got != "first" {
		t.Errorf("default = %s, want the only one there is", got)
	}
	b.exec(`UPDATE calendars SET created_at = created_at - interval '1 hour'`) // clocks may be set back meanwhile
	second, third := newCalendar(b, "second", true), newCalendar(b, "third", false)
	if got := defaults(); got != "second" {
		t.Errorf("default = %s, want the one that was made the default", got)
	}
	change(func(tx *store.Store) error {
		third.Default = true
		return catalog.Calendars.Save(t.Context(), tx.DB, &third, desk.SystemUser)
	})
	if got := defaults(); got != "third" {
		t.Errorf("default = %s, want the one that became it", got)
	}
	change(func(tx *store.Store) error { return catalog.Calendars.Delete(t.Context(), tx.DB, third.ID) })
	if got := defaults(); got != "first" {
		t.Errorf("default = %s after it was deleted, want the oldest", got)
	}
	change(func(tx *store.Store) error { return catalog.Calendars.Delete(t.Context(), tx.DB, second.ID) })
	err := b.InTx(t.Context(), func(tx *store.Store) error { return catalog.Calendars.Delete(t.Context(), tx.DB, first.ID) })
	if _, refused := errors.AsType[*desk.InvalidError](err); !refused {
		t.Errorf("deleting the last calendar: %v, want a refusal", err)
	}
}

func TestPromiseNeedsItsCalendar(t *testing.T) {
	t.Parallel()
	b := open(t)
	calendar := newCalendar(b, "first", true)
	newCalendar(b, "second", false)
	hour := 60
	none := desk.SLA{Name: "none"}
	good := desk.SLA{Name: "gold", CalendarID: &calendar.ID, UpdateTime: &hour}
	both := desk.SLA{Name: "both", CalendarID: &calendar.ID, UpdateTime: &hour, ResponseTime: &hour}
	if err := catalog.SLAs.Insert(t.Context(), b.Store.DB, &none, desk.SystemUser); err == nil || err.Error() != "insert into slas: Attribute 'calendar_id' required!" {
		t.Errorf("without a calendar: %v", err)
	}
	if err := catalog.SLAs.Insert(t.Context(), b.Store.DB, &good, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	if err := catalog.SLAs.Insert(t.Context(), b.Store.DB, &both, desk.SystemUser); err == nil {
		t.Error("the database holds two ways to set one target")
	}
	err := catalog.Calendars.Delete(t.Context(), b.Store.DB, calendar.ID)
	if refused, ok := errors.AsType[*desk.InvalidError](err); !ok || refused.Reason != "Can't delete, object has references." {
		t.Errorf("deleting the calendar: %v, want a refusal", err)
	}
}

func TestSecretsOfWebhooksAreSealed(t *testing.T) {
	t.Parallel()
	b := open(t)
	token, password := "hush", ""
	hook := desk.Webhook{Name: "x", Endpoint: "https://example.com", SignatureToken: &token, BasicAuthPassword: &password}
	if err := library.Webhooks.Insert(t.Context(), b.Store.DB, &hook, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	if stored := ask[string](b, `SELECT signature_token FROM webhooks`); strings.Contains(stored, token) || !strings.HasPrefix(stored, "sealed:") {
		t.Errorf("the database holds %q", stored)
	}
	v, err := library.Webhooks.Get(t.Context(), b.Store.DB, hook.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := library.Webhooks.Save(t.Context(), b.Store.DB, &v, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	opened, err := b.Webhook(t.Context(), hook.ID)
	if err != nil || *opened.SignatureToken != token || *opened.BasicAuthPassword != "" || opened.BasicAuthUsername != nil {
		t.Errorf("opened after it was saved again: %v, %v", opened, err)
	}
}

func TestWebhookInUseStays(t *testing.T) {
	t.Parallel()
	b := open(t)
	hook := desk.Webhook{Name: "x", Endpoint: "https://example.com"}
	if err := library.Webhooks.Insert(t.Context(), b.Store.DB, &hook, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	number := fmt.Sprint(hook.ID)
	b.exec(`INSERT INTO triggers (name, condition, perform, activator, execution_condition_mode, updated_by_id, created_by_id) VALUES
		('as text', '{}', jsonb_build_object('notification.webhook', jsonb_build_object('webhook_id', $1::text)), 'action', 'always', 1, 1),
		('another', '{}', jsonb_build_object('notification.webhook', jsonb_build_object('webhook_id', $1::text || '0')), 'action', 'always', 1, 1)`, number)
	b.exec(`INSERT INTO schedulers (name, object, timeplan, condition, perform, updated_by_id, created_by_id) VALUES
		('as number', 'Ticket', '{}', '{}', jsonb_build_object('notification.webhook', jsonb_build_object('webhook_id', $1::bigint)), 1, 1)`, hook.ID)
	err := library.Webhooks.Delete(t.Context(), b.Store.DB, hook.ID)
	refused, ok := errors.AsType[*desk.InvalidError](err)
	if want := "Cannot delete! This webhook is referenced by Job: as number, Trigger: as text"; !ok || refused.Reason != want {
		t.Errorf("deleting a webhook in use: %v, want %q", err, want)
	}
	b.exec(`DELETE FROM triggers`)
	b.exec(`DELETE FROM schedulers`)
	if err := library.Webhooks.Delete(t.Context(), b.Store.DB, hook.ID); err != nil {
		t.Errorf("deleting a webhook that nothing uses: %v", err)
	}
}

func TestBuiltInWorkflowsAreNotShown(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO core_workflows (id, name, changeable, updated_by_id, created_by_id) VALUES (900, 'built in', false, 1, 1)`)
	own := desk.CoreWorkflow{Name: "own", Active: true}
	if err := catalog.CoreWorkflows.Insert(t.Context(), b.Store.DB, &own, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	list, err := catalog.CoreWorkflows.List(t.Context(), b.Store.DB, table.Filter[desk.CoreWorkflowID]{}, nil, table.Page{Limit: 10})
	if err != nil || len(list) != 1 || list[0].Name != "own" || !list[0].Changeable {
		t.Errorf("list = %v, %v, want the own one", list, err)
	}
	err = b.InTx(t.Context(), func(tx *store.Store) error {
		_, err := catalog.CoreWorkflows.Lock(t.Context(), tx.DB, 900)
		return err
	})
	if !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("locking a built-in one: %v, want that it is not found", err)
	}
}

func TestOldRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO http_logs (direction, facility, method, url, created_at)
		SELECT 'out', 'webhook', 'POST', 'https://example.com', now() - interval '40 days' FROM generate_series(1, 6000)`)
	status := "200"
	kept := desk.HTTPLog{
		Direction: "in", Facility: "cti", Method: "GET", URL: strings.Repeat("u", 9000), Status: &status,
		Request: map[string]any{"content": strings.Repeat("ü", 9000), "code": 1.0, "nested": map[string]any{"a": []any{1.0}}},
	}
	if err := b.AddHTTPLog(t.Context(), &kept); err != nil {
		t.Fatal(err)
	}
	if n, err := b.PurgeHTTPLogs(t.Context()); err != nil || n != 6000 {
		t.Errorf("purged %d, %v, want 6000", n, err)
	}
	for facility, want := range map[string]int{"": 1, "cti": 1, "webhook": 0} {
		if logs, err := b.HTTPLogs(t.Context(), facility, 50); err != nil || len(logs) != want {
			t.Errorf("facility %q: %d logs, %v, want %d", facility, len(logs), err, want)
		}
	}
	got, err := b.HTTPLog(t.Context(), kept.ID)
	if err != nil || len(got.URL) != 2000 || len(got.Request["content"].(string)) != 16000 || got.Request["code"] != 1.0 || got.Request["nested"] != `{"a":[1]}` {
		t.Errorf("kept %.100v, %v, want it shortened", got, err)
	}
}

func TestOldOrdersToForgetAreForgotten(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO data_privacy_tasks (state, deletable_type, deletable_id, updated_by_id, created_by_id, created_at) VALUES
		('completed', 'User', 50, 1, 1, now() - interval '13 months'),
		('in process', 'User', 51, 1, 1, now() - interval '13 months'),
		('completed', 'User', 52, 1, 1, now() - interval '11 months'),
		('failed', 'User', 53, 1, 1, now())`)
	if n, err := b.PurgePrivacyTasks(t.Context()); err != nil || n != 1 {
		t.Errorf("purged %d, %v, want 1", n, err)
	}
	list, err := b.PrivacyTasksByState(t.Context(), 10)
	got := ""
	for _, v := range list {
		got += fmt.Sprint(v.DeletableID, v.State, " ")
	}
	if want := "51in process 53failed 52completed "; err != nil || got != want {
		t.Errorf("by state: %s, %v, want %s", got, err, want)
	}
}
