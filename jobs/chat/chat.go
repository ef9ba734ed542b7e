// Package chat does what is left when visitors go: it ends sessions that nobody came back to, and
// makes tickets of those that ended where their topic wants it.
package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/talk"
	"postroom/internal/transcript"
	"postroom/jobs/task"

	topics "postroom/internal/store/chat"
)

// Timeout is the time that one session may take.
const Timeout = time.Minute

// Leave is the job of task.ChatLeft.
type Leave struct {
	store *store.Store
	wake  func(ctx context.Context) // says that pages are to be told something
}

// NewLeave returns the job.
func NewLeave(s *store.Store, wake func(ctx context.Context)) *Leave { return &Leave{s, wake} }

// Work ends the session, unless its visitor is back.
func (j *Leave) Work(ctx context.Context, t task.ChatLeft, id desk.OutboxID) error {
	err := once(ctx, j.store, id, func(tx *store.Store) error {
		if _, err := talk.Gone(ctx, tx, t.ChatSessionID); err != nil {
			return fmt.Errorf("visitor of chat session %d: %w", t.ChatSessionID, err)
		}
		return nil
	})
	if err == nil {
		j.wake(ctx)
	}
	return err
}

// File is the job of task.ChatEnded.
type File struct{ store *store.Store }

// NewFile returns the job.
func NewFile(s *store.Store) *File { return &File{s} }

// Work makes the ticket that the topic of a session wants. Where nothing was said there is none.
func (j *File) Work(ctx context.Context, t task.ChatEnded, id desk.OutboxID) error {
	return once(ctx, j.store, id, func(tx *store.Store) error {
		if err := file(ctx, tx, t.ChatSessionID); err != nil {
			return fmt.Errorf("ticket of chat session %d: %w", t.ChatSessionID, err)
		}
		return nil
	})
}

func file(ctx context.Context, tx *store.Store, id desk.ChatSessionID) error {
	v, err := tx.LockChatSession(ctx, id)
	if err != nil {
		return err
	}
	topic, err := topics.Topics.Get(ctx, tx.DB, v.ChatID)
	if err != nil {
		return err
	}
	order, wanted := chat.OrderOnClose(topic)
	said, err := tx.CountChatMessages(ctx, id)
	if err != nil || !wanted || said == 0 || v.TicketID != nil {
		return err
	}
	_, err = transcript.Ticket(ctx, tx, v, transcript.Wish{Order: order, By: desk.SystemUser})
	return err
}

// once does a piece of work in the transaction that ends it. What it is about may be gone.
func once(ctx context.Context, s *store.Store, id desk.OutboxID, work func(tx *store.Store) error) error {
	return s.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil // done
		} else if err != nil {
			return err
		}
		if err := work(tx); err != nil && !errors.Is(err, desk.ErrNotFound) {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}

// Sweeper ends sessions that nobody is there for any more.
type Sweeper struct {
	store *store.Store
	wake  func(ctx context.Context)
}

// NewSweeper returns the chore.
func NewSweeper(s *store.Store, wake func(ctx context.Context)) *Sweeper { return &Sweeper{s, wake} }

// Sweep ends them. It returns how many.
func (j *Sweeper) Sweep(ctx context.Context) (int, error) {
	ended, err := talk.Sweep(ctx, j.store)
	if ended > 0 {
		j.wake(ctx)
	}
	return ended, err
}
