package store

import (
	"context"
	"fmt"
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

const articleIDs = `
	SELECT ticket_id, array_agg(id ORDER BY id DESC)
	FROM ticket_articles
	WHERE ticket_id = ANY($1)
		AND (NOT internal OR ticket_id = ANY($2))
	GROUP BY ticket_id`

// ArticleIDs returns the articles of tickets, newest first. Internal ones are there for those
// tickets only that are in withInternal too.
func (s *Store) ArticleIDs(ctx context.Context, tickets, withInternal []desk.TicketID) (map[desk.TicketID][]desk.ArticleID, error) {
	rows, _ := s.db.Query(ctx, articleIDs, tickets, withInternal)
	ids := make(map[desk.TicketID][]desk.ArticleID, len(tickets))
	var ticket desk.TicketID
	var articles []desk.ArticleID
	_, err := pgx.ForEachRow(rows, []any{&ticket, &articles}, func() error {
		ids[ticket] = slices.Clone(articles)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("articles of tickets: %w", translate(err))
	}
	return ids, nil
}

const isMember = `
	SELECT EXISTS (SELECT FROM users WHERE id = $1 AND organization_id = $2)
		OR EXISTS (SELECT FROM organizations_users WHERE user_id = $1 AND organization_id = $2)`

// IsMember reports whether an organization is the user's, be it a secondary one.
func (s *Store) IsMember(ctx context.Context, user desk.UserID, organization desk.OrganizationID) (bool, error) {
	var is bool
	if err := s.db.QueryRow(ctx, isMember, user, organization).Scan(&is); err != nil {
		return false, fmt.Errorf("organizations of user %d: %w", user, translate(err))
	}
	return is, nil
}

const findOrganization = `
	SELECT id
	FROM organizations
	WHERE id = $1 OR $1 = 0 AND lower(name) = lower($2) AND name = $2`

// FindOrganization returns the organization with this id or, when that is 0, this name; nil: there is none.
func (s *Store) FindOrganization(ctx context.Context, id desk.OrganizationID, name string) (*desk.OrganizationID, error) {
	rows, _ := s.db.Query(ctx, findOrganization, id, name)
	found, err := pgx.CollectRows(rows, pgx.RowTo[desk.OrganizationID])
	if err != nil {
		return nil, fmt.Errorf("organization %d %q: %w", id, name, translate(err))
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

const userByName = `
	SELECT ` + userColumns + `
	FROM users u
	WHERE u.login = $1 OR u.email = $1 AND u.email <> ''
	ORDER BY u.login = $1 DESC, u.id
	LIMIT 1`

// UserNamed returns the user with this login or else this mail address, whatever its case; nil: there is none.
func (s *Store) UserNamed(ctx context.Context, name string) (*desk.User, error) {
	rows, _ := s.db.Query(ctx, userByName, strings.ToLower(strings.TrimSpace(name)))
	found, err := pgx.CollectRows(rows, scanUser)
	if err != nil {
		return nil, fmt.Errorf("user by name: %w", translate(err))
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}
