package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// LockTask locks the piece of work $1, unless it is done.
const LockTask = `
	SELECT true
	FROM outbox
	WHERE id = $1 AND dead_at IS NULL
	FOR UPDATE`

// StartTask locks a piece of work for this transaction. It returns desk.ErrNotFound when the work
// is already done: another worker was faster, or the task was repeated.
func (s Keeper) StartTask(ctx context.Context, id desk.OutboxID) error {
	var there bool
	return pg.Translate(pg.Conn(s.DB).QueryRow(ctx, LockTask, id).Scan(&there))
}

// FinishTask ends a piece of work in the transaction that holds its effects.
func (s Keeper) FinishTask(ctx context.Context, id desk.OutboxID) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `DELETE FROM outbox WHERE id = $1`, id)
	return pg.Translate(err)
}

// PassOn ends a piece of work and announces what follows from it, in one round trip.
func (s Keeper) PassOn(ctx context.Context, id desk.OutboxID, next ...task.Kind) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM outbox WHERE id = $1`, id)
	if err := pg.QueueWork(s.DB, batch, next...); err != nil {
		return err
	}
	return pg.Send(ctx, s.DB, batch, fmt.Sprintf("pass work %d on", id))
}
