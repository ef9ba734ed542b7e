package directory

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Names are what records are called that others refer to by id.
type Names struct {
	Logins        map[desk.UserID]string
	Organizations map[desk.OrganizationID]string
}

// NamesOf looks up logins and names of organizations in one round trip. Ids that don't exist are left out.
func (s Keeper) NamesOf(ctx context.Context, users []desk.UserID, organizations []desk.OrganizationID) (Names, error) {
	names := Names{Logins: map[desk.UserID]string{}, Organizations: map[desk.OrganizationID]string{}}
	batch := &pgx.Batch{}
	if len(users) > 0 {
		batch.Queue(`SELECT id, login FROM users WHERE id = ANY($1)`, pg.Distinct(users)).Query(pg.Collect(names.Logins))
	}
	if len(organizations) > 0 {
		batch.Queue(`SELECT id, name FROM organizations WHERE id = ANY($1)`, pg.Distinct(organizations)).Query(pg.Collect(names.Organizations))
	}
	return names, pg.Send(ctx, s.DB, batch, "names")
}

const userIDsByName = `
	SELECT DISTINCT ON (name) name, u.id
	FROM unnest($1::text[]) AS name
	JOIN users u ON u.login = lower(name) OR u.email = lower(name) AND u.email <> ''
	ORDER BY name, u.login = lower(name) DESC, u.id`

// UserIDsByName finds users by login or else mail address, whatever their case. Names of nobody
// are left out.
func (s Keeper) UserIDsByName(ctx context.Context, wanted []string) (map[string]desk.UserID, error) {
	return pg.Keyed[string](ctx, s.DB, "users by name", userIDsByName, pg.Whole[desk.UserID], wanted)
}

const userByName = `
	SELECT ` + Columns + `
	FROM users u
	WHERE u.login = $1 OR u.email = $1 AND u.email <> ''
	ORDER BY u.login = $1 DESC, u.id
	LIMIT 1`

// UserNamed returns the user with this login or else this mail address, whatever its case; nil: there is none.
func (s Keeper) UserNamed(ctx context.Context, name string) (*desk.User, error) {
	found, err := pg.Many[desk.User](ctx, s.DB, "user by name", userByName, strings.ToLower(strings.TrimSpace(name)))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// ExistingUsers returns those of the ids that are users.
func (s Keeper) ExistingUsers(ctx context.Context, ids []desk.UserID) (map[desk.UserID]bool, error) {
	return pg.Existing(ctx, s.DB, "users", ids)
}
