package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs"
	"postroom/jobs/task"
)

// pass is work that does nothing but end itself: what is measured is the way to it.
type pass struct {
	store *store.Store
	done  atomic.Int64
}

func (p *pass) Work(ctx context.Context, _ task.BlobsReleased, id desk.OutboxID) error {
	err := p.store.FinishTask(ctx, id)
	if err == nil {
		p.done.Add(1)
	}
	return err
}

// benchQueue measures (c): work announced in the outbox until it is done, with few and with many tasks waiting.
func benchQueue(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	if _, err := store.Migrate(ctx, b.stack.DatabaseURL()); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{URL: b.stack.DatabaseURL(), MaxConns: 16})
	if err != nil {
		return err
	}
	defer db.Close()
	options, err := redis.ParseURL(b.stack.RedisURL())
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close()

	empty, err := b.medianRate(ctx, db, client)
	if err != nil {
		return err
	}
	notes := fmt.Sprintf("median of %d rounds of %d tasks, 8 workers", rounds, b.size.tasks)
	b.report.add("(c) outbox to done, empty queues", fmt.Sprintf("%.0f tasks/s", empty), "", notes)
	if err := b.fillQueue(ctx, db, client); err != nil {
		return err
	}
	full, err := b.medianRate(ctx, db, client)
	if err != nil {
		return err
	}
	b.report.add(fmt.Sprintf("(c) outbox to done, %d waiting", b.size.waiting), fmt.Sprintf("%.0f tasks/s", full),
		fmt.Sprintf("%.0f tasks/s", 0.9*empty), fmt.Sprintf("%.0f %% of the rate with empty queues", 100*full/empty))
	return nil
}

// rounds are measured, after one that only warms up: a single one depends on what the database's
// housekeeping does meanwhile.
const rounds = 5

func (b *bench) medianRate(ctx context.Context, db *store.Store, client redis.UniversalClient) (float64, error) {
	var rates []float64
	for range rounds + 1 {
		rate, err := b.passTasks(ctx, db, client)
		if err != nil {
			return 0, err
		}
		rates = append(rates, rate)
	}
	measured := slices.Sorted(slices.Values(rates[1:]))
	return measured[len(measured)/2], nil
}

// fillQueue puts work into the outbox and Redis that nobody works off.
func (b *bench) fillQueue(ctx context.Context, db *store.Store, client redis.UniversalClient) error {
	const batch = 1000
	for range b.size.waiting / batch {
		waiting := make([]task.Kind, batch)
		for i := range waiting {
			waiting[i] = task.ArticleToDeliver{ArticleID: desk.ArticleID(i + 1)}
		}
		if err := db.Announce(ctx, waiting...); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	relay := make(chan error, 1)
	go func() { relay <- jobs.NewRelay(db, client, slog.New(slog.DiscardHandler)).Run(ctx) }()
	err := b.waitFor(ctx, often, 10*time.Minute, func() error {
		waiting, err := client.LLen(ctx, "asynq:{"+task.Deliver+"}:pending").Result()
		if err == nil && waiting < int64(b.size.waiting) {
			err = fmt.Errorf("%d of %d tasks are in Redis", waiting, b.size.waiting)
		}
		return err
	})
	stop()
	<-relay
	return err
}

// passTasks announces tasks in small transactions, as the product does, and returns how many of
// them relay and workers brought to their end a second.
func (b *bench) passTasks(ctx context.Context, db *store.Store, client redis.UniversalClient) (float64, error) {
	log := slog.New(slog.DiscardHandler)
	job := &pass{store: db}
	workers := jobs.NewWorkers(db, client, log, jobs.WorkersOptions{
		Counts: map[string]int{task.Maintenance: 8}, ShutdownWithin: time.Second,
	}, jobs.Handle(job, jobs.Patient(time.Minute)))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- jobs.NewRelay(db, client, log).Run(ctx) }()
	go func() { ended <- workers.Run(ctx) }()

	started := time.Now()
	const batch = 10
	for range b.size.tasks / batch {
		work := make([]task.Kind, batch)
		for i := range work {
			work[i] = task.BlobsReleased{}
		}
		if err := db.Announce(ctx, work...); err != nil {
			return 0, err
		}
	}
	err := b.waitFor(ctx, often, 5*time.Minute, func() error {
		if done := job.done.Load(); done < int64(b.size.tasks) {
			return fmt.Errorf("%d of %d tasks done", done, b.size.tasks)
		}
		return nil
	})
	took := time.Since(started)
	stop()
	<-ended
	<-ended
	return float64(b.size.tasks) / took.Seconds(), err
}
