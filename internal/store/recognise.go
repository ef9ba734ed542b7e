package store

import (
	"context"
	"strconv"
)

// What files call records. Each statement takes texts in lower case and returns those that mean a
// record, with its id.
const (
	usersByLogin = `SELECT login, id FROM users WHERE login = ANY($1)`
	usersByEmail = `SELECT email, min(id) FROM users WHERE email = ANY($1) AND email <> '' GROUP BY email`
)

// Recognise returns the ids of those records that have one of the values, in lower case, as their id
// or name; a name of several means the oldest.
func (t *Table[T, ID]) Recognise(ctx context.Context, s *Store, column string, values []string) (map[string]int64, error) {
	if column == "id" {
		return recogniseIDs(ctx, s, t.name, values)
	}
	return keyed[string](ctx, s, "recognise in "+t.name,
		`SELECT lower(name), min(id) FROM `+t.name+` WHERE lower(name) = ANY($1) GROUP BY 1`, whole[int64], values)
}

// RecogniseUsers is Recognise for users, who have a login and an email in place of a name.
func (s *Store) RecogniseUsers(ctx context.Context, column string, values []string) (map[string]int64, error) {
	switch column {
	case "id":
		return recogniseIDs(ctx, s, "users", values)
	case "login":
		return keyed[string](ctx, s, "users by login", usersByLogin, whole[int64], values)
	}
	return keyed[string](ctx, s, "users by email", usersByEmail, whole[int64], values)
}

// recogniseIDs returns those of the texts that are ids of a table.
func recogniseIDs(ctx context.Context, s *Store, table string, values []string) (map[string]int64, error) {
	var ids []int64
	for _, value := range values {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	known, err := existing(ctx, s, table, ids)
	found := make(map[string]int64, len(known))
	for _, value := range values {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil && known[id] {
			found[value] = id
		}
	}
	return found, err
}
