package store

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

const allHTTPLogs = `
	SELECT id, direction, facility, method, url, status, ip, request, response, updated_by_id, created_by_id, created_at, updated_at
	FROM http_logs`

// HTTPLogs returns the newest requests to and from other systems, those of one facility or, when
// it is empty, of all.
func (s *Store) HTTPLogs(ctx context.Context, facility string, limit int) ([]desk.HTTPLog, error) {
	return many[desk.HTTPLog](ctx, s, "http logs", allHTTPLogs+`
		WHERE $1 = '' OR facility = $1
		ORDER BY created_at DESC, id DESC
		LIMIT $2`, facility, limit)
}

// HTTPLog returns one request, or a *desk.MissingError.
func (s *Store) HTTPLog(ctx context.Context, id desk.HTTPLogID) (desk.HTTPLog, error) {
	return one[desk.HTTPLog](ctx, s, allHTTPLogs+` WHERE id = $1`, "HttpLog", int64(id))
}

// AddHTTPLog stores a request, shortened to what a person would read, and fills its id.
func (s *Store) AddHTTPLog(ctx context.Context, l *desk.HTTPLog) error {
	l.Shorten()
	err := s.db.QueryRow(ctx, `
		INSERT INTO http_logs (direction, facility, method, url, status, ip, request, response, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		RETURNING id`,
		l.Direction, l.Facility, l.Method, l.URL, l.Status, l.IP, object(l.Request), object(l.Response), l.CreatedByID).Scan(&l.ID)
	if err != nil {
		return fmt.Errorf("http log: %w", translate(err))
	}
	return nil
}

// PurgeHTTPLogs deletes requests that are older than a month. It returns how many.
func (s *Store) PurgeHTTPLogs(ctx context.Context) (int, error) {
	return s.purge(ctx, "http logs", `
		DELETE FROM http_logs
		WHERE id IN (
			SELECT id
			FROM http_logs
			WHERE created_at < now() - interval '1 month'
			ORDER BY created_at
			LIMIT $1)`)
}

// purge runs a deletion of at most $1 rows until there are no more to delete, so that no
// transaction holds many at once.
func (s *Store) purge(ctx context.Context, what, sql string) (int, error) {
	const atOnce = 5000
	for total := 0; ; {
		tag, err := s.db.Exec(ctx, sql, atOnce)
		if err != nil {
			return total, fmt.Errorf("purge %s: %w", what, translate(err))
		}
		total += int(tag.RowsAffected())
		if tag.RowsAffected() < atOnce {
			return total, nil
		}
	}
}
