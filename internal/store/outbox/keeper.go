// Package outbox keeps work that is still to be done, on its way to the queues and back.
package outbox

import "postroom/internal/store/pg"

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }

// Channel is the LISTEN/NOTIFY channel on which new work is made known.
const Channel = pg.OutboxChannel
