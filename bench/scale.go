package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// benchScale measures (e): the API on an installation that was filled with made-up tickets, as an
// agent sees it who works in all groups.
func benchScale(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	if err := b.startProduct(ctx); err != nil {
		return err
	}
	if err := b.fillDemo(ctx); err != nil {
		return err
	}
	p, err := b.lookAround(ctx)
	if err != nil {
		return err
	}
	for _, load := range []struct {
		what, target string
		ask          func() request
		asks         int
	}{
		{"show", "10 ms", p.show, b.size.asks},
		{"list of 100, first pages", "50 ms", p.list, b.size.asks / 4},
		{"search by state and group", "100 ms", p.stateAndGroup, b.size.asks / 4},
		{"search by owner and state", "100 ms", p.ownerAndState, b.size.asks / 4},
		{"search by customer", "100 ms", p.customer, b.size.asks / 4},
		{"search for younger than a time", "100 ms", p.createdAfter, b.size.asks / 4},
		{"search for older than a time", "100 ms", p.createdBefore, b.size.asks / 4},
		{"search by number", "100 ms", p.number, b.size.asks / 4},
	} {
		times, rate, err := b.atOnce(ctx, load.ask, load.asks)
		if err != nil {
			return fmt.Errorf("%s: %w", load.what, err)
		}
		b.report.add("(e) ticket "+load.what+", p99", ms(percentile(times, 99)), load.target, fmt.Sprintf("p50 %s, p95 %s; %d requests, 4 at once, %.0f/s; %s",
			ms(percentile(times, 50)), ms(percentile(times, 95)), len(times), rate, p.size))
	}
	times, err := b.steadily(ctx, p.create, createsPerSecond, b.size.creates)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	b.report.add(fmt.Sprintf("(e) ticket create with an article at %d/s, p99", createsPerSecond), ms(percentile(times, 99)), "25 ms",
		fmt.Sprintf("p50 %s, p95 %s; %d tickets, timed from when they were due; %s", ms(percentile(times, 50)), ms(percentile(times, 95)), len(times), p.size))
	return nil
}

const createsPerSecond = 50

// fillDemo fills the product's database and reports how long that took.
func (b *bench) fillDemo(ctx context.Context) error {
	started := time.Now()
	if _, err := b.postroom(ctx, "demo", "fill", "--tickets", strconv.Itoa(b.size.demo), "--articles-per-ticket", strconv.Itoa(articlesEach)); err != nil {
		return err
	}
	took := time.Since(started)
	b.report.add("(e) demo fill", fmt.Sprintf("%.0f tickets/s", float64(b.size.demo)/took.Seconds()), "",
		fmt.Sprintf("%d tickets with %d articles in %s", b.size.demo, articlesEach*b.size.demo, took.Round(time.Second)))
	return nil
}

const articlesEach = 3

// plan is what requests are made of: ids that are there.
type plan struct {
	size      string
	tickets   int
	groups    []int
	owners    []int
	customers []int
	numbers   []string
	oldest    time.Time
}

// request is one question to the API. body is JSON; nil: there is none.
type request struct {
	method, path string
	body         any
}

// lookAround asks the API for some tickets, whose values requests are then made of.
func (b *bench) lookAround(ctx context.Context) (*plan, error) {
	p := &plan{tickets: b.size.demo, size: fmt.Sprintf("%d tickets, %d articles", b.size.demo, articlesEach*b.size.demo)}
	seen := map[string]map[int]bool{"group": {}, "owner": {}, "customer": {}}
	note := func(kind string, id int, list *[]int) {
		if !seen[kind][id] {
			seen[kind][id] = true
			*list = append(*list, id)
		}
	}
	for range 300 {
		var ticket struct {
			Number     string    `json:"number"`
			GroupID    int       `json:"group_id"`
			OwnerID    int       `json:"owner_id"`
			CustomerID int       `json:"customer_id"`
			CreatedAt  time.Time `json:"created_at"`
		}
		if err := b.get(ctx, p.show().path, &ticket); err != nil {
			return nil, err
		}
		note("group", ticket.GroupID, &p.groups)
		note("owner", ticket.OwnerID, &p.owners)
		note("customer", ticket.CustomerID, &p.customers)
		p.numbers = append(p.numbers, ticket.Number)
		if p.oldest.IsZero() || ticket.CreatedAt.Before(p.oldest) {
			p.oldest = ticket.CreatedAt
		}
	}
	return p, nil
}

