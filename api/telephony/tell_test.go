package telephony_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"postroom/api/apitest"
	"postroom/internal/desk"
	"postroom/jobs/calls"
	"postroom/jobs/task"
)

// page is an agent's, which shows what is pushed to it.
type page struct {
	t    *testing.T
	conn *websocket.Conn
	came []pushed // and not heard yet
}

func openPage(t *testing.T, o *apitest.Office, who string) *page {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(o.URL, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(1 << 20)
	p := &page{t: t, conn: conn}
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"event": "login", "token": "token of `+who+`"}`)); err != nil {
		t.Fatal(err)
	}
	p.hears("maintenance") // the answer to login
	return p
}

type pushed struct {
	Event string         `json:"event"`
	Data  map[string]any `json:"data"`
}

// hears waits for an event; before it, none of the unwanted may come.
func (p *page) hears(event string, unwanted ...string) map[string]any {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	for {
		for i, e := range p.came {
			if e.Event == event {
				p.came = p.came[i+1:]
				return e.Data
			}
			if slices.Contains(unwanted, e.Event) {
				p.t.Fatalf("heard %s before %s: %v", e.Event, event, e.Data)
			}
		}
		p.came = nil
		_, frame, err := p.conn.Read(ctx)
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", event, err)
		}
		if err := json.Unmarshal(frame, &p.came); err != nil {
			p.t.Fatalf("%s: %v", frame, err)
		}
	}
}

func TestAgentsAreToldOfCalls(t *testing.T) {
	t.Parallel()
	o := office(t)
	said := func(event, id, to, more string) {
		t.Helper()
		call(o, "cti/cti-token", fmt.Sprintf(`{"event": %q, "callId": %q, "direction": "in", "from": "4930609854180", "to": %q%s}`, event, id, to, more)).Is(200)
	}
	emma, reader := openPage(t, o, "emma"), openPage(t, o, "reader")
	said("newCall", "1", "17", "")
	if call := emma.hears("cti_event"); call["id"] == 0.0 || call["from"] != "4930609854180" || call["state"] != "newCall" {
		t.Errorf("call = %v", call)
	}
	reader.hears("cti_list_push")
	reader.hears("cti_event")

	o.Exec(`UPDATE users SET phone = '17' WHERE login = 'emma'`)
	said("answer", "1", "17", `, "answeringNumber": "17"`)
	task := emma.hears("remote_task")
	if task["controller"] != "TicketCreate" || task["params"].(map[string]any)["title"] != "Call from +49 30 609854180" {
		t.Errorf("task = %v", task)
	}

	mapped := decode(t, rules).(map[string]any)
	mapped["notify_map"] = []any{map[string]any{"queue": "4940", "user_ids": []any{fmt.Sprint(o.UserID("emma"))}}}
	o.Setting("cti_config", mapped)
	said("newCall", "2", "4940", "")
	if call := emma.hears("cti_event"); call["call_id"] != "2" {
		t.Errorf("call = %v", call)
	}
	said("newCall", "3", "4941", "")
	call(o, "cti/cti-token", `{"event": "newCall", "callId": "4", "direction": "in", "from": "491715000002", "to": "4940"}`).Is(200)
	o.Setting("cti_config", decode(t, rules))
	said("newCall", "5", "4941", "")
	for _, p := range []*page{emma, reader} {
		if call := p.hears("cti_event", "remote_task"); call["call_id"] != "5" {
			t.Errorf("told of call %v, which is of another queue, or blocked", call["call_id"])
		}
	}
}

func TestWhoTakesACallSeesTheCustomer(t *testing.T) {
	t.Parallel()
	o := office(t)
	david := o.UserID("david")
	o.NewTicket(1, "david", "A question")
	o.Exec(fmt.Sprintf(`INSERT INTO cti_caller_ids (caller_id, level, user_id) VALUES ('4930609854180', 'known', %d)`, david))
	config := decode(t, rules).(map[string]any)
	config["user_remote_map"] = []any{map[string]any{"remote_user_id": "w0", "user_id": "emma@desk.example.com"}}
	o.Setting("sipgate_config", config)
	emma := openPage(t, o, "emma")
	form := "event=%s&callId=1&direction=in&from=4930609854180&to=4940&userId=w0"
	call(o, "sipgate/sipgate-token/in", fmt.Sprintf(form, "newCall")).Is(200)
	call(o, "sipgate/sipgate-token/in", fmt.Sprintf(form, "answer")).Is(200)
	task := emma.hears("remote_task")
	if task["key"] != fmt.Sprintf("User-%d", david) || task["controller"] != "UserProfile" || task["url"] != fmt.Sprintf("user/profile/%d", david) || task["show"] != true {
		t.Errorf("task = %v", task)
	}
	o.Exec(`UPDATE tickets SET updated_at = now() - interval '31 days'`)
	again := strings.ReplaceAll(form, "callId=1", "callId=2")
	call(o, "sipgate/sipgate-token/in", fmt.Sprintf(again, "newCall")).Is(200)
	call(o, "sipgate/sipgate-token/in", fmt.Sprintf(again, "answer")).Is(200)
	task = emma.hears("remote_task")
	if task["controller"] != "TicketCreate" || task["params"].(map[string]any)["customer_id"] != fmt.Sprint(david) {
		t.Errorf("task = %v", task)
	}
	config = decode(t, rules).(map[string]any)
	config["user_device_map"] = []any{map[string]any{"device_id": "777@fpbx.de", "user_id": o.UserID("emma")}}
	o.Setting("placetel_config", config)
	call(o, "placetel/placetel-token", "event=IncomingCall&call_id=3&from=4930609854180&to=4940").Is(200)
	if ringing := emma.hears("cti_event"); ringing["call_id"] != "3" {
		t.Errorf("ringing = %v", ringing)
	}
	call(o, "placetel/placetel-token", "event=CallAccepted&call_id=3&from=4930609854180&to=4940&peer=777%40fpbx.de").Is(200)
	if task := emma.hears("remote_task"); task["params"].(map[string]any)["customer_id"] != fmt.Sprint(david) {
		t.Errorf("task = %v", task)
	}
}

// tellMissed does the work that is announced for missed calls, and returns how much it was.
func tellMissed(o *apitest.Office) (n int) {
	o.T.Helper()
	var ids []int64
	o.One(&ids, `SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM outbox WHERE kind = 'call.missed'`)
	missed := calls.NewMissed(o.Store, o.Server.Live.Wake)
	for _, id := range ids {
		var t task.CallMissed
		o.One(&t.CallID, `SELECT (payload->>'call_id')::bigint FROM outbox WHERE id = $1`, id)
		for range 2 { // a task may come twice
			if err := missed.Work(o.T.Context(), t, desk.OutboxID(id)); err != nil {
				o.T.Fatal(err)
			}
		}
	}
	return len(ids)
}

func TestMissedCallsAreToldToThoseTheyWereFor(t *testing.T) {
	t.Parallel()
	o := office(t)
	said := func(event, id, more string) {
		t.Helper()
		call(o, "cti/cti-token", fmt.Sprintf(`{"event": %q, "callId": %q, "direction": "in", "to": "4940"%s}`, event, id, more)).Is(200)
	}
	told := func(who string) (list []string) {
		t.Helper()
		for _, n := range o.Get(who, "/online_notifications?expand=true").Is(200).List() {
			list = append(list, fmt.Sprint(n["object"], " ", n["type"], " ", n["seen"]))
		}
		return list
	}
	mapped := decode(t, rules).(map[string]any)
	mapped["notify_map"] = []any{map[string]any{"queue": "sales", "user_ids": []any{o.UserID("emma"), o.UserID("david")}}}
	o.Setting("cti_config", mapped)
	o.Exec(`INSERT INTO cti_caller_ids (caller_id, level, user_id) SELECT '4940', 'known', id FROM users WHERE login = 'reader'`)
	emma := openPage(t, o, "emma")
	const from = `, "from": "4930609854180", "queue": "sales"`
	said("newCall", "1", from)
	if call := emma.hears("cti_event"); call["queue"] != "sales" {
		t.Errorf("the queue of emma is called, and she is told of %v", call)
	}
	for range 2 { // the system repeats itself
		said("hangup", "1", from+`, "cause": "cancel"`)
	}
	if n := tellMissed(o); n != 1 {
		t.Errorf("announced %d times that a call was missed", n)
	}
	missed := emma.hears("cti_missed_call")
	if missed["call_id"] != "1" || missed["done"] != false || missed["comment"] != "cancel" || missed["from_pretty"] != "+49 30 609854180" {
		t.Errorf("missed call = %v", missed)
	}
	for who, want := range map[string]string{"emma": "[Cti::Log missed_call false]", "reader": "[Cti::Log missed_call false]", "changer": "[]", "david": "[]"} {
		if got := fmt.Sprint(told(who)); got != want {
			t.Errorf("%s was told %s, want %s", who, got, want)
		}
	}
	o.Post("emma", fmt.Sprintf("/cti/done/%v", missed["id"]), `{"done": true}`).Is(200)
	emma.hears("cti_list_push")
	if got := fmt.Sprint(told("reader")); got != "[Cti::Log missed_call true]" {
		t.Errorf("after emma called back reader is told %s", got)
	}

	said("newCall", "2", from)
	said("answer", "2", from)
	said("hangup", "2", from+`, "cause": "normalClearing"`)
	said("newCall", "3", `, "from": "491715000002"`)
	said("hangup", "3", `, "from": "491715000002", "cause": "busy"`)
	said("hangup", "4", from+`, "cause": "forwarded"`)
	said("hangup", "7", from+`, "cause": "cancel"`)
	call(o, "cti/cti-token", `{"event": "hangup", "callId": "5", "direction": "out", "from": "10", "to": "4930", "cause": "noAnswer"}`).Is(200)
	if n := tellMissed(o); n != 1 {
		t.Errorf("announced %d times, want only the call of which nothing but its end is known", n)
	}

	// Somebody called back before anybody could be told.
	said("newCall", "6", from)
	said("hangup", "6", from+`, "cause": "cancel"`)
	calls := list(o, "emma")
	o.Post("emma", "/cti/done/bulk", fmt.Sprintf(`{"ids": [%v]}`, calls[0]["id"])).Is(200)
	tellMissed(o)
	if got := len(told("emma")); got != 2 {
		t.Errorf("emma has %d notifications, want those of two calls", got)
	}
}

// What answeringNumber may be: a number, a login, an id.
func TestWhoTakesACallIsFoundByTheNumber(t *testing.T) {
	t.Parallel()
	o := office(t)
	o.Exec(`UPDATE users SET login = 'emma@chrispresso.com' WHERE login = 'emma'`)
	emma := openPage(t, o, "emma")
	for i, number := range []string{"emma@chrispresso.com", "EMMA@chrispresso.com", fmt.Sprint(o.UserID("emma@chrispresso.com"))} {
		for _, event := range []string{"newCall", "answer"} {
			call(o, "cti/cti-token", fmt.Sprintf(`{"event": %q, "callId": "%d", "direction": "in", "from": "4930609854180", "to": "4940", "answeringNumber": %q, "caller": ["Christopher Miller", "Emma Taylor"]}`,
				event, i, number)).Is(200)
		}
		if task := emma.hears("remote_task"); task["controller"] != "TicketCreate" {
			t.Errorf("%s: task = %v", number, task)
		}
		if c := list(o, "reader")[0]; c["to_comment"] != "Christopher Miller, Emma Taylor" {
			t.Errorf("%s: answered by %v", number, c["to_comment"])
		}
	}
}
