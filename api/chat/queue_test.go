package chat_test

import (
	"fmt"
	"testing"
	"time"

	"postroom/api/apitest"
	"postroom/internal/talk"
)

// sweep ends sessions that nobody is there for, as is done every minute.
func sweep(t *testing.T, o *apitest.Office) int {
	t.Helper()
	ended, err := talk.Sweep(t.Context(), o.Store)
	if err != nil {
		t.Fatal(err)
	}
	o.Server.Live.Wake(t.Context())
	return ended
}

// until waits for something to be so in the database.
func until(t *testing.T, o *apitest.Office, sql string) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-look.C {
		so := false
		if o.One(&so, sql); so {
			return
		}
	}
	t.Fatalf("never true: %s", sql)
}

func TestVisitorsWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	o.Exec(`UPDATE chats SET max_queue = 2 WHERE id = 1`)
	var visitors []*page
	var sessions []string
	for n := range 2 {
		v := connect(t, o.URL)
		v.send(`{"event":"chat_session_init","data":{"chat_id":1}}`)
		queued := v.hear("chat_session_queue")
		if got := queued.text("position"); got != fmt.Sprint(n+1) {
			t.Errorf("visitor %d is at position %s", n, got)
		}
		visitors, sessions = append(visitors, v), append(sessions, queued.text("session_id"))
	}
	late := connect(t, o.URL)
	late.send(`{"event":"chat_status_customer","data":{"chat_id":1}}`)
	late.hears("chat_status_customer", `{"state":"no_seats_available","queue":2}`)
	again := connect(t, o.URL)
	again.send(`{"event":"chat_status_customer","data":{"chat_id":1,"session_id":%q}}`, sessions[1])
	again.hears("chat_status_customer", `{"state":"reconnect","position":2}`)

	emma.send(`{"event":"chat_session_start"}`)
	emma.hear("chat_session_start")
	visitors[0].hear("chat_session_start")
	visitors[1].hears("chat_session_queue", quoted(`{'state':'queue','position':1,'session_id':'%s'}`, sessions[1]))
	emma.send(`{"event":"chat_session_update","data":{"session_id":%q,"name":"Ann","tags":"vip, shop"}}`, sessions[0])
	var name, tags string
	emma.quiet("chat_error")
	o.One(&name, `SELECT name FROM chat_sessions WHERE session_id = $1`, sessions[0])
	o.One(&tags, `SELECT string_agg(t.name, ',' ORDER BY t.name) FROM taggings g JOIN tags t ON t.id = g.tag_id WHERE g.object = 'ChatSession'`)
	if name != "Ann" || tags != "shop,vip" {
		t.Errorf("name %q, tags %q", name, tags)
	}

	// The visitor goes: the agent is told, and ends the session. Who still waits goes, too.
	visitors[0].send(`{"event":"chat_session_close","data":{"session_id":%q}}`, sessions[0])
	visitors[0].hears("chat_status_close", quoted(`{'state':'ok','session_id':'%s'}`, sessions[0]))
	emma.hears("chat_session_left", quoted(`{'session_id':'%s','realname':'Anonymous'}`, sessions[0]))
	visitors[0].quiet("chat_session_closed")
	emma.send(`{"event":"chat_session_close","data":{"session_id":%q}}`, sessions[0])
	emma.hear("chat_status_close")
	emma.send(`{"event":"chat_session_start"}`)
	emma.hear("chat_session_start")
	emma.send(`{"event":"chat_session_start"}`)
	emma.hears("chat_session_start", `{"state":"failed","message":"No session available."}`)
}

