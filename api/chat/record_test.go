package chat_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestTopicsAreRecords(t *testing.T) {
	t.Parallel()
	o := desk(t)
	made := o.Post("boss", "/chats", `{"name":"sales","note":"<script>x</script>we sell","max_queue":3,"block_country":"xx;yy","preferences":{"ticket":{"on_close":true,"group_id":1}}}`).Is(201)
	id := int(made.Object()["id"].(float64))
	made.Same(t, quoted("{'id':%d,'name':'sales','max_queue':3,'note':'we sell','active':true,'public':false,'block_ip':null,'block_country':'xx;yy',"+
		"'allowed_websites':null,'preferences':{'ticket':{'group_id':1,'on_close':true}},'updated_by_id':%d,'created_by_id':%[2]d,"+
		"'created_at':'%v','updated_at':'%v'}", id, o.UserID("boss"), made.Object()["created_at"], made.Object()["updated_at"]))
	list := o.Get("boss", "/chats").Is(200).Object()
	if fmt.Sprint(list["chat_ids"]) != fmt.Sprintf("[1 %d]", id) {
		t.Errorf("list %v", list["chat_ids"])
	}
	assets := list["assets"].(map[string]any)
	if len(assets["Chat"].(map[string]any)) != 2 || !strings.Contains(fmt.Sprint(assets["Setting"]), "chat_agent_idle_timeout") {
		t.Errorf("assets %v", assets)
	}
	path := fmt.Sprint("/chats/", id)
	if got := o.Put("boss", path, `{"max_queue":9}`).Is(200).Object(); got["max_queue"] != 9.0 || got["name"] != "sales" {
		t.Errorf("changed to %v", got)
	}
	o.Post("boss", "/chats", `{"name":"sales"}`).Is(422)
	o.Put("boss", path, `{"max_queue":-1}`).Is(422)
	o.Get("emma", "/chats").Is(http.StatusForbidden)
	o.Del("boss", path).Is(200)
	o.Get("boss", path).Is(404)
}

func TestConversationBecomesOneTicket(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	visitor, session := begun(t, o.URL, emma)
	visitor.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"The <i>printer</i> burns"}}`, session)
	emma.hear("chat_session_message")
	emma.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"Pour water on it"}}`, session)
	emma.send(`{"event":"chat_session_update","data":{"session_id":%q,"name":"Ann <b>"}}`, session)
	emma.quiet("chat_error")
	var id int
	o.One(&id, `SELECT id FROM chat_sessions`)
	path := fmt.Sprintf("/chat_sessions/%d", id)
	o.Post("emma", path+"/ticket", `{}`).Refuses(422, "The required value 'group_id' is missing.")
	o.Post("emma", path+"/ticket", `{"group_id":2}`).Is(http.StatusForbidden)
	o.Post("david", path+"/ticket", `{"group_id":1}`).Is(http.StatusForbidden)
	first := o.Post("emma", path+"/ticket", fmt.Sprintf(`{"group":"Users","customer_id":%d}`, o.UserID("david"))).Is(201)
	second := o.Post("emma", path+"/ticket", `{"group_id":1,"title":"again"}`).Is(201)
	first.Same(t, string(second.Body))
	ticket := int(first.Object()["ticket_id"].(float64))
	shown := o.Get("emma", fmt.Sprintf("/tickets/%d?expand=true", ticket)).Is(200).Object()
	for key, want := range map[string]any{
		"title": "Chat with Ann <b>", "group": "Users", "customer": "david", "create_article_type": "chat", "article_count": 1.0,
		"create_article_sender": "Customer", "number": first.Object()["ticket_number"], "created_by": "emma",
	} {
		if shown[key] != want {
			t.Errorf("%s is %v, want %v", key, shown[key], want)
		}
	}
	article := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", ticket)).Is(200).List()[0]
	for _, want := range []string{"Ann &lt;b&gt;</b>: The <i>printer</i> burns", "Emma Taylor</b>: Pour water on it", "https://example.com/contact"} {
		if !strings.Contains(article["body"].(string), want) {
			t.Errorf("no %q in %v", want, article["body"])
		}
	}
	var announced int
	o.One(&announced, `SELECT count(*) FROM outbox WHERE kind = 'ticket.changed' AND payload->>'ticket_id' = $1`, fmt.Sprint(ticket))
	if history := o.Get("emma", fmt.Sprintf("/ticket_history/%d", ticket)).Is(200).Object()["history"].([]any); announced != 1 || len(history) < 2 {
		t.Errorf("announced %d times, history %v", announced, history)
	}
}

