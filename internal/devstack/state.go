package devstack

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"postroom/internal/devstack/host"
)

// state tells other processes of the checkout what runs. A server that the options named is
// left out: those who look for it were told as well.
type state struct {
	DatabaseURL string `json:"database_url,omitempty"`
	RedisURL    string `json:"redis_url,omitempty"`
}

func stateFile(dir string) string { return filepath.Join(dir, "stack.json") }

func (s state) write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return host.WriteFile(stateFile(dir), append(text, '\n'))
}

func removeState(dir string) { os.Remove(stateFile(dir)) }

// findWithin is what a busy machine may need to answer. Where nobody is, that is known at once.
const findWithin = 10 * time.Second

// Find returns where the stack of this folder answers, and whether one is running. A URL is
// empty where that server was named to the stack and not started by it.
func Find(dir string) (databaseURL, redisURL string, ok bool) {
	text, err := os.ReadFile(stateFile(dir))
	if err != nil {
		return "", "", false
	}
	var s state
	if json.Unmarshal(text, &s) != nil {
		return "", "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), findWithin)
	defer cancel()
	if s.DatabaseURL != "" && pingPostgres(ctx, s.DatabaseURL) != nil {
		return "", "", false
	}
	if s.RedisURL != "" && pingRedis(ctx, s.RedisURL) != nil {
		return "", "", false
	}
	return s.DatabaseURL, s.RedisURL, cmp.Or(s.DatabaseURL, s.RedisURL) != ""
}

func pingPostgres(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func pingRedis(ctx context.Context, url string) error {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", opts.Addr, time.Second) // go-redis would write to standard error that nobody is there
	if err != nil {
		return err
	}
	conn.Close()
	client := redis.NewClient(opts)
	defer client.Close()
	return client.Ping(ctx).Err()
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
