package automation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postroom/api/apitest"
)

// facts are values with a blank between each two.
func facts(values ...any) string { return strings.TrimSuffix(fmt.Sprintln(values...), "\n") }

// at is the address of a record.
func at(path string, id int) string { return fmt.Sprintf("/%s/%d", path, id) }

const (
	created  = `"condition": {"ticket.action": {"operator": "is", "value": "create"}}`
	closes   = `"perform": {"ticket.state_id": {"value": "4"}}`
	weekdays = `"timeplan": {"days": {"Mon": true, "Tue": true, "Wed": true, "Thu": true, "Fri": true, "Sat": true, "Sun": true}, "hours": {"8": true}, "minutes": {"0": true}}`
)

func TestTriggers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	shipped := o.Get("boss", "/triggers/1").Is(200).Object()
	if got := facts(shipped["name"], shipped["activator"], shipped["execution_condition_mode"], shipped["active"], shipped["localization"], shipped["note"]); got !=
		"auto reply (on new tickets) action selective true <nil> <nil>" {
		t.Errorf("trigger 1 is %s", got)
	}
	made := o.Post("boss", "/triggers", `{"name": " Close ", `+created+`, `+closes+`, "note": "<b>x</b><script>", "timezone": "Europe/Berlin", "id": 4711, "unknown": 1}`).Is(201)
	path := at("triggers", made.ID())
	if got := made.Object(); facts(got["name"], got["activator"], got["execution_condition_mode"], got["active"], got["disable_notification"], got["note"], got["perform"]) !=
		"Close action selective true true <b>x</b> map[ticket.state_id:map[value:4]]" {
		t.Errorf("made %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	o.Put("boss", path, string(made.Body)).Is(200)
	if got := o.Get("boss", path+"?expand=true").Is(200).Object(); got["created_by"] != "boss" || got["updated_by"] != "boss" {
		t.Errorf("expanded: %v", got)
	}
	if got := o.Put("boss", path, `{"activator": "time", "execution_condition_mode": "always", "active": false}`).Is(200).Object(); facts(got["activator"], got["execution_condition_mode"], got["active"]) != "time always false" {
		t.Errorf("changed: %v", got)
	}
	for body, want := range map[string]string{
		`{` + created + `, ` + closes + `}`:                                                   "Name can't be blank",
		`{"name": "close", ` + created + `, ` + closes + `}`:                                  "Name has already been taken",
		`{"name": "x", ` + closes + `}`:                                                       "Attribute 'condition' required!",
		`{"name": "x", ` + created + `}`:                                                      "Attribute 'perform' required!",
		`{"name": "x", ` + created + `, "perform": {"ticket.owner_id": 3}}`:                   "The required 'value' value for ticket.owner_id, value is missing!",
		`{"name": "x", ` + created + `, "perform": {"notification.webhook": {}}}`:             "The required 'value' value for notification.webhook, webhook_id is missing!",
		`{"name": "x", "condition": {"ticket.nope": {"operator": "is", "value": 1}}}`:         "Invalid object selector conditions",
		`{"name": "x", "condition": {"ticket.title": {"operator": "resembles"}}}`:             "Invalid object selector conditions",
		`{"name": "x", "condition": {"operator": "AND", "conditions": [{"name": "x.y"}]}}`:    "Invalid object selector conditions",
		`{"name": "x", "condition": ["ticket.title"]}`:                                        `Invalid value for param 'condition': ["ticket.title"]`,
		`{"name": "x", ` + created + `, ` + closes + `, "activator": "mood"}`:                 "Activator is not included in the list",
		`{"name": "x", ` + created + `, ` + closes + `, "execution_condition_mode": "maybe"}`: "Execution condition mode is not included in the list",
		`{"name": "x", ` + created + `, ` + closes + `, "timezone": "Mars/Crater"}`:           `Invalid value for param 'timezone': "Mars/Crater"`,
	} {
		o.Post("boss", "/triggers", body).Refuses(422, want)
	}
	large := strings.Repeat("x", 600<<10)
	o.Post("boss", "/triggers", `{"name": "x", "condition": {"ticket.title": {"operator": "is", "value": "`+large+`"}}, `+closes+`}`).
		Refuses(422, "Condition is too long (maximum is 512000 characters)")
	if got := o.Get("boss", "/triggers/search?query=close").Is(200).List(); len(got) != 1 {
		t.Errorf("found %v, want the one that was made", got)
	}
	o.Del("boss", path).Is(200).Same(t, "{}")
	o.Get("boss", path).Refuses(404, fmt.Sprintf("Couldn't find Trigger with 'id'=%d", made.ID()))
}

func TestTriggerWhoseAttributeIsGoneCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE triggers SET condition = '{"ticket.gone": {"operator": "is", "value": "1"}}' WHERE id = 1`)
	if got := o.Put("boss", "/triggers/1", `{"active": false}`).Is(200).Object(); got["active"] != false {
		t.Errorf("switched off: %v", got)
	}
	o.Put("boss", "/triggers/1", `{"condition": {"ticket.gone": {"operator": "is", "value": "1"}}}`).Is(200) // as it came
	o.Put("boss", "/triggers/1", `{"condition": {"ticket.gone": {"operator": "is", "value": "2"}}}`).Refuses(422, "Invalid object selector conditions")
}

func TestConditionsMayNameWorkingTimeInTriggersAndSchedulersAlone(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const working = `"condition": {"execution_time.calendar_id": {"operator": "is in working time", "value": 1}}`
	o.Post("boss", "/triggers", `{"name": "x", `+working+`, `+closes+`}`).Is(201)
	o.Post("boss", "/jobs", `{"name": "x", `+working+`, `+closes+`, `+weekdays+`}`).Is(201)
	o.Post("boss", "/slas", `{"name": "x", "calendar_id": 1, `+working+`}`).Refuses(422, "Invalid object selector conditions")
	const mine = `"condition": {"ticket.owner_id": {"operator": "is", "pre_condition": "current_user.id"}}`
	o.Post("boss", "/triggers", `{"name": "mine", `+mine+`, `+closes+`}`).Is(201)
	o.Post("boss", "/jobs", `{"name": "mine", `+mine+`, `+closes+`, `+weekdays+`}`).Refuses(422, "Invalid object selector conditions")
	o.Post("boss", "/slas", `{"name": "mine", "calendar_id": 1, `+mine+`}`).Refuses(422, "Invalid object selector conditions")
}

func TestSchedulers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.NewTicket(1, "david", "open")
	made := o.Post("boss", "/jobs", `{"name": "Tidy", "condition": {"ticket.state_id": {"operator": "is", "value": 2}}, `+closes+`, `+weekdays+`}`).Is(201)
	path := at("jobs", made.ID())
	got := made.Object()
	if facts(got["object"], got["active"], got["running"], got["processed"], got["matching"], got["last_run_at"], got["next_run_at"], got["pid"]) !=
		"Ticket false false 0 1 <nil> <nil> <nil>" {
		t.Errorf("made %s", made.Body)
	}
	o.Setting("timezone_default", "Asia/Kathmandu") // a quarter of an hour off, so that nothing else fits by chance
	next := func(body string) string {
		t.Helper()
		text, _ := o.Put("boss", path, body).Is(200).Object()["next_run_at"].(string)
		return text
	}
	active, err := time.Parse(time.RFC3339, next(`{"active": true, "matching": 99, "processed": 99}`))
	if err != nil || active.Format("15:04") != "02:15" || time.Until(active) > 25*time.Hour || time.Until(active) < -10*time.Minute {
		t.Errorf("next run at %v, %v, want at eight in the morning of Kathmandu, within a day", active, err)
	}
	if got := next(`{"timeplan": {}}`); got != "" {
		t.Errorf("next run without a plan at %s, want never", got)
	}
	if got := next(`{` + weekdays + `, "active": false}`); got != "" {
		t.Errorf("next run when inactive at %s, want never", got)
	}
	for body, want := range map[string]string{
		`{"name": "tidy", "condition": {}, ` + closes + `, ` + weekdays + `}`:                    "Name has already been taken",
		`{"name": "x", "condition": {}, ` + closes + `}`:                                         "Attribute 'timeplan' required!",
		`{"name": "x", "condition": {}, ` + closes + `, "timeplan": {"days": "Mon"}}`:            "Timeplan days is invalid",
		`{"name": "x", "condition": {}, ` + closes + `, ` + weekdays + `, "object": "Group"}`:    "Object is not included in the list",
		`{"name": "x", "condition": {"user.email": {"operator": "is", "value": "a"}}}`:           "Invalid object selector conditions",
		`{"name": "x", "object": "User", "condition": {"user.nope": {"operator": "is set"}}}`:    "Invalid object selector conditions",
		`{"name": "x", "object": "User", "condition": {"ticket.title": {"operator": "is set"}}}`: "Invalid object selector conditions",
	} {
		o.Post("boss", "/jobs", body).Refuses(422, want)
	}
	for body, want := range map[string]float64{
		`"name": "People", "object": "User", "condition": {"user.login": {"operator": "is", "value": "david"}}`:                                                                1,
		`"name": "Companies", "object": "Organization", "condition": {"organization.name": {"operator": "contains", "value": "nope"}}`:                                         0,
		`"name": "Company", "object": "Organization", "condition": {"organization.name": {"operator": "is", "value": ["Acme", "Loners"]}}`:                                     2,
		`"name": "Never", "condition": {"execution_time.calendar_id": {"operator": "is in working time", "value": 4711}, "ticket.title": {"operator": "is", "value": "nope"}}`: 0,
	} {
		if got := o.Post("boss", "/jobs", `{`+body+`, "perform": {}, `+weekdays+`}`).Is(201).Object(); got["matching"] != want {
			t.Errorf("%s matches %v, want %v", body, got["matching"], want)
		}
	}
	if got := o.Get("boss", "/jobs?sort_by=name&order_by=desc&full=true").Is(200).Object(); got["total_count"] != 5.0 || got["record_ids"].([]any)[0] != float64(made.ID()) {
		t.Errorf("full list: %v", got)
	}
	o.Del("boss", path).Is(200)
	o.Get("boss", path).Refuses(404, fmt.Sprintf("Couldn't find Job with 'id'=%d", made.ID()))
}

func TestPostmasterFilters(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const match, perform = `"match": {"from": {"operator": "contains", "value": "boss"}}`, `"perform": {"x-zammad-ticket-priority_id": {"value": "3"}}`
	made := o.Post("boss", "/postmaster_filters", `{"name": "Boss", `+match+`, `+perform+`}`).Is(201)
	path := at("postmaster_filters", made.ID())
	if got := made.Object(); facts(got["channel"], got["active"], got["match"]) != "email true map[from:map[operator:contains value:boss]]" {
		t.Errorf("made %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	for body, want := range map[string]string{
		`{` + match + `, ` + perform + `}`:                                                               "Name can't be blank",
		`{"name": "x", ` + perform + `}`:                                                                 "At least one match rule is required, but none was provided.",
		`{"name": "x", ` + match + `}`:                                                                   "Attribute 'perform' required!",
		`{"name": "x", "channel": "sms", ` + match + `, ` + perform + `}`:                                "Channel is not included in the list",
		`{"name": "x", "match": {"from": {"operator": "nope", "value": "x"}}, ` + perform + `}`:          "The provided match operator is missing or invalid.",
		`{"name": "x", "match": {"from": {"operator": "contains", "value": ""}}, ` + perform + `}`:       "The required match value is missing.",
		`{"name": "x", "match": {"from": {"operator": "matches regex", "value": "["}}, ` + perform + `}`: "Can't use regex '[' on 'from': error parsing regexp: missing closing ]: `[`",
		`{"name": "x", ` + match + `, "perform": {"x-zammad-ticket-owner_id": {"value": ""}}}`:           "The required 'value' value for x-zammad-ticket-owner_id, value is missing!",
		`{"name": "x", "match": "from", ` + perform + `}`:                                                `Invalid value for param 'match': "from"`,
	} {
		o.Post("boss", "/postmaster_filters", body).Refuses(422, want)
	}
	o.Put("boss", path, `{"name": "Chief", "active": false}`).Is(200)
	o.Get("boss", "/postmaster_filters/search").Refuses(404, "Couldn't find PostmasterFilter with 'id'=search")
	o.Del("boss", path).Is(200)
}

func TestCoreWorkflows(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Get("boss", "/core_workflows").Is(200).Same(t, "[]")
	o.Get("boss", "/core_workflows/1").Refuses(404, "Couldn't find CoreWorkflow with 'id'=1")
	o.Put("boss", "/core_workflows/1", `{"active": false}`).Refuses(404, "Couldn't find CoreWorkflow with 'id'=1")
	o.Del("boss", "/core_workflows/1").Refuses(404, "Couldn't find CoreWorkflow with 'id'=1")
	made := o.Post("boss", "/core_workflows", `{"name": "Sales needs a type", "object": "Ticket", "preferences": {"screen": ["create_middle"]},
		"condition_selected": {"ticket.group_id": {"operator": "is", "value": ["2"]}}, "perform": {"ticket.type": {"operator": "set_mandatory", "set_mandatory": "true"}},
		"priority": "50", "changeable": false}`).Is(201)
	path := at("core_workflows", made.ID())
	if got := made.Object(); facts(got["priority"], got["changeable"], got["active"], got["stop_after_match"], got["condition_saved"], got["preferences"]) !=
		"50 true true false map[] map[screen:[create_middle]]" {
		t.Errorf("made %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	o.Post("boss", "/core_workflows", `{"object": "Ticket"}`).Refuses(422, "Name can't be blank")
	o.Post("boss", "/core_workflows", `{"name": "x", "perform": "no"}`).Refuses(422, `Invalid value for param 'perform': "no"`)
	o.Put("boss", path, `{"stop_after_match": true, "priority": null}`).Is(200)
	if got := o.Get("boss", "/core_workflows/search?query=sales").Is(200).List(); len(got) != 1 || got[0]["stop_after_match"] != true || got[0]["priority"] != 50.0 {
		t.Errorf("found %v", got)
	}
	if got := o.Get("boss", "/core_workflows/search?query=base").Is(200).List(); len(got) != 0 {
		t.Errorf("found %v, want nothing that is built in", got)
	}
	o.Del("boss", path).Is(200)
}

func TestRulesAreForAdministrators(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, path := range []string{
		"/triggers", "/jobs", "/slas", "/calendars", "/calendars_init", "/calendars/timezones", "/webhooks", "/postmaster_filters", "/core_workflows",
		"/http_logs", "/http_logs/webhook", "/data_privacy_tasks", "/data_privacy_tasks/by_state", "/ssl_certificates",
	} {
		o.Get("boss", path).Is(200)
		for _, who := range []string{"emma", "david"} {
			o.Get(who, path).Refuses(403, "User authorization failed.")
		}
	}
	for _, path := range []string{"/triggers", "/jobs", "/slas", "/calendars", "/webhooks", "/postmaster_filters", "/core_workflows", "/data_privacy_tasks"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			o.Ask("emma", method, path+"/1", "").Is(403)
			o.Ask("boss", method, path+"/4711", "").Is(404)
		}
	}
}

func TestListsCostTheSameForManyRecords(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	count := func(path string) int64 {
		t.Helper()
		return o.Cost(func() { o.Get("boss", path).Is(200) })
	}
	o.Exec(`INSERT INTO slas (calendar_id, name, updated_by_id, created_by_id) VALUES (1, 'first', 3, 3)`)
	o.Exec(`INSERT INTO data_privacy_tasks (state, deletable_type, deletable_id, updated_by_id, created_by_id) VALUES ('failed', 'User', 3, 3, 3)`)
	paths := []string{"/triggers?expand=true", "/slas?expand=true", "/slas?full=true", "/data_privacy_tasks?full=true", "/data_privacy_tasks/by_state"}
	few := map[string]int64{}
	for _, path := range paths {
		few[path] = count(path)
	}
	o.Exec(`INSERT INTO slas (calendar_id, name, updated_by_id, created_by_id) SELECT 1, 'sla ' || n, 4, 4 FROM generate_series(1, 90) n`)
	o.Exec(`INSERT INTO triggers (name, condition, perform, activator, execution_condition_mode, updated_by_id, created_by_id)
		SELECT 'trigger ' || n, '{}', '{}', 'action', 'always', 4, 4 FROM generate_series(1, 90) n`)
	o.Exec(`INSERT INTO data_privacy_tasks (state, deletable_type, deletable_id, updated_by_id, created_by_id) SELECT 'failed', 'User', n, 4, 4 FROM generate_series(4, 90) n`)
	for _, path := range paths {
		if many := count(path); many != few[path] {
			t.Errorf("%s: %d queries for many records, %d for few", path, many, few[path])
		}
	}
}

func TestUserWhoMadeARuleStays(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, table := range []string{"triggers", "calendars", "core_workflows"} {
		id := o.Post("boss", "/users", `{"firstname": "`+table+`", "email": "`+table+`@example.com"}`).Is(201).ID()
		o.Exec(`UPDATE `+table+` SET updated_by_id = $1 WHERE id = 1`, id)
		o.Del("boss", at("users", id)).Refuses(422, "Can't delete, object has references.")
	}
}

func TestNumbersThatNobodyCanHoldAreRefused(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for path, body := range map[string]string{
		"/triggers": `{"name": "x", "condition": {"ticket.title": {"operator": "is", "value": 1e999}}, ` + closes + `}`,
		"/webhooks": `{"name": "x", "endpoint": "https://example.com", "preferences": {"a": -1e999}}`,
	} {
		if a := o.Post("boss", path, body); a.Status < 400 || a.Status > 499 {
			t.Errorf("%s: %d %.200s, want a refusal", a.Asked, a.Status, a.Body)
		}
		o.Get("boss", path).Is(200)
	}
}

func TestListsAreSortedByEveryColumnThatIsOffered(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for path, columns := range map[string]string{
		"triggers":           "name,activator,execution_condition_mode,disable_notification,localization,timezone,note,active,created_by_id",
		"jobs":               "name,object,last_run_at,next_run_at,running,processed,matching,active,updated_at",
		"postmaster_filters": "name,channel,active,note",
		"core_workflows":     "name,object,priority,stop_after_match,changeable,active",
		"slas":               "calendar_id,name,first_response_time,response_time,update_time,solution_time",
		"calendars":          "name,timezone,default,ical_url,last_log,last_sync",
		"webhooks":           "name,endpoint,ssl_verify,basic_auth_username,pre_defined_webhook_type,customized_payload,note,active",
		"data_privacy_tasks": "state,deletable_type,deletable_id",
		"ssl_certificates":   "fingerprint,subject,not_before,not_after,ca",
	} {
		for column := range strings.SplitSeq(columns, ",") {
			o.Get("boss", "/"+path+"?order_by=desc&sort_by="+column).Is(200)
		}
		o.Get("boss", "/"+path+"?sort_by=nope").Refuses(422, "Found invalid column 'nope' for sorting.")
	}
	for _, path := range []string{"triggers", "jobs", "webhooks", "core_workflows"} {
		o.Get("boss", "/"+path+"/search?only_total_count=true").Is(200)
		o.Get("boss", "/"+path+"/search?query=zzz&term=zzz").Is(200).Same(t, "[]")
		o.Post("boss", "/"+path+"/search", `{"query": "zzz", "full": true}`).Is(200).Same(t, `{"record_ids":[],"assets":{"`+map[string]string{
			"triggers": "Trigger", "jobs": "Job", "webhooks": "Webhook", "core_workflows": "CoreWorkflow",
		}[path]+`":{}},"total_count":0}`)
	}
}
