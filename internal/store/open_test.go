package store_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/store"
)

// base is a database with the store on it, and a way to look behind the store's back.
type base struct {
	*store.Store
	t  testing.TB
	db *pgxpool.Pool
}

var secretKey = bytes.Repeat([]byte{9}, 32)

// open returns a store on an empty database with the few records that others refer to.
func open(t testing.TB) *base {
	t.Helper()
	return openURL(t, devstack.DatabaseFrom(t, "records", records))
}

func openURL(t testing.TB, url string) *base {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{URL: url, SecretKey: secretKey, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	db, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &base{Store: s, t: t, db: db}
}

// records are what tickets need: users 1 and 2, group 1, states, priority, types and senders.
func records(url string) error {
	ctx := context.Background()
	if _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `
		INSERT INTO users (id, login, email, firstname, updated_by_id, created_by_id) VALUES
			(1, '-', '', '-', 1, 1), (2, 'nicole@example.org', 'nicole@example.org', 'Nicole', 1, 1);
		INSERT INTO roles (id, name, default_at_signup, updated_by_id, created_by_id) VALUES (3, 'Customer', true, 1, 1);
		INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (1, 'Users', 'Users', 1, 1);
		INSERT INTO ticket_state_types (id, name) VALUES (1, 'new'), (5, 'closed');
		INSERT INTO ticket_states (id, state_type_id, name, default_create, updated_by_id, created_by_id) VALUES
			(1, 1, 'new', true, 1, 1), (4, 5, 'closed', false, 1, 1);
		INSERT INTO ticket_priorities (id, name, default_create, updated_by_id, created_by_id) VALUES (2, '2 normal', true, 1, 1);
		INSERT INTO ticket_article_types (id, name, communication) VALUES (1, 'email', true), (10, 'note', false);
		INSERT INTO ticket_article_senders (id, name) VALUES (1, 'Agent'), (2, 'Customer'), (3, 'System');
		INSERT INTO settings (name, title, area, state_current, state_initial) VALUES
			('system_id', 'System ID', 'x', '{"value":"10"}', '{"value":"10"}'),
			('ticket_number', 'Number', 'x', '{"value":"Ticket::Number::Increment"}', '{}');
		SELECT setval(pg_get_serial_sequence(name, 'id'), 100)
		FROM unnest(ARRAY['users', 'roles', 'groups', 'ticket_states', 'ticket_priorities']) AS name`)
	return err
}

// exec changes the database directly.
func (b *base) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Exec(context.Background(), sql, args...); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
}

// ask reads one value of the database.
func ask[T any](b *base, sql string, args ...any) T {
	b.t.Helper()
	rows, _ := b.db.Query(context.Background(), sql, args...)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// ticket writes a ticket with the fewest values.
func (b *base) ticket(number string) desk.Ticket {
	b.t.Helper()
	t := desk.Ticket{Number: number, Title: "Printer on fire", GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2}
	t.CreatedByID, t.UpdatedByID = 2, 2
	if err := b.InsertTicket(context.Background(), &t); err != nil {
		b.t.Fatal(err)
	}
	return t
}

// article writes an article with the fewest values.
func (b *base) article(ticket desk.TicketID) desk.Article {
	b.t.Helper()
	a := desk.Article{TicketID: ticket, TypeID: desk.ArticleEmail, SenderID: desk.SenderCustomer, Body: "help"}
	a.CreatedByID, a.UpdatedByID = 2, 2
	if err := b.InsertArticle(context.Background(), &a); err != nil {
		b.t.Fatal(err)
	}
	return a
}
