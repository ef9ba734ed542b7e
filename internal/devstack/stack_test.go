package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"postroom/internal/devstack/host"
)

func TestStackKeepsDataAndPortsOverARestart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := host.TempPlace(t).Dir
	opts := Options{Dir: dir, Redis: installedRedis(t)}
	first := startStack(t, opts)
	query(t, first.DatabaseURL(), "CREATE TABLE kept AS SELECT 1 AS one")
	database, redisURL := first.DatabaseURL(), first.RedisURL()
	if foundDatabase, foundRedis, ok := Find(dir); !ok || foundDatabase != database || foundRedis != redisURL {
		t.Errorf("Find = %q, %q, %t; want the URLs of the running stack", foundDatabase, foundRedis, ok)
	}
	client := redisClient(t, redisURL)
	if err := client.Set(ctx, "kept", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	first.Stop()
	if _, _, ok := Find(dir); ok {
		t.Error("Find finds a stack that was stopped")
	}
	second := startStack(t, opts)
	if second.DatabaseURL() != database {
		t.Errorf("URL of the database after a restart = %s; want the one before: %s", second.DatabaseURL(), database)
	}
	query(t, second.DatabaseURL(), "SELECT one FROM kept")
	if opts.Redis == InProcess {
		return // keeps neither its port nor what is in it
	}
	if second.RedisURL() != redisURL {
		t.Errorf("URL of Redis after a restart = %s; want the one before: %s", second.RedisURL(), redisURL)
	}
	if got, err := client.Get(ctx, "kept").Result(); err != nil {
		t.Errorf("Redis after a restart: %q, %v; want what was set before", got, err)
	}
}

func TestASecondProcessJoinsTheStack(t *testing.T) {
	t.Parallel()
	dir := host.TempPlace(t).Dir
	first := startStack(t, Options{Dir: dir, Redis: InProcess})
	second := startStack(t, Options{Dir: dir, Redis: InProcess})
	if second.DatabaseURL() != first.DatabaseURL() || second.RedisURL() != first.RedisURL() {
		t.Errorf("the second stack has URLs of its own: %s, %s", second.DatabaseURL(), second.RedisURL())
	}
	second.Stop()
	query(t, first.DatabaseURL(), "SELECT 1") // runs on: it was not the second's to stop
}

func TestGivenURLsStartNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "var")
	s := startStack(t, Options{Dir: dir, DatabaseURL: "postgres://elsewhere/db", RedisURL: "redis://elsewhere"})
	if s.DatabaseURL() != "postgres://elsewhere/db" || s.RedisURL() != "redis://elsewhere" {
		t.Errorf("URLs = %s, %s; want those given", s.DatabaseURL(), s.RedisURL())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made, though nothing was to be started")
	}
}

func TestStartEndsWhatAKilledRunLeftBehind(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	place := host.TempPlace(t)
	opts := Options{Log: quiet, Redis: installedRedis(t)}
	left, err := startPostgres(ctx, opts, place) // never stopped by who started it
	if err != nil {
		t.Fatal(err)
	}
	query(t, left.URL(), "CREATE TABLE kept AS SELECT 1 AS one")
	next, err := startPostgres(ctx, opts, place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.end)
	if left.process.Running() {
		t.Error("the PostgreSQL left behind still runs")
	}
	query(t, next.URL(), "SELECT one FROM kept")
	if opts.Redis == InProcess {
		return // ends with its process
	}
	leftRedis, err := startRedis(ctx, opts, place)
	if err != nil {
		t.Fatal(err)
	}
	nextRedis, err := startRedis(ctx, opts, place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nextRedis.end)
	if leftRedis.process.Running() {
		t.Error("the Redis left behind still runs")
	}
}

func TestAStaleLockFileOfAnotherProcessIsNoObstacle(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	place := host.TempPlace(t)
	server, err := startPostgres(ctx, Options{Log: quiet}, place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.end)
	query(t, server.URL(), "CREATE TABLE kept AS SELECT 1 AS one")
	pidFile := filepath.Join(server.data(), "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	// The number in the file now belongs to a process that is no PostgreSQL.
	other := exec.Command("sleep", "600")
	other.SysProcAttr = place.Account.Attributes()
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		other.Process.Kill()
		other.Wait()
	})
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	stale := fmt.Appendf(nil, "%d%s", other.Process.Pid, text[len(fmt.Sprint(pid)):])
	if err := os.WriteFile(pidFile, stale, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := place.Account.Own(pidFile); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	query(t, server.URL(), "SELECT one FROM kept")
}

func TestRedisInsideTheProcessLetsKeysExpire(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server, err := startRedis(ctx, Options{Log: quiet, Redis: InProcess}, host.Place{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.end)
	client := redisClient(t, server.URL())
	if err := client.Set(ctx, "lease", "mine", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	err = host.Until(ctx, 30*time.Second, func() (bool, error) {
		n, err := client.Exists(ctx, "lease").Result()
		return n == 0, err
	})
	if err != nil {
		t.Errorf("a key with a second to live: %v", err)
	}
}

func startStack(t *testing.T, opts Options) *Stack {
	t.Helper()
	s, err := Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// installedRedis is the installed Redis if there is one.
func installedRedis(t *testing.T) Source {
	t.Helper()
	if _, err := host.Look("redis-server"); err != nil {
		t.Log("redis-server is not installed: testing with the one in the process")
		return InProcess
	}
	return Installed
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

func query(t *testing.T, url, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}
