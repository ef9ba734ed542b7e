package outbox

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const allHTTPLogs = `
	SELECT id, direction, facility, method, url, status, ip, request, response, updated_by_id, created_by_id, created_at, updated_at
	FROM http_logs`

// HTTPLogs returns the newest requests to and from other systems, those of one facility or, when
// it is empty, of all.
func (s Keeper) HTTPLogs(ctx context.Context, facility string, limit int) ([]desk.HTTPLog, error) {
	return pg.Many[desk.HTTPLog](ctx, s.DB, "http logs", allHTTPLogs+`
		WHERE $1 = '' OR facility = $1
		ORDER BY created_at DESC, id DESC
		LIMIT $2`, facility, limit)
}

// HTTPLog returns one request, or a *desk.MissingError.
func (s Keeper) HTTPLog(ctx context.Context, id desk.HTTPLogID) (desk.HTTPLog, error) {
	return pg.One[desk.HTTPLog](ctx, s.DB, allHTTPLogs+` WHERE id = $1`, "HttpLog", int64(id))
}

// AddHTTPLog stores a request, shortened to what a person would read, and fills its id.
func (s Keeper) AddHTTPLog(ctx context.Context, l *desk.HTTPLog) error {
	l.Shorten()
	err := pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO http_logs (direction, facility, method, url, status, ip, request, response, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		RETURNING id`,
		l.Direction, l.Facility, l.Method, l.URL, l.Status, l.IP, pg.Object(l.Request), pg.Object(l.Response), l.CreatedByID).Scan(&l.ID)
	if err != nil {
		return fmt.Errorf("http log: %w", pg.Translate(err))
	}
	return nil
}

// PurgeHTTPLogs deletes requests that are older than a month. It returns how many.
func (s Keeper) PurgeHTTPLogs(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "http logs", `
		DELETE FROM http_logs
		WHERE id IN (
			SELECT id
			FROM http_logs
			WHERE created_at < now() - interval '1 month'
			ORDER BY created_at
			LIMIT $1)`)
}
