package jobs

import (
	"context"
	"errors"
	"time"

	"postroom/internal/desk"
	"postroom/internal/phone"
	"postroom/internal/store"
	"postroom/internal/store/telephony"
	"postroom/jobs/task"
)

// CollectCallerIDs keeps the table of telephone numbers: of users, and of what customers write.
type CollectCallerIDs struct{ store *store.Store }

// NewCollectCallerIDs returns the job of task.CallerIDsToCollect.
func NewCollectCallerIDs(s *store.Store) *CollectCallerIDs { return &CollectCallerIDs{s} }

// Handler returns the job for the workers.
func (j *CollectCallerIDs) Handler() Handler { return Handle(j, Patient(time.Minute)) }

// Work collects the numbers of one user or ticket.
func (j *CollectCallerIDs) Work(ctx context.Context, t task.CallerIDsToCollect, id desk.OutboxID) error {
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		var sources []telephony.NumberSource
		var err error
		if t.UserID != 0 {
			sources, err = tx.UserTexts(ctx, []desk.UserID{t.UserID}, 0, 1)
		} else {
			sources, err = tx.TicketTexts(ctx, []desk.TicketID{t.TicketID}, 0, 1)
		}
		if err != nil {
			return err
		}
		if err := collect(ctx, tx, sources); err != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}

// renamedCalls is how many of the newest calls of a number tell whose it is, once that is known.
const renamedCalls = 20

// collect stores the numbers that occur in sources. Agents look at the caller log again where that tells now who called.
func collect(ctx context.Context, tx *store.Store, sources []telephony.NumberSource) error {
	if len(sources) == 0 {
		return nil // deleted meanwhile
	}
	var found []telephony.Found
	for _, source := range sources {
		if source.UserID == nil {
			continue
		}
		for _, number := range phone.Numbers(source.Texts...) {
			found = append(found, telephony.Found{NumberSource: source, Number: number})
		}
	}
	known, err := tx.SaveCallerIDs(ctx, sources, found)
	if err != nil {
		return err
	}
	callers, err := tx.Callers(ctx, known)
	if err != nil {
		return err
	}
	if renamed, err := tx.RenameCallers(ctx, callers, renamedCalls); err != nil || renamed == 0 {
		return err
	}
	_, err = tx.QueueForHolders(ctx, []string{"cti.agent", "cti"}, []byte(`{"event":"cti_list_push"}`))
	return err
}

// CollectAllCallerIDs collects the numbers of everybody, a page at a time.
type CollectAllCallerIDs struct{ store *store.Store }

// NewCollectAllCallerIDs returns the job of task.AllCallerIDsToCollect.
func NewCollectAllCallerIDs(s *store.Store) *CollectAllCallerIDs { return &CollectAllCallerIDs{s} }

// Handler returns the job for the workers.
func (j *CollectAllCallerIDs) Handler() Handler { return Handle(j, Patient(5*time.Minute)) }

const (
	usersRead   = 1000
	ticketsRead = 200 // their articles are longer
)

// Work collects the numbers of one page of users and one of tickets, and announces the next.
func (j *CollectAllCallerIDs) Work(ctx context.Context, t task.AllCallerIDsToCollect, id desk.OutboxID) error {
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		users, err := tx.UserTexts(ctx, nil, t.AfterUserID, usersRead)
		if err != nil {
			return err
		}
		tickets, err := tx.TicketTexts(ctx, nil, t.AfterTicketID, ticketsRead)
		if err != nil {
			return err
		}
		if err := collect(ctx, tx, users); err != nil {
			return err
		}
		if err := collect(ctx, tx, tickets); err != nil {
			return err
		}
		if n := len(users); n > 0 {
			t.AfterUserID = *users[n-1].UserID
		}
		if n := len(tickets); n > 0 {
			t.AfterTicketID = *tickets[n-1].TicketID
		}
		if len(users) == usersRead || len(tickets) == ticketsRead {
			if err := tx.Announce(ctx, t); err != nil {
				return err
			}
		}
		return tx.FinishTask(ctx, id)
	})
}
