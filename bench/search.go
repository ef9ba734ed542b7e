package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"postroom/internal/devstack/searchengine"
)

// benchSearch measures a real search engine beside the product: how fast indexes are filled, how much
// that takes, how soon a change is found, and what searches take beyond the engine's own time.
func benchSearch(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	engine, err := searchengine.Start(ctx, filepath.Join(b.dir, "engine"))
	if err != nil {
		return err
	}
	b.ends = append(b.ends, engine.Stop)
	if err := b.startProduct(ctx); err != nil {
		return err
	}
	if err := b.fillDemo(ctx); err != nil {
		return err
	}
	if _, err := b.postroom(ctx, "settings", "set", "es_url", engine.URL); err != nil {
		return err
	}
	if err := b.rebuildAll(ctx); err != nil {
		return err
	}
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	if err := b.timeUntilIndexed(ctx, engine.URL); err != nil {
		return err
	}
	return b.searchThrough(ctx, engine.URL)
}

// rebuildAll fills all indexes, and that of tickets a second time: an engine that has just started is
// several times slower until its code is compiled.
func (b *bench) rebuildAll(ctx context.Context) error {
	begun := time.Now()
	if _, err := b.postroom(ctx, "search", "rebuild", "--workers", "4"); err != nil {
		return err
	}
	first := time.Since(begun)
	begun = time.Now()
	rebuild := exec.CommandContext(ctx, b.binary, "search", "rebuild", "--workers", "4", "--only", "ticket")
	rebuild.Env = b.env
	if out, err := rebuild.CombinedOutput(); err != nil {
		return fmt.Errorf("rebuild: %w\n%s", err, out)
	}
	took, note := time.Since(begun), ""
	if usage, ok := rebuild.ProcessState.SysUsage().(*syscall.Rusage); ok {
		b.report.add("(x) peak memory of the rebuild", mib(usage.Maxrss<<10), "150 MiB", fmt.Sprintf("%d tickets", b.size.demo))
		used := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		note = fmt.Sprintf("; the rebuild's own part is %.2f ms of CPU a ticket", float64(used.Microseconds())/float64(b.size.demo)/1000)
	}
	b.report.add("(x) index of tickets rebuilt", fmt.Sprintf("%.0f tickets/s", float64(b.size.demo)/took.Seconds()), "2000/s",
		fmt.Sprintf("%d tickets with %d articles in %s, 4 at once; OpenSearch on the same machine, which had just filled all indexes in %s%s",
			b.size.demo, articlesEach*b.size.demo, took.Round(time.Second), first.Round(time.Second), note))
	return nil
}

// mostAdded is how many tickets catchUp makes, however many there are.
const mostAdded = 20_000

// catchUp changes many tickets at once, and waits until the engine knows.
func (b *bench) catchUp(ctx context.Context) error {
	begun, tickets := time.Now(), min(b.size.demo/5, mostAdded)
	if _, err := b.postroom(ctx, "demo", "fill", "--yes", "--tickets", fmt.Sprint(tickets), "--articles-per-ticket", fmt.Sprint(articlesEach)); err != nil {
		return err
	}
	filled := time.Since(begun)
	if err := b.waitFor(ctx, rarely, 10*time.Minute, func() error {
		out, err := b.postroom(ctx, "search", "status", "--json")
		if err != nil {
			return err
		}
		var state struct {
			Waiting int `json:"changes_waiting"`
		}
		if err := json.Unmarshal([]byte(lastLine(out)), &state); err != nil {
			return err
		}
		if state.Waiting > 0 {
			return fmt.Errorf("%d changes wait", state.Waiting)
		}
		return nil
	}); err != nil {
		return err
	}
	took := time.Since(begun)
	b.report.add("(x) new tickets indexed while they come", fmt.Sprintf("%.0f tickets/s", float64(tickets)/took.Seconds()), "",
		fmt.Sprintf("%d tickets, written within %s and in the index after %s", tickets, filled.Round(time.Second), took.Round(time.Second)))
	return nil
}

// timeUntilIndexed changes tickets over REST and asks the engine until it finds the change.
func (b *bench) timeUntilIndexed(ctx context.Context, engine string) error {
	var times []time.Duration
	for n := range 50 {
		word := fmt.Sprintf("kilimanjaro%d", n)
		begun := time.Now()
		if err := b.send(ctx, request{http.MethodPut, fmt.Sprintf("/api/v1/tickets/%d", 2+n), map[string]any{"title": "All about " + word}}); err != nil {
			return err
		}
		if err := b.waitFor(ctx, often, 20*time.Second, func() error { return found(ctx, engine, word) }); err != nil {
			return fmt.Errorf("change %d: %w", n, err)
		}
		times = append(times, time.Since(begun))
	}
	b.report.add("(x) change over REST until the engine finds it, p95", ms(percentile(times, 95)), "2 s",
		fmt.Sprintf("p50 %s, longest %s; %d changes, one after another", ms(percentile(times, 50)), ms(percentile(times, 100)), len(times)))
	return nil
}

// found asks the engine itself for a ticket with a word in its title.
func found(ctx context.Context, engine, word string) error {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, engine+"/zammad_ticket/_count?q=title:"+url.QueryEscape(word), http.NoBody)
	if err != nil {
		return err
	}
	answer, err := client.Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var counted struct{ Count int }
	if err := json.NewDecoder(answer.Body).Decode(&counted); err != nil {
		return err
	}
	if counted.Count != 1 {
		return fmt.Errorf("%d tickets are about %s", counted.Count, strings.ToUpper(word))
	}
	return nil
}
