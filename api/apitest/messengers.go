package apitest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/intake"
	"postroom/internal/messenger"
	"postroom/internal/store/arrivals"
	"postroom/jobs"
	sendmessages "postroom/jobs/messenger"
	"postroom/jobs/task"
)

// Messengers works off what messengers brought and what is to be sent by them, until the test ends.
// What failed is tried again soon, as often as elsewhere. Spooled returns why messages were given up.
func (o *Office) Messengers(kinds map[string]messenger.Kind, ways sendmessages.Ways) (spooled func() []string) {
	o.T.Helper()
	log := slog.New(slog.NewTextHandler(logTo{o.T}, &slog.HandlerOptions{Level: slog.LevelError}))
	client, err := jobs.Dial(devstack.Redis(o.T))
	if err != nil {
		o.T.Fatal(err)
	}
	o.T.Cleanup(func() { _ = client.Close() })
	reasons := make(chan string, 100)
	keep := func(_ []byte, _ arrivals.Message, reason error) error {
		reasons <- reason.Error()
		return nil
	}
	soon := []time.Duration{10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond}
	policy := jobs.Retrying(sendmessages.Timeout, soon)
	workers := jobs.NewWorkers(o.Store, client, log, jobs.WorkersOptions{
		Counts: map[string]int{task.Inbound: 2, task.Deliver: 2}, ShutdownWithin: 5 * time.Second,
	},
		jobs.NewProcessMessage(intake.New(o.Store, o.blobs, log), messenger.New(o.Store, o.blobs, kinds, log), keep, log).Handler(),
		jobs.Handle(sendmessages.NewDeliver(o.Store, o.blobs, ways, log), policy),
		jobs.Handle(sendmessages.NewReply(o.Store, ways, log), policy),
	)
	run(o.T, jobs.NewRelay(o.Store, client, log).Run)
	run(o.T, workers.Run)
	return func() (all []string) {
		for {
			select {
			case reason := <-reasons:
				all = append(all, reason)
			default:
				return all
			}
		}
	}
}

// run runs something until the test ends.
func run(t testing.TB, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- part(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("stopped with %v", err)
		}
	})
}

// Eventually asks until ask is content, for a while that is long enough for a busy machine.
func (o *Office) Eventually(what string, ask func() bool) {
	o.T.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over := time.NewTimer(20 * time.Second)
	defer over.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-over.C:
			o.T.Fatalf("waited in vain: %s", what)
		}
	}
}
