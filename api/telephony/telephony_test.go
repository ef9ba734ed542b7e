package telephony_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
)

const rules = `{"inbound":{"block_caller_ids":[{"caller_id":"491715000002","note":"spam"}]},
	"outbound":{"default_caller_id":"","routing_table":[{"dest":"41*","caller_id":"41715880339190","note":"CH"}]}}`

// agents are the SIP users of a Placetel account.
type agents map[string]string

func (a agents) Name(_ context.Context, token, sip string) string { return a[token+" "+sip] }

// office is a helpdesk with all telephone systems connected.
func office(t *testing.T) *apitest.Office {
	t.Helper()
	o := apitest.Open(t, func(needs *api.Needs) { needs.SIPNames = agents{"key 777@fpbx.de": "Emma Taylor"} })
	o.Exec(`UPDATE tokens SET preferences = jsonb_set(preferences, '{permission}', preferences->'permission' || '["cti.agent"]')`)
	for _, key := range []string{"cti", "sipgate", "placetel"} {
		o.Setting(key+"_integration", true)
		o.Setting(key+"_token", key+"-token")
		o.Setting(key+"_config", decode(t, rules))
	}
	withKey := decode(t, rules).(map[string]any)
	withKey["api_token"] = "key"
	o.Setting("placetel_config", withKey)
	o.Setting("fqdn", "desk.example.com")
	o.Setting("http_type", "https")
	return o
}

