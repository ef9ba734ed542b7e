// Package signin keeps how people prove who they are: sessions, tokens, second factors,
// applications.
package signin

import "postroom/internal/store/pg"

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }
