// Package jobtest opens installations for tests of jobs: seeded, with nobody at work in them.
package jobtest

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/devstack"
	"postroom/internal/pause"
	"postroom/internal/setup"
	"postroom/internal/store"
)

// Office is an installation, and a way around its store to look and to arrange things.
type Office struct {
	*store.Store
	T  *testing.T
	DB *pgxpool.Pool
}

// Open returns a fresh installation.
func Open(t *testing.T) *Office {
	t.Helper()
	url := devstack.Database(t)
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{URL: url, SecretKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := setup.Seed(t.Context(), s, setup.Address{}); err != nil {
		t.Fatal(err)
	}
	db, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &Office{Store: s, T: t, DB: db}
}

// Exec arranges something. The catalog is read anew.
func (o *Office) Exec(sql string, args ...any) {
	o.T.Helper()
	if _, err := o.DB.Exec(o.T.Context(), sql, args...); err != nil {
		o.T.Fatalf("%s: %v", sql, err)
	}
	o.ForgetCatalog()
}

// Ask looks for one value.
func Ask[T any](o *Office, sql string, args ...any) (value T) {
	o.T.Helper()
	if err := o.DB.QueryRow(o.T.Context(), sql, args...).Scan(&value); err != nil {
		o.T.Fatalf("%s: %v", sql, err)
	}
	return value
}

// All looks for the values of a column.
func All[T any](o *Office, sql string, args ...any) []T {
	o.T.Helper()
	rows, _ := o.DB.Query(o.T.Context(), sql, args...)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		o.T.Fatalf("%s: %v", sql, err)
	}
	return values
}

// SameDay makes sure that a test which takes seconds begins and ends on one day of the installation's
// zone, which is UTC: close before midnight it waits for the next.
func SameDay(t *testing.T) {
	t.Helper()
	now := time.Now().UTC()
	midnight := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	if left := midnight.Sub(now); left < time.Minute {
		pause.For(t.Context(), left+time.Second)
	}
}

// Eventually waits until something is so, and reports whether it became so in time.
func Eventually(within time.Duration, is func() bool) bool {
	over := time.After(within)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-over:
			return is()
		case <-again.C:
		}
	}
	return true
}
