package jobs

import (
	"context"
	"errors"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// FollowDeadlines brings the deadlines of a ticket up to date after something beside it changed.
type FollowDeadlines struct{ store *store.Store }

// NewFollowDeadlines returns the job of task.DeadlinesToFollow.
func NewFollowDeadlines(s *store.Store) *FollowDeadlines { return &FollowDeadlines{s} }

// Handler returns the job for the workers.
func (j *FollowDeadlines) Handler() Handler { return Handle(j, Patient(time.Minute)) }

// Work calculates and ends in one transaction.
func (j *FollowDeadlines) Work(ctx context.Context, t task.DeadlinesToFollow, id desk.OutboxID) error {
	c, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := tx.RecalculateDeadlines(ctx, c, t.TicketID); err != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}
