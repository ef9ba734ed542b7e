package longpoll_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

// page is what somebody has open.
type page struct {
	*apitest.Office
	who, id string
}

// open opens a page; what it is told first is which version it talks to.
func open(o *apitest.Office, who string) *page {
	o.T.Helper()
	p := &page{o, who, o.Post(who, "/message_send", `{"data":{"event":"login"}}`).Is(200).Object()["client_id"].(string)}
	p.receive(`[{"event":"maintenance","data":{"type":"app_version","app_version":"6.5.0"}}]`)
	return p
}

func (p *page) body() string { return fmt.Sprintf(`{"client_id":%q}`, p.id) }

// receive waits for news and compares them; any of the texts will do.
func (p *page) receive(wanted ...string) {
	p.T.Helper()
	got := string(p.Post(p.who, "/message_receive", p.body()).Is(200).Body)
	for _, want := range wanted {
		var a, b any
		apitest.Answer{T: p.T, Body: []byte(got)}.Into(&a)
		apitest.Answer{T: p.T, Body: []byte(want)}.Into(&b)
		if fmt.Sprint(a) == fmt.Sprint(b) {
			return
		}
	}
	p.T.Errorf("%s is told %s, want %s", p.who, got, wanted[len(wanted)-1])
}

func TestPageIsToldWhatHappens(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ticket, foreign := o.NewTicket(1, "david", "Mine"), o.NewTicket(2, "david", "Foreign")
	emma := open(o, "emma")
	var sent string
	send := func(event string) {
		sent = string(o.Post("emma", "/message_send", fmt.Sprintf(`{"client_id":%q,"data":{"event":%q}}`, emma.id, event)).Is(200).Body)
	}
	if send("ping"); sent != "{}" {
		t.Errorf("a known page is answered %s", sent)
	}
	emma.receive(`[{"event":"pong"}]`)
	send("who_am_i")
	emma.receive(fmt.Sprintf(`[{"event":"who_am_i","data":{"message":"You are user %d."}}]`, o.UserID("emma")))

	o.Exec(`UPDATE tickets SET title = 'x', updated_at = now() WHERE id = $1`, foreign)
	o.Exec(`UPDATE tickets SET title = 'x', updated_at = '2030-01-02T03:04:05Z' WHERE id = $1`, ticket)
	emma.receive(fmt.Sprintf(`[{"event":"Ticket:update","data":{"id":%d,"updated_at":"2030-01-02T03:04:05.000Z"}}]`, ticket))
	o.Exec(`INSERT INTO online_notifications (user_id, type, object, o_id, updated_by_id, created_by_id) VALUES ($1, 'create', 'Ticket', $2, 2, 2)`, o.UserID("emma"), ticket)
	emma.receive(`[{"event":"OnlineNotification::changed","data":{}}]`)
	o.Post("emma", "/online_notifications/mark_all_as_read", "").Is(200)
	emma.receive(`[{"event":"OnlineNotification::changed","data":{}}]`)
}

func TestPagesAreTheirOwners(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	emma := open(o, "emma")
	for _, who := range []string{"chris", "david"} {
		o.Post(who, "/message_receive", emma.body()).Refuses(422, "Invalid client_id receive!")
		if id := o.Post(who, "/message_send", emma.body()).Is(200).Object()["client_id"]; id == nil || id == emma.id {
			t.Errorf("%s goes on with the page of emma as %v", who, id)
		}
	}
	o.Post("emma", "/message_receive", `{}`).Refuses(422, "Invalid client_id receive!")
	nobody := o.Request("GET", "/api/v1/message_send?data=%7B%22event%22:%22who_am_i%22%7D", "")
	stranger := o.Send(nobody).Is(200).Object()["client_id"].(string)
	told := o.Send(o.Request("GET", "/api/v1/message_receive?client_id="+stranger, "")).Is(200)
	if want := `[{"event":"who_am_i","data":{"message":"Nobody is signed in."}}]`; string(told.Body) == "" || told.List()[0]["event"] != "who_am_i" {
		t.Errorf("a stranger is told %s, want %s", told.Body, want)
	}
	o.Exec(`UPDATE push_clients SET seen_at = now() - interval '1 hour'`)
	open(o, "chris")
	o.Post("emma", "/message_receive", emma.body()).Refuses(422, "Invalid client_id receive!")
}
