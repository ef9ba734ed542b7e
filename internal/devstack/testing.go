package devstack

import (
	"context"
	"log/slog"
	"os/exec"
	"path/filepath"
	"testing"

	"postroom/internal/devstack/host"
)

// Database returns the URL of a fresh database with the newest schema and nothing else in it.
// It is dropped when the test ends. All tests of all packages share one PostgreSQL.
func Database(t testing.TB) string {
	t.Helper()
	name, err := schemaTemplate()
	return clone(t, name, migrate, err)
}

// DatabaseFrom returns the URL of a fresh database that is a copy of what prepare made of an
// empty one. prepare runs once a key and test binary.
func DatabaseFrom(t testing.TB, key string, prepare func(url string) error) string {
	t.Helper()
	name, err := customTemplate(key)
	return clone(t, name, prepare, err)
}

func clone(t testing.TB, template string, prepare func(url string) error, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("database for a test: %v", err)
	}
	server, err := sharedServer()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*host.StartWithin)
	defer cancel()
	if err := server.ensureTemplate(ctx, template, prepare); err != nil {
		t.Fatalf("template of a database for tests: %v", err)
	}
	name, err := server.clone(ctx, template)
	if err != nil {
		t.Fatalf("database for a test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), host.StartWithin)
		defer cancel()
		if err := server.drop(ctx, name); err != nil {
			t.Logf("drop the test's database: %v", err)
		}
	})
	return server.databaseURL(name)
}

// Postgres returns a PostgreSQL that belongs to this test alone, to stop, kill and restart. Its
// database is empty, and its commits are as durable as in production.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	place := host.TempPlace(t)
	ctx := context.Background()
	s, err := newPostgres(ctx, filepath.Join(place.Home, "postgres"), place, Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	s.settings, s.quick = durable, true // only a power cut could tell: this concerns how data is made at first
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Redis returns the URL of a Redis that belongs to this test alone and keeps nothing.
func Redis(t testing.TB) string {
	t.Helper()
	s := &RedisServer{log: quiet}
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		err = s.startInside()
	} else {
		place := host.TempPlace(t)
		s.dir, s.account = filepath.Join(place.Home, "redis"), place.Account
		err = s.start(context.Background(), binary)
	}
	if err != nil {
		t.Fatalf("Redis for a test: %v", err)
	}
	t.Cleanup(s.end)
	return s.URL()
}

var quiet = slog.New(slog.DiscardHandler)
