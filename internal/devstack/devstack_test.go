package devstack_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

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

func TestCustomTemplateIsPreparedOnce(t *testing.T) {
	t.Parallel()
	prepared := 0
	prepare := func(url string) error {
		prepared++
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), "CREATE TABLE seeds AS SELECT 7 AS n")
		return err
	}
	key := rand.Text() // a template of an earlier run of this binary would be found ready
	for range 2 {
		if n := count(t, devstack.DatabaseFrom(t, key, prepare), "SELECT n FROM seeds"); n != 7 {
			t.Errorf("seed = %d, want 7", n)
		}
	}
	if prepared != 1 {
		t.Errorf("prepared %d times, want once", prepared)
	}
}

func TestEveryTestGetsItsOwnRedis(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	first, second := redisClient(t, devstack.Redis(t)), redisClient(t, devstack.Redis(t))
	if err := first.Set(ctx, "mine", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := second.DBSize(ctx).Result(); err != nil || n != 0 {
		t.Errorf("the second Redis holds %d keys (%v), want none", n, err)
	}
}

func TestPostgresOfATestRestartsWhereItWas(t *testing.T) {
	t.Parallel()
	server := devstack.Postgres(t)
	exec(t, server.URL(), "CREATE TABLE kept AS SELECT 1 AS n")
	url := server.URL()
	for name, end := range map[string]func(){"orderly": server.Stop, "power cut": server.Kill} {
		end()
		if conn, err := pgx.Connect(context.Background(), url); err == nil {
			conn.Close(context.Background())
			t.Errorf("%s: PostgreSQL answers after its end", name)
		}
		if err := server.Start(context.Background()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if server.URL() != url {
			t.Errorf("%s: URL changed from %s to %s", name, url, server.URL())
		}
		if n := count(t, url, "SELECT n FROM kept"); n != 1 {
			t.Errorf("%s: the row is gone", name)
		}
	}
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opts)
	t.Cleanup(func() { client.Close() })
	return client
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
