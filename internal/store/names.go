package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// Names are what records are called that others refer to by id.
type Names struct {
	Logins        map[desk.UserID]string
	Organizations map[desk.OrganizationID]string
}

// NamesOf looks up logins and names of organizations in one round trip. Ids that don't exist are left out.
func (s *Store) NamesOf(ctx context.Context, users []desk.UserID, organizations []desk.OrganizationID) (Names, error) {
	names := Names{Logins: map[desk.UserID]string{}, Organizations: map[desk.OrganizationID]string{}}
	batch := &pgx.Batch{}
	if len(users) > 0 {
		batch.Queue(`SELECT id, login FROM users WHERE id = ANY($1)`, distinct(users)).Query(collect(names.Logins))
	}
	if len(organizations) > 0 {
		batch.Queue(`SELECT id, name FROM organizations WHERE id = ANY($1)`, distinct(organizations)).Query(collect(names.Organizations))
	}
	return names, s.send(ctx, batch, "names")
}

// collect reads rows of two columns into a map.
func collect[K comparable, V any](into map[K]V) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var key K
		var value V
		_, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { into[key] = value; return nil })
		return err
	}
}

// distinct returns each value once, in no order.
func distinct[T comparable](values []T) []T {
	set := make(map[T]bool, len(values))
	for _, value := range values {
		set[value] = true
	}
	return slices.Collect(maps.Keys(set))
}

const userIDsByName = `
	SELECT DISTINCT ON (name) name, u.id
	FROM unnest($1::text[]) AS name
	JOIN users u ON u.login = lower(name) OR u.email = lower(name) AND u.email <> ''
	ORDER BY name, u.login = lower(name) DESC, u.id`

// UserIDsByName finds users by login or else mail address, whatever their case. Names of nobody
// are left out.
func (s *Store) UserIDsByName(ctx context.Context, wanted []string) (map[string]desk.UserID, error) {
	return keyed[string](ctx, s, "users by name", userIDsByName, whole[desk.UserID], wanted)
}

const userByName = `
	SELECT ` + userColumns + `
	FROM users u
	WHERE u.login = $1 OR u.email = $1 AND u.email <> ''
	ORDER BY u.login = $1 DESC, u.id
	LIMIT 1`

// UserNamed returns the user with this login or else this mail address, whatever its case; nil: there is none.
func (s *Store) UserNamed(ctx context.Context, name string) (*desk.User, error) {
	found, err := many[desk.User](ctx, s, "user by name", userByName, strings.ToLower(strings.TrimSpace(name)))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// existing returns those of the ids that are in a table.
func existing[T ~int64](ctx context.Context, s *Store, table string, ids []T) (map[T]bool, error) {
	return keyed[T](ctx, s, "ids in "+table, `SELECT id, true FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = ANY($1)`, whole[bool], ids)
}

// ExistingUsers returns those of the ids that are users.
func (s *Store) ExistingUsers(ctx context.Context, ids []desk.UserID) (map[desk.UserID]bool, error) {
	return existing(ctx, s, "users", ids)
}
