// Package demo fills an installation with made-up people, tickets and articles, to try the product
// out on and to measure it with.
//
// A seed and sizes go in; out come rows that look as if a support team had worked here for two
// years. They are copied into the database in bulk: nobody is notified of them, no rule runs.
package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// Options of Fill.
type Options struct {
	Tickets           int
	ArticlesPerTicket int  // on average: some have fewer, some more
	BesideOthers      bool // also where there are tickets already
	Seed              uint64
	Until             time.Time    // when the youngest ticket was made; the oldest is two years older
	Progress          func(Counts) // told now and then how much there is so far
}

// Counts is how much was made.
type Counts struct{ Groups, Organizations, Users, Tickets, Articles int }

// ErrInUse says that there are tickets already, which made-up ones would mix with for good.
var ErrInUse = errors.New("there are tickets already")

const (
	age   = 2 * 365 * 24 * time.Hour // of the oldest ticket
	batch = 5000                     // tickets written in one transaction; even, see lengths

	firstTicket desk.TicketID = 1 // greets on every fresh installation and counts for none
)

// Streams of random numbers: more people must not make other tickets.
const (
	streamPeople = iota + 1
	streamTickets
)

// Fill makes what opts ask for. The same seed makes the same records on the same installation. What
// was made when it fails or is cancelled stays, in whole tickets.
func Fill(ctx context.Context, s *store.Store, opts Options) (Counts, error) {
	if opts.Tickets < 1 || opts.ArticlesPerTicket < 1 {
		return Counts{}, errors.New("there is nothing to make: ask for at least one ticket, and one article each")
	}
	if err := s.RestoreTextIndexes(ctx); err != nil { // of a process before us that was killed
		return Counts{}, err
	}
	used, err := s.HasTicketsAfter(ctx, firstTicket)
	if err != nil {
		return Counts{}, err
	}
	if used && !opts.BesideOthers {
		return Counts{}, ErrInUse
	}
	made := Counts{}
	err = fill(ctx, s, &opts, &made)
	// Whatever went wrong and whoever has lost patience: without them, nothing is found in time.
	if err := errors.Join(err, s.RestoreTextIndexes(context.WithoutCancel(ctx))); err != nil {
		return made, err
	}
	return made, s.Tidy(ctx, "groups", "organizations", "users", "roles_users", "groups_users", "tickets", "ticket_articles", "ticket_words", "ticket_words_due", "ticket_vocabulary", "history")
}

// manyTickets is from when on it is faster to make the indexes of texts anew than to enter each.
const manyTickets = 20_000

func fill(ctx context.Context, s *store.Store, opts *Options, made *Counts) error {
	company, err := found(ctx, s, opts, made)
	if err != nil {
		return err
	}
	s.ForgetCatalog() // it has new groups
	catalog, err := s.Catalog(ctx)
	if err != nil {
		return err
	}
	if opts.Tickets >= manyTickets {
		if err := s.SetTextIndexesAside(ctx, "tickets", "ticket_words", "ticket_vocabulary"); err != nil {
			return err
		}
	}
	desks := &author{
		rnd: rand.New(rand.NewPCG(opts.Seed, streamTickets)), catalog: catalog, company: company,
		priorities: otherPriorities(catalog), until: opts.Until.UTC().Truncate(time.Millisecond), total: opts.Tickets,
	}
	for made.Tickets < opts.Tickets {
		n := min(batch, opts.Tickets-made.Tickets)
		if err := s.InTx(ctx, func(tx *store.Store) error { return desks.fill(ctx, tx, n, opts.ArticlesPerTicket, made) }); err != nil {
			return fmt.Errorf("tickets after %d: %w", made.Tickets, err)
		}
		if err := index(ctx, s); err != nil {
			return err
		}
		opts.report(*made)
	}
	return nil
}

// index makes what was written to be found by its words.
func index(ctx context.Context, s *store.Store) error {
	for {
		if n, err := s.IndexTickets(ctx, batch); n == 0 || err != nil {
			return err
		}
	}
}

func (o *Options) report(made Counts) {
	if o.Progress != nil {
		o.Progress(made)
	}
}

// fill writes the next n tickets in one transaction.
func (a *author) fill(ctx context.Context, tx *store.Store, n, articlesEach int, made *Counts) error {
	lengths := a.lengths(n, articlesEach)
	articles := 0
	for _, length := range lengths {
		articles += length
	}
	ticketIDs, err := tx.DrawIDs(ctx, "tickets", n)
	if err != nil {
		return err
	}
	articleIDs, err := tx.DrawIDs(ctx, "ticket_articles", articles)
	if err != nil {
		return err
	}
	numbers, err := tx.NextTicketNumbers(ctx, a.catalog, time.Now().UTC(), n)
	if err != nil {
		return err
	}
	out := &pile{}
	for i, length := range lengths {
		a.write(out, desk.TicketID(ticketIDs[i]), numbers[i], articleIDs[:length])
		articleIDs = articleIDs[length:]
	}
	if err := tx.CopyTickets(ctx, out.tickets); err != nil {
		return err
	}
	if err := tx.CopyArticles(ctx, out.articles); err != nil {
		return err
	}
	if err := tx.CopyHistory(ctx, out.history); err != nil {
		return err
	}
	made.Tickets, made.Articles = made.Tickets+n, made.Articles+articles
	return nil
}

// lengths says how many articles each of n tickets has. What one of a pair has less than the
// average, the other has more: the sum is exact.
func (a *author) lengths(n, average int) []int {
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = average
	}
	for i := 1; i < n; i += 2 {
		difference := a.rnd.IntN(average)
		lengths[i-1], lengths[i] = average-difference, average+difference
	}
	return lengths
}
