package store_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack"
	"postroom/internal/store"
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
