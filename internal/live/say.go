package live

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"postroom/internal/desk"
)

// Audience is who is told of something: these users and everybody who holds one of the permissions.
type Audience struct {
	Users   []desk.UserID
	Holders []string // whole names, such as cti.agent
}

// word is something to be said.
type word struct {
	to    Audience
	event json.RawMessage
}

// mostWords bounds what waits to be said. It is said within milliseconds.
const mostWords = 1000

// Say tells everybody of an audience that something happened, from every page that they have open:
// {"event": event, "data": data}. It never waits and needs no transaction, so it is for what pages can
// find out in another way, too: while something waits to be said, the same again is left out, and
// when too much waits, so is the rest. data is JSON; nil: there is none.
func (h *Hub) Say(to Audience, event string, data json.RawMessage) {
	message, err := json.Marshal(struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data,omitempty"`
	}{event, data})
	if err != nil {
		h.log.Error("event can't be told", "event", event, "error", err)
		return
	}
	key := fmt.Sprint(to.Users, strings.Join(to.Holders, ","), string(message))
	h.mu.Lock()
	if len(h.words) < mostWords && !h.waits[key] {
		h.words, h.waits[key] = append(h.words, word{to, message}), true
	}
	h.mu.Unlock()
	h.nudge()
}

// say queues what is to be said.
func (h *Hub) say(ctx context.Context) {
	h.mu.Lock()
	words := h.words
	h.words = nil
	clear(h.waits)
	h.mu.Unlock()
	if len(words) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	told := 0
	for _, w := range words {
		n, err := h.queueFor(ctx, w)
		if err != nil {
			h.complain(ctx, "pages were not told of something", err)
		}
		told += n
	}
	if told > 0 && h.bus != nil {
		if err := h.bus.Publish(ctx); err != nil {
			h.log.DebugContext(ctx, "other processes are told of events later", "error", err)
		}
	}
}

func (h *Hub) queueFor(ctx context.Context, w word) (told int, err error) {
	if len(w.to.Users) > 0 {
		if told, err = h.store.QueueForUsers(ctx, w.to.Users, w.event); err != nil {
			return told, err
		}
	}
	if len(w.to.Holders) == 0 {
		return told, nil
	}
	more, err := h.store.QueueForHolders(ctx, w.to.Holders, w.event)
	return told + more, err
}
