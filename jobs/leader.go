package jobs

import (
	"context"
	"log/slog"
	"time"

	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
)

// leader runs work in one process of all: the one that holds a lock in the database. Should that
// process die or lose its connection, another takes over within seconds. For a moment two may
// think that they lead, so work must stand that.
type leader struct {
	name   string
	store  *store.Store
	log    *slog.Logger
	listen string // channel whose notifications work hears; empty: none
	work   func(ctx context.Context, heard <-chan string) error
}

const (
	askEvery    = time.Second
	unheardMost = 64 // notifications kept for work that is busy; more say nothing new
)

// run stands for election until ctx ends.
func (l *leader) run(ctx context.Context) error {
	failing := false
	for ctx.Err() == nil {
		err := l.term(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			l.log.WarnContext(ctx, "leader's term ended early, standing again", "role", l.name, "error", err)
		}
		failing = err != nil
		pause.For(ctx, askEvery)
	}
	return nil
}

// Leading runs work, whose name no other has, whenever this process leads.
func Leading(s *store.Store, log *slog.Logger, name string, work func(context.Context) error) func(context.Context) error {
	election := leader{name: name, store: s, log: log, work: func(ctx context.Context, _ <-chan string) error { return work(ctx) }}
	return election.run
}

// term waits until we lead, and leads until ctx ends, the connection is lost or work fails.
func (l *leader) term(ctx context.Context) error {
	candidate, err := l.store.Candidate(ctx, l.name)
	if err != nil {
		return err
	}
	defer candidate.Close()
	for {
		leads, err := candidate.TryLead(ctx)
		if err != nil {
			return err
		}
		if leads {
			return l.lead(ctx, candidate)
		}
		if !pause.For(ctx, askEvery) {
			return nil
		}
	}
}

func (l *leader) lead(ctx context.Context, candidate *outbox.Candidate) error {
	if l.listen != "" {
		if err := candidate.Listen(ctx, l.listen); err != nil {
			return err
		}
	}
	l.log.DebugContext(ctx, "leading", "role", l.name)
	ctx, cancel := context.WithCancelCause(ctx)
	heard := make(chan string, unheardMost)
	done := make(chan struct{})
	go func() {
		defer close(done)
		cancel(l.work(ctx, heard))
	}()
	for {
		message, err := candidate.Hear(ctx)
		if err != nil {
			// Either the connection is lost, or ctx ended because of work or of our caller.
			cancel(err)
			<-done
			if cause := context.Cause(ctx); cause != context.Canceled {
				return cause
			}
			return nil
		}
		select {
		case heard <- message:
		default:
		}
	}
}
