package lookup

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Two processes that work on the same ticket would write its words in an order that nobody knows, so
// whoever reads the texts of tickets first takes the locks of their neighbourhoods, in order.
const (
	lockWords     = 0x776f7264 // "word"
	neighbourhood = 1024       // tickets in a row
	neighbours    = 256        // locks in all
)

const (
	// What changed last comes first: somebody may be looking for it. Rows that another process has
	// in hand are left to it.
	dueWords = `
		DELETE FROM ticket_words_due
		WHERE id IN (
			SELECT id
			FROM ticket_words_due
			ORDER BY id DESC
			LIMIT $1
			FOR UPDATE SKIP LOCKED)
		RETURNING ticket_id`
	lockNeighbours = `
		SELECT pg_advisory_xact_lock($2, place)
		FROM (SELECT DISTINCT (id / $3 % $4)::int AS place FROM unnest($1::bigint[]) AS id ORDER BY place) places`
	wordedTickets = `
		SELECT id, group_id, customer_id, organization_id, number, title
		FROM tickets
		WHERE id = ANY($1)`
	// Of texts and articles beyond all measure the rest is not found.
	wordedArticles = `
		SELECT a.ticket_id, a.internal, a.content_type = 'text/html', left(a.body, 100000), left(concat_ws(E'\n', a.subject, a."from", a."to"), 10000)
		FROM unnest($1::bigint[]) AS ticket (id)
		CROSS JOIN LATERAL (
			SELECT *
			FROM ticket_articles
			WHERE ticket_id = ticket.id
			ORDER BY id DESC
			LIMIT 1000
		) a`
	saveWords = `
		INSERT INTO ticket_words (ticket_id, words)
		SELECT id, array_to_tsvector(string_to_array(words, ' '))
		FROM unnest($1::bigint[], $2::text[]) AS made (id, words)
		ON CONFLICT (ticket_id) DO UPDATE SET words = EXCLUDED.words
		WHERE ticket_words.words <> EXCLUDED.words`
	// Without a look at what is known: PostgreSQL may look by the index of parts, and at all that waits to
	// be entered there for each word.
	saveVocabulary = `
		INSERT INTO ticket_vocabulary (word)
		SELECT word
		FROM unnest($1::text[]) AS word
		ON CONFLICT DO NOTHING`
	forgetWords = `DELETE FROM ticket_words WHERE ticket_id = ANY($1)`
)

// IndexTickets brings the words of tickets up to date that are due, at most so many, and returns how
// many pieces of work are done with that; 0: there were none.
func (s Keeper) IndexTickets(ctx context.Context, limit int) (done int, err error) {
	err = s.inTx(ctx, func(tx Keeper) error {
		due, err := pg.Column[desk.TicketID](ctx, tx.DB, "tickets to index", dueWords, pg.Planned, limit)
		if err != nil || len(due) == 0 {
			return err
		}
		done = len(due)
		slices.Sort(due)
		return tx.index(ctx, slices.Compact(due))
	})
	return done, err
}

// index writes the words of tickets as they are now.
func (s Keeper) index(ctx context.Context, ids []desk.TicketID) error {
	if err := pg.Exec(ctx, s.DB, "lock words of tickets", lockNeighbours, ids, lockWords, neighbourhood, neighbours); err != nil {
		return err
	}
	found, err := s.read(ctx, ids)
	if err != nil {
		return err
	}
	written := make([]string, 0, len(found))
	kept := slices.Sorted(maps.Keys(found))
	vocabulary := map[string]bool{}
	for _, id := range kept {
		written = append(written, found[id].lexemes(vocabulary))
	}
	if err := pg.Exec(ctx, s.DB, "save words of tickets", saveWords, kept, written); err != nil {
		return err
	}
	if err := pg.Exec(ctx, s.DB, "save vocabulary", saveVocabulary, pg.Planned, slices.Sorted(maps.Keys(vocabulary))); err != nil {
		return err
	}
	gone := slices.DeleteFunc(ids, func(id desk.TicketID) bool { return found[id] != nil })
	if len(gone) == 0 {
		return nil
	}
	return pg.Exec(ctx, s.DB, "forget words of tickets", forgetWords, gone)
}

// read collects the words of those of the tickets that there are. Texts come one after the other:
// those of hundreds of tickets are too much to have at once.
func (s Keeper) read(ctx context.Context, ids []desk.TicketID) (map[desk.TicketID]*ticketWords, error) {
	found := make(map[desk.TicketID]*ticketWords, len(ids))
	rows, _ := pg.Conn(s.DB).Query(ctx, wordedTickets, ids)
	var t desk.Ticket
	if _, err := pgx.ForEachRow(rows, []any{&t.ID, &t.GroupID, &t.CustomerID, &t.OrganizationID, &t.Number, &t.Title}, func() error {
		found[t.ID] = wordsOfTicket(t)
		return nil
	}); err != nil {
		return nil, pg.Translate(err)
	}
	rows, _ = pg.Conn(s.DB).Query(ctx, wordedArticles, slices.Collect(maps.Keys(found)))
	var id desk.TicketID
	var internal, html bool
	var body, heads string
	_, err := pgx.ForEachRow(rows, []any{&id, &internal, &html, &body, &heads}, func() error {
		found[id].addArticle(internal, html, body, heads)
		return nil
	})
	return found, pg.Translate(err)
}

// WordsDue reports how many pieces of work IndexTickets has to do.
func (s Keeper) WordsDue(ctx context.Context) (int, error) {
	return pg.Value[int](ctx, s.DB, "words due", `SELECT count(*) FROM ticket_words_due`)
}

// RebuildWords makes the words of every ticket due, and returns of how many. What was noted down
// before is done with it: a rebuild that is begun twice is done once.
func (s Keeper) RebuildWords(ctx context.Context) (int, error) {
	return pg.Value[int](ctx, s.DB, "index anew", `
		WITH before AS (
			DELETE FROM ticket_words_due
		), gone AS (
			DELETE FROM ticket_words w
			WHERE NOT EXISTS (SELECT FROM tickets t WHERE t.id = w.ticket_id)
		), due AS (
			INSERT INTO ticket_words_due (ticket_id)
			SELECT id
			FROM tickets
			ORDER BY id
			RETURNING id
		)
		SELECT count(*) FROM due`)
}
