package installation

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// Count says how many records of a kind there are and when the newest was made.
type Count struct {
	Kind string // as clients know it: users, tickets …
	N    int64
	Last *time.Time
}

// countedTables are the records that monitoring counts. Where the newest has the highest id, its
// time is found without looking at the others.
var countedTables = []string{
	"users", "groups", "overviews", "tickets", "ticket_articles", "text_modules", "taskbars", "object_manager_attributes",
	"knowledge_base_categories", "knowledge_base_answers",
}

// Counts counts records, as of one moment.
func (s Keeper) Counts(ctx context.Context) ([]Count, error) {
	batch := &pgx.Batch{}
	counts := make([]Count, len(countedTables))
	for i, table := range countedTables {
		counts[i].Kind = table
		name := pgx.Identifier{table}.Sanitize()
		batch.Queue(`SELECT (SELECT count(*) FROM ` + name + `), (SELECT created_at FROM ` + name + ` ORDER BY id DESC LIMIT 1)`).
			QueryRow(func(row pgx.Row) error { return row.Scan(&counts[i].N, &counts[i].Last) })
	}
	return counts, pg.Send(ctx, s.DB, batch, "counts")
}

// Presence is what monitoring tells of people and of space.
type Presence struct {
	LastLogin *time.Time
	Agents    int
	Stored    int64 // bytes of all blobs, each counted once
}

var presence = `
	SELECT (SELECT max(last_login) FROM users),
		(SELECT count(*) FROM users u WHERE u.active AND ` + directory.HoldsAny("u.id", "ARRAY['ticket.agent']") + `),
		(SELECT coalesce(sum(size), 0)::bigint FROM blobs)`

// Presence reads what monitoring tells of people and of space.
func (s Keeper) Presence(ctx context.Context) (Presence, error) {
	var p Presence
	if err := pg.Conn(s.DB).QueryRow(ctx, presence).Scan(&p.LastLogin, &p.Agents, &p.Stored); err != nil {
		return Presence{}, fmt.Errorf("presence: %w", pg.Translate(err))
	}
	return p, nil
}

// TicketsSince counts the tickets made after a moment.
func (s Keeper) TicketsSince(ctx context.Context, since time.Time) (n int, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT count(*) FROM tickets WHERE created_at >= $1`, since).Scan(&n)
	return n, pg.Translate(err)
}

// WorkHealth is the state of the work that is still to be done.
type WorkHealth struct {
	Failing      int           // failed at least once and tried again
	Dead         int           // out of attempts
	FailingKinds []FailingKind // at most ten
	OldWaiting   int           // due for more than a quarter of an hour
}

// FailingKind is what failed of one kind of work.
type FailingKind struct {
	Kind     string
	Count    int
	Attempts int
}

// manyWaiting is where counting stops: more is too many anyway.
const manyWaiting = 100_000

const workHealth = `
	SELECT (SELECT count(*) FROM outbox WHERE attempts > 0 AND dead_at IS NULL),
		(SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL),
		ARRAY(
			SELECT jsonb_build_object('Kind', kind, 'Count', count(*), 'Attempts', sum(attempts))
			FROM outbox
			WHERE attempts > 0
			GROUP BY kind
			ORDER BY kind
			LIMIT 10),
		(SELECT count(*)
			FROM (
				SELECT
				FROM outbox
				WHERE dead_at IS NULL AND coalesce(process_at, created_at) < now() - interval '15 minutes'
				LIMIT $1
			) old)`

// WorkHealth looks at the outbox.
func (s Keeper) WorkHealth(ctx context.Context) (WorkHealth, error) {
	var h WorkHealth
	err := pg.Conn(s.DB).QueryRow(ctx, workHealth, manyWaiting).Scan(&h.Failing, &h.Dead, &h.FailingKinds, &h.OldWaiting)
	if err != nil {
		return WorkHealth{}, fmt.Errorf("health of work: %w", pg.Translate(err))
	}
	return h, nil
}

// ChannelHealth is how an active channel fared lately.
type ChannelHealth struct {
	ID         desk.ChannelID
	Area       string
	Options    map[string]any // secrets are sealed: they are for nobody here
	LastLogIn  *string
	LastLogOut *string
	StatusIn   *string
	StatusOut  *string
	LastFetch  *time.Time
	CreatedAt  time.Time
}

// ChannelsHealth returns how the active channels fared.
func (s Keeper) ChannelsHealth(ctx context.Context) ([]ChannelHealth, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT id, area, options, last_log_in, last_log_out, status_in, status_out, last_fetch, created_at
		FROM channels
		WHERE active
		ORDER BY id`)
	channels, err := pgx.CollectRows(rows, pgx.RowToStructByName[ChannelHealth])
	if err != nil {
		return nil, fmt.Errorf("health of channels: %w", pg.Translate(err))
	}
	return channels, nil
}

// LateScheduler is a scheduler that should have run.
type LateScheduler struct {
	Name string
	Due  time.Time
}

// LateSchedulers returns schedulers that were due before a moment and still wait, a few of them: whoever
// runs them does not, and then waits with all.
func (s Keeper) LateSchedulers(ctx context.Context, before time.Time) ([]LateScheduler, error) {
	return pg.Many[LateScheduler](ctx, s.DB, "late schedulers", `
		SELECT name, next_run_at AS due
		FROM schedulers
		WHERE active AND NOT running AND next_run_at < $1
		ORDER BY next_run_at, id
		LIMIT 3`, before)
}
