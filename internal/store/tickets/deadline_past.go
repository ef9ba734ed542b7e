package tickets

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/sla"
	"postroom/internal/store/pg"
)

// past is what happened to a ticket, and the state it is in by the database.
type past struct {
	sla.Past
	state desk.StateID
}

// upTo adds the last change of state, where the history does not have it yet.
func (p *past) upTo(state desk.StateID, at time.Time) {
	last := p.state
	if n := len(p.States); n > 0 {
		last = p.States[n-1].To
	}
	if last != state {
		p.States = append(p.States, sla.StateChange{At: at, From: last, To: state})
	}
}

const (
	// In no order: for one, a plan made while there was little history walks through all of it.
	stateChanges = `
		SELECT o_id, id, created_at, coalesce(id_from, 0), coalesce(id_to, 0)
		FROM history
		WHERE object = 'Ticket' AND o_id = ANY($1) AND type = 'updated' AND attribute = 'state'`

	lastAnswers = `
		SELECT t.id, answer.created_at
		FROM unnest($1::bigint[]) AS t (id)
		CROSS JOIN LATERAL (
			SELECT a.created_at
			FROM ticket_articles a
			JOIN ticket_article_types y ON y.id = a.type_id AND y.communication
			WHERE a.ticket_id = t.id AND a.sender_id = $2
			ORDER BY a.created_at DESC, a.id DESC
			LIMIT 2) answer
		ORDER BY t.id, answer.created_at`
)

// noted is a change of state with its place in the history.
type noted struct {
	ticket desk.TicketID
	id     int64
	change sla.StateChange
}

// pasts returns what happened to tickets, in one round trip.
func (s Keeper) pasts(ctx context.Context, ids []desk.TicketID, withAnswers bool) (map[desk.TicketID]*past, error) {
	all := make(map[desk.TicketID]*past, len(ids))
	batch := &pgx.Batch{}
	batch.Queue(`SELECT id, state_id FROM tickets WHERE id = ANY($1)`, ids).Query(func(rows pgx.Rows) error {
		var id desk.TicketID
		var state desk.StateID
		_, err := pgx.ForEachRow(rows, []any{&id, &state}, func() error {
			all[id] = &past{state: state}
			return nil
		})
		return err
	})
	var changes []noted
	batch.Queue(stateChanges, ids).Query(func(rows pgx.Rows) error {
		var n noted
		_, err := pgx.ForEachRow(rows, []any{&n.ticket, &n.id, &n.change.At, &n.change.From, &n.change.To}, func() error {
			changes = append(changes, n)
			return nil
		})
		return err
	})
	if withAnswers {
		batch.Queue(lastAnswers, ids, desk.SenderAgent).Query(func(rows pgx.Rows) error {
			var id desk.TicketID
			var at time.Time
			_, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error {
				if p := all[id]; p != nil {
					p.Answers = append(p.Answers, at)
				}
				return nil
			})
			return err
		})
	}
	if err := pg.Send(ctx, s.DB, batch, "past of tickets"); err != nil {
		return nil, err
	}
	slices.SortFunc(changes, func(a, b noted) int { return cmp.Compare(a.id, b.id) })
	for _, n := range changes {
		if p := all[n.ticket]; p != nil {
			p.States = append(p.States, n.change)
		}
	}
	return all, nil
}
