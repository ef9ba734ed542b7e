package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// maxNumberDraws is how many taken numbers are skipped before we give up.
const maxNumberDraws = 49_999

const (
	drawIncrements = `
		SELECT nextval('ticket_number_increment')
		FROM generate_series(1, $1)`
	// The counter of a day is a row, not a sequence, so that it starts anew by itself.
	drawOfDay = `
		INSERT INTO ticket_number_dates AS counters (day, counter)
		VALUES ($1::date, $2)
		ON CONFLICT (day) DO UPDATE SET counter = counters.counter + $2
		RETURNING counter`
	takenNumbers = `
		SELECT number
		FROM tickets
		WHERE number = ANY($1)`
	reserveTicket = `SELECT nextval('tickets_id_seq')`
)

// NextTicketNumber draws a number that no ticket has. Drawn numbers don't come back when the
// transaction fails. now is the time in the system's time zone.
func (s Keeper) NextTicketNumber(ctx context.Context, c *desk.Catalog, now time.Time) (string, error) {
	return s.nextNumber(ctx, c, now, &pgx.Batch{})
}

// ReserveTicket is NextTicketNumber, with the id of the new ticket.
func (s Keeper) ReserveTicket(ctx context.Context, c *desk.Catalog, now time.Time) (id desk.TicketID, number string, err error) {
	batch := &pgx.Batch{}
	batch.Queue(reserveTicket).QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
	number, err = s.nextNumber(ctx, c, now, batch)
	return id, number, err
}

// nextNumber draws until it has a free number. It sends what is in the batch along with its first question.
func (s Keeper) nextNumber(ctx context.Context, c *desk.Catalog, now time.Time, batch *pgx.Batch) (string, error) {
	format := c.NumberFormat()
	// Where numbers are taken they are so in long runs, after an import for example: look further each time.
	for drawn, n := 0, 1; drawn < maxNumberDraws; drawn, n = drawn+n, min(n*4, 1000) {
		counters, err := s.drawCounters(ctx, format, now, n)
		if err != nil {
			return "", fmt.Errorf("draw ticket number: %w", pg.Translate(err))
		}
		numbers := make([]string, len(counters))
		for i, counter := range counters {
			numbers[i] = format.Number(counter, now)
		}
		free, err := s.firstFree(ctx, numbers, batch)
		if err != nil {
			return "", err
		}
		batch = &pgx.Batch{}
		if free != "" {
			return free, nil
		}
	}
	return "", &desk.InvalidError{Field: "number", Reason: "Can't generate a new ticket number!"}
}

func (s Keeper) drawCounters(ctx context.Context, format desk.NumberFormat, now time.Time, n int) ([]int64, error) {
	if !format.ByDate {
		rows, _ := pg.Conn(s.DB).Query(ctx, drawIncrements, n)
		return pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	last, err := s.drawOfDay(ctx, now, n)
	counters := make([]int64, n)
	for i := range counters {
		counters[i] = last - int64(n-1-i)
	}
	return counters, err
}

// drawOfDay moves a day's counter forward outside of our transaction, as a sequence would: inside,
// its row would stay locked until our commit is on disk, and all new tickets would queue up behind
// it. Nor does it wait for the disk itself: a ticket's commit takes its number's along.
func (s Keeper) drawOfDay(ctx context.Context, now time.Time, n int) (last int64, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
	batch.Queue(drawOfDay, now.Format(time.DateOnly), n).QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	return last, pg.Spare(s.DB).SendBatch(ctx, batch).Close()
}

func (s Keeper) firstFree(ctx context.Context, numbers []string, batch *pgx.Batch) (string, error) {
	var taken []string
	batch.Queue(takenNumbers, numbers).Query(func(rows pgx.Rows) (err error) {
		taken, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err := pg.Send(ctx, s.DB, batch, "look up ticket numbers"); err != nil {
		return "", err
	}
	for _, number := range numbers {
		if !slices.Contains(taken, number) {
			return number, nil
		}
	}
	return "", nil
}
