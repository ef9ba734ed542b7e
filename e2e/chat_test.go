package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/coder/websocket"

	"postroom/internal/devstack"
)

// agent is somebody who talks to visitors by a program.
type agent struct {
	in    *instance
	token string
	conn  *websocket.Conn
	heard []chatEvent
}

type chatEvent struct {
	Event string `json:"event"`
	Data  struct {
		State     string `json:"state"`
		SessionID string `json:"session_id"`
		Message   struct {
			Content string `json:"content"`
		} `json:"message"`
		Session json.RawMessage `json:"session"`
	} `json:"data"`
}

func newAgent(in *instance) *agent {
	in.t.Helper()
	var made struct {
		Token string `json:"token"`
	}
	body := map[string]any{"name": "chat", "permission": []string{"chat.agent", "ticket.agent", "admin"}}
	if err := in.post("/api/v1/user_access_token", body, &made); err != nil {
		in.t.Fatal(err)
	}
	return &agent{in: in, token: made.Token}
}

// connect opens the line, as after every restart.
func (a *agent) connect() {
	a.in.t.Helper()
	conn, _, err := websocket.Dial(a.in.t.Context(), "ws"+strings.TrimPrefix(a.in.base, "http")+"/ws", nil)
	if err != nil {
		a.in.t.Fatal(err)
	}
	a.conn, a.heard = conn, nil
	conn.SetReadLimit(1 << 20)
	a.in.t.Cleanup(func() { _ = conn.CloseNow() })
	a.say(`{"event": "login", "token": "` + a.token + `"}`)
	a.say(`{"event": "chat_agent_state", "data": {"active": true}}`)
	a.say(`{"event": "chat_status_agent"}`)
	a.wait("chat_status_agent", func(chatEvent) bool { return true })
}

func (a *agent) say(frame string) {
	a.in.t.Helper()
	if err := a.conn.Write(a.in.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		a.in.t.Fatal(err)
	}
}

// wait returns the first event of a name that fits and was not waited for yet.
func (a *agent) wait(name string, fits func(chatEvent) bool) chatEvent {
	a.in.t.Helper()
	ctx, cancel := context.WithTimeout(a.in.t.Context(), 60*time.Second)
	defer cancel()
	for {
		for i, e := range a.heard {
			if e.Event == name && fits(e) {
				a.heard = append(a.heard[:i:i], a.heard[i+1:]...)
				return e
			}
		}
		_, frame, err := a.conn.Read(ctx)
		if err != nil {
			a.in.t.Fatalf("waiting for %s: %v; heard %v", name, err, a.heard)
		}
		var events []chatEvent
		if err := json.Unmarshal(frame, &events); err != nil {
			a.in.t.Fatalf("%s: %v", frame, err)
		}
		a.heard = append(a.heard, events...)
	}
}

func (a *agent) hears(text string) {
	a.in.t.Helper()
	a.wait("chat_session_message", func(e chatEvent) bool { return strings.Contains(e.Data.Message.Content, text) })
}

// TestVisitorAndAgentTalk drives the window in a page of another site: by keyboard, over a restart of the
// server, until the conversation is a ticket.
func TestVisitorAndAgentTalk(t *testing.T) {
	t.Parallel()
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.staysOnPort()
	in.env = append(in.env, "AUTOWIZARD_JSON="+strings.Replace(autoWizard, `"Settings": [`, `"Settings": [{"name": "chat", "value": true}, `, 1))
	in.start()
	agent := newAgent(in)
	agent.connect()

	page := openBrowser(t, `<p>Nice things.</p>
		<script>window.WebSocket = class extends WebSocket { constructor(url) { super(url); window.line = this; } };</script>
		<script src="`+in.base+`/assets/chat/chat.min.js"></script>
		<script>new ZammadChat({ chatId: 1, title: '<strong>Chat</strong> with us!', debug: true })</script>`)
	page.do("find the button by keyboard and open the window",
		chromedp.WaitVisible(".pr-chat-launcher"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	page.says(".pr-chat-status", "You are number 1 in the queue.")

	agent.say(`{"event": "chat_session_start", "chat_id": 1}`)
	started := agent.wait("chat_session_start", func(e chatEvent) bool { return len(e.Data.Session) > 0 })
	var session struct {
		ID        int64  `json:"id"`
		SessionID string `json:"session_id"`
	}
	if err := json.Unmarshal(started.Data.Session, &session); err != nil {
		t.Fatal(err)
	}
	page.says(".pr-chat-status", "You are talking to Ada")
	answer := func(text string) {
		agent.say(fmt.Sprintf(`{"event": "chat_session_message", "data": {"session_id": %q, "content": %q}}`, session.SessionID, text))
	}
	page.do("write", chromedp.KeyEvent("Is <b>this</b> one blue?"), chromedp.KeyEvent(kb.Enter))
	agent.hears("Is &lt;b&gt;this&lt;/b&gt; one blue?")
	answer(`It is <strong>blue</strong>.<img src=x onerror="document.title='attacked'">`)
	page.says(".pr-chat-theirs strong", "blue")
	page.screenshot("chat.png")

	in.stop()
	page.says(".pr-chat-status", "Connection lost.")
	page.do("write while nobody hears it", chromedp.KeyEvent("Then I take two."), chromedp.KeyEvent(kb.Enter))
	page.says(".pr-chat-unsent", "Then I take two.")
	in.start()
	page.holds("what was written arrives", "document.querySelectorAll('.pr-chat-mine').length === 2 && !document.querySelector('.pr-chat-unsent')")
	agent.connect()
	answer("Two it is.")
	page.says(".pr-chat-log", "Two it is.")
	page.holds("everything is there once, and harmless",
		"document.querySelectorAll('.pr-chat-message').length === 4 && document.title === 'A shop' && !document.querySelector('.pr-chat-log img')")

	page.do("lose the line while a message is acknowledged",
		chromedp.Evaluate(`{ const lost = line; lost.onmessage = frame => { if (frame.data.includes('chat_session_message')) lost.close(); }; }`, nil),
		chromedp.KeyEvent("In a box, please."), chromedp.KeyEvent(kb.Enter))
	agent.hears("In a box, please.")
	page.holds("what had arrived is there once",
		"line.readyState === WebSocket.OPEN && document.querySelectorAll('.pr-chat-mine').length === 3 && !document.querySelector('.pr-chat-unsent')")

	page.do("reload the page in the middle", chromedp.Reload())
	page.says(".pr-chat-log", "Two it is.")

	var ticket struct {
		ID int64 `json:"ticket_id"`
	}
	if err := in.post(fmt.Sprintf("/api/v1/chat_sessions/%d/ticket", session.ID), map[string]any{"group_id": 1}, &ticket); err != nil {
		t.Fatal(err)
	}
	var articles []struct{ Type, Body string }
	if err := in.get(fmt.Sprintf("/api/v1/ticket_articles/by_ticket/%d", ticket.ID), &articles); err != nil {
		t.Fatal(err)
	}
	if len(articles) != 1 || articles[0].Type != "chat" {
		t.Fatalf("articles = %v", articles)
	}
	for _, said := range []string{"Is &lt;b&gt;this&lt;/b&gt; one blue?", "It is <strong>blue</strong>.", "Then I take two.", "Two it is.", "In a box, please."} {
		if n := strings.Count(articles[0].Body, said); n != 1 {
			t.Errorf("the transcript has %q %d times: %s", said, n, articles[0].Body)
		}
	}
	agent.say(fmt.Sprintf(`{"event": "chat_session_close", "data": {"session_id": %q}}`, session.SessionID))
	page.says(".pr-chat-status", "The chat was closed by")
}