func TestAllOfALongConversationIsInItsTicket(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	visitor, session := begun(t, o.URL, emma)
	// More messages than a page is shown at once, and so long that there is room for few more.
	o.Exec(`INSERT INTO chat_messages (chat_session_id, content) SELECT s.id, 'line ' || n || ' ' || repeat('x', 1700) FROM chat_sessions s, generate_series(1, 620) n`)
	refused := false
	for range 10 {
		visitor.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":%q}}`, session, strings.Repeat("y", 15_000))
		next, err := visitor.next()
		for err == nil && next.Event != "chat_session_message" && next.Event != "chat_error" {
			next, err = visitor.next()
		}
		if err != nil {
			t.Fatal(err)
		}
		if refused = next.Event == "chat_error"; refused {
			if next.Data["state"] != "chat_session_full" {
				t.Errorf("refused with %v", next.Data)
			}
			break
		}
	}
	if !refused {
		t.Error("a session holds whatever is said")
	}
	var id int
	o.One(&id, `SELECT id FROM chat_sessions`)
	ticket := o.Post("emma", fmt.Sprintf("/chat_sessions/%d/ticket", id), `{"group_id":1}`).Is(201).Object()["ticket_id"]
	body := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%v", ticket)).Is(200).List()[0]["body"].(string)
	if said := strings.Count(body, ": line "); said != 620 || !strings.Contains(body, "yyy") || strings.Contains(body, "more messages") {
		t.Errorf("the article holds %d of 620 lines", said)
	}
	again := fmt.Sprintf("/chat_sessions/%d/ticket", id)
	if got := o.Post("emma", again, `{"group_id":1}`).Is(201).Object()["ticket_id"]; got != ticket {
		t.Errorf("asked again, the session became ticket %v, want %v as before", got, ticket)
	}
	o.Exec(`UPDATE tickets SET group_id = 2 WHERE id = $1`, ticket) // where emma does not work
	o.Post("emma", again, `{"group_id":1}`).Refuses(403, "Not authorized")
}

