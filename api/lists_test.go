package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// listed is an address that answers with many records.
type listed struct {
	path  string
	table string // that its records are in
	// first makes a record where a fresh installation has none: the body of a POST to the path or,
	// if it begins with INSERT, a statement.
	first string
	limit int    // of records in one answer, where it is below 100
	also  string // a statement that the copies need, too
	vary  string // what differs in the copies of it, where the table's unique texts don't tell
}

// lists are all of them: one that is not here fails the test below. They are asked in this order on
// one helpdesk, so where two are of one table, the second finds what was made for the first.
var lists = []listed{
	{path: "/users", table: "users"},
	{path: "/users/search", table: "users"},
	{path: "/organizations", table: "organizations"},
	{path: "/organizations/search", table: "organizations"},
	{path: "/groups", table: "groups"},
	{path: "/groups/search", table: "groups"},
	{path: "/roles", table: "roles"},
	{path: "/roles/search", table: "roles"},
	{path: "/settings", table: "settings"},
	{path: "/translations", table: "translations", vary: "'source', one.source || n,", first: `INSERT INTO translations (locale, source, target, updated_by_id, created_by_id) VALUES ('de-de', 'one', 'eins', 2, 2)`},
	{path: "/translations/customized", table: "translations", vary: "'source', one.source || n,"},
	{path: "/user_access_token", table: "tokens", first: `{"name":"one","permission":["ticket.agent"]}`},
	{path: "/user_devices", table: "user_devices", vary: "'fingerprint', n::text,", first: `INSERT INTO user_devices (user_id, name, fingerprint) SELECT id, 'x', 'y' FROM users WHERE login = 'chris'`},
	{path: "/channels_email", table: "channels"},
	{path: "/channels_google", table: "channels", first: `INSERT INTO channels (id, area, options, updated_by_id, created_by_id) SELECT max(id) + 1, 'Google::Account', '{}', 1, 1 FROM channels`},
	{path: "/channels_microsoft365", table: "channels", first: `INSERT INTO channels (id, area, options, updated_by_id, created_by_id) SELECT max(id) + 1, 'Microsoft365::Account', '{}', 1, 1 FROM channels`},
	{path: "/channels/admin/microsoft_graph", table: "channels", first: `INSERT INTO channels (id, area, options, updated_by_id, created_by_id) SELECT max(id) + 1, 'MicrosoftGraph::Account', '{}', 1, 1 FROM channels`},
	{path: "/external_credentials", table: "external_credentials", first: `{"name":"google","credentials":{"client_id":"a","client_secret":"b"}}`},
	{path: "/ldap_sources", table: "ldap_sources", first: `{"name":"one"}`},
	{path: "/email_addresses", table: "email_addresses"},
	{path: "/signatures", table: "signatures"},

	{path: "/tickets", table: "tickets"},
	{path: "/tickets/search", table: "tickets"},
	{path: "/ticket_articles", table: "ticket_articles"},
	{path: "/ticket_articles/by_ticket/1", table: "ticket_articles"},
	{path: "/ticket_history/1", table: "history", first: `INSERT INTO history (object, o_id, type, created_by_id) VALUES ('Ticket', 1, 'created', 2)`},
	{path: "/ticket_states", table: "ticket_states"},
	{path: "/tag_search", table: "tags", limit: 10, first: `INSERT INTO tags (name, created_by_id) VALUES ('one', 1)`},
	{path: "/tag_list", table: "tags"},
	{path: "/ticket_priorities", table: "ticket_priorities"},

	{path: "/time_accountings", table: "ticket_time_accountings", first: `INSERT INTO ticket_time_accountings (ticket_id, time_unit, created_by_id) VALUES (1, 15, 2)`},
	{path: "/time_accounting/types", table: "ticket_time_accounting_types", first: `{"name":"one"}`},
	{path: "/checklist_templates", table: "checklist_templates", first: `{"name":"one","items":["a"],"active":true}`},

	{path: "/online_notifications", table: "online_notifications", first: `INSERT INTO online_notifications (user_id, type, object, o_id, updated_by_id, created_by_id)
		SELECT id, 'create', 'Ticket', 1, 2, 2 FROM users WHERE login = 'chris'`},
	{path: "/recent_view", table: "recent_views", limit: 10, vary: "'o_id', n,",
		first: `INSERT INTO recent_views (object, o_id, created_by_id) SELECT 'Ticket', 121, id FROM users WHERE login = 'chris'`},
	{path: "/activity_stream?limit=100", table: "activity_stream", first: `INSERT INTO activity_stream (type, object, o_id, group_id, created_by_id) VALUES ('create', 'Ticket', 1, 1, 2)`},
	{path: "/taskbar", table: "taskbars", vary: "'key', one.key || n,", first: `INSERT INTO taskbars (user_id, key, callback) SELECT id, 'x', 'y' FROM users WHERE login = 'chris'`},

	{path: "/text_modules", table: "text_modules", first: `{"name":"one","content":"x"}`},
	{path: "/text_modules/search", table: "text_modules"},
	{path: "/macros", table: "macros"},
	{path: "/macros/search", table: "macros"},
	{path: "/templates", table: "templates", first: `{"name":"one","options":{}}`},
	{path: "/templates/search", table: "templates"},
	{path: "/overviews", table: "overviews"},
	{path: "/overviews/search", table: "overviews"},
	{path: "/knowledge_bases/manage", table: "knowledge_bases", limit: 20, first: `{}`},
	{path: "/public_links", table: "public_links", first: publicLink},
	{path: "/public_links/search", table: "public_links"},
	{path: "/report_profiles", table: "report_profiles"},
	{path: "/report_profiles/search", table: "report_profiles"},

	{path: "/triggers", table: "triggers"},
	{path: "/triggers/search", table: "triggers"},
	{path: "/jobs", table: "schedulers", first: scheduler},
	{path: "/jobs/search", table: "schedulers"},
	{path: "/slas", table: "slas", first: sla},
	{path: "/calendars", table: "calendars", vary: "'name', one.name || n, 'default', false,"},
	{path: "/postmaster_filters", table: "postmaster_filters", first: `{"name":"one","channel":"email","match":{"from":{"operator":"contains","value":"x"}},"perform":{"x-zammad-ignore":{"value":true}}}`},
	{path: "/core_workflows", table: "core_workflows", first: `{"name":"one","object":"Ticket","changeable":true}`},
	{path: "/core_workflows/search", table: "core_workflows"},
	{path: "/webhooks", table: "webhooks", first: `{"name":"one","endpoint":"https://hook.example.com/"}`},
	{path: "/webhooks/search", table: "webhooks"},
	{path: "/http_logs", limit: 50, table: "http_logs", first: `INSERT INTO http_logs (direction, facility, method, url) VALUES ('in', 'cti', 'POST', '/')`},
	{path: "/data_privacy_tasks", table: "data_privacy_tasks", vary: "'deletable_id', one.deletable_id + n,",
		first: `INSERT INTO data_privacy_tasks (deletable_type, deletable_id, updated_by_id, created_by_id) VALUES ('User', 1000, 1, 1)`},
	{path: "/integration/smime/certificate", table: "smime_certificates", first: `INSERT INTO smime_certificates (subject, issuer, fingerprint, email_addresses, recipient_ids, not_before, not_after, ca, certificate, updated_by_id, created_by_id)
		VALUES ('a', 'b', 'c', '{a@example.com}', '{d}', now(), now(), false, '', 2, 2)`},
	{path: "/integration/pgp/key", table: "pgp_keys", first: `INSERT INTO pgp_keys (name, fingerprint, email_addresses, recipient_ids, secret, key, updated_by_id, created_by_id)
		VALUES ('a', 'b', '{a@example.com}', '{d}', false, '', 2, 2)`},
	{path: "/ssl_certificates", table: "ssl_certificates", first: `INSERT INTO ssl_certificates (fingerprint, certificate, subject, not_before, not_after, ca, updated_by_id, created_by_id)
		VALUES ('ab', 'x', 'y', now(), now(), true, 1, 1)`},
	{path: "/applications", table: "oauth_applications", first: `{"name":"one","redirect_uri":"https://app.example.com/","confidential":true}`},
	{path: "/ticket_overviews", table: "overviews", vary: "'name', one.name || n, 'link', one.link || n, 'out_of_office', false, 'organization_shared', false,", also: `
		INSERT INTO overviews_roles (overview_id, role_id) SELECT id, 2 FROM overviews ON CONFLICT DO NOTHING`},
	{path: "/user_overview_sortings", table: "user_overview_sortings", vary: "'overview_id', (SELECT max(id) FROM overviews) - n,",
		first: `INSERT INTO user_overview_sortings (user_id, overview_id, prio)
			SELECT id, (SELECT max(id) FROM overviews), 1 FROM users WHERE login = 'chris'`},
	{path: "/object_manager_attributes", table: "object_manager_attributes", vary: "'name', one.name || n,"},
}

