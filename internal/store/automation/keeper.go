// Package automation keeps what rules ask and do when something happens to a ticket.
package automation

import "postroom/internal/store/pg"

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }
