package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"postroom/api/apitest"
)

// page is a page that keeps a connection open.
type page struct {
	t      testing.TB
	conn   *websocket.Conn
	unread []told
}

// told is an event that a page is told.
type told struct {
	Event string
	Data  map[string]any
	Raw   json.RawMessage
}

// connect opens a page of a website.
func connect(t testing.TB, url string) *page { return connectFrom(t, url, http.Header{}) }

func connectFrom(t testing.TB, url string, header http.Header) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url+"/ws", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &page{t: t, conn: conn}
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// send sends a frame.
func (p *page) send(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		p.t.Fatal(err)
	}
}

// next is the next event that the page is told.
func (p *page) next() (told, error) {
	for len(p.unread) == 0 {
		ctx, cancel := context.WithTimeout(p.t.Context(), patience)
		_, data, err := p.conn.Read(ctx)
		cancel()
		if err != nil {
			return told{}, err
		}
		var events []json.RawMessage
		if err := json.Unmarshal(data, &events); err != nil {
			return told{}, fmt.Errorf("no array came: %s", data)
		}
		for _, event := range events {
			one := told{Raw: event}
			if err := json.Unmarshal(event, &one); err != nil {
				return told{}, err
			}
			p.unread = append(p.unread, one)
		}
	}
	one := p.unread[0]
	p.unread = p.unread[1:]
	return one, nil
}

// hear waits for the next event of a name; others before it are passed over.
func (p *page) hear(event string) told {
	p.t.Helper()
	var passed []string
	for {
		one, err := p.next()
		if err != nil {
			p.t.Fatalf("waiting for %s, was told %v: %v", event, passed, err)
		}
		if one.Event == event {
			return one
		}
		passed = append(passed, string(one.Raw[:min(len(one.Raw), 200)]))
	}
}

// hears demands the data of the next event of a name, as JSON; _ in it stands for anything.
func (p *page) hears(event, want string) told {
	p.t.Helper()
	got := p.hear(event)
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		p.t.Fatal(err)
	}
	if fault := differs("data", wanted, map[string]any(got.Data)); fault != "" {
		p.t.Errorf("%s: %s in %s", event, fault, got.Raw)
	}
	return got
}

// silent demands that nothing is told up to the answer of a ping that is not expected.
func (p *page) quiet(unwanted string) {
	p.t.Helper()
	p.send(`{"event":"who_am_i"}`)
	for {
		one, err := p.next()
		if err != nil {
			p.t.Fatal(err)
		}
		if one.Event == "who_am_i" {
			return
		}
		if one.Event == unwanted {
			p.t.Errorf("was told %s", one.Raw)
		}
	}
}

// differs says where a value is not as wanted. "_" stands for anything that is there.
func differs(at string, want, got any) string {
	if want == "_" && got != nil {
		return ""
	}
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for key := range object {
			if _, known := want[key]; !known {
				return at + "." + key + " is not expected"
			}
		}
		for key, value := range want {
			if _, there := object[key]; !there {
				return at + "." + key + " is missing"
			}
			if fault := differs(at+"."+key, value, object[key]); fault != "" {
				return fault
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s is %v, want %d entries", at, got, len(want))
		}
		for i := range want {
			if fault := differs(fmt.Sprintf("%s[%d]", at, i), want[i], list[i]); fault != "" {
				return fault
			}
		}
		return ""
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return fmt.Sprintf("%s is %v, want %v", at, got, want)
	}
	return ""
}

// text reads a part of an event by the keys that lead to it.
func (one told) text(keys ...string) string {
	var value any = one.Data
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return fmt.Sprint(value)
}

// desk is an office that chats.
func desk(t *testing.T) *apitest.Office {
	t.Helper()
	o := apitest.Open(t)
	o.Setting("chat", true)
	o.Exec(`UPDATE tokens SET preferences = jsonb_set(preferences, '{permission}', preferences->'permission' || '["chat.agent", "admin.channel_chat"]')`)
	return o
}

// agent signs somebody in who takes chats.
func agent(t testing.TB, url, who string) *page {
	t.Helper()
	p := connect(t, url)
	p.send(`{"event":"login","token":"token of %s"}`, who)
	p.hear("maintenance")
	p.send(`{"event":"chat_agent_state","data":{"active":true}}`)
	p.hears("chat_agent_state", `{"state":"ok","active":true}`)
	p.hear("chat_status_agent") // as everybody
	p.send(`{"event":"chat_status_agent"}`)
	p.hear("chat_status_agent")
	return p
}

// begun is a conversation of a visitor with an agent.
func begun(t testing.TB, url string, emma *page) (visitor *page, session string) {
	t.Helper()
	visitor = connect(t, url)
	visitor.send(`{"event":"chat_session_init","data":{"chat_id":1,"url":"https://example.com/contact"}}`)
	session = visitor.hear("chat_session_queue").text("session_id")
	emma.send(`{"event":"chat_session_start","chat_id":1}`)
	emma.hear("chat_session_start")
	visitor.hear("chat_session_start")
	return visitor, session
}

func quoted(format string, args ...any) string {
	return strings.ReplaceAll(fmt.Sprintf(format, args...), "'", `"`)
}
