package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const drawIDs = `
	SELECT nextval(pg_get_serial_sequence($1, 'id'))
	FROM generate_series(1, $2)`

// DrawIDs takes the next n ids of a table. Others may draw meanwhile: they need not be in a row.
func (s Keeper) DrawIDs(ctx context.Context, table string, n int) ([]int64, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, drawIDs, table, n)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("ids of %s: %w", table, pg.Translate(err))
	}
	return ids, nil
}

// NextTicketNumbers is NextTicketNumber for n tickets at once.
func (s Keeper) NextTicketNumbers(ctx context.Context, c *desk.Catalog, now time.Time, n int) ([]string, error) {
	format := c.NumberFormat()
	var free []string
	for drawn := 0; len(free) < n && drawn < n+maxNumberDraws; {
		counters, err := s.drawCounters(ctx, format, now, n-len(free))
		if err != nil {
			return nil, fmt.Errorf("draw ticket numbers: %w", pg.Translate(err))
		}
		drawn += len(counters)
		numbers := make([]string, len(counters))
		for i, counter := range counters {
			numbers[i] = format.Number(counter, now)
		}
		taken, err := s.whichTaken(ctx, numbers)
		if err != nil {
			return nil, err
		}
		free = append(free, slices.DeleteFunc(numbers, func(number string) bool { return taken[number] })...)
	}
	if len(free) < n {
		return nil, &desk.InvalidError{Field: "number", Reason: "Can't generate a new ticket number!"}
	}
	return free, nil
}

func (s Keeper) whichTaken(ctx context.Context, numbers []string) (map[string]bool, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, takenNumbers, numbers)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	taken := make(map[string]bool, len(list))
	for _, number := range list {
		taken[number] = true
	}
	return taken, pg.Translate(err)
}

// CopyTickets writes many new tickets, with the ids and stamps that they bring.
func (s Keeper) CopyTickets(ctx context.Context, tickets []desk.Ticket) error {
	return s.copyRows(ctx, "tickets", columnsIn(insertTicket), len(tickets), func(i int) []any {
		t := &tickets[i]
		return stamped(int64(t.ID), ticketValues(t), t.Stamp)
	})
}

// CopyArticles writes many new articles, with the ids and stamps that they bring. Their tickets
// must know of them already, as desk.ApplyArticle would have it.
func (s Keeper) CopyArticles(ctx context.Context, articles []desk.Article) error {
	return s.copyRows(ctx, "ticket_articles", columnsIn(insertArticle), len(articles), func(i int) []any {
		a := &articles[i]
		return stamped(int64(a.ID), articleValues(a), a.Stamp)
	})
}

// CopyHistory appends many lines to the history of records, each at the time that it brings.
func (s Keeper) CopyHistory(ctx context.Context, entries []HistoryEntry) error {
	columns := []string{"object", "o_id", "type", "attribute", "value_from", "value_to", "id_from", "id_to",
		"related_object", "related_o_id", "created_by_id", "created_at"}
	return s.copyRows(ctx, "history", columns, len(entries), func(i int) []any {
		e := &entries[i]
		return []any{e.Object, e.OID, e.Type, orNull(e.Attribute), e.ValueFrom, e.ValueTo, e.IDFrom, e.IDTo,
			orNull(e.RelatedObject), orNull(e.RelatedOID), e.By, e.CreatedAt}
	})
}

func (s Keeper) copyRows(ctx context.Context, table string, columns []string, n int, row func(int) []any) error {
	source := pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil })
	if _, err := pg.Conn(s.DB).CopyFrom(ctx, pgx.Identifier{table}, columns, source); err != nil {
		return fmt.Errorf("copy into %s: %w", table, pg.Translate(err))
	}
	return nil
}

// columnsIn lists the columns that an INSERT names: a row that is copied has the same ones.
func columnsIn(insert string) []string {
	_, list, _ := strings.Cut(insert, "(")
	list, _, _ = strings.Cut(list, ")")
	columns := strings.Split(strings.ReplaceAll(list, `"`, ""), ",")
	for i, column := range columns {
		columns[i] = strings.TrimSpace(column)
	}
	return columns
}

// stamped is a whole row: its id, the values that every writing statement has, which end with who
// wrote last, and the rest of its stamp.
func stamped(id int64, values []any, stamp desk.Stamp) []any {
	return append(append([]any{id}, values...), stamp.CreatedByID, stamp.CreatedAt, stamp.UpdatedAt)
}

func orNull[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

// Tidy does for tables that were filled at once what autovacuum does in time: queries are planned
// for what is in them now. Not in a transaction.
func (s Keeper) Tidy(ctx context.Context, tables ...string) error {
	for _, table := range tables {
		if err := pg.Exec(ctx, s.DB, "vacuum "+table, `VACUUM ANALYZE `+pg.Identifier(table)); err != nil {
			return err
		}
	}
	return nil
}

// HasTicketsAfter reports whether there are tickets beyond an id.
func (s Keeper) HasTicketsAfter(ctx context.Context, id desk.TicketID) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "look for tickets", `SELECT EXISTS (SELECT FROM tickets WHERE id > $1)`, id)
}