// fixed are lists that never grow.
var fixed = []string{"/webhooks/pre_defined", "/first_steps"}

const (
	publicLink = `{"link":"https://help.example.com/","title":"Help","screen":["login"],"new_tab":true}`
	scheduler  = `{"name":"one","object":"Ticket","timeplan":{"days":{"Mon":true},"hours":{"0":true},"minutes":{"0":true}},
		"condition":{"ticket.state_id":{"operator":"is","value":["4"]}},"perform":{"ticket.state_id":{"value":"4"}}}`
)

func TestNoListAsksMoreForMoreRecords(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, list := range lists {
		t.Run(list.path, func(t *testing.T) {
			o.T = t
			list.begin(o)
			for _, shape := range shapes {
				list.ask(o, "per_page=100"+shape) // fills what is cached
			}
			one := map[string]int64{}
			list.forOne(o, one)
			list.multiply(o, 120)
			list.forOne(o, one)
			for _, shape := range shapes {
				n, answer := list.ask(o, "per_page=100"+shape)
				for range 10 { // once a second the catalog's version and the caller are asked for as well
					if n > one[shape] {
						o.Get("chris", "/users/me").Is(http.StatusOK)
						n, answer = list.ask(o, "per_page=100"+shape)
					}
				}
				if n > one[shape] {
					t.Errorf("%s: %d queries, but %d for one record", answer.Asked, n, one[shape])
				}
				if got := records(answer); shape == "" && got < list.most() {
					t.Errorf("%s: %d records, want %d: %.200s", answer.Asked, got, list.most(), answer.Body)
				}
			}
		})
	}
}