// show asks for one of the tickets that were made; the first of all greets and isn't one of them.
func (p *plan) show() request {
	return request{http.MethodGet, fmt.Sprintf("/api/v1/tickets/%d", 2+rand.IntN(p.tickets)), nil}
}

func (p *plan) list() request {
	return request{http.MethodGet, fmt.Sprintf("/api/v1/tickets?per_page=100&page=%d", 1+rand.IntN(10)), nil}
}

func (p *plan) number() request {
	return request{http.MethodGet, "/api/v1/tickets/search?query=" + p.numbers[rand.IntN(len(p.numbers))], nil}
}

func (p *plan) stateAndGroup() request {
	return byCondition(map[string]any{"ticket.state_id": is(1 + rand.IntN(4)), "ticket.group_id": is(p.groups[rand.IntN(len(p.groups))])})
}

func (p *plan) ownerAndState() request {
	return byCondition(map[string]any{"ticket.owner_id": is(p.owners[rand.IntN(len(p.owners))]), "ticket.state_id": is(2, 3, 4)})
}

func (p *plan) customer() request {
	return byCondition(map[string]any{"ticket.customer_id": is(p.customers[rand.IntN(len(p.customers))])})
}

func (p *plan) createdAfter() request { return p.created("after (absolute)") }

// createdBefore is the hardest for a list that begins with what was changed last.
func (p *plan) createdBefore() request { return p.created("before (absolute)") }

func (p *plan) created(operator string) request {
	at := p.oldest.Add(time.Duration(rand.Int64N(int64(time.Since(p.oldest)))))
	return byCondition(map[string]any{"ticket.created_at": map[string]any{"operator": operator, "value": at.UTC().Format(time.RFC3339)}})
}

func (p *plan) create() request {
	return request{http.MethodPost, "/api/v1/tickets", map[string]any{
		"title": "One more question", "group_id": p.groups[rand.IntN(len(p.groups))], "customer_id": p.customers[rand.IntN(len(p.customers))],
		"article": map[string]any{"subject": "One more question", "body": "Does it hold at this size, too?", "type": "note", "internal": false},
	}}
}

func byCondition(condition map[string]any) request {
	return request{http.MethodPost, "/api/v1/tickets/search?per_page=50", map[string]any{"condition": condition}}
}

func is(ids ...int) map[string]any { return map[string]any{"operator": "is", "value": ids} }

// atOnce sends requests, four at a time, and returns how long each took.
func (b *bench) atOnce(ctx context.Context, next func() request, n int) ([]time.Duration, float64, error) {
	const clients = 4
	var done sync.WaitGroup
	r := &timings{}
	begun := time.Now()
	for range clients {
		done.Go(func() {
			for range n / clients {
				started := time.Now()
				r.add(started, b.send(ctx, next()))
			}
		})
	}
	done.Wait()
	return r.times, float64(len(r.times)) / time.Since(begun).Seconds(), r.failed
}

// steadily sends so many requests a second, whether or not those before are answered, and returns
// how long after it was due each was answered.
func (b *bench) steadily(ctx context.Context, next func() request, perSecond, n int) ([]time.Duration, error) {
	var done sync.WaitGroup
	r := &timings{}
	due := time.NewTicker(time.Second / time.Duration(perSecond))
	defer due.Stop()
	for range n {
		select {
		case at := <-due.C:
			done.Go(func() { r.add(at, b.send(ctx, next())) })
		case <-ctx.Done():
			r.add(time.Now(), ctx.Err())
		}
	}
	done.Wait()
	return r.times, r.failed
}

// timings collects how long requests took.
type timings struct {
	mu     sync.Mutex
	times  []time.Duration
	failed error
}

func (t *timings) add(since time.Time, err error) {
	took := time.Since(since)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times = append(t.times, took)
	if err != nil {
		t.failed = err
	}
}

// send asks the API with the token.
func (b *bench) send(ctx context.Context, r request) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return err
		}
	}
	return b.call(ctx, r.method, r.path, body, "Token token="+b.token, nil)
}
