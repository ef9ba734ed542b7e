package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/store/pg"
)

// ShareAttributes keeps migrations away until this transaction, which changes definitions of
// attributes, has ended.
func (s Keeper) ShareAttributes(ctx context.Context) error {
	free, err := pg.Value[bool](ctx, s.DB, "share attributes", tryAttributeShare)
	if err != nil {
		return err
	}
	if !free {
		return errMigrating
	}
	return Attributes.Wait(ctx, s.DB)
}

// aloneWithAttributes runs fn on a connection of its own, outside of a transaction, while nobody
// else migrates.
func (s Keeper) aloneWithAttributes(ctx context.Context, fn func(on Keeper) error) error {
	conn, err := pg.Pool(s.DB).Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connection for a migration: %w", pg.Translate(err))
	}
	defer conn.Release()
	db := pg.Over(s.DB, conn)
	free, err := pg.Value[bool](ctx, db, "lock attributes", tryAttributeLock)
	if err != nil {
		return err
	}
	if !free {
		return errMigrating
	}
	defer unlockAttributes(ctx, conn)
	return fn(On(db))
}

// unlockTime is how long a connection may take to give its lock back.
const unlockTime = 3 * time.Second

// unlockAttributes lets others migrate, also when nobody waits for this migration any more.
func unlockAttributes(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
	defer cancel()
	if _, err := conn.Exec(ctx, attributeUnlock); err != nil {
		_ = conn.Conn().Close(ctx) // the lock ends with its connection
	}
}
