package directory

import (
	"context"

	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// What files call records. Each statement takes texts in lower case and returns those that mean a
// record, with its id.
const (
	usersByLogin = `SELECT login, id FROM users WHERE login = ANY($1)`
	usersByEmail = `SELECT email, min(id) FROM users WHERE email = ANY($1) AND email <> '' GROUP BY email`
)

// RecogniseUsers is Recognise for users, who have a login and an email in place of a name.
func (s Keeper) RecogniseUsers(ctx context.Context, column string, values []string) (map[string]int64, error) {
	switch column {
	case "id":
		return table.RecogniseIDs(ctx, s.DB, "users", values)
	case "login":
		return pg.Keyed[string](ctx, s.DB, "users by login", usersByLogin, pg.Whole[int64], values)
	}
	return pg.Keyed[string](ctx, s.DB, "users by email", usersByEmail, pg.Whole[int64], values)
}
