package arrivals

import (
	"context"
	"errors"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/store/directory"
	"postroom/internal/store/outbox"
	"postroom/internal/store/pg"
	"postroom/internal/store/telephony"
)

// Whoever ends the earlier message holds its lock meanwhile: we get past here when it is done, or
// before its end has looked who waits for it.
const lockEarlier = `
	SELECT earlier.id
	FROM inbound_messages mine
	JOIN inbound_messages earlier ON earlier.channel_id = mine.channel_id
		AND earlier.conversation = mine.conversation
		AND earlier.id < mine.id
		AND earlier.state = 'received'
	WHERE mine.id = $1
	ORDER BY earlier.id DESC
	LIMIT 1
	FOR NO KEY UPDATE OF earlier`

const waitForEarlier = `
	UPDATE inbound_messages
	SET waits_for_id = $2
	WHERE id = $1`

// WaitForEarlier makes a message of a conversation wait for the one before it, as long as that is not
// processed, and ends its task: the end of the earlier one announces it anew. It reports whether the
// message waits. A task that is done already waits for nothing.
func (s Keeper) WaitForEarlier(ctx context.Context, id desk.InboundID, work desk.OutboxID) (waits bool, err error) {
	// Most messages wait for none, and need no transaction to know that.
	earlier, err := pg.Column[desk.InboundID](ctx, s.DB, "earlier message", lockEarlier, id)
	if err != nil || len(earlier) == 0 {
		return false, err
	}
	err = s.inTx(ctx, func(tx Keeper) error {
		earlier, err := pg.Column[desk.InboundID](ctx, tx.DB, "earlier message", lockEarlier, id)
		if err != nil || len(earlier) == 0 {
			return err
		}
		tasks := outbox.On(tx.DB)
		if err := tasks.StartTask(ctx, work); err != nil {
			if errors.Is(err, desk.ErrNotFound) {
				return nil
			}
			return err
		}
		if err := pg.Exec(ctx, tx.DB, "wait for earlier message", waitForEarlier, id, earlier[0]); err != nil {
			return err
		}
		waits = true
		return tasks.FinishTask(ctx, work)
	})
	return waits, err
}

// EnsureWriter returns the user who wrote by a messenger: whose account it is, or whose number, or who
// is known by calls to have that number, or else a new one.
func (s Keeper) EnsureWriter(ctx context.Context, w desk.Writer, number string) (desk.User, error) {
	people := directory.On(s.DB)
	user, err := people.WriterKnown(ctx, w)
	if errors.Is(err, desk.ErrNotFound) && number != "" {
		user, err = s.callerKnown(ctx, number)
	}
	if errors.Is(err, desk.ErrNotFound) {
		user, err = people.AddWriter(ctx, w)
	}
	if err != nil {
		return desk.User{}, fmt.Errorf("writer: %w", err)
	}
	return user, people.KeepAccount(ctx, w, user)
}

// callerKnown returns the user who surely has a number, as calls show it; desk.ErrNotFound: nobody.
func (s Keeper) callerKnown(ctx context.Context, number string) (desk.User, error) {
	callers, err := telephony.On(s.DB).Callers(ctx, []string{number})
	if err != nil {
		return desk.User{}, err
	}
	for _, caller := range callers[number] {
		if caller.Level == telephone.CallerKnown && caller.UserID != nil {
			return directory.On(s.DB).User(ctx, *caller.UserID)
		}
	}
	return desk.User{}, desk.ErrNotFound
}
