package devstack

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*startWithin)
	defer cancel()
	if err := server.ensureTemplate(ctx, template, prepare); err != nil {
		t.Fatalf("template of a database for tests: %v", err)
	}
	name, err := server.clone(ctx, template)
	if err != nil {
		t.Fatalf("database for a test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startWithin)
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
	place := testPlace(t)
	ctx := context.Background()
	s, err := newPostgres(ctx, filepath.Join(place.home, "postgres"), place, Options{Log: quiet})
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
		place := testPlace(t)
		s.dir, s.account = filepath.Join(place.home, "redis"), place.account
		err = s.start(context.Background(), binary)
	}
	if err != nil {
		t.Fatalf("Redis for a test: %v", err)
	}
	t.Cleanup(s.end)
	return s.URL()
}

// testPlace is a folder for the servers of one test. Unlike t.TempDir, their account can enter it.
func testPlace(t testing.TB) place {
	t.Helper()
	dir, err := os.MkdirTemp("", "postroom-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	account, err := serverAccount(dir)
	if err == nil {
		err = account.own(dir)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir) // as the servers will call it
	}
	if err != nil {
		t.Fatal(err)
	}
	if account.other && !account.reaches(dir) {
		t.Fatalf("user %s, who runs servers because we are root, cannot enter %s: set TMPDIR to a folder for all", account.name, dir)
	}
	return place{dir: dir, home: dir, account: account}
}

// leaveOut ends a test that needs a program which is not installed. CI installs everything, so
// there it is a failure.
func leaveOut(t testing.TB, what, packages string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: apt install %s", what, packages)
	}
	t.Skipf("LEFT OUT: %s is not installed (apt install %s)", what, packages)
}

var quiet = slog.New(slog.DiscardHandler)
