// Package helpdesks keeps how far another helpdesk was taken over, with what its records became here.
package helpdesks

import (
	"context"

	"postroom/internal/store/pg"
)

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }

func (s Keeper) inTx(ctx context.Context, fn func(tx Keeper) error) error {
	return s.InTx(ctx, func(db *pg.DB) error { return fn(On(db)) })
}
