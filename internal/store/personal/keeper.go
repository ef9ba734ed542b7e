// Package personal keeps what is shown to one person: notifications, the activity stream, the
// taskbar, what was viewed last.
package personal

import "postroom/internal/store/pg"

// Keeper is the database, or one transaction of it, as far as this room goes.
type Keeper struct{ *pg.DB }

// On returns the keeper of a database or transaction.
func On(db *pg.DB) Keeper { return Keeper{db} }
