package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/privacy"
	"postroom/jobs/task"
)

// ForgetRecord carries out orders to forget a user or a ticket.
type ForgetRecord struct{ store *store.Store }

// NewForgetRecord returns the job of task.DataPrivacyOrdered.
func NewForgetRecord(s *store.Store) *ForgetRecord { return &ForgetRecord{store: s} }

// Handler returns the job for the workers.
func (j *ForgetRecord) Handler() Handler { return Handle(j, Patient(15*time.Minute)) }

// ticketsAtOnce is how many tickets a transaction deletes.
const ticketsAtOnce = 20

// Work does what can be done in parts before the transaction that ends the order. Cut short, the
// next attempt goes on where this one got to.
func (j *ForgetRecord) Work(ctx context.Context, t task.DataPrivacyOrdered, id desk.OutboxID) error {
	order, err := privacy.Tasks.Get(ctx, j.store.DB, t.TaskID)
	if errors.Is(err, desk.ErrNotFound) { // taken back
		return j.store.FinishTask(ctx, id)
	}
	if err != nil {
		return err
	}
	if order.State != desk.PrivacyCompleted && order.DeletableType == desk.DeletableUser {
		if err := j.forgetUser(ctx, order); err != nil {
			return err
		}
	}
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := end(ctx, tx, t.TaskID); err != nil {
			return fmt.Errorf("privacy task %d: %w", t.TaskID, err)
		}
		return tx.FinishTask(ctx, id)
	})
}

// forgetUser does all but delete the user.
func (j *ForgetRecord) forgetUser(ctx context.Context, order desk.DataPrivacyTask) error {
	id := desk.UserID(order.DeletableID)
	if err := j.store.SuspendUser(ctx, id); err != nil {
		return err
	}
	for deleted := ticketsAtOnce; deleted == ticketsAtOnce; {
		var err error
		if deleted, err = j.store.DeleteTicketsOf(ctx, id, ticketsAtOnce); err != nil {
			return err
		}
		if err := j.store.TouchPrivacyTask(ctx, order.ID); err != nil {
			return err
		}
	}
	return j.store.ForgetTraces(ctx, id)
}

// end deletes what an order is about and marks the order as carried out. What is gone already is
// what was wanted.
func end(ctx context.Context, tx *store.Store, id desk.DataPrivacyTaskID) error {
	order, err := privacy.Tasks.Lock(ctx, tx.DB, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && order.State == desk.PrivacyCompleted {
		return nil
	}
	if err != nil {
		return err
	}
	if order.DeletableType == desk.DeletableUser {
		err = tx.DeleteForgotten(ctx, desk.UserID(order.DeletableID), order.DeletesOrganization())
	} else {
		err = tx.ForgetTicket(ctx, desk.TicketID(order.DeletableID))
	}
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	order.Complete()
	return privacy.Tasks.Save(ctx, tx.DB, &order, order.UpdatedByID)
}

// GiveUp says on the order why it was not carried out. Administrators can put it in process again.
func (j *ForgetRecord) GiveUp(ctx context.Context, tx *store.Store, t task.DataPrivacyOrdered, _ desk.OutboxID, reason error) error {
	order, err := privacy.Tasks.Lock(ctx, tx.DB, t.TaskID)
	if errors.Is(err, desk.ErrNotFound) || err == nil && order.State != desk.PrivacyInProcess {
		return nil
	}
	if err != nil {
		return err
	}
	order.State = desk.PrivacyFailed
	order.Preferences["error"] = desk.Plain(reason.Error())
	return privacy.Tasks.Save(ctx, tx.DB, &order, order.UpdatedByID)
}