func TestSessionIsHandedToAnotherTopic(t *testing.T) {
	t.Parallel()
	o := desk(t)
	o.Exec(`INSERT INTO chats (id, name, updated_by_id, created_by_id) VALUES (2, 'sales', 1, 1)`)
	o.Exec(`UPDATE users SET preferences = '{"chat": {"active": {"2": "on"}, "alternative_name": "Stan of sales"}}' WHERE login = 'stranger'`)
	emma, stan := agent(t, o.URL, "emma"), agent(t, o.URL, "stranger")
	visitor, session := begun(t, o.URL, emma)
	var id int
	o.One(&id, `SELECT id FROM chat_sessions`)
	stan.send(`{"event":"chat_transfer","session_id":%d,"chat_id":2}`, id)
	stan.hears("chat_error", `{"state":"no_permission"}`)
	emma.send(`{"event":"chat_transfer","session_id":%d,"chat_id":2}`, id)
	visitor.hears("chat_session_notice", quoted(`{'session_id':'%s','message':'_'}`, session))
	for one := stan.hear("chat_status_agent"); one.text("waiting_chat_count") != "1"; {
		one = stan.hear("chat_status_agent")
	}
	stan.send(`{"event":"chat_session_start"}`)
	if got := stan.hear("chat_session_start").text("session", "chat_id"); got != "2" {
		t.Errorf("the session is one of topic %s", got)
	}
	visitor.hears("chat_session_start", quoted(`{'state':'ok','agent':{'name':'Stan of sales','avatar':null},'session_id':'%s','chat_id':2}`, session))
}

func TestVisitorsWhoAreGoneForGood(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	visitor, session := begun(t, o.URL, emma)
	var id int64
	o.One(&id, `SELECT id FROM chat_sessions`)
	var waits int
	visitor.send(`{"event":"chat_session_leave_temporary","data":{"session_id":%q}}`, session)
	visitor.quiet("chat_error")
	o.One(&waits, `SELECT count(*) FROM outbox WHERE kind = 'chat.left' AND process_at > created_at + interval '20 seconds'`)
	if waits != 1 {
		t.Errorf("%d times the return of the visitor is waited for", waits)
	}
	back := connect(t, o.URL)
	back.send(`{"event":"chat_status_customer","data":{"chat_id":1,"session_id":%q,"url":"https://example.com/next"}}`, session)
	back.hear("chat_status_customer")
	emma.hears("chat_session_notice", quoted(`{'session_id':'%s','message':'https://example.com/next'}`, session))
	if n := sweep(t, o); n != 0 {
		t.Errorf("%d sessions are swept in which two are there", n)
	}
	_ = back.conn.CloseNow()
	o.Exec(`UPDATE chat_sessions SET updated_at = now() - interval '6 minutes'`)
	until(t, o, `SELECT count(*) = 2 FROM push_clients`) // emma, and the visitor's page before
	if n := sweep(t, o); n != 1 {
		t.Errorf("%d sessions are swept that a visitor left", n)
	}
	emma.hears("chat_session_closed", quoted(`{'session_id':'%s','realname':'System'}`, session))
}

func TestAgentsAreShownTheirOwnConversations(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma, stan := agent(t, o.URL, "emma"), agent(t, o.URL, "stranger")
	visitor, session := begun(t, o.URL, emma)
	visitor.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"Hello"}}`, session)
	emma.hear("chat_session_message")
	_, other := begun(t, o.URL, stan)
	waits := connect(t, o.URL)
	waits.send(`{"event":"chat_session_init","data":{"chat_id":1}}`)
	for who, want := range map[*page]string{emma: session + " 1", stan: other + " 0"} {
		one := who.hear("chat_status_agent")
		for one.text("running_chat_count") != "2" || one.text("waiting_chat_count") != "1" {
			one = who.hear("chat_status_agent")
		}
		mine := one.Data["active_sessions"].([]any)
		if len(mine) != 1 {
			t.Fatalf("%d conversations shown: %s", len(mine), one.Raw)
		}
		v := mine[0].(map[string]any)
		if got := fmt.Sprint(v["session_id"], " ", len(v["messages"].([]any))); got != want {
			t.Errorf("session and messages %s are shown, want %s", got, want)
		}
	}
}
