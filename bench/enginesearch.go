package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// stopwatch passes requests on to a search engine, and says how long it took over searches.
type stopwatch struct {
	url    string
	server *http.Server
	spent  atomic.Int64 // nanoseconds
	asked  atomic.Int64
}

// newStopwatch starts one in front of an engine.
func newStopwatch(engine string) (*stopwatch, error) {
	target, err := url.Parse(engine)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &stopwatch{url: "http://" + listener.Addr().String()}
	proxy := httputil.NewSingleHostReverseProxy(target)
	s.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		proxy.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/_search") {
			s.spent.Add(int64(time.Since(begun)))
			s.asked.Add(1)
		}
	})}
	go func() { _ = s.server.Serve(listener) }() // until it is closed
	return s, nil
}

// searchThrough measures searches over REST that the engine answers, one after another: what they take
// beyond the engine's own time.
func (b *bench) searchThrough(ctx context.Context, engine string) error {
	watch, err := newStopwatch(engine)
	if err != nil {
		return err
	}
	defer watch.server.Close()
	v, err := b.readVocabulary(ctx)
	if err != nil {
		return err
	}
	if _, err := b.postroom(ctx, "settings", "set", "es_url", watch.url); err != nil {
		return err
	}
	if err := b.waitFor(ctx, often, time.Minute, func() error {
		if err := b.send(ctx, request{http.MethodGet, ticketsFor + v.frequent(), nil}); err != nil || watch.asked.Load() > 0 {
			return err
		}
		return fmt.Errorf("the engine is not asked")
	}); err != nil {
		return err
	}
	for _, load := range []struct {
		what  string
		words func() string
	}{
		{"one frequent word", v.frequent},
		{"two words", twice(v.frequent, v.rare)},
		{"a name", v.lastname},
	} {
		if err := b.beyond(ctx, watch, load.what, load.words); err != nil {
			return fmt.Errorf("%s: %w", load.what, err)
		}
	}
	_, err = b.postroom(ctx, "settings", "set", "es_url", engine)
	return err
}

// beyond measures one kind of searches.
func (b *bench) beyond(ctx context.Context, watch *stopwatch, what string, words func() string) error {
	var ours, theirs []time.Duration
	for range b.size.asks / 10 {
		ask := request{http.MethodGet, ticketsFor + url.QueryEscape(words()), nil}
		spent, asked, begun := watch.spent.Load(), watch.asked.Load(), time.Now()
		if err := b.send(ctx, ask); err != nil {
			return err
		}
		took, engines := time.Since(begun), time.Duration(watch.spent.Load()-spent)
		if watch.asked.Load() == asked {
			return fmt.Errorf("the engine was not asked for %s", ask.path)
		}
		ours, theirs = append(ours, took-engines), append(theirs, engines)
	}
	b.report.add("(x) search for tickets, "+what+", beyond the engine's time, p95", ms(percentile(ours, 95)), "50 ms",
		fmt.Sprintf("p50 %s; the engine itself p50 %s, p95 %s; %d requests, one after another, %d tickets",
			ms(percentile(ours, 50)), ms(percentile(theirs, 50)), ms(percentile(theirs, 95)), len(ours), b.size.demo))
	return nil
}