func decode(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// call sends an event: JSON when the body begins with a brace, otherwise a form.
func call(o *apitest.Office, path, body string) apitest.Answer {
	o.T.Helper()
	r := o.Request(http.MethodPost, "/api/v1/"+path, body)
	if !strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return o.Send(r)
}

// wants checks an answer to the letter.
func wants(o *apitest.Office, a apitest.Answer, status int, body string) {
	o.T.Helper()
	got := strings.TrimPrefix(string(a.Body), `<?xml version="1.0" encoding="UTF-8"?>`+"\n")
	if a.Status != status || got != body {
		o.T.Errorf("%s: %d %q, want %d %q", a.Asked, a.Status, got, status, body)
	}
}

func newCall(id, from, to, direction string) string {
	return fmt.Sprintf(`{"event":"newCall","callId":%q,"from":%q,"to":%q,"direction":%q}`, id, from, to, direction)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	o := office(t)
	systems := map[string]func(text string) string{
		"cti/cti-token":            func(text string) string { return `{"error":"` + text + `"}` },
		"sipgate/sipgate-token/in": func(text string) string { return "<Response>\n  <Error>" + text + "</Error>\n</Response>\n" },
		"placetel/placetel-token":  func(text string) string { return "<Response>\n  <Error>" + text + "</Error>\n</Response>\n" },
	}
	quotes := strings.NewReplacer("'", "&#39;")
	for path, form := range systems {
		refuses := func(path, body string, status int, text string) {
			t.Helper()
			if !strings.HasPrefix(path, "cti/") {
				text = quotes.Replace(text)
			}
			wants(o, call(o, path, body), status, form(text))
		}
		refuses(path, newCall("a", "4930", "4922", "sideways"), 422, "Invalid 'direction'!")
		refuses(path, `{"event":"dtmf","callId":"a","direction":"in"}`, 422, "Invalid 'event'!")
		refuses(path, newCall("", "4930", "4922", "in"), 422, "Invalid 'callId'!")
		refuses(path, "{", 400, "Malformed JSON at line 1, column 1: unexpected EOF")
		wrong := strings.Replace(path, "-token", "-tokem", 1)
		refuses(wrong, newCall("a", "4930", "4922", "in"), 401, "Invalid token, please contact your admin!")
		key, _, _ := strings.Cut(path, "/")
		o.Setting(key+"_config", decode(t, `{"inbound":{"block_caller_ids":[]}}`))
		refuses(wrong, "", 422, "Feature not configured, please contact your admin!")
		o.Setting(key+"_integration", false)
		refuses(wrong, "", 422, "Feature is disabled, please contact your administrator!")
	}
	if n := count(o, `SELECT count(*) FROM cti_logs`); n != 0 {
		t.Errorf("%d calls of refused requests", n)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	o := office(t)
	const hooks = `<Response onHangup="https://%[1]s/api/v1/sipgate/sipgate-token/%[2]s" onAnswer="https://%[1]s/api/v1/sipgate/sipgate-token/%[2]s"`
	in, out := fmt.Sprintf(hooks, "desk.example.com", "in"), fmt.Sprintf(hooks, "desk.example.com", "out")
	const dial = ">\n  <Dial callerId=\"41715880339190\">\n    <Number>41441234567</Number>\n  </Dial>\n</Response>\n"
	for i, tc := range []struct{ path, from, to, direction, want string }{
		{"cti/cti-token", "4930", "4922", "in", `{}`},
		{"cti/cti-token", "491715000002", "4922", "in", `{"action":"reject","reason":"busy"}`},
		{"cti/cti-token", "10", "41441234567", "out", `{"action":"dial","caller_id":"41715880339190","number":"41441234567"}`},
		{"cti/cti-token", "10", "4930", "out", `{}`},
		{"sipgate/sipgate-token/in", "4930", "4922", "in", in + "/>\n"},
		{"sipgate/sipgate-token/in", "491715000002", "4922", "in", in + ">\n  <Reject reason=\"busy\"/>\n</Response>\n"},
		{"sipgate/sipgate-token/out/", "10", "41441234567", "out", out + dial},
		{"placetel/placetel-token", "4930", "4922", "in", "<Response/>\n"},
		{"placetel/placetel-token", "491715000002", "4922", "in", "<Response>\n  <Reject reason=\"busy\"/>\n</Response>\n"},
		{"placetel/placetel-token", "10", "41441234567", "out", "<Response" + dial},
	} {
		id := fmt.Sprintf("call-%d", i)
		for range 2 { // a repeated event is answered like the first
			a := call(o, tc.path, newCall(id, tc.from, tc.to, tc.direction))
			wants(o, a, 200, tc.want)
			if kind := a.Header.Get("Content-Type"); strings.HasPrefix(tc.want, "<") != (kind == "application/xml; charset=UTF-8;") {
				t.Errorf("%s: content type %q", a.Asked, kind)
			}
		}
	}
	o.Setting("sipgate_alternative_fqdn", "phones.example.com")
	wants(o, call(o, "sipgate/sipgate-token/in", newCall("x", "4930", "4922", "in")), 200, fmt.Sprintf(hooks, "phones.example.com", "in")+"/>\n")
	if n := count(o, `SELECT count(*) FROM cti_logs`); n != 11 {
		t.Errorf("%d calls, want 11: each event once", n)
	}
	if n := count(o, `SELECT count(*) FROM cti_logs WHERE "from" = '41715880339190'`); n != 3 {
		t.Errorf("%d calls under another number, want 3", n)
	}
	if n := count(o, `SELECT count(*) FROM cti_logs WHERE comment = 'reject, busy' AND NOT done`); n != 3 {
		t.Errorf("%d rejected calls, want 3", n)
	}
}

func count(o *apitest.Office, sql string) (n int) {
	o.T.Helper()
	o.One(&n, sql)
	return n
}

// list are the calls that somebody sees.
func list(o *apitest.Office, who string) []map[string]any {
	o.T.Helper()
	o.InOrder("cti_logs")
	var calls []map[string]any
	for _, one := range o.Get(who, "/cti/log").Is(200).Object()["list"].([]any) {
		calls = append(calls, one.(map[string]any))
	}
	return calls
}

// brief is 0 for every time that is shorter than a minute: machines may be slow.
func brief(seconds any) any {
	if n, ok := seconds.(float64); ok && math.Abs(n) < 60 {
		return 0
	}
	return seconds
}

func TestLifeOfACall(t *testing.T) {
	t.Parallel()
	o := office(t)
	for _, tc := range []struct{ path, begin, answer, end string }{
		{"cti/cti-token",
			`{"event":"newCall","callId":"1","from":"4930609854180","to":"4922","direction":"in","user":["Emma","Chris"]}`,
			`{"event":"answer","callId":"1","from":"4930609854180","to":"4922","direction":"in","user":"Emma","answeringNumber":"21"}`,
			`{"event":"hangup","callId":"1","from":"4930609854180","to":"4922","direction":"in","cause":"normalClearing"}`},
		{"sipgate/sipgate-token/in",
			"event=newCall&callId=2&originalCallId=2&xcid=a3d0a37a&from=4930609854180&to=4922&direction=in&user%5B%5D=Emma&user%5B%5D=Chris&userId%5B%5D=w0&fullUserId%5B%5D=1234567w0",
			"event=answer&callId=2&originalCallId=2&xcid=a3d0a37a&from=4930609854180&to=4922&direction=in&user=Emma&userId=w0&fullUserId=1234567w0&answeringNumber=21&diversion=x",
			"event=hangup&callId=2&originalCallId=2&xcid=a3d0a37a&from=4930609854180&to=4922&direction=in&answeringNumber=21&cause=normalClearing"},
		{"sipgate/sipgate-token/in/", // as it was called before
			"event=newCall&call_id=4&from=4930609854180&to=4922&direction=in&user%5B%5D=Emma&user%5B%5D=Chris",
			"event=answer&call_id=4&from=4930609854180&to=4922&direction=in&user=Emma",
			"event=hangup&call_id=4&from=4930609854180&to=4922&direction=in&cause=normalClearing"},
		{"placetel/placetel-token",
			"event=IncomingCall&call_id=3&from=4930609854180&to=4922&user=" + url.QueryEscape("Emma, Chris"),
			"event=CallAccepted&call_id=3&from=4930609854180&to=4922&user=Emma",
			"event=HungUp&call_id=3&from=4930609854180&to=4922&type=accepted"},
	} {
		for i, step := range []struct{ sent, want string }{
			{tc.begin, "newCall false Emma, Chris <nil> <nil>"}, {tc.answer, "answer true Emma 0 <nil>"}, {tc.end, "hangup true Emma 0 0"},
		} {
			if a := call(o, tc.path, step.sent); a.Status != 200 {
				t.Fatalf("%s: %d %s", step.sent, a.Status, a.Body)
			}
			c := list(o, "emma")[0]
			got := fmt.Sprint(c["state"], " ", c["done"], " ", c["to_comment"], " ", brief(c["duration_waiting_time"]), " ", brief(c["duration_talking_time"]))
			if got != step.want || c["from_pretty"] != "+49 30 609854180" || c["to_pretty"] != "4922" || c["queue"] != "4922" || c["from_comment"] != nil {
				t.Errorf("%s, step %d: %s, %v; want %s", tc.path, i+1, got, c, step.want)
			}
		}
		if c := list(o, "emma")[0]; c["comment"] != "normalClearing" || c["initialized_at"] == nil || c["start_at"] == nil || c["end_at"] == nil {
			t.Errorf("%s: %v", tc.path, c)
		}
	}
}

func TestEventsThatOvertake(t *testing.T) {
	t.Parallel()
	o := office(t)
	const event = `{"event":%q,"callId":"1","from":"4930","to":"4922","direction":"in","cause":"%s"}`
	for _, name := range []string{"hangup", "newCall", "hangup", "answer"} {
		wants(o, call(o, "cti/cti-token", fmt.Sprintf(event, name, map[string]string{"hangup": "cancel"}[name])), 200, "{}")
	}
	c := list(o, "emma")[0]
	if got := fmt.Sprint(c["state"], c["done"], c["comment"], brief(c["duration_waiting_time"]), c["from"], c["queue"]); got != "hangupfalsecancel049304922" {
		t.Errorf("the call became %s: %v", got, c)
	}
	wants(o, call(o, "placetel/placetel-token", "event=HungUp&call_id=9&type=missed"), 200, "<Response/>\n") // nothing is known of it
	if c := list(o, "emma")[0]; c["direction"] != "in" || c["done"] != false {
		t.Errorf("a call of which only the end is known: %v", c)
	}
}

func TestParallelEventsOfOneCall(t *testing.T) {
	t.Parallel()
	o := office(t)
	var calls sync.WaitGroup
	for i := range 30 {
		calls.Go(func() {
			event := []string{"newCall", "answer", "hangup"}[i%3]
			a := call(o, "cti/cti-token", fmt.Sprintf(`{"event":%q,"callId":"same","from":"4930","to":"4922","direction":"in","cause":"normalClearing"}`, event))
			if a.Status != 200 {
				t.Errorf("%s: %d %s", event, a.Status, a.Body)
			}
		})
	}
	calls.Wait()
	all := list(o, "emma")
	if len(all) != 1 || all[0]["state"] != "hangup" || all[0]["initialized_at"] == nil || all[0]["end_at"] == nil {
		t.Errorf("%d calls: %v; want one that is over and knows its beginning", len(all), all)
	}
	if n := count(o, `SELECT count(*) FROM http_logs WHERE facility = 'cti'`); n != 30 {
		t.Errorf("%d entries in the http log, want 30", n)
	}
}

func TestCallersAreLookedUp(t *testing.T) {
	t.Parallel()
	o := office(t)
	o.Exec(`UPDATE users SET firstname = 'David', lastname = 'Bell' WHERE login = 'david'`)
	o.Exec(`UPDATE users SET firstname = 'Dora', lastname = 'Dee' WHERE login = 'dora'`)
	o.Exec(`INSERT INTO cti_caller_ids (caller_id, level, user_id) SELECT '4930123456', 'known', id FROM users WHERE login IN ('david', 'dora') ORDER BY login`)
	ticket := o.NewTicket(1, "lone", "call me")
	o.Exec(fmt.Sprintf(`INSERT INTO cti_caller_ids (caller_id, level, user_id, ticket_id) SELECT n, 'maybe', u.id, %d FROM users u, unnest(ARRAY['4930123456', '4930777777']) n WHERE login = 'lone'`, ticket))
	o.Exec(`INSERT INTO cti_caller_ids (caller_id, level, comment) VALUES ('4930555555', 'other', 'Door')`)
	o.Exec(`UPDATE users SET firstname = 'Lone', lastname = 'Wolf' WHERE login = 'lone'`)
	for i, tc := range []struct{ from, to, direction, want string }{
		{"+4930123456", "4922", "in", "Dora Dee,David Bell"},
		{"030777777", "4922", "in", "maybe Lone Wolf"},
		{"4930555555", "4922", "in", "Door"},
		{"anonymous", "4922", "in", "<nil>"},
		{"10", "4930123456", "out", "Dora Dee,David Bell"},
	} {
		wants(o, call(o, "cti/cti-token", newCall(fmt.Sprint(i), tc.from, tc.to, tc.direction)), 200, "{}")
		c := list(o, "emma")[0]
		comment := map[string]string{"in": "from_comment", "out": "to_comment"}[tc.direction]
		if got := fmt.Sprint(c[comment]); got != tc.want {
			t.Errorf("%s to %s: %s, want %s", tc.from, tc.to, got, tc.want)
		}
	}
	answer := o.Get("emma", "/cti/log").Is(200).Object()
	assets := answer["assets"].(map[string]any)["User"].(map[string]any)
	if len(assets) != 3 {
		t.Errorf("%d users among the assets, want 3", len(assets))
	}
	found := answer["list"].([]any)[3].(map[string]any)["preferences"].(map[string]any)["from"].([]any)[0].(map[string]any)
	if found["object"] != "Ticket" || found["o_id"] != float64(ticket) || found["level"] != "maybe" || found["caller_id"] != "4930777777" || found["user_id"] == nil {
		t.Errorf("the record that was found: %v", found)
	}
	backends := answer["backends"].([]any)
	if got := fmt.Sprint(backends[0]); len(backends) != 3 || got != "map[enabled:true name:CTI (generic) url:#system/integration/cti]" {
		t.Errorf("backends %v", backends)
	}
}

func TestPlacetelAgentsByTheirSIPName(t *testing.T) {
	t.Parallel()
	o := office(t)
	call(o, "placetel/placetel-token", "event=IncomingCall&call_id=1&from=4930&to=4922&peer=777%40fpbx.de")
	if c := list(o, "emma")[0]; c["to_comment"] != "Emma Taylor" {
		t.Errorf("the called agent is %v, want the name behind the SIP name", c["to_comment"])
	}
	call(o, "placetel/placetel-token", "event=OutgoingCall&call_id=2&from=777%40fpbx.de&to=4930")
	if c := list(o, "emma")[0]; c["from_comment"] != "Emma Taylor" {
		t.Errorf("the calling agent is %v, want the name behind the SIP name", c["from_comment"])
	}
	o.Exec(`UPDATE cti_logs SET to_comment = 'David Bell' WHERE call_id = '2'`)
	call(o, "placetel/placetel-token", "event=CallAccepted&call_id=2&from=777%40fpbx.de&to=4930&peer=777%40fpbx.de")
	if c := list(o, "emma")[0]; c["state"] != "answer" || c["to_comment"] != "David Bell" {
		t.Errorf("the call was taken by %v, want whoever was called", c["to_comment"])
	}
}

func TestWhoSeesWhichCalls(t *testing.T) {
	t.Parallel()
	o := office(t)
	emma := o.UserID("emma")
	o.Exec(`UPDATE users SET phone = '+49 44 555-666' WHERE login = 'reader'`)
	for i, to := range []string{"4922", "4933", "4944"} {
		call(o, "cti/cti-token", newCall(fmt.Sprint(i), "4930", to, "in"))
	}
	sees := func(who string, want int) {
		t.Helper()
		if got := len(list(o, who)); got != want {
			t.Errorf("%s sees %d calls, want %d", who, got, want)
		}
	}
	sees("emma", 3)
	mapped := decode(t, rules).(map[string]any)
	mapped["notify_map"] = []any{map[string]any{"queue": "4922", "user_ids": []any{fmt.Sprint(emma)}}}
	o.Setting("cti_config", mapped)
	sees("emma", 1)
	sees("reader", 0)
	call(o, "sipgate/sipgate-token/in", newCall("x", "4930", "4944555666", "in"))
	sees("reader", 1) // it is the own number
	sees("both", 0)
	mapped["view_limit"] = 1
	delete(mapped, "notify_map")
	o.Setting("cti_config", mapped)
	sees("emma", 1)
	o.Get("david", "/cti/log").Refuses(403, "User authorization failed.")
	o.Post("david", "/cti/done/bulk", `{"ids":[1]}`).Refuses(403, "User authorization failed.")
}

func TestCallsAreDoneWith(t *testing.T) {
	t.Parallel()
	o := office(t)
	for i := range 3 {
		call(o, "cti/cti-token", newCall(fmt.Sprint(i), "4930", "4922", "in"))
	}
	calls := list(o, "emma")
	id := func(i int) int { return int(calls[i]["id"].(float64)) }
	open := func(want int) {
		t.Helper()
		if n := count(o, `SELECT count(*) FROM cti_logs WHERE NOT done`); n != want {
			t.Errorf("%d calls are open, want %d", n, want)
		}
	}
	o.Post("emma", fmt.Sprintf("/cti/done/%d", id(0)), `{"done":true}`).Is(200).Same(t, `{}`)
	open(2)
	o.Post("emma", fmt.Sprintf("/cti/done/%d", id(0)), `{"done":false}`).Is(200).Same(t, `{}`)
	open(3)
	o.Post("emma", "/cti/done/bulk", fmt.Sprintf(`{"ids":[%d,"%d",4711]}`, id(1), id(2))).Is(200).Same(t, `{}`)
	open(1)
	o.Post("emma", "/cti/done/bulk", `{}`).Is(200).Same(t, `{}`)
	o.Post("emma", "/cti/done/4711", `{"done":true}`).Refuses(404, "Couldn't find Cti::Log with 'id'=4711")
	o.Post("emma", "/cti/done/bulk", `{"ids":["x"]}`).Is(422)
	// A call may still be told of after somebody marked it.
	wants(o, call(o, "cti/cti-token", fmt.Sprintf(`{"event":"hangup","callId":%q,"direction":"in","cause":"cancel"}`, calls[1]["call_id"])), 200, "{}")
	open(2)
}

func TestEverythingIsInTheHTTPLogButTheToken(t *testing.T) {
	t.Parallel()
	o := office(t)
	call(o, "sipgate/sipgate-token/in", newCall("a", "4930", "4922", "in"))
	call(o, "sipgate/sipgate-token/in", newCall("a", "4930", "4922", "sideways"))
	for range 30 {
		call(o, "sipgate/guessed/in", newCall("a", "4930", "4922", "in"))
	}
	var said, statuses string
	o.One(&said, `SELECT string_agg(url || request::text || response::text, ' ') FROM http_logs`)
	o.One(&statuses, `SELECT string_agg(status, ' ' ORDER BY id) FROM (SELECT id, status FROM http_logs WHERE facility = 'sipgate.io' AND ip IS NOT NULL ORDER BY id LIMIT 3) x`)
	if strings.Contains(said, "sipgate-token") || !strings.Contains(said, "onHangup") || !strings.Contains(said, "4930") || statuses != "200 422 401" {
		t.Errorf("statuses %q; entries %s", statuses, said)
	}
	if n := count(o, `SELECT count(*) FROM http_logs WHERE status = '401'`); n > 15 {
		t.Errorf("%d entries about strangers, want them limited", n)
	}
}

func TestTheCallerLogAsksTheDatabaseOnceForAll(t *testing.T) {
	t.Parallel()
	o := office(t)
	o.Exec(`INSERT INTO cti_caller_ids (caller_id, level, user_id) SELECT '49301' || n, 'known', u.id FROM generate_series(1, 50) n, users u WHERE login = 'david'`)
	call(o, "cti/cti-token", newCall("0", "493011", "4922", "in"))
	fewest := func() int64 { return o.Cost(func() { list(o, "emma") }) } // pages are told of calls meanwhile, which asks, too
	one := fewest()
	for i := range 50 {
		call(o, "cti/cti-token", newCall(fmt.Sprint(i+1), fmt.Sprintf("49301%d", i+1), "4922", "in"))
	}
	if n := len(list(o, "emma")); n != 51 {
		t.Errorf("%d calls", n)
	}
	if many := fewest(); many != one {
		t.Errorf("%d queries for 51 calls, want %d as for one", many, one)
	}
}

func TestCallsThatLeaveTheHouse(t *testing.T) {
	t.Parallel()
	o := office(t)
	o.Exec(`UPDATE users SET firstname = 'David', lastname = 'Bell' WHERE login = 'david'`)
	o.Exec(`INSERT INTO cti_caller_ids (caller_id, level, user_id) SELECT '4930609854180', 'known', id FROM users WHERE login = 'david'`)
	for _, tc := range []struct{ path, begin, answer, end string }{
		{"cti/cti-token",
			`{"event":"newCall","callId":"1","from":"4922","to":"4930609854180","direction":"out","user":"Emma","queue":"sales"}`,
			`{"event":"answer","callId":"1","from":"4922","to":"4930609854180","direction":"out"}`,
			`{"event":"hangup","callId":"1","from":"4922","to":"4930609854180","direction":"out","cause":"normalClearing"}`},
		{"sipgate/sipgate-token/out",
			"event=newCall&callId=2&from=4922&to=4930609854180&direction=out&user%5B%5D=Emma&userId%5B%5D=w0&fullUserId%5B%5D=1234567w0&queue=sales",
			"event=answer&callId=2&from=4922&to=4930609854180&direction=out",
			"event=hangup&callId=2&from=4922&to=4930609854180&direction=out&cause=normalClearing"},
		{"placetel/placetel-token",
			"event=OutgoingCall&call_id=3&from=4922&to=4930609854180&user=Emma&queue=sales",
			"event=CallAccepted&call_id=3&from=4922&to=4930609854180&direction=out",
			"event=HungUp&call_id=3&from=4922&to=4930609854180&type=accepted&duration=9&direction=out"},
	} {
		for i, step := range []struct{ sent, want string }{
			{tc.begin, "newCall true Emma David Bell sales <nil>"}, {tc.answer, "answer true Emma David Bell sales <nil>"}, {tc.end, "hangup true Emma David Bell sales normalClearing"},
		} {
			if a := call(o, tc.path, step.sent); a.Status != 200 {
				t.Fatalf("%s: %d %s", step.sent, a.Status, a.Body)
			}
			c := list(o, "emma")[0]
			if got := fmt.Sprint(c["state"], " ", c["done"], " ", c["from_comment"], " ", c["to_comment"], " ", c["queue"], " ", c["comment"]); got != step.want || c["direction"] != "out" {
				t.Errorf("%s, step %d: %s, want %s", tc.path, i+1, got, step.want)
			}
		}
	}
}

// A telephone system repeats what was not answered by a 200.
func TestAnEventThatCanNotBeKeptIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	o := office(t)
	for i, path := range []string{"cti/cti-token", "sipgate/sipgate-token/in", "placetel/placetel-token"} {
		event := newCall(fmt.Sprint(i), "4930", "4922", "in")
		o.Exec(`ALTER TABLE cti_logs RENAME TO cti_logs_away`)
		if a := call(o, path, event); a.Status < 500 {
			t.Errorf("%s: %d, and the call is not kept", path, a.Status)
		}
		o.Exec(`ALTER TABLE cti_logs_away RENAME TO cti_logs`)
		call(o, path, event).Is(200)
		if n := count(o, `SELECT count(*) FROM cti_logs`); n != i+1 {
			t.Errorf("%s: %d calls, want %d", path, n, i+1)
		}
	}
}
