// Package live tells the pages that are open what happens, at once.
//
// What a page is to be told waits in the database, in the transaction of what happened. Here it is
// handed to the connections of this process; the other processes hear over a Bus that there is
// something, or find it when they look. It knows neither what is told nor how a page is connected.
package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"postroom/internal/store"
)

// A Bus carries the word that events wait to all processes.
type Bus interface {
	Publish(ctx context.Context) error
	// Listen calls heard until ctx ends. It may miss some: that only delays.
	Listen(ctx context.Context, heard func())
}

// A Page is one that this process keeps a connection to.
type Page interface {
	// Tell hands events over, in their order. It must not wait.
	Tell(events []json.RawMessage)
	// End closes the connection because this process stops. It may wait for the page, not for long.
	End()
}

// How often a process looks for events without having heard of any, and says which pages it holds.
const (
	lookEvery  = time.Second
	aloneEvery = 200 * time.Millisecond // without a Bus
	holdEvery  = time.Minute
	within     = 10 * time.Second // for one look
)

// Hub tells the pages of this process.
type Hub struct {
	store *store.Store
	bus   Bus // nil: there is none
	log   *slog.Logger
	node  string // names this process among others
	wake  chan struct{}

	mu    sync.Mutex
	pages map[string]Page
	held  map[string]bool // pages that the database knows
	over  bool
	words []word          // of Say, until they are said
	waits map[string]bool // which those are
	ended sync.WaitGroup  // pages that are still there
}

// New returns a Hub. It starts nothing.
func New(s *store.Store, bus Bus, log *slog.Logger) *Hub {
	return &Hub{
		store: s, bus: bus, log: log, node: uuid.NewString(), wake: make(chan struct{}, 1),
		pages: map[string]Page{}, held: map[string]bool{}, waits: map[string]bool{},
	}
}

// Join hands events for a page to it until Leave. It reports false when this process stops.
func (h *Hub) Join(id string, page Page) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return false
	}
	h.pages[id] = page
	h.ended.Add(1)
	return true
}

// Leave ends what Join began.
func (h *Hub) Leave(id string) {
	h.mu.Lock()
	delete(h.pages, id)
	delete(h.held, id)
	h.mu.Unlock()
	h.ended.Done()
}

// Count is how many pages this process keeps a connection to.
func (h *Hub) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pages)
}

// Hold says in the database that this process holds the connection of a page.
func (h *Hub) Hold(ctx context.Context, id string) error {
	if _, err := h.store.HoldPushClients(ctx, h.node, []string{id}); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held[id] = true
	return nil
}

// Wake says that events were queued, after the commit. Nothing is lost when it fails.
func (h *Hub) Wake(ctx context.Context) {
	h.nudge()
	if h.bus == nil {
		return
	}
	if err := h.bus.Publish(ctx); err != nil && ctx.Err() == nil {
		h.log.DebugContext(ctx, "other processes are told of events later", "error", err)
	}
}

func (h *Hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default: // a look is due already
	}
}

// Run tells pages what they are to be told, until ctx ends. It then closes their connections.
func (h *Hub) Run(ctx context.Context) error {
	var listening sync.WaitGroup
	every := aloneEvery
	if h.bus != nil {
		every = lookEvery
		listening.Go(func() { h.bus.Listen(ctx, h.nudge) })
	}
	look, hold := time.NewTicker(every), time.NewTicker(holdEvery)
	defer look.Stop()
	defer hold.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-h.wake:
			h.say(ctx)
			h.tell(ctx)
		case <-look.C:
			h.say(ctx)
			h.tell(ctx)
		case <-hold.C:
			h.hold(ctx)
		}
	}
	h.end()
	listening.Wait()
	return nil
}

// tell hands events to their pages.
func (h *Hub) tell(ctx context.Context) {
	if h.Count() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	events, err := h.store.TakeEventsOf(ctx, h.node)
	if err != nil {
		h.complain(ctx, "events are told later", err)
		return
	}
	told := map[string][]json.RawMessage{}
	for _, e := range events {
		told[e.Client] = append(told[e.Client], e.Event)
	}
	for id, events := range told {
		h.mu.Lock()
		page := h.pages[id]
		h.mu.Unlock()
		if page != nil {
			page.Tell(events)
		}
	}
}

// hold says in the database which pages are still there. A page that the database forgot while it could not be
// told so would never hear of anything again: its connection ends, and the page comes back.
func (h *Hub) hold(ctx context.Context) {
	h.mu.Lock()
	forgotten := maps.Clone(h.held) // until the database says otherwise
	h.mu.Unlock()
	ids := slices.Collect(maps.Keys(forgotten))
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	known, err := h.store.HoldPushClients(ctx, h.node, ids)
	if err != nil {
		h.complain(ctx, "open pages are noted later", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range known {
		delete(forgotten, id)
	}
	for id := range forgotten {
		delete(h.held, id)
		if page := h.pages[id]; page != nil {
			h.ended.Go(page.End)
		}
	}
}

// end closes all connections and waits for them to be gone.
func (h *Hub) end() {
	h.mu.Lock()
	h.over = true
	pages := maps.Clone(h.pages)
	h.mu.Unlock()
	for _, page := range pages {
		h.ended.Go(page.End)
	}
	h.ended.Wait()
}

func (h *Hub) complain(ctx context.Context, what string, err error) {
	if ctx.Err() != context.Canceled {
		h.log.WarnContext(ctx, what, "error", err)
	}
}
