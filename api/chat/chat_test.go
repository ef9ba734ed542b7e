package chat_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestVisitorAndAgentTalk(t *testing.T) {
	t.Parallel()
	o := desk(t)
	visitor := connect(t, o.URL)
	visitor.send(`{"event":"ping"}`)
	visitor.hear("pong")
	visitor.send(`{"event":"chat_status_customer","data":{"chat_id":1}}`)
	visitor.hears("chat_status_customer", `{"state":"offline"}`)

	emma := agent(t, o.URL, "emma")
	visitor.send(`{"event":"chat_status_customer","data":{"chat_id":"1","url":"https://example.com/"}}`)
	visitor.hears("chat_status_customer", `{"state":"online"}`)
	visitor.send(`{"event":"chat_session_init","data":{"chat_id":1,"url":"https://example.com/contact"}}`)
	session := visitor.hears("chat_session_queue", `{"state":"queue","position":1,"session_id":"_"}`).text("session_id")
	if len(session) != 32 {
		t.Errorf("session %q", session)
	}
	waits := quoted(`{'id':'_','chat_id':1,'session_id':'%s','name':null,'state':'waiting','user_id':null,'created_at':'_','updated_at':'_',
		'preferences':{'participants':['_'],'url':'https://example.com/contact','remote_ip':'127.0.0.1'}}`, session)
	emma.hears("chat_status_agent", fmt.Sprintf(`{"waiting_chat_count":1,"waiting_chat_count_by_chat":{"1":1},
		"waiting_chat_session_list":[%s],"waiting_chat_session_list_by_chat":{"1":[%[1]s]},
		"running_chat_count":0,"running_chat_session_list":[],"active_agent_count":1,"active_agent_ids":[%d],
		"seads_available":4,"seads_total":5,"active":true,"assets":"_","active_sessions":[]}`, waits, o.UserID("emma")))

	emma.send(`{"event":"chat_session_start","chat_id":1}`)
	emma.hears("chat_session_start", quoted(`{'session':{'id':'_','chat_id':1,'session_id':'%s','name':null,'state':'running','user_id':%d,
		'preferences':'_','created_at':'_','updated_at':'_','messages':[]}}`, session, o.UserID("emma")))
	visitor.hears("chat_session_start", quoted(`{'state':'ok','agent':{'name':'Emma Taylor','avatar':null},'session_id':'%s','chat_id':1}`, session))

	visitor.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"Hello <b>you</b><script>alert(1)</script>","id":1}}`, session)
	message := quoted(`{'id':'_','chat_session_id':'_','content':'Hello <b>you</b>','created_by_id':null,'created_at':'_','updated_at':'_'}`)
	visitor.hears("chat_session_message", quoted(`{'session_id':'%s','self_written':true,'message':%s}`, session, message))
	emma.hears("chat_session_message", quoted(`{'session_id':'%s','message':%s}`, session, message))
	emma.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"Good morning"}}`, session)
	visitor.hears("chat_session_message", quoted(`{'session_id':'%s','message':{'id':'_','chat_session_id':'_','content':'Good morning',
		'created_by_id':%d,'created_at':'_','updated_at':'_'}}`, session, o.UserID("emma")))
	emma.hear("chat_session_message")

	emma.send(`{"event":"chat_session_typing","data":{"session_id":%q}}`, session)
	visitor.hears("chat_session_typing", quoted(`{'session_id':'%s','user_id':%d}`, session, o.UserID("emma")))
	emma.hears("chat_session_typing", quoted(`{'session_id':'%s','self_written':true}`, session))
	visitor.send(`{"event":"chat_session_notice","data":{"session_id":%q,"message":"moved on"}}`, session)
	emma.hears("chat_session_notice", quoted(`{'session_id':'%s','message':'moved on'}`, session))

	emma.send(`{"event":"chat_session_close","data":{"session_id":%q}}`, session)
	emma.hears("chat_status_close", quoted(`{'state':'ok','session_id':'%s'}`, session))
	visitor.hears("chat_session_closed", quoted(`{'session_id':'%s','realname':'Emma Taylor'}`, session))
	visitor.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"still there?"}}`, session)
	visitor.hears("chat_session_closed", quoted(`{'session_id':'%s','realname':'System'}`, session))
}

func TestChatIsRefused(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	_, session := begun(t, o.URL, emma)
	stranger := agent(t, o.URL, "stranger")
	nobody := connect(t, o.URL)
	david := connect(t, o.URL)
	david.send(`{"event":"login","token":"token of david"}`)
	wrong := connect(t, o.URL)
	wrong.send(`{"event":"login","session_id":%q}`, strings.Repeat("x", 64))
	for _, tc := range []struct {
		name  string
		who   *page
		frame string
		want  string
	}{
		{"no topic", nobody, `{"event":"chat_status_customer","data":{"chat_id":99}}`, "no_such_chat"},
		{"no session named", nobody, `{"event":"chat_session_message","data":{"content":"x"}}`, "Need session_id."},
		{"foreign session", nobody, `{"event":"chat_session_message","data":{"session_id":"guess","content":"x"}}`, "No such session id guess"},
		{"not signed in", nobody, `{"event":"chat_status_agent"}`, "no_session"},
		{"wrong badge", wrong, `{"event":"chat_status_agent"}`, "no_session_user_id"},
		{"a customer", david, `{"event":"chat_session_start"}`, "no_permission"},
		{"an agent in somebody else's", stranger, fmt.Sprintf(`{"event":"chat_session_message","data":{"session_id":%q,"content":"x"}}`, session), "no_permission"},
		{"an agent closing somebody else's", stranger, fmt.Sprintf(`{"event":"chat_session_close","data":{"session_id":%q}}`, session), "no_permission"},
	} {
		tc.who.send("%s", tc.frame)
		if got := tc.who.hear("chat_error").text("state"); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	emma.quiet("chat_session_message")

	o.Exec(`UPDATE chats SET block_ip = '10.0.0.1; 127.0.*' WHERE id = 1`)
	nobody.send(`{"event":"chat_status_customer","data":{"chat_id":1}}`)
	nobody.hears("chat_error", `{"state":"chat_unavailable"}`)
	o.Exec(`UPDATE chats SET block_ip = '', allowed_websites = 'shop.Example.com; example.org' WHERE id = 1`)
	nobody.send(`{"event":"chat_session_init","data":{"chat_id":1}}`)
	nobody.hears("chat_error", `{"state":"chat_unavailable"}`)
	shop := connectFrom(t, o.URL, http.Header{"Origin": {"https://SHOP.example.com"}})
	shop.send(`{"event":"chat_status_customer","data":{"chat_id":1}}`)
	shop.hears("chat_status_customer", `{"state":"online"}`)
	o.Exec(`UPDATE chats SET max_queue = 0 WHERE id = 1`)
	for _, event := range []string{"chat_status_customer", "chat_session_init"} {
		shop.send(`{"event":%q,"data":{"chat_id":1}}`, event)
		shop.hears("chat_status_customer", `{"state":"no_seats_available","queue":0}`)
	}
	o.Exec(`UPDATE chats SET active = false WHERE id = 1`)
	shop.send(`{"event":"chat_status_customer","data":{"chat_id":1}}`)
	shop.hears("chat_status_customer", `{"state":"chat_disabled"}`)
	o.Setting("chat", false)
	shop.send(`{"event":"chat_status_customer","data":{"chat_id":1}}`)
	shop.hears("chat_error", `{"state":"chat_disabled"}`)
}

// Whoever knows the id of a page reads what the page is told, and speaks for it.
func TestIdsOfPagesAreTheirOwn(t *testing.T) {
	t.Parallel()
	o := desk(t)
	emma := agent(t, o.URL, "emma")
	visitor := connect(t, o.URL)
	visitor.send(`{"event":"chat_session_init","data":{"chat_id":1}}`)
	visitor.hear("chat_session_queue")
	waiting := emma.hear("chat_status_agent").Data["waiting_chat_session_list"].([]any)[0].(map[string]any)
	shown := waiting["preferences"].(map[string]any)["participants"].([]any)
	var stored string
	o.One(&stored, `SELECT preferences->'participants'->>0 FROM chat_sessions`)
	if len(shown) != 1 || shown[0] == stored || strings.Trim(shown[0].(string), "0123456789") != "" {
		t.Errorf("agents are shown %v as the page %q", shown, stored)
	}
	again := o.Get("emma", fmt.Sprintf("/chat_sessions/%v", waiting["id"])).Is(200).Object()["preferences"].(map[string]any)["participants"]
	if fmt.Sprint(again) != fmt.Sprint(shown) {
		t.Errorf("the page is shown as %v, and then as %v", shown, again)
	}
	o.Send(o.Request("GET", fmt.Sprintf("/api/v1/message_receive?client_id=%v", shown[0]), "")).Refuses(422, "Invalid client_id receive!")
}

func TestAgentsAreNotSwitchedByALink(t *testing.T) {
	t.Parallel()
	o := desk(t)
	o.Exec(`INSERT INTO permissions_roles (permission_id, role_id) SELECT p.id, r.role_id FROM permissions p, roles_users r WHERE p.name = 'chat.agent' AND r.user_id = $1 ON CONFLICT DO NOTHING`, o.UserID("emma"))
	b := o.Browser()
	b.SignIn("emma")
	count := func() (n int) {
		o.One(&n, `SELECT count(*) FROM chat_agents`)
		return n
	}
	if b.Ask("GET", "/message_send?data[event]=chat_agent_state&data[data][active]=true", "").Is(200); count() != 0 {
		t.Error("whoever follows a link takes chats")
	}
	if b.Ask("POST", "/message_send", `{"data":{"event":"chat_agent_state","data":{"active":true}}}`).Is(200); count() != 1 {
		t.Error("whoever asks for it does not take chats")
	}
}
