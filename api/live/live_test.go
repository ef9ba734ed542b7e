package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"postroom/api/apitest"
	"postroom/internal/desk"
	"postroom/internal/live"
)

const patience = 20 * time.Second

// page connects and says who it is.
func page(t *testing.T, url, who string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	send(t, conn, `{"event":"login","token":"token of `+who+`"}`)
	hear(t, conn, "maintenance")
	return conn
}

func send(t *testing.T, conn *websocket.Conn, frame string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

type told struct {
	Event string
	Data  map[string]any
}

// events are those of the next frame.
func events(t *testing.T, conn *websocket.Conn) ([]told, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, frame, err := conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	var all []told
	return all, json.Unmarshal(frame, &all)
}

// hear waits for an event, and returns how many of others came before it.
func hear(t *testing.T, conn *websocket.Conn, event string) (one told, before int) {
	t.Helper()
	for {
		all, err := events(t, conn)
		if err != nil {
			t.Fatalf("waiting for %s: %v", event, err)
		}
		for _, one := range all {
			if one.Event == event {
				return one, before
			}
			before++
		}
	}
}

func TestPagesAreToldWhatConcernsThem(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	emma, david := page(t, o.URL, "emma"), page(t, o.URL, "david")
	hub := o.Server.Live
	hub.Say(live.Audience{Holders: []string{"cti.agent"}}, "cti_list_push", nil)
	hear(t, emma, "cti_list_push")
	hub.Say(live.Audience{Users: []desk.UserID{desk.UserID(o.UserID("david")), desk.UserID(o.UserID("emma"))}}, "cti_event", json.RawMessage(`{"id":5}`))
	for _, conn := range []*websocket.Conn{emma, david} {
		if one, before := hear(t, conn, "cti_event"); one.Data["id"] != 5.0 || before != 0 {
			t.Errorf("told %v after %d others", one, before)
		}
	}
}

func TestEventsOfATransactionComeWithIt(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	emma := page(t, o.URL, "emma")
	n, err := o.Store.QueueForUsers(t.Context(), []desk.UserID{desk.UserID(o.UserID("emma"))}, []byte(`{"event":"hello"}`))
	if n != 1 || err != nil {
		t.Fatalf("queued for %d pages: %v", n, err)
	}
	o.Server.Live.Wake(t.Context())
	hear(t, emma, "hello")
}

func TestWhoIsSignedOutIsToldNothingMore(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	emma := page(t, o.URL, "emma")
	o.Exec(`DELETE FROM tokens WHERE user_id = $1`, o.UserID("emma"))
	o.Eventually("the page is nobody's", func() bool { // who holds a token is remembered for a second
		send(t, emma, `{"event":"ping"}`)
		n, err := o.Store.QueueForUsers(t.Context(), []desk.UserID{desk.UserID(o.UserID("emma"))}, []byte(`{"event":"secret"}`))
		return n == 0 && err == nil
	})
}

// deaf is a bus that carries nothing, as while Redis is away.
type deaf struct{}

func (deaf) Publish(context.Context) error            { return errors.New("no Redis") }
func (deaf) Listen(ctx context.Context, heard func()) { <-ctx.Done() }

func TestWithoutRedisPagesAreToldLater(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	one, two := o.Process(deaf{}), o.Process(deaf{})
	emma := page(t, two.URL, "emma")
	page(t, one.URL, "david")
	if _, err := o.Store.QueueForUsers(t.Context(), []desk.UserID{desk.UserID(o.UserID("emma"))}, []byte(`{"event":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	hear(t, emma, "hello")
}

func TestConnectionsEndWithTheProcess(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	p := o.Process(nil)
	emma := page(t, p.URL, "emma")
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		p.Stop()
	}()
	if _, err := events(t, emma); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the connection ends with %v", err)
	}
	<-stopped
	var left int
	if o.One(&left, `SELECT count(*) FROM push_clients`); left != 0 {
		t.Errorf("%d pages are left", left)
	}
	resp, err := http.Get(o.URL + "/ws")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("who wants no connection is answered %d", resp.StatusCode)
	}
}
