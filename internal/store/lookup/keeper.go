// Package lookup finds tickets: lists, searches and counts, of what somebody may see.
package lookup

import (
	"context"

	"postroom/internal/store/pg"
)

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }

func (s Keeper) inTx(ctx context.Context, fn func(tx Keeper) error) error {
	return s.DB.InTx(ctx, func(db *pg.DB) error { return fn(On(db)) })
}
