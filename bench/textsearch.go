package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// benchTextSearch measures searches for words in an installation that was filled with made-up
// tickets, with PostgreSQL alone: as an agent who works in all groups, and as a customer.
func benchTextSearch(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	if err := b.startProduct(ctx); err != nil {
		return err
	}
	if err := b.fillDemo(ctx); err != nil {
		return err
	}
	v, err := b.readVocabulary(ctx)
	if err != nil {
		return err
	}
	const target = "150 ms"
	for _, load := range []struct {
		what  string
		words func() string
		path  string
		token string
	}{
		{"tickets, one frequent word", v.frequent, ticketsFor, b.token},
		{"tickets, two frequent words", twice(v.frequent, v.frequent), ticketsFor, b.token},
		{"tickets, one rare word", v.rare, ticketsFor, b.token},
		{"tickets, a frequent and a rare word", twice(v.frequent, v.rare), ticketsFor, b.token},
		{"tickets, a name", v.lastname, ticketsFor, b.token},
		{"tickets, first and last name", twice(v.firstname, v.lastname), ticketsFor, b.token},
		{"tickets, a word of no ticket", v.none, ticketsFor, b.token},
		{"tickets of a customer, one frequent word", v.frequent, ticketsFor, v.customer},
		{"tickets of a customer, two words", twice(v.frequent, v.rare), ticketsFor, v.customer},
		{"count of tickets, one frequent word", v.frequent, "/api/v1/tickets/search?only_total_count=true&query=", b.token},
		{"users, one word", v.lastname, usersFor, b.token},
		{"users, a word of all", v.everybody, usersFor, b.token},
		{"users, two words", twice(v.firstname, v.lastname), usersFor, b.token},
		{"organizations, one word", v.lastname, organizationsFor, b.token},
		{"everything, one frequent word", v.frequent, "/api/v1/search?query=", b.token},
		{"everything, two words", twice(v.firstname, v.lastname), "/api/v1/search?query=", b.token},
	} {
		ask := func() request { return request{http.MethodGet, load.path + url.QueryEscape(load.words()), nil} }
		times, rate, err := b.as(load.token).atOnce(ctx, ask, b.size.asks/10)
		if err != nil {
			return fmt.Errorf("%s: %w", load.what, err)
		}
		b.report.add("(s) search for "+load.what+", p95", ms(percentile(times, 95)), target, fmt.Sprintf("p50 %s, p99 %s; %d requests, 4 at once, %.0f/s; %s",
			ms(percentile(times, 50)), ms(percentile(times, 99)), len(times), rate, v.size))
	}
	return b.timeUntilFound(ctx, v)
}

const (
	ticketsFor       = "/api/v1/tickets/search?per_page=50&query="
	usersFor         = "/api/v1/users/search?per_page=50&query="
	organizationsFor = "/api/v1/organizations/search?per_page=50&query="
)

// as is the bench for another caller.
func (b *bench) as(token string) *bench {
	other := *b
	other.token = token
	return &other
}

// timeUntilFound changes tickets and asks until the change is found.
func (b *bench) timeUntilFound(ctx context.Context, v *vocabulary) error {
	var times []time.Duration
	for n := range 50 {
		word := fmt.Sprintf("zanzibar%d", n)
		begun := time.Now()
		id := 2 + rand.IntN(b.size.demo)
		if err := b.send(ctx, request{http.MethodPut, fmt.Sprintf("/api/v1/tickets/%d", id), map[string]any{"title": "All about " + word}}); err != nil {
			return err
		}
		if err := b.waitFor(ctx, often, 10*time.Second, func() error {
			var found []map[string]any
			if err := b.get(ctx, ticketsFor+word, &found); err != nil || len(found) == 1 {
				return err
			}
			return fmt.Errorf("ticket %d is not found by %s", id, word)
		}); err != nil {
			return err
		}
		times = append(times, time.Since(begun))
	}
	b.report.add("(s) change until it is found, p99", ms(percentile(times, 99)), "2 s", fmt.Sprintf("p50 %s; %d changes; %s", ms(percentile(times, 50)), len(times), v.size))
	return nil
}

// vocabulary is what is looked for.
type vocabulary struct {
	size                  string
	rareWords             []string // each in few tickets
	firstnames, lastnames []string // each of some thousand people
	customer              string   // somebody's token
}

// readVocabulary asks the API for some people and tickets.
func (b *bench) readVocabulary(ctx context.Context) (*vocabulary, error) {
	v := &vocabulary{size: fmt.Sprintf("%d tickets, %d articles", b.size.demo, articlesEach*b.size.demo)}
	plan, err := b.lookAround(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range plan.customers {
		var user struct{ Login, Firstname, Lastname string }
		if err := b.get(ctx, fmt.Sprintf("/api/v1/users/%d", id), &user); err != nil {
			return nil, err
		}
		v.firstnames, v.lastnames = append(v.firstnames, user.Firstname), append(v.lastnames, user.Lastname)
		if v.customer == "" {
			out, err := b.postroom(ctx, "token", "create", user.Login, "--name", "bench")
			if err != nil {
				return nil, err
			}
			v.customer = strings.TrimSpace(lastLine(out))
		}
	}
	v.rareWords = plan.numbers
	return v, nil
}

func (v *vocabulary) frequent() string {
	return pickOne("morning", "printer", "please", "support", "order", "restarted", "colleague", "replacement", "invoice", "cancelled")
}

func (v *vocabulary) rare() string {
	if rand.IntN(2) == 0 {
		return fmt.Sprint(1000 + rand.IntN(90_000)) // of an order, a room …
	}
	return pickOne(v.rareWords...)
}

func (v *vocabulary) none() string      { return fmt.Sprintf("xylophone%d", rand.IntN(1000)) }
func (v *vocabulary) everybody() string { return "example" }
func (v *vocabulary) firstname() string { return pickOne(v.firstnames...) }
func (v *vocabulary) lastname() string  { return pickOne(v.lastnames...) }

func pickOne(words ...string) string { return words[rand.IntN(len(words))] }

// twice makes one query of two words.
func twice(first, second func() string) func() string {
	return func() string { return first() + " " + second() }
}
