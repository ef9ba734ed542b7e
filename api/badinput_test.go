package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// odd are values that no field expects.
var odd = []string{
	`null`, `""`, `" "`, `true`, `0`, `-1`, `1.5`, `1e400`, `99999999999999999999999`, `9223372036854775807`, `2147483648`,
	`[]`, `[null]`, `[[1]]`, `["x"]`, `[1, "1", -1]`, `{}`, `{"a": {"b": [null]}}`, `{"1": null}`, `{"1": "full"}`, `{"-1": {"x": 1}}`,
	`"'; DROP TABLE users; --"`, `"$1 %s \\ \" ' {{.}} #{config.fqdn}"`, `"<img src=x onerror=alert(1)><b>&amp;"`,
	`"\u0000\u0001\u202e\ud800"`, `"😀😀😀"`, `"a::b::c"`, `"2024-02-31"`, `"0000-00-00"`, `"9999999-01-01"`,
	`"x@y@z"`, `"\r\nX-Evil: 1"`, `"` + strings.Repeat("long ", 20_000) + `"`,
}

// fields are what the routes take, by route.
var fields = map[string]string{
	"POST /users":                       "firstname lastname email login phone web note password active vip preferences roles role_ids groups group_ids organization organization_id organizations organization_ids out_of_office out_of_office_start_at out_of_office_replacement_id source id created_at",
	"PUT /users/4":                      "firstname email login note active preferences role_ids group_ids organization_id organization_ids out_of_office_end_at",
	"POST /organizations":               "name note domain domain_assignment shared vip members member_ids secondary_member_ids",
	"PUT /organizations/2":              "name note domain member_ids",
	"POST /groups":                      "name name_last parent_id signature_id email_address_id assignment_timeout reopen_time_in_days follow_up_possible note active user_ids users",
	"PUT /groups/3":                     "name name_last parent_id parent signature email_address assignment_timeout user_ids",
	"POST /roles":                       "name note preferences permissions permission_ids groups group_ids default_at_signup",
	"PUT /roles/2":                      "name preferences permission_ids group_ids",
	"POST /ticket_states":               "name note state_type state_type_id next_state_id next_state default_create active",
	"PUT /ticket_states/2":              "name note next_state_id",
	"POST /ticket_priorities":           "name note ui_icon ui_color default_create active",
	"PUT /ticket_priorities/2":          "name ui_icon default_create",
	"POST /email_addresses":             "name realname email channel_id note preferences",
	"PUT /email_addresses/1":            "name email channel_id preferences",
	"POST /signatures":                  "name body note active group_ids groups",
	"PUT /signatures/1":                 "name body group_ids",
	"POST /user_access_token":           "name label permission expires_at",
	"PUT /settings/17":                  "state_current state",
	"POST /channels_email_probe":        "email password folder",
	"POST /channels_email_inbound":      "adapter options channel_id",
	"POST /channels_email_outbound":     "adapter options email",
	"POST /channels_email_verify":       "inbound outbound meta group_id channel_id subject group_email_address group_email_address_id",
	"POST /channels_email_notification": "adapter options",
	"POST /channels_email_group/7":      "group_id group group_email_address_id",
	"POST /channels_email_enable":       "id",
	"GET /users/search":                 "query term ids role_ids permissions group_ids sort_by order_by page per_page limit label condition expand full only_total_count",
	"GET /organizations/search":         "query ids sort_by page condition",
	"GET /groups":                       "page per_page sort_by order_by expand full",
	"GET /monitoring/amount_check":      "periode max_warning min_critical",
}

// whole are bodies that are right but for the field in question.
var whole = map[string]string{
	"POST /users": `"firstname": "Odd"`, "POST /organizations": `"name": "Odd %d"`, "POST /groups": `"name": "Odd %d"`,
	"POST /roles": `"name": "Odd %d"`, "POST /ticket_states": `"name": "Odd %d", "state_type_id": 2`,
	"POST /ticket_priorities": `"name": "Odd %d"`, "POST /email_addresses": `"name": "Odd", "email": "odd%d@example.com"`,
	"POST /signatures": `"name": "Odd %d"`, "POST /user_access_token": `"name": "Odd %d"`,
	"POST /channels_email_verify": `"inbound": {"adapter": "imap", "options": {"host": "h%d"}}, "outbound": {"adapter": "sendmail"}, "meta": {"email": "odd%[1]d@example.org"}, "group_id": 1`,
}

// TestOddValuesAreNeverOurFault: whatever a client sends, the answer is never a failure of ours.
func TestOddValuesAreNeverOurFault(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	n := 0
	for route, names := range fields {
		method, path, _ := strings.Cut(route, " ")
		for field := range strings.SplitSeq(names, " ") {
			for _, value := range odd {
				n++
				var a apitest.Answer
				if method == http.MethodGet {
					a = o.Get("chris", path+"?"+url.Values{field: {strings.Trim(value, `"`)}, field + "[x][]": {value}}.Encode())
				} else {
					body := fmt.Sprintf("%q: %s", field, value)
					if known := whole[route]; known != "" {
						if strings.Contains(known, "%") {
							known = fmt.Sprintf(known, n)
						}
						body = known + ", " + body
					}
					a = o.Ask("chris", method, path, "{"+body+"}")
				}
				if a.Status >= 500 {
					t.Errorf("%s: %s = %.60s: %d %.300s", route, field, value, a.Status, a.Body)
				}
				if strings.Contains(string(a.Body), "SQLSTATE") || strings.Contains(string(a.Body), "<script") {
					t.Errorf("%s: %s = %.60s: answer %.300s", route, field, value, a.Body)
				}
			}
		}
	}
	o.Get("chris", "/users/me").Is(http.StatusOK) // still there, still an administrator
	if n < 3000 {
		t.Errorf("only %d requests were made", n)
	}
}