func TestSessionsAreFound(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	visitor, session := begun(t, o.URL, emma)
	visitor.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"The printer burns"}}`, session)
	emma.hear("chat_session_message")
	emma.send(`{"event":"chat_session_update","data":{"session_id":%q,"tags":"fire"}}`, session)
	emma.quiet("chat_error")
	var id int
	o.One(&id, `SELECT id FROM chat_sessions`)
	whole := o.Get("emma", fmt.Sprintf("/chat_sessions/%d?full=true", id)).Is(200).Object()["assets"].(map[string]any)
	if whole["ChatSession"] == nil || whole["Chat"] == nil || whole["User"] == nil {
		t.Errorf("assets %v", whole)
	}
	one := o.Get("emma", fmt.Sprintf("/chat_sessions/%d", id)).Is(200).Object()
	if fmt.Sprint(one["tags"]) != "[fire]" || len(one["messages"].([]any)) != 1 {
		t.Errorf("session %v", one)
	}
	for _, tc := range []struct {
		who, query string
		want       int
	}{{"emma", "PRINTER", 1}, {"emma", "burns+fire", 1}, {"emma", "water", 0}, {"emma", "%25", 0}} {
		if got := o.Get(tc.who, "/chat_sessions/search?query="+tc.query).Is(200).List(); len(got) != tc.want {
			t.Errorf("%s finds %d for %s, want %d", tc.who, len(got), tc.query, tc.want)
		}
		everywhere := o.Get(tc.who, "/search?query="+tc.query).Is(200).Object()
		if got := strings.Count(fmt.Sprint(everywhere["result"]), "ChatSession"); got != tc.want {
			t.Errorf("%s finds %d everywhere for %s, want %d", tc.who, got, tc.query, tc.want)
		}
	}
	emma.send(`{"event":"chat_session_update","data":{"session_id":%q,"name":"Ann 100%%"}}`, session)
	emma.quiet("chat_error")
	for query, want := range map[string]int{"ann": 1, "100%25": 1, session[:12]: 1, "an": 1, "nobody": 0, "ann+printer": 1} {
		if got := o.Get("emma", "/chat_sessions/search?query="+query).Is(200).List(); len(got) != want {
			t.Errorf("%d sessions for %s, want %d", len(got), query, want)
		}
	}
	o.Get("david", "/chat_sessions/search?query=printer").Is(http.StatusForbidden)
	o.Get("david", fmt.Sprintf("/chat_sessions/%d", id)).Is(http.StatusForbidden)
	o.Get("emma", "/chat_sessions/99").Refuses(404, "Couldn't find Chat::Session with 'id'=99")
}

func TestAddressesAreForgotten(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	_, session := begun(t, o.URL, emma)
	emma.send(`{"event":"chat_session_update","data":{"session_id":%q,"tags":"vip"}}`, session)
	emma.send(`{"event":"chat_session_close","data":{"session_id":%q}}`, session)
	emma.hear("chat_status_close")
	forget := func() (n int) {
		t.Helper()
		n, err := o.Store.ForgetChatAddresses(t.Context(), 7*24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := forget(); n != 0 {
		t.Errorf("%d addresses of today are forgotten", n)
	}
	o.Exec(`UPDATE chat_sessions SET updated_at = now() - interval '8 days'`)
	if n := forget(); n != 1 {
		t.Errorf("%d addresses are forgotten after 8 days", n)
	}
	var left, touched bool
	o.One(&left, `SELECT preferences ? 'remote_ip' FROM chat_sessions`)
	o.One(&touched, `SELECT updated_at > now() - interval '7 days' FROM chat_sessions`)
	if left || touched {
		t.Errorf("address left: %v, touched: %v", left, touched)
	}
	o.Exec(`UPDATE chat_sessions SET updated_at = now() - interval '13 months'`)
	if n, err := o.Store.PurgeChatSessions(t.Context()); n != 1 || err != nil {
		t.Errorf("%d sessions deleted, %v", n, err)
	}
	var tagged int
	if o.One(&tagged, `SELECT count(*) FROM taggings`); tagged != 0 {
		t.Errorf("%d tags of sessions that are gone", tagged)
	}
}

func TestConnectionsHaveBounds(t *testing.T) {
	t.Parallel()
	o := desk(t)
	b := o.Browser()
	b.SignIn("emma")
	emma := connect(t, o.URL)
	for _, nonsense := range []string{`nonsense`, `[]`, `{"event":5}`, `{"data":{}}`, `{"event":"nobody_knows"}`, `{"event":"chat_status_customer","data":[]}`} {
		emma.send("%s", nonsense)
	}
	emma.hears("chat_error", `{"state":"no_such_chat"}`)
	emma.send(`{"event":"who_am_i"}`)
	emma.hears("who_am_i", `{"message":"Nobody is signed in."}`)
	emma.send(`{"event":"login","session_id":%q}`, b.Badge())
	emma.hears("maintenance", `{"type":"app_version","app_version":"6.5.0"}`)
	emma.send(`{"event":"who_am_i"}`)
	emma.hears("who_am_i", fmt.Sprintf(`{"message":"You are user %d."}`, o.UserID("emma")))
	emma.send(`{"event":"chat_status_agent"}`)
	emma.hear("chat_status_agent")
	b.Ask(http.MethodDelete, "/signout", "").Is(200)
	emma.send(`{"event":"chat_status_agent"}`)
	emma.hears("chat_error", `{"state":"no_session_user_id"}`)

	large := connect(t, o.URL)
	large.send(`{"event":"chat_session_message","data":{"content":"%s"}}`, strings.Repeat("x", 64<<10))
	if _, err := large.next(); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("a frame that is too large ends with %v", err)
	}
}
