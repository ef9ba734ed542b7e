package chat_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

// messages are the contents of what came back after a reconnection.
func contents(t *testing.T, back told) []string {
	t.Helper()
	var all []string
	list, _ := back.Data["session"].([]any)
	for _, m := range list {
		all = append(all, m.(map[string]any)["content"].(string))
	}
	return all
}

// stop stops a process; its page reads until the connection is closed, as browsers do.
func stop(p apitest.Process, reader *page) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		p.Stop()
	}()
	for {
		if _, err := reader.next(); err != nil {
			break
		}
	}
	<-stopped
}

func TestNothingIsLostOrDoubledWhenServersRestart(t *testing.T) {
	t.Parallel()
	o := desk(t)
	bus := o.Bus()
	one, two := o.Process(bus), o.Process(bus)
	emma := agent(t, two.URL, "emma")
	visitor, session := begun(t, one.URL, emma)
	say := func(p *page, n int) {
		t.Helper()
		p.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"message %d","id":"0000-0000-0000-%04d"}}`, session, n, n)
	}
	for n := range 3 { // through two processes
		say(visitor, n)
		if got := emma.hear("chat_session_message").text("message", "content"); got != fmt.Sprint("message ", n) {
			t.Fatalf("the agent of the other process is told %q", got)
		}
		visitor.hear("chat_session_message")
	}
	say(visitor, 3)
	visitor.hear("chat_session_message")
	stop(one, visitor)
	say(emma, 4) // nobody of the other side is there
	hears := func(contents ...string) {
		t.Helper()
		for _, want := range contents {
			if got := emma.hear("chat_session_message").text("message", "content"); got != want {
				t.Errorf("the agent is told %q, want %q", got, want)
			}
		}
	}
	hears("message 3", "message 4")

	three := o.Process(bus)
	visitor = connect(t, three.URL)
	visitor.send(`{"event":"chat_status_customer","data":{"chat_id":1,"session_id":%q}}`, session)
	back := visitor.hear("chat_status_customer")
	if got := contents(t, back); fmt.Sprint(got) != "[message 0 message 1 message 2 message 3 message 4]" || back.text("agent", "name") != "Emma Taylor" {
		t.Errorf("after the restart: %s", back.Raw)
	}
	say(visitor, 3) // sent again: its answer might have been lost
	if again := visitor.hear("chat_session_message"); again.text("message", "content") != "message 3" || again.text("id") != "0000-0000-0000-0003" {
		t.Errorf("a message that is sent again is answered %s", again.Raw)
	}
	say(visitor, 5)
	hears("message 5")
	visitor.hear("chat_session_message")
	stop(two, emma)
	emma = connect(t, three.URL)
	emma.send(`{"event":"login","token":"token of emma"}`)
	emma.send(`{"event":"chat_status_agent"}`)
	shown := emma.hear("chat_status_agent")
	mine := shown.Data["active_sessions"].([]any)
	if len(mine) != 1 || len(mine[0].(map[string]any)["messages"].([]any)) != 6 {
		t.Errorf("the agent comes back to %s", shown.Raw)
	}
	say(visitor, 6)
	emma.hears("chat_session_message", quoted(`{'session_id':'%s','message':'_'}`, session))
}

func TestPagesThatAskTakePart(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	visitor := o.Browser()
	visitor.Ask("GET", "/signshow", "").Is(200)
	client := visitor.Ask("POST", "/message_send", `{"data":{"event":"chat_status_customer","data":{"chat_id":1}}}`).Is(200).Object()["client_id"]
	receive := func() []map[string]any {
		t.Helper()
		return visitor.Ask("POST", "/message_receive", fmt.Sprintf(`{"client_id":%q}`, client)).Is(200).List()
	}
	send := func(event string) {
		t.Helper()
		visitor.Ask("POST", "/message_send", fmt.Sprintf(`{"client_id":%q,"data":%s}`, client, event)).Is(200)
	}
	if got := receive(); len(got) != 1 || fmt.Sprint(got[0]["data"]) != "map[state:online]" {
		t.Fatalf("who asks is told %v", got)
	}
	send(`{"event":"chat_session_init","data":{"chat_id":1}}`)
	session := receive()[0]["data"].(map[string]any)["session_id"].(string)
	emma.send(`{"event":"chat_session_start"}`)
	emma.hear("chat_session_start")
	if got := receive(); got[0]["event"] != "chat_session_start" {
		t.Errorf("who asks is told %v", got)
	}
	send(fmt.Sprintf(`{"event":"chat_session_message","data":{"session_id":%q,"content":"by asking"}}`, session))
	if got := emma.hear("chat_session_message").text("message", "content"); got != "by asking" {
		t.Errorf("the agent is told %q", got)
	}
	emma.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"answer"}}`, session)
	for _, want := range []string{"by asking", "answer"} {
		got := receive()
		if len(got) == 2 { // both waited
			if got[1]["data"].(map[string]any)["message"].(map[string]any)["content"] != "answer" {
				t.Errorf("who asks is told %v", got)
			}
			break
		}
		if got[0]["data"].(map[string]any)["message"].(map[string]any)["content"] != want {
			t.Errorf("who asks is told %v", got)
		}
	}
}
