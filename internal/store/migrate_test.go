package store_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"postroom/internal/devstack"
	"postroom/internal/store"
	"postroom/migrations"
)

func TestMigrationsOfParallelStartsDontCollide(t *testing.T) {
	t.Parallel()
	url := devstack.DatabaseFrom(t, "empty", func(string) error { return nil })
	const starts = 5
	var together sync.WaitGroup
	applied := make(chan int, starts)
	for range starts {
		together.Go(func() {
			n, err := store.Migrate(t.Context(), url)
			if err != nil {
				t.Error(err)
			}
			applied <- n
		})
	}
	together.Wait()
	close(applied)
	busy := 0
	for n := range applied {
		if n > 0 {
			busy++
		}
	}
	if busy != 1 {
		t.Errorf("%d of %d starts migrated, want one", busy, starts)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	url := devstack.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = store.Migrate(t.Context(), url)
	if err == nil || !strings.Contains(err.Error(), "99999") || !strings.Contains(err.Error(), "newer") {
		t.Errorf("error %v, want one that names version 99999 and says it is newer", err)
	}
}

// TestMigrationsThatWereInterruptedBeginAnew kills each migration that is no transaction after its last
// statement, with indexes that nobody finished.
func TestMigrationsThatWereInterruptedBeginAnew(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	indexes := func(conn *pgx.Conn) []string {
		t.Helper()
		rows, _ := conn.Query(ctx, `
			SELECT pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' is invalid' END
			FROM pg_index i
			JOIN pg_class c ON c.oid = i.indexrelid AND c.relnamespace = 'public'::regnamespace
			ORDER BY 1`)
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	connect := func(url string) *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
		return conn
	}
	conn := connect(devstack.DatabaseFrom(t, "empty", func(string) error { return nil }))
	db := stdlib.OpenDB(*conn.Config())
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	interrupted := 0
	for _, source := range provider.ListSources() {
		if _, err := provider.UpTo(ctx, source.Version); err != nil {
			t.Fatal(err)
		}
		text, err := migrations.Files.ReadFile(source.Path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- +goose NO TRANSACTION") {
			continue
		}
		interrupted++
		for _, sql := range []string{
			`DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`,
			`UPDATE pg_index SET indisvalid = false
			FROM regexp_matches($1, 'CREATE (?:UNIQUE )?INDEX CONCURRENTLY (\w+)', 'g') AS made
			WHERE indexrelid = to_regclass(made[1])`,
		} {
			args := []any{string(text)}[:strings.Count(sql, "$1")]
			if _, err := conn.Exec(ctx, sql, args...); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := provider.UpTo(ctx, source.Version); err != nil {
			t.Errorf("%s again: %v", source.Path, err)
		}
	}
	got, want := indexes(conn), indexes(connect(devstack.Database(t)))
	if !slices.Equal(got, want) || interrupted == 0 {
		t.Errorf("%d migrations interrupted, indexes are\n%s\nwant\n%s", interrupted, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestMigrationsGoBack takes all of them back and forth, down to the oldest that is no transaction.
func TestMigrationsGoBack(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(devstack.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	const before = 32
	if _, err := provider.DownTo(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}
