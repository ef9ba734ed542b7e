package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/jackc/pgx/v5"
)

// fillTickets makes tickets with two articles each, as if mail had brought them: ten groups'
// worth of states and owners is not the point here, many rows are.
const fillTickets = `
	WITH made AS (
		INSERT INTO tickets (group_id, priority_id, state_id, number, title, owner_id, customer_id, article_count,
			create_article_type_id, create_article_sender_id, updated_by_id, created_by_id, created_at, updated_at)
		SELECT 1, 1 + n % 3, 1 + n % 4, '9' || lpad(n::text, 8, '0'), 'Question number ' || n, 1, 2, 2, 1, 2, 2, 2,
			now() - n * interval '1 minute', now() - n * interval '1 minute'
		FROM generate_series(1, $1::int) n
		RETURNING id, title, created_at)
	INSERT INTO ticket_articles (ticket_id, type_id, sender_id, "from", "to", subject, body, updated_by_id, created_by_id, created_at, updated_at)
	SELECT id, 1, 2, 'Customer <customer@example.net>', 'support@example.com', title, repeat('A line of text. ', 40), 2, 2, created_at, created_at
	FROM made, generate_series(1, 2)`

// benchREST measures (d): showing a ticket and listing a page, with many tickets in the database.
func benchREST(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	if err := b.startProduct(ctx); err != nil {
		return err
	}
	if err := b.fill(ctx); err != nil {
		return err
	}
	loads := []struct {
		what, target string
		path         func() string
		asks         int
	}{
		{"show", "10 ms", func() string { return fmt.Sprintf("/api/v1/tickets/%d", 2+rand.IntN(b.size.tickets)) }, b.size.asks},
		{"show, expand=true", "", func() string { return fmt.Sprintf("/api/v1/tickets/%d?expand=true", 2+rand.IntN(b.size.tickets)) }, b.size.asks},
		{"list of 100", "50 ms", func() string { return "/api/v1/tickets?per_page=100" }, b.size.asks / 4},
		{"list of 100, expand=true", "50 ms", func() string { return "/api/v1/tickets?per_page=100&expand=true" }, b.size.asks / 4},
		{"search in titles", "", func() string { return fmt.Sprintf("/api/v1/tickets/search?query=number+%d", rand.IntN(b.size.tickets)) }, b.size.asks / 4},
	}
	for _, load := range loads {
		times, rate, err := b.atOnce(ctx, func() request { return request{http.MethodGet, load.path(), nil} }, load.asks)
		if err != nil {
			return err
		}
		notes := fmt.Sprintf("p50 %s, p95 %s; %d requests, 4 at once, %.0f/s; %d tickets", ms(percentile(times, 50)), ms(percentile(times, 95)), len(times), rate, b.size.tickets)
		b.report.add("(d) REST ticket "+load.what+", p99", ms(percentile(times, 99)), load.target, notes)
	}
	return nil
}

func (b *bench) fill(ctx context.Context) error {
	db, err := pgx.Connect(ctx, b.stack.DatabaseURL())
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, fillTickets, b.size.tickets); err != nil {
		return err
	}
	_, err = db.Exec(ctx, `VACUUM ANALYZE tickets, ticket_articles`)
	return err
}
