package devstack_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack"
)

func TestEveryTestGetsItsOwnMigratedDatabase(t *testing.T) {
	t.Parallel()
	first, second := devstack.Database(t), devstack.Database(t)
	exec(t, first, "INSERT INTO installation (key, value) VALUES ('mine', 'yes')")
	if n := count(t, first, "SELECT count(*) FROM installation"); n != 1 {
		t.Errorf("rows in the first database = %d, want 1", n)
	}
	if n := count(t, second, "SELECT count(*) FROM installation"); n != 0 {
		t.Errorf("rows in the second database = %d, want 0: the two are not separate", n)
	}
}

func exec(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, url, sql string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
