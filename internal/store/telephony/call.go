package telephony

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/store/pg"
)

const allCalls = `
	SELECT id, direction, state, "from", from_comment, "to", to_comment, queue, call_id, caller_id, comment,
		initialized_at, start_at, end_at, duration_waiting_time, duration_talking_time, done, preferences, events,
		created_at, updated_at
	FROM cti_logs`

// CallNamed returns the call that a telephone system calls so, or the zero one.
func (s Keeper) CallNamed(ctx context.Context, callID string) (telephone.Call, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, allCalls+` WHERE call_id = $1`, callID)
	call, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[telephone.Call])
	if errors.Is(err, pgx.ErrNoRows) {
		return telephone.Call{}, nil
	}
	if err != nil {
		return telephone.Call{}, fmt.Errorf("call: %w", pg.Translate(err))
	}
	return call, nil
}

// Call returns one call, or a *desk.MissingError.
func (s Keeper) Call(ctx context.Context, id telephone.CallID) (telephone.Call, error) {
	return pg.One[telephone.Call](ctx, s.DB, allCalls+` WHERE id = $1`, "Cti::Log", int64(id))
}

// LockCall is Call for a transaction whose effects depend on how the call stands: nobody changes it meanwhile.
func (s Keeper) LockCall(ctx context.Context, id telephone.CallID) (telephone.Call, error) {
	return pg.One[telephone.Call](ctx, s.DB, allCalls+` WHERE id = $1 FOR NO KEY UPDATE`, "Cti::Log", int64(id))
}

// Calls returns the newest calls, those of some queues or, when limited is false, of all.
func (s Keeper) Calls(ctx context.Context, queues []string, limited bool, limit int) ([]telephone.Call, error) {
	return pg.Many[telephone.Call](ctx, s.DB, "calls", allCalls+`
		WHERE NOT $1 OR queue = ANY($2)
		ORDER BY created_at DESC, id DESC
		LIMIT $3`, limited, queues, limit)
}

// The request is noted in the same statement: a telephone system waits for the answer.
const noteRequest = `
	INSERT INTO http_logs (direction, facility, method, url, status, ip, request, response)
	SELECT 'in', $1, $2, $3, $4, $5, $6, $7`

const insertCall = `
	WITH saved AS (
		INSERT INTO cti_logs (direction, state, "from", from_comment, "to", to_comment, queue, call_id, caller_id, comment,
			initialized_at, start_at, end_at, duration_waiting_time, duration_talking_time, done, preferences, events)
		VALUES ($8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
		ON CONFLICT (call_id) DO NOTHING
		RETURNING id
	)` + noteRequest + ` FROM saved RETURNING (SELECT id FROM saved)`

const updateCall = `
	WITH saved AS (
		UPDATE cti_logs
		SET direction = $8, state = $9, "from" = $10, from_comment = $11, "to" = $12, to_comment = $13, queue = $14, caller_id = $16,
			comment = $17, initialized_at = $18, start_at = $19, end_at = $20, duration_waiting_time = $21,
			duration_talking_time = $22, done = $23, preferences = $24, events = $25, updated_at = now()
		WHERE call_id = $15 AND events = $25 - 1
		RETURNING id
	)` + noteRequest + ` FROM saved RETURNING (SELECT id FROM saved)`

// SaveCall writes a call after an event, and the request that told of it. A new call gets its ID. It
// reports false when the call is no longer as it was read: then it has to be read again.
func (s Keeper) SaveCall(ctx context.Context, c *telephone.Call, l desk.HTTPLog) (bool, error) {
	l.Shorten()
	sql := updateCall
	if c.Events == 1 {
		sql = insertCall
	}
	ids, err := pg.Column[telephone.CallID](ctx, s.DB, "save call", sql,
		l.Facility, l.Method, l.URL, l.Status, l.IP, pg.Object(l.Request), pg.Object(l.Response),
		c.Direction, c.State, c.From, c.FromComment, c.To, c.ToComment, c.Queue, c.CallID, c.CallerID, c.Comment,
		c.InitializedAt, c.StartAt, c.EndAt, c.DurationWaitingTime, c.DurationTalkingTime, c.Done, c.Preferences, c.Events)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	c.ID = ids[0]
	return true, nil
}

// SetCallsDone says of calls whether they are done with. Those that are gone don't matter.
func (s Keeper) SetCallsDone(ctx context.Context, ids []telephone.CallID, done bool) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `
		UPDATE cti_logs
		SET done = $2, events = events + 1, updated_at = now()
		WHERE id = ANY($1) AND done <> $2`, ids, done)
	if err != nil {
		return fmt.Errorf("calls done: %w", pg.Translate(err))
	}
	return nil
}

// PurgeCalls deletes calls that are older than a year. It returns how many.
func (s Keeper) PurgeCalls(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "calls", `
		DELETE FROM cti_logs
		WHERE id IN (
			SELECT id
			FROM cti_logs
			WHERE created_at < now() - interval '12 months'
			ORDER BY created_at
			LIMIT $1)`)
}

// maxCallers is how many records a number is looked up to.
const maxCallers = 20

// Known numbers come first; only where there are none those that may be somebody's, and only then
// all others. Of a user the newest record counts.
const callersOf = `
	SELECT asked.number, c.id, c.caller_id, c.comment, c.level,
		CASE WHEN c.ticket_id IS NULL THEN 'User' ELSE 'Ticket' END AS object,
		coalesce(c.ticket_id, c.user_id, 0) AS o_id,
		c.user_id, c.preferences, c.created_at, c.updated_at,
		coalesce(nullif(trim(u.firstname || ' ' || u.lastname), ''), nullif(u.email, ''), u.login, '') AS full_name
	FROM unnest($1::text[]) AS asked (number)
	CROSS JOIN LATERAL (
		SELECT *
		FROM (
			SELECT DISTINCT ON (coalesce(r.user_id, -r.id)) r.*
			FROM (
				SELECT *, coalesce(array_position(ARRAY['known', 'maybe'], level), 3) AS rank
				FROM cti_caller_ids
				WHERE caller_id = asked.number) r
			JOIN (
				SELECT min(coalesce(array_position(ARRAY['known', 'maybe'], level), 3)) AS rank
				FROM cti_caller_ids
				WHERE caller_id = asked.number) best ON best.rank = r.rank
			ORDER BY coalesce(r.user_id, -r.id), r.id DESC) newest
		ORDER BY id DESC
		LIMIT $2) c
	LEFT JOIN users u ON u.id = c.user_id
	ORDER BY c.id DESC`

// Callers returns who has these numbers.
func (s Keeper) Callers(ctx context.Context, numbers []string) (map[string][]telephone.CallerID, error) {
	numbers = slices.DeleteFunc(slices.Clone(numbers), func(n string) bool { return n == "" })
	if len(numbers) == 0 {
		return nil, nil
	}
	found, err := pg.Many[struct {
		Number string
		telephone.CallerID
	}](ctx, s.DB, "callers", callersOf, numbers, maxCallers)
	if err != nil {
		return nil, err
	}
	callers := map[string][]telephone.CallerID{}
	for _, one := range found {
		callers[one.Number] = append(callers[one.Number], one.CallerID)
	}
	return callers, nil
}
