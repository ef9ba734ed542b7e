package perform_test

import (
	"reflect"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/perform"
)

func TestWhatAMacroWrites(t *testing.T) {
	t.Parallel()
	acme := desk.OrganizationID(7)
	by := perform.Actor{User: desk.User{ID: 5, OrganizationID: &acme}, Now: time.Date(2026, 1, 31, 23, 15, 42, 0, time.UTC)}
	for _, tc := range []struct {
		name    string
		perform map[string]any
		want    perform.Writes
	}{
		{"a value", map[string]any{"ticket.title": map[string]any{"value": "x"}}, perform.Writes{Attributes: map[string]any{"title": "x"}}},
		{"a number", map[string]any{"ticket.priority_id": map[string]any{"value": 3.0}}, perform.Writes{Attributes: map[string]any{"priority_id": "3"}}},
		{"whoever acts", map[string]any{"ticket.owner_id": map[string]any{"pre_condition": "current_user.id"}}, perform.Writes{Attributes: map[string]any{"owner_id": "5"}}},
		{"nobody", map[string]any{"ticket.owner_id": map[string]any{"pre_condition": "not_set"}}, perform.Writes{Attributes: map[string]any{"owner_id": "1"}}},
		{"their organization", map[string]any{"ticket.organization_id": map[string]any{"pre_condition": "current_user.organization_id"}},
			perform.Writes{Attributes: map[string]any{"organization_id": "7"}}},
		{"in a month, to the minute", map[string]any{"ticket.pending_time": map[string]any{"operator": "relative", "value": "1", "range": "month"}},
			perform.Writes{Attributes: map[string]any{"pending_time": "2026-02-28T23:15:00Z"}}},
		{"tags", map[string]any{"ticket.tags": map[string]any{"operator": "remove", "value": "a, b ,a"}},
			perform.Writes{Attributes: map[string]any{}, RemoveTags: []string{"a", "b"}}},
		{"a note", map[string]any{"article.note": map[string]any{"subject": "s", "body": "b", "internal": "true"}},
			perform.Writes{Attributes: map[string]any{}, Note: &perform.NoteWrite{Subject: "s", Body: "b", Internal: true}}},
		{"subscriptions", map[string]any{"ticket.subscribe": map[string]any{"pre_condition": "specific", "value": "9"}, "ticket.unsubscribe": map[string]any{"pre_condition": "not_set"}},
			perform.Writes{Attributes: map[string]any{}, Subscribe: []desk.UserID{9}, Quiet: true}},
		{"one that nobody knows beside another", map[string]any{"ai.agent": map[string]any{"id": "1"}, "ticket.title": map[string]any{"value": "x"}},
			perform.Writes{Attributes: map[string]any{"title": "x"}, Unknown: []string{"ai.agent"}}},
		{"deletion", map[string]any{"ticket.action": map[string]any{"value": "delete"}}, perform.Writes{Attributes: map[string]any{}, Delete: true}},
	} {
		got, err := perform.WritesOf(tc.perform, by)
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, got, err, tc.want)
		}
	}
	for _, actions := range []map[string]any{
		{"notification.pigeon": map[string]any{"value": "coo"}},
		{"ticket.pending_time": map[string]any{"operator": "relative", "value": "1", "range": "fortnight"}},
	} {
		if got, err := perform.WritesOf(actions, by); err == nil {
			t.Errorf("%v: %+v, want a refusal", actions, got)
		}
	}
}
