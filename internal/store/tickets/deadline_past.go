package tickets

import (
	"context"
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
	// One ticket after the other: a plan for all at once that is made while there is little history goes
	// on reading all of it when there is much.
	stateChanges = `
		SELECT t.id, change.created_at, change.id_from, change.id_to
		FROM unnest($1::bigint[]) AS t (id)
		CROSS JOIN LATERAL (
			SELECT h.id, h.created_at, coalesce(h.id_from, 0) AS id_from, coalesce(h.id_to, 0) AS id_to
			FROM history h
			WHERE h.object = 'Ticket' AND h.o_id = t.id AND h.type = 'updated' AND h.attribute = 'state'
			OFFSET 0) change
		ORDER BY change.id`

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
	batch.Queue(stateChanges, ids).Query(func(rows pgx.Rows) error {
		var id desk.TicketID
		var change sla.StateChange
		_, err := pgx.ForEachRow(rows, []any{&id, &change.At, &change.From, &change.To}, func() error {
			if p := all[id]; p != nil {
				p.States = append(p.States, change)
			}
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
	return all, pg.Send(ctx, s.DB, batch, "past of tickets")
}
