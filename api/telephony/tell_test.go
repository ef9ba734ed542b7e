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
}
