// Package finder finds tickets, users and organizations by what somebody typed, and tickets for reports by
// what happened to them: with the search engine where there is one, else with PostgreSQL.
//
// Both are asked the same and see the same: who may see what is a part of the question. What the
// engine can't be asked, such as conditions, or must not be, such as what customers may know of
// internal articles, is PostgreSQL's to answer; and so is everything while the engine does not answer.
package finder

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/internal/store"
)

// Finder finds records. One of a process serves all requests.
type Finder struct {
	store  *store.Store
	engine *elastic.Engine
	log    *slog.Logger
	mu     sync.Mutex
	state  state
}

// state is what is known of the engine.
type state struct {
	client *elastic.Client
	downAt time.Time            // when it did not answer last; zero: it does
	served map[string]time.Time // until when the index of a kind is taken to be complete
}

const (
	// within is how long the engine may take before PostgreSQL is asked instead.
	within = 3 * time.Second
	// again is how long an engine that does not answer is left alone.
	again = 5 * time.Second
	// servesFor is how long it is believed that an index is complete, or is not.
	servesFor = 10 * time.Second
)

// New returns a Finder. Without an engine PostgreSQL finds everything.
func New(s *store.Store, engine *elastic.Engine, log *slog.Logger) *Finder {
	return &Finder{store: s, engine: engine, log: log}
}

// client is the engine's, if it can be asked for records of a kind; nil: it can't be.
func (f *Finder) client(ctx context.Context, object string) *elastic.Client {
	if f.engine == nil {
		return nil
	}
	catalog, err := f.store.Catalog(ctx)
	if err != nil {
		return nil // as the database will say by itself
	}
	client, err := f.engine.Client(catalog.Settings)
	if err != nil || client == nil {
		return nil // what is wrong with the settings is monitoring's to say
	}
	known, serves := f.known(client, object)
	if known {
		if serves {
			return client
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	index, err := f.store.ServingIndex(ctx, object)
	if err != nil || index == "" {
		return nil
	}
	serves, err = client.Serves(ctx, object, index)
	if err != nil {
		f.failed(ctx, client, err)
		return nil
	}
	f.learn(client, object, serves)
	if !serves {
		return nil
	}
	return client
}

// known tells what is known of an engine without asking it.
func (f *Finder) known(client *elastic.Client, object string) (known, serves bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.client != client { // other settings
		f.state = state{client: client, served: map[string]time.Time{}}
	}
	if time.Since(f.state.downAt) < again {
		return true, false
	}
	until, known := f.state.served[object]
	return known && time.Now().Before(until), !until.IsZero()
}

func (f *Finder) learn(client *elastic.Client, object string, serves bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.client != client {
		return
	}
	if !f.state.downAt.IsZero() {
		f.state.downAt = time.Time{}
		f.log.Info("the search engine answers again")
	}
	delete(f.state.served, object)
	if serves {
		f.state.served[object] = time.Now().Add(servesFor)
	}
}

// doubt has the engine asked whether it is there before it is asked for anything else of a kind.
func (f *Finder) doubt(client *elastic.Client, object string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.client == client {
		delete(f.state.served, object)
	}
}

// failed notes that an engine did not answer. An outage is told of once.
func (f *Finder) failed(ctx context.Context, client *elastic.Client, reason error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.client != client {
		return
	}
	if f.state.downAt.IsZero() {
		f.log.WarnContext(ctx, "the search engine does not answer, PostgreSQL finds meanwhile", "error", reason)
	}
	f.state.downAt = time.Now()
	clear(f.state.served)
}

// ask puts a question to the engine; ok is false where PostgreSQL has to be asked.
func (f *Finder) ask(ctx context.Context, q question) (found *elastic.Found, ok bool) {
	if !q.askable() {
		return nil, false
	}
	return f.put(ctx, q.object, q.body())
}

// put puts a question to the engine about records of a kind, as engines read it.
func (f *Finder) put(ctx context.Context, object string, body map[string]any) (found *elastic.Found, ok bool) {
	client := f.client(ctx, object)
	if client == nil {
		return nil, false
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found, err := client.Search(limited, []string{object}, body)
	switch {
	case err == nil:
		return found, true
	case ctx.Err() != nil: // nobody waits for the answer any more
	case limited.Err() != nil:
		f.doubt(client, object) // it may be this query alone that takes so long
	case desk.Permanent(err):
		f.log.DebugContext(ctx, "the search engine refuses a query", "object", object, "query", body["query"], "error", err)
	default:
		f.failed(ctx, client, err)
	}
	return nil, false
}
