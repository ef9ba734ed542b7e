package tickets

import (
	"context"
	"errors"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const rebuildColumns = `
	SELECT id, requested_at, started_at, finished_at, after_ticket_id, looked_at, changed, total
	FROM deadline_rebuilds`

// DeadlineRebuilds returns the last calculations of all deadlines, newest first.
func (s Keeper) DeadlineRebuilds(ctx context.Context, limit int) ([]desk.DeadlineRebuild, error) {
	return pg.Many[desk.DeadlineRebuild](ctx, s.DB, "deadline rebuilds", rebuildColumns+` ORDER BY id DESC LIMIT $1`, limit)
}

// RequestDeadlineRebuild has the deadlines of all open tickets calculated anew, as a change of what is
// promised does. One that waits already serves both.
func (s Keeper) RequestDeadlineRebuild(ctx context.Context) error {
	if err := pg.Exec(ctx, s.DB, "request deadline rebuild", `SELECT request_deadline_rebuild_now()`); err != nil {
		return err
	}
	pg.Announced(s.DB)
	return nil
}

// A calculation that is still at work is overtaken: this one looks at every ticket anyway.
const startRebuild = `
	WITH overtaken AS (
		UPDATE deadline_rebuilds
		SET finished_at = now()
		WHERE id < $1 AND started_at IS NOT NULL AND finished_at IS NULL
	)
	UPDATE deadline_rebuilds
	SET started_at = now(),
		total = (SELECT count(*) FROM tickets WHERE state_id = ANY($2))
	WHERE id = $1 AND started_at IS NULL AND finished_at IS NULL`

// StartDeadlineRebuild begins a calculation that waits. It reports false for one that began before.
func (s Keeper) StartDeadlineRebuild(ctx context.Context, c *desk.Catalog, id desk.DeadlineRebuildID) (bool, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, startRebuild, id, c.StatesOf(desk.OpenTypes))
	if err != nil {
		return false, fmt.Errorf("start deadline rebuild %d: %w", id, pg.Translate(err))
	}
	return tag.RowsAffected() > 0, nil
}

// rowsLookedAt is how many tickets a step looks at for each that it may calculate: behind a long run of
// closed ones the next step goes on, and nobody waits meanwhile.
const rowsLookedAt = 10

// stretchAfter is how far a step looks: not so many ids, of which most may be those of no ticket, but so
// many tickets.
const stretchAfter = `
	SELECT coalesce(max(id), $1), count(*)
	FROM (
		SELECT id
		FROM tickets
		WHERE id > $1
		ORDER BY id
		LIMIT $2) next`

// They are found by walking along the ids: tickets are added meanwhile, and as far as statistics know
// there may be none that are open. The sum keeps the index of states out, which would find all of
// them each time and sort them.
const openTicketsUpTo = Select + `
	WHERE id > $1 AND id <= $4 AND state_id + 0 = ANY($2)
	ORDER BY id
	LIMIT $3
	FOR NO KEY UPDATE`

const noteRebuild = `
	UPDATE deadline_rebuilds
	SET after_ticket_id = $2,
		looked_at = looked_at + $3,
		changed = changed + $4,
		finished_at = CASE WHEN $5 THEN now() END
	WHERE id = $1`

// StepDeadlineRebuild calculates the deadlines of the next open tickets anew, in this transaction: of
// limit at most, and of none where a long run of others comes first. It returns how many there were,
// and reports whether there are no more.
func (s Keeper) StepDeadlineRebuild(ctx context.Context, c *desk.Catalog, id desk.DeadlineRebuildID, limit int) (n int, last bool, err error) {
	r, err := pg.One[desk.DeadlineRebuild](ctx, s.DB, rebuildColumns+` WHERE id = $1 FOR UPDATE`, "DeadlineRebuild", int64(id))
	if errors.Is(err, desk.ErrNotFound) || err == nil && r.FinishedAt != nil {
		return 0, true, nil // another one is at work
	}
	if err != nil {
		return 0, false, err
	}
	var until desk.TicketID
	var seen int
	if err := pg.Conn(s.DB).QueryRow(ctx, stretchAfter, pg.Planned, r.AfterTicketID, rowsLookedAt*limit).Scan(&until, &seen); err != nil {
		return 0, false, fmt.Errorf("deadline rebuild %d after ticket %d: %w", id, r.AfterTicketID, pg.Translate(err))
	}
	tickets, err := pg.Many[desk.Ticket](ctx, s.DB, "open tickets", openTicketsUpTo, pg.Planned,
		r.AfterTicketID, c.StatesOf(desk.OpenTypes), limit, until)
	if err != nil {
		return 0, false, err
	}
	changed := 0
	if !c.Settings.Bool("import_mode") || c.Settings.Bool("import_ignore_sla") {
		if changed, err = s.recalculate(ctx, c, tickets, true); err != nil {
			return 0, false, fmt.Errorf("deadline rebuild %d after ticket %d: %w", id, r.AfterTicketID, err)
		}
	}
	n, last = len(tickets), len(tickets) < limit && seen < rowsLookedAt*limit
	if r.AfterTicketID = until; n == limit {
		r.AfterTicketID = tickets[n-1].ID
	}
	return n, last, pg.Exec(ctx, s.DB, "note deadline rebuild", noteRebuild, id, r.AfterTicketID, n, changed, last)
}
