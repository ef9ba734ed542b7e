// Command keeper runs the PostgreSQL that the tests of a checkout share, until the last of them
// has ended. Tests start it themselves.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"postroom/internal/devstack"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if len(os.Args) != 2 {
		log.Error("usage: keeper DIR")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := devstack.Keep(ctx, os.Args[1], log); err != nil {
		log.Error("PostgreSQL for tests", "error", err)
		os.Exit(1)
	}
}
