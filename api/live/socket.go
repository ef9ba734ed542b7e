package live

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/live"
)

// How long things may take.
const (
	silence    = 4 * time.Minute // of a page, which sends a ping every half a minute
	writeTime  = 10 * time.Second
	leaveTime  = 2 * time.Second
	actTime    = 20 * time.Second // for one event
	mostUnsent = 1000             // events for a page that doesn't read; then it is given up
)

// ServeHTTP keeps a connection to a page until one of both ends it. Pages of any website may connect:
// nobody is recognised by a cookie that a browser adds, only by what the page itself says.
func (s *Room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from := s.FromPage(r)
	if !s.enter(from.IP) {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "Too many connections", http.StatusServiceUnavailable)
		return
	}
	defer s.leave(from.IP)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it is answered
	}
	conn.SetReadLimit(frameBytes)
	c := &socket{
		room: s, conn: conn, from: from, header: tokenOf(r),
		rate: rate.NewLimiter(perSecond, burst),
	}
	c.from.Page, c.from.Claimed = rest.RandomText(pageBytes), c.header != ""
	// The request is over, the connection is not.
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(r.Context()))
	c.serve(c.ctx)
}

const pageBytes = 18

// socket is the connection to one page.
type socket struct {
	room   *Room
	conn   *websocket.Conn
	from   live.From
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	badge  string // of a session, if the page said it
	header string // Authorization, if it came with one or said a token
	known  bool   // in the database
	rate   *rate.Limiter

	mu      sync.Mutex
	unsent  []json.RawMessage
	sending bool
	over    bool // nothing is sent any more
	writers sync.WaitGroup
}

// serve reads what the page sends, until nobody is there any more.
func (c *socket) serve(ctx context.Context) {
	defer c.finish()
	if !c.room.Live.Join(c.from.Page, c) {
		_ = c.conn.Close(websocket.StatusGoingAway, "")
		return
	}
	defer c.leave(ctx)
	for {
		data, err := c.read(ctx)
		if err != nil {
			_ = c.conn.CloseNow()
			return
		}
		if err := c.rate.Wait(ctx); err != nil {
			_ = c.conn.CloseNow() // nobody else would: the page was given up between two of its frames
			return
		}
		err = c.take(ctx, data)
		if desk.Permanent(err) {
			c.room.Log.InfoContext(ctx, "what a page sent can't be done", "error", err)
			err = nil
		}
		if err != nil {
			// What the page wanted did not happen. It is to come again, and say it again.
			c.room.Log.WarnContext(ctx, "connection to a page closed", "error", err)
			_ = c.conn.Close(websocket.StatusTryAgainLater, "")
			return
		}
	}
}

// finish waits for what is being sent.
func (c *socket) finish() {
	c.cancel()
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.writers.Wait()
}

func (c *socket) read(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	kind, data, err := c.conn.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		data = nil
	}
	return data, err
}

// leave forgets the page. Who takes part in what is found out by that.
func (c *socket) leave(ctx context.Context) {
	defer c.room.Live.Leave(c.from.Page) // last: a process that stops waits for it
	if !c.known {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	if err := c.room.Store.DropPushClients(ctx, []string{c.from.Page}); err != nil {
		c.room.Log.DebugContext(ctx, "a page that is gone is forgotten later", "error", err)
	}
}

// take does what one frame asks for. What can't be read is nothing.
func (c *socket) take(ctx context.Context, data []byte) error {
	top, err := rest.ParseJSON(data)
	if err != nil || top.Text("event") == "" {
		return nil
	}
	inner, _ := top["data"].(map[string]any)
	frame := live.Frame{Event: top.Text("event"), Data: inner, Top: top}
	if frame.Event == "ping" {
		c.Tell([]json.RawMessage{rest.AppendJSON(nil, rest.Record{{"event", "pong"}})})
		if !c.from.Claimed {
			return nil
		}
		// Whose page only listens may have been signed out meanwhile.
	}
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	if frame.Event == "login" {
		c.claim(top)
	}
	if err := c.identify(ctx); err != nil {
		return err
	}
	switch frame.Event {
	case "ping":
		return nil
	case "login":
		c.say("maintenance", rest.Record{{"type", "app_version"}, {"app_version", c.room.version}})
		return nil
	case "who_am_i":
		c.say(frame.Event, rest.WhoAmI(c.from.Who))
		return nil
	}
	_, err = c.room.take(ctx, c.from, frame)
	return err
}

func (c *socket) say(event string, data rest.Record) {
	c.Tell([]json.RawMessage{rest.AppendJSON(nil, rest.Record{{"event", event}, {"data", data}})})
}

// Tell sends events in one frame each time the page is ready for more.
func (c *socket) Tell(events []json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if len(c.unsent)+len(events) > mostUnsent {
		c.cancel() // it doesn't read; it may come back and read anew
		return
	}
	c.unsent = append(c.unsent, events...)
	if !c.sending {
		c.sending = true
		c.writers.Go(c.send)
	}
}

// send writes what is unsent. It ends when there is nothing more, so that a page that is told nothing
// costs nothing.
func (c *socket) send() {
	for {
		c.mu.Lock()
		events := c.unsent
		c.unsent = nil
		c.sending = len(events) > 0
		c.mu.Unlock()
		if len(events) == 0 {
			return
		}
		frame := []byte{'['}
		for i, event := range events {
			if i > 0 {
				frame = append(frame, ',')
			}
			frame = append(frame, event...)
		}
		if err := c.write(append(frame, ']')); err != nil {
			_ = c.conn.CloseNow()
			return
		}
	}
}

func (c *socket) write(frame []byte) error {
	ctx, cancel := context.WithTimeout(c.ctx, writeTime)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, frame)
}

// End closes the connection because the process stops: the page comes back and finds another.
func (c *socket) End() { _ = c.conn.Close(websocket.StatusGoingAway, "") }
