package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
	"postroom/jobs/task"
)

func TestWorkIsAnnouncedWithItsQueueKindAndTime(t *testing.T) {
	t.Parallel()
	b := open(t)
	due := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := b.Announce(t.Context(), task.MessageReceived{InboundID: 7}, task.BlobsReleased{BlobIDs: []desk.BlobID{1, 2}}); err != nil {
		t.Fatal(err)
	}
	if err := b.AnnounceAt(t.Context(), &due, task.ArticleToDeliver{ArticleID: 8}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`inbound message.received {"inbound_id": 7} at once`,
		`maintenance blobs.released {"blob_ids": [1, 2]} at once`,
		`deliver article.deliver {"article_id": 8} 2030-01-02 03:04:05+00`,
	} {
		got := ask[string](b, `
			SELECT concat_ws(' ', queue, kind, payload, coalesce((process_at AT TIME ZONE 'UTC')::text || '+00', 'at once'))
			FROM outbox ORDER BY id OFFSET $1 LIMIT 1`, i)
		if got != want {
			t.Errorf("work %d = %q, want %q", i, got, want)
		}
	}
}

func TestTaskIsDoneOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	if err := b.Announce(t.Context(), task.MessageReceived{InboundID: 1}); err != nil {
		t.Fatal(err)
	}
	id := ask[desk.OutboxID](b, `SELECT id FROM outbox`)
	done := 0
	for range 3 {
		err := b.InTx(t.Context(), func(tx *store.Store) error {
			if err := tx.StartTask(t.Context(), id); err != nil {
				return err
			}
			done++
			return tx.FinishTask(t.Context(), id)
		})
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if done != 1 {
		t.Errorf("the task was done %d times, want once", done)
	}
}

func TestTaskOfAFailedTransactionStays(t *testing.T) {
	t.Parallel()
	b := open(t)
	if err := b.Announce(t.Context(), task.MessageReceived{InboundID: 1}); err != nil {
		t.Fatal(err)
	}
	id := ask[desk.OutboxID](b, `SELECT id FROM outbox`)
	broken := errors.New("broken")
	err := b.InTx(t.Context(), func(tx *store.Store) error {
		return errors.Join(tx.StartTask(t.Context(), id), tx.FinishTask(t.Context(), id), broken)
	})
	if !errors.Is(err, broken) || ask[int](b, `SELECT count(*) FROM outbox`) != 1 {
		t.Errorf("error = %v, and the task is gone", err)
	}
}

func TestDeadTaskIsNotStarted(t *testing.T) {
	t.Parallel()
	b := open(t)
	if err := b.Announce(t.Context(), task.MessageReceived{InboundID: 1}); err != nil {
		t.Fatal(err)
	}
	id := ask[desk.OutboxID](b, `UPDATE outbox SET dead_at = now() RETURNING id`)
	if err := b.InTx(t.Context(), func(tx *store.Store) error { return tx.StartTask(t.Context(), id) }); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("error = %v, want desk.ErrNotFound", err)
	}
}

func TestRelayHearsOfWorkAfterTheCommit(t *testing.T) {
	t.Parallel()
	b := open(t)
	conn, err := b.db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "LISTEN "+outbox.Channel); err != nil {
		t.Fatal(err)
	}
	hear := func(within time.Duration) bool {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		_, err := conn.Conn().WaitForNotification(ctx)
		return err == nil
	}
	err = b.InTx(t.Context(), func(tx *store.Store) error {
		if err := tx.Announce(t.Context(), task.MessageReceived{InboundID: 1}); err != nil {
			return err
		}
		if hear(50 * time.Millisecond) {
			t.Error("the relay hears of work that is not committed")
		}
		return nil
	})
	if err != nil || !hear(30*time.Second) {
		t.Fatalf("the relay hears nothing of work that is committed (%v)", err)
	}
	if err := b.InTx(t.Context(), func(tx *store.Store) error { _, err := tx.Ticket(t.Context(), 1); return ignoreMissing(err) }); err != nil {
		t.Fatal(err)
	}
	if hear(50 * time.Millisecond) {
		t.Error("the relay hears of a transaction without work")
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

func TestManyAnnouncementsAreFewNotifications(t *testing.T) {
	t.Parallel()
	b := open(t)
	conn, err := pgx.Connect(t.Context(), b.db.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "LISTEN "+outbox.Channel); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := b.Announce(t.Context(), task.MessageReceived{InboundID: desk.InboundID(i)}); err != nil {
			t.Fatal(err)
		}
	}
	heard, within := 0, 30*time.Second // those after the first follow at once
	for {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		_, err := conn.WaitForNotification(ctx)
		cancel()
		if err != nil {
			break
		}
		heard, within = heard+1, 300*time.Millisecond
	}
	if heard == 0 || heard >= 200 {
		t.Errorf("%d notifications for 200 announcements, want a few", heard)
	}
}
