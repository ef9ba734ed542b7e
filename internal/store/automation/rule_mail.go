package automation

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// RuleMailLimits says how many mails rules may write to one address within so many minutes: about
// one ticket, and in total.
type RuleMailLimits struct {
	PerTicket map[int]int
	Total     map[int]int
}

// ruleMailLock keeps two who write to one address apart: each counts what the other wrote. Its
// number is arbitrary.
const ruleMailLock = 7_002

const noteRuleMail = `
	INSERT INTO rule_mails (address, ticket_id)
	SELECT $1, $2
	WHERE NOT EXISTS (
		SELECT
		FROM unnest($3::integer[], $4::bigint[], $5::bigint[]) AS limits (minutes, per_ticket, total)
		JOIN LATERAL (
			SELECT count(*) AS total, count(*) FILTER (WHERE ticket_id = $2) AS per_ticket
			FROM rule_mails
			WHERE address = $1 AND created_at > clock_timestamp() - make_interval(mins => limits.minutes)
		) sent ON true
		WHERE sent.per_ticket >= limits.per_ticket OR sent.total >= limits.total)
	RETURNING true`

// NoteRuleMail notes that a rule writes to an address (lower case) about a ticket, unless it got as
// many mails as it may: two machines that answer each other must come to an end. It belongs into
// the transaction that writes the mail, and holds others back from the address until that ends.
func (s Keeper) NoteRuleMail(ctx context.Context, address string, ticket desk.TicketID, limits RuleMailLimits) (allowed bool, err error) {
	var minutes []int
	var perTicket, total []int64
	for _, m := range limits.minutes() {
		minutes = append(minutes, m)
		perTicket, total = append(perTicket, limitOr(limits.PerTicket, m)), append(total, limitOr(limits.Total, m))
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_xact_lock($1, hashtext($2))`, ruleMailLock, address)
	batch.Queue(noteRuleMail, address, ticket, minutes, perTicket, total).Query(func(rows pgx.Rows) error {
		noted, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		allowed = len(noted) > 0
		return err
	})
	return allowed, pg.Send(ctx, s.DB, batch, fmt.Sprintf("rule mail about ticket %d", ticket))
}

func (l RuleMailLimits) minutes() []int {
	all := make([]int, 0, len(l.PerTicket)+len(l.Total))
	for m := range l.PerTicket {
		all = append(all, m)
	}
	for m := range l.Total {
		if _, both := l.PerTicket[m]; !both {
			all = append(all, m)
		}
	}
	return all
}

func limitOr(limits map[int]int, minutes int) int64 {
	if limit, given := limits[minutes]; given {
		return int64(limit)
	}
	return math.MaxInt64
}

// PurgeRuleTraces deletes notes about mails of rules and about what was done on a day, when they are
// of no use any more. It returns how many.
func (s Keeper) PurgeRuleTraces(ctx context.Context) (int, error) {
	mails, err := pg.Purge(ctx, s.DB, "mails of rules", `
		DELETE FROM rule_mails
		WHERE id IN (
			SELECT id
			FROM rule_mails
			WHERE created_at < now() - interval '2 days'
			ORDER BY created_at
			LIMIT $1)`)
	if err != nil {
		return mails, err
	}
	days, err := pg.Purge(ctx, s.DB, "daily locks", `
		DELETE FROM daily_locks
		WHERE ctid = ANY(ARRAY(
			SELECT ctid
			FROM daily_locks
			WHERE day < now() - interval '7 days'
			LIMIT $1))`)
	return mails + days, err
}
