// Package catalog keeps what administrators set up and every process has in memory: settings,
// groups, roles, states, rules, attributes.
package catalog

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }

func (s Keeper) inTx(ctx context.Context, fn func(tx Keeper) error) error {
	return s.InTx(ctx, func(db *pg.DB) error { return fn(On(db)) })
}

// Catalog returns settings, groups, states and the like. It costs no query for most calls; what
// another process changed is seen within a second.
func (s Keeper) Catalog(ctx context.Context) (*desk.Catalog, error) {
	return pg.Latest(ctx, s.DB, func(snapshot *pg.DB, c *desk.Catalog) error { return On(snapshot).fillCatalog(ctx, c) })
}