// shapes that a list can be asked for in.
var shapes = []string{"", "&expand=true", "&full=true"}

// forOne notes how many queries it takes to list one record, the most of some: not every record has
// the relatives that others have. Lists without pages answer with all there are.
func (l listed) forOne(o *apitest.Office, most map[string]int64) {
	o.T.Helper()
	for _, shape := range shapes {
		for _, page := range []string{"1", "5", "12", "100"} {
			n, _ := l.ask(o, "per_page=1&page="+page+shape)
			most[shape] = max(most[shape], n)
		}
	}
}

// ask says how many queries an answer takes.
func (l listed) ask(o *apitest.Office, query string) (int64, apitest.Answer) {
	o.T.Helper()
	before := o.Queries.N.Load()
	path := l.path + "?" + query
	if strings.Contains(l.path, "?") {
		path = l.path + "&" + query
	}
	answer := o.Get("chris", path).Is(http.StatusOK)
	return o.Queries.N.Load() - before, answer
}

// records counts what is in the answer's list, or in the longest list of the answer's object.
func records(a apitest.Answer) int {
	a.T.Helper()
	var list []any
	if json.Unmarshal(a.Body, &list) == nil {
		return len(list)
	}
	longest := 0
	for _, value := range a.Object() {
		if list, ok := value.([]any); ok {
			longest = max(longest, len(list))
		}
	}
	return longest
}

// most is how many of a hundred records an answer has.
func (l listed) most() int {
	if l.limit > 0 {
		return l.limit
	}
	return 100
}

func (l listed) begin(o *apitest.Office) {
	o.T.Helper()
	switch {
	case strings.HasPrefix(l.first, "INSERT"):
		o.Exec(l.first)
	case l.first != "":
		path, _, _ := strings.Cut(l.path, "/search")
		if a := o.Post("chris", path, l.first); a.Status >= 300 {
			o.T.Fatalf("%s: %d %s", a.Asked, a.Status, a.Body)
		}
	}
}

// copies writes a statement that copies the youngest row of a table $1 times. Texts that have to be
// unique get a number, so that the rules of each table need not be known here.
const copies = `
	WITH written AS (
		SELECT attname, attnum
		FROM pg_attribute
		WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
	), uniquely AS (
		SELECT DISTINCT a.attname, t.typname
		FROM pg_index i
		LEFT JOIN pg_depend d ON d.objid = i.indexrelid AND d.refobjid = i.indrelid
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND (a.attnum = ANY(i.indkey) OR a.attnum = d.refobjsubid)
		JOIN pg_type t ON t.oid = a.atttypid
		WHERE i.indrelid = $1::text::regclass AND i.indisunique AND a.attnum > 0
	)
	SELECT format('
		INSERT INTO %1$I (%2$s)
		SELECT %3$s
		FROM (SELECT * FROM %1$I ORDER BY id DESC LIMIT 1) AS one
		CROSS JOIN generate_series(1, $1::int) AS n
		CROSS JOIN LATERAL jsonb_populate_record(NULL::%1$I,
			to_jsonb(one) || jsonb_build_object(%4$s ''id'', one.id + n)) AS copy', $1::text,
		(SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM written),
		(SELECT string_agg('copy.' || quote_ident(attname), ', ' ORDER BY attnum) FROM written),
		(SELECT coalesce(nullif($2::text, ''), string_agg(CASE typname
			WHEN 'text' THEN format('%L, one.%I || '' '' || n, ', attname, attname)
			WHEN 'bytea' THEN format('%L, ''\x'' || md5(n::text) || md5(n::text), ', attname)
			END, ''), '') FROM uniquely))`

func (l listed) multiply(o *apitest.Office, n int) {
	o.T.Helper()
	var statement string
	o.One(&statement, copies, l.table, l.vary)
	o.Exec(statement, n)
	if l.also != "" {
		o.Exec(l.also)
	}
	o.Store.ForgetCatalog()
}

func TestEveryListIsCounted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	counted := map[string]bool{}
	for _, list := range lists {
		path, _, _ := strings.Cut(list.path, "?")
		counted[path] = true
	}
	for _, path := range fixed {
		counted[path] = true
	}
	for _, pattern := range o.Server.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		path, ours := strings.CutPrefix(path, "/api/v1")
		if method != http.MethodGet || !ours || placeholder.MatchString(path) || counted[path] {
			continue
		}
		if a := o.Get("chris", path); strings.HasPrefix(string(a.Body), "[") {
			t.Errorf("%s answers with a list: add it to lists, with the table its records are in", path)
		}
	}
}
