package search_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"postroom/api/apitest"
)

// hits are what a search across kinds found, as Ticket/5.
func hits(a apitest.Answer) []string {
	all := []string{}
	for _, hit := range a.Is(200).Object()["result"].([]any) {
		hit := hit.(map[string]any)
		all = append(all, fmt.Sprintf("%v/%v", hit["type"], hit["id"]))
	}
	return all
}

func TestSearchAcrossKinds(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`DELETE FROM tickets`)
	ticket := fmt.Sprint("Ticket/", o.NewTicket(1, "david", "Acme wants more"))
	var acme int
	o.One(&acme, `SELECT id FROM organizations WHERE name LIKE 'Acme%'`)
	o.Exec(`UPDATE users SET note = 'works for Acme' WHERE login = 'lone'`)
	organization, user := fmt.Sprint("Organization/", acme), fmt.Sprint("User/", o.UserID("lone"))
	for _, tc := range []struct {
		who, path string
		want      []string
	}{
		{"emma", "/search?query=acme", []string{ticket, user, organization}},
		{"emma", "/search?term=ACME", []string{ticket, user, organization}},
		{"emma", "/search/ticket?query=acme", []string{ticket}},
		{"emma", "/search/Organization-user?query=acme", []string{user, organization}},
		{"emma", "/search/nothing?query=acme", []string{}},
		{"emma", "/search?query=nowhere-to-be-found", []string{}},
		{"stranger", "/search?query=acme", []string{user, organization}},
		{"boss", "/search?query=acme", []string{user, organization}}, // administrators see no tickets by that
		{"david", "/search?query=acme", []string{ticket}},
		{"david", "/search/user-organization?query=acme", []string{}},
		{"lone", "/search?query=acme", []string{}},
	} {
		if got := hits(o.Get(tc.who, tc.path)); !slices.Equal(got, tc.want) {
			t.Errorf("%s asks %s and gets %v, want %v", tc.who, tc.path, got, tc.want)
		}
	}
	if got := hits(o.Post("emma", "/search", `{"query": "acme", "limit": 1}`)); !slices.Equal(got, []string{ticket, user, organization}) {
		t.Errorf("by POST: %v", got)
	}
	if got := hits(o.Post("emma", "/search/user", `{"query": "", "limit": 2}`)); len(got) != 2 || slices.Contains(got, "User/1") {
		t.Errorf("two users: %v", got)
	}
	whole := o.Get("emma", "/search?query=acme&by_object=true").Is(200).Object()
	if got, want := fmt.Sprint(whole["result"].(map[string]any)["Organization"]), fmt.Sprintf("map[object_ids:[%d] total_count:1]", acme); got != want {
		t.Errorf("by object: %v, want %v", got, want)
	}
	assets := whole["assets"].(map[string]any)
	for model, id := range map[string]int{"Organization": acme, "User": o.UserID("david"), "Group": 1} {
		if records, _ := assets[model].(map[string]any); records[fmt.Sprint(id)] == nil {
			t.Errorf("assets have no %s %d: %v", model, id, assets)
		}
	}
}

func TestPreviewOfCondition(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`DELETE FROM tickets`)
	first := o.NewTicket(2, "single", "in a group of nobody's")
	for n := range 7 {
		o.NewTicket(1, "david", fmt.Sprint("number ", n))
	}
	got := o.Post("boss", "/tickets/selector", `{"condition": {"ticket.title": {"operator": "contains", "value": "NUMBER"}}}`).Is(200).Object()
	if ids := got["object_ids"].([]any); len(ids) != 6 || got["object_count"] != 7.0 || len(got["assets"].(map[string]any)["Ticket"].(map[string]any)) != 6 {
		t.Errorf("preview shows %v of %v", ids, got["object_count"])
	}
	got = o.Post("boss", "/tickets/selector", `{"condition": {"ticket.group_id": {"operator": "is", "value": 2}}}`).Is(200).Object()
	if fmt.Sprint(got["object_ids"]) != fmt.Sprintf("[%d]", first) {
		t.Errorf("preview shows %v, want a ticket that the administrator would not see", got["object_ids"])
	}
	got = o.Post("boss", "/users/selector", `{"condition": {"user.login": {"operator": "is", "value": ["emma", "-"]}}}`).Is(200).Object()
	if fmt.Sprint(got["object_ids"]) != fmt.Sprintf("[%d]", o.UserID("emma")) {
		t.Errorf("preview shows users %v", got["object_ids"])
	}
	got = o.Post("boss", "/organizations/selector", `{"condition": {"operator": "AND", "conditions": [
		{"name": "organization.members_existing", "operator": "is", "value": true}, {"name": "organization.name", "operator": "starts with", "value": "acme"}]}}`).Is(200).Object()
	if got["object_count"] != 1.0 {
		t.Errorf("preview counts %v organizations", got["object_count"])
	}
	o.Exec(`DELETE FROM calendars`)
	o.Exec(`INSERT INTO calendars (id, name, timezone, business_hours, updated_by_id, created_by_id) VALUES (7, 'never on Mondays to Sundays', 'UTC', '{}', 1, 1)`)
	for operator, want := range map[string]float64{"is in working time": 0, "is not in working time": 8} {
		got = o.Post("boss", "/tickets/selector", `{"condition": {"execution_time.calendar_id": {"operator": "`+operator+`", "value": 7}}}`).Is(200).Object()
		if got["object_count"] != want {
			t.Errorf("%s: %v tickets, want %v", operator, got["object_count"], want)
		}
	}
	o.Post("boss", "/tickets/selector", `{"condition": {"ticket.nothing": {"operator": "is", "value": 1}}}`).Refuses(http.StatusUnprocessableEntity, "Invalid object selector conditions")
	o.Post("boss", "/tickets/selector", `{}`).Refuses(http.StatusUnprocessableEntity, "Invalid object selector conditions")
	o.Post("boss", "/groups/selector", `{"condition": {}}`).Refuses(http.StatusUnprocessableEntity, "Given object does not support selector")
	for _, who := range []string{"emma", "david"} {
		o.Post(who, "/tickets/selector", `{"condition": {}}`).Is(http.StatusForbidden)
	}
}
