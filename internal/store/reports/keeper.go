// Package reports counts what happened to tickets: how many were made, closed or moved, and when.
package reports

import "postroom/internal/store/pg"

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }
