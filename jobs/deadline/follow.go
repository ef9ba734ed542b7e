package deadline

import (
	"context"
	"errors"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Follow brings the deadlines of a ticket up to date after something beside it changed.
type Follow struct{ store *store.Store }

// NewFollow returns the job of task.DeadlinesToFollow.
func NewFollow(s *store.Store) *Follow { return &Follow{s} }

// FollowTimeout is the time that one attempt may take.
const FollowTimeout = time.Minute

// Work calculates and ends in one transaction.
func (j *Follow) Work(ctx context.Context, t task.DeadlinesToFollow, id desk.OutboxID) error {
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
