package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
	batch.Queue(`SELECT id, login FROM users WHERE id = ANY($1)`, distinct(users)).Query(collect(names.Logins))
	if len(organizations) > 0 {
		batch.Queue(`SELECT id, name FROM organizations WHERE id = ANY($1)`, distinct(organizations)).Query(collect(names.Organizations))
	}
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return Names{}, fmt.Errorf("names: %w", translate(err))
	}
	return names, nil
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
