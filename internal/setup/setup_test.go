package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack"
	"postroom/internal/setup"
	"postroom/internal/store"
)

var secretKey = bytes.Repeat([]byte{7}, 32)

// discard is for logs that a test is not about.
var discard = slog.New(slog.DiscardHandler)

// openStore opens a database that has tables and nothing else.
func openStore(t *testing.T) (*store.Store, *pgx.Conn) {
	t.Helper()
	url := devstack.Database(t)
	return open(t, url), connect(t, url)
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 4, SecretKey: secretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// seeded is openStore with the seeds in it.
func seeded(t *testing.T) (*store.Store, *pgx.Conn) {
	t.Helper()
	s, conn := openStore(t)
	if err := setup.Seed(t.Context(), s, setup.Address{}); err != nil {
		t.Fatal(err)
	}
	return s, conn
}

// text returns the one value of a query as text.
func text(t *testing.T, conn *pgx.Conn, sql string, args ...any) string {
	t.Helper()
	var value *string
	if err := conn.QueryRow(t.Context(), "SELECT ("+sql+")::text", args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if value == nil {
		return "null"
	}
	return *value
}

// expect compares the one value of each query with what it has to be.
func expect(t *testing.T, conn *pgx.Conn, want map[string]string) {
	t.Helper()
	for sql, value := range want {
		if got := text(t, conn, sql); got != value {
			t.Errorf("%s = %s, want %s", sql, got, value)
		}
	}
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}
