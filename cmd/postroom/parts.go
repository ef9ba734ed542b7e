package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"postroom/internal/config"
)

// part is something that runs until its context ends.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// prepare reads what a verb that goes on running needs to know, and keeps the process small.
func (p *program) prepare() (*config.Config, *slog.Logger, error) {
	cfg, err := p.config()
	if err != nil {
		return nil, nil, err
	}
	// Little is alive at any time, most is thrown away with its message: fewer collections save
	// time, and the limit keeps what they would have kept small.
	if cfg.Work.GCPercent > 0 {
		debug.SetGCPercent(cfg.Work.GCPercent)
	}
	if cfg.Work.MemoryLimit > 0 {
		debug.SetMemoryLimit(cfg.Work.MemoryLimit)
	}
	return cfg, p.logger(cfg), nil
}

// partTime is the share of SHUTDOWN_WITHIN that parts may take; the rest is for what they stand on.
func partTime(cfg *config.Config) time.Duration { return cfg.Work.ShutdownWithin * 8 / 10 }

// runParts runs all parts until ctx ends or one of them fails, and returns when all have stopped.
func (p *program) runParts(ctx context.Context, cfg *config.Config, log *slog.Logger, parts ...part) error {
	group, inner := errgroup.WithContext(ctx)
	for _, part := range parts {
		group.Go(func() error {
			err := part.run(inner)
			if inner.Err() == nil {
				return fmt.Errorf("%s ended: %w", part.name, errOr(err, errUnexpected))
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s: %w", part.name, err)
			}
			return nil
		})
	}
	stop := context.AfterFunc(inner, func() {
		log.InfoContext(ctx, "stopping, work in hand is finished or returned", "within", cfg.Work.ShutdownWithin)
		p.exitUnlessOver(cfg.Work.ShutdownWithin)
	})
	defer stop()
	return group.Wait()
}

// exitUnlessOver ends the process the hard way when it doesn't end by itself. What was in hand is
// done again by others, or after the next start.
func (p *program) exitUnlessOver(within time.Duration) {
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-p.over:
	case <-limit.C:
		fmt.Fprintf(p.err, "postroom: not everything stopped within %s; what was in hand will be done again\n", within)
		os.Exit(1)
	}
}

var errUnexpected = errors.New("nobody asked it to")

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
