// Package devstack runs the servers that Postroom needs, private to one checkout.
//
// In go a folder and what the machine offers, out come two URLs: PostgreSQL from installed
// binaries or fetched ones, Redis from an installed server or from inside this process. Data
// lives below the folder and survives restarts, the servers end with us. Tests get databases
// and servers to break. It never touches a server or a data folder that is not its own, and
// knows nothing of what Postroom stores.
package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"postroom/internal/devstack/host"
)

// A Source says where a server is to come from.
type Source string

// The sources. The zero value takes what is installed, and falls back to Fetched and InProcess.
const (
	Installed Source = "installed"
	Fetched   Source = "fetched"    // PostgreSQL only: binaries of the embedded-postgres module
	InProcess Source = "in process" // Redis only: miniredis
)

// Options of Start.
type Options struct {
	Dir         string // holds all data, usually ./var; made if missing
	DatabaseURL string // set: this PostgreSQL is used, none is started
	RedisURL    string // set: this Redis is used, none is started
	Log         *slog.Logger

	Postgres Source // empty: the best there is
	Redis    Source // empty: the best there is
}

// A Stack is a running PostgreSQL and Redis.
type Stack struct {
	dir         string
	databaseURL string
	redisURL    string
	log         *slog.Logger
	lock        *os.File // held while we run servers below dir
	stop        []func() // in the order of starting
	stopping    chan struct{}
	watch       sync.WaitGroup
}

// Start brings up what the options don't name already. Where another process runs the stack of
// this folder, its servers are used and stay its own. The caller calls Stop.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stack{databaseURL: opts.DatabaseURL, redisURL: opts.RedisURL, log: opts.Log, stopping: make(chan struct{})}
	if s.databaseURL != "" && s.redisURL != "" {
		return s, nil
	}
	place, err := host.OpenPlace(opts.Dir)
	if err != nil {
		return nil, err
	}
	s.dir = place.Dir
	if s.lock, err = host.LockFile(filepath.Join(place.Dir, "stack.lock"), host.TryExclusive); errors.Is(err, host.ErrLocked) {
		return s, s.join(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the development stack: %w", err)
	}
	if place.Home != place.Dir {
		s.log.InfoContext(ctx, "the servers' account cannot reach this checkout, so their data lives elsewhere",
			"account", place.Account.Name, "dir", place.Home)
	}
	if err := s.startServers(ctx, opts, place); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Stack) startServers(ctx context.Context, opts Options, place host.Place) error {
	var state state
	if s.databaseURL == "" {
		server, err := startPostgres(ctx, opts, place)
		if err != nil {
			return err
		}
		s.stop = append(s.stop, server.end)
		s.watchOver("PostgreSQL", server.process, server.logFile())
		s.databaseURL = server.URL()
		state.DatabaseURL = s.databaseURL
	}
	if s.redisURL == "" {
		server, err := startRedis(ctx, opts, place)
		if err != nil {
			return err
		}
		s.stop = append(s.stop, server.end)
		if server.process != nil {
			s.watchOver("Redis", server.process, server.logFile())
		}
		s.redisURL = server.URL()
		state.RedisURL = s.redisURL
	}
	if err := state.write(s.dir); err != nil {
		return err
	}
	if !place.Account.Owner {
		return nil
	}
	for _, path := range []string{s.dir, s.lock.Name(), stateFile(s.dir)} {
		if err := os.Chown(path, place.Account.UID, place.Account.GID); err != nil {
			return err
		}
	}
	return nil
}

// watchOver says so in the log when a server ends that was not told to.
func (s *Stack) watchOver(name string, p *host.Process, log string) {
	s.watch.Go(func() {
		select {
		case <-s.stopping:
		case <-p.Ended:
			s.log.Error("a server of the development stack ended by itself: end this process and start it again",
				"server", name, "its_log", log)
		}
	})
}

// join uses the servers of the process that holds the lock, as soon as they answer.
func (s *Stack) join(ctx context.Context) error {
	err := host.Until(ctx, host.StartWithin, func() (bool, error) {
		databaseURL, redisURL, ok := Find(s.dir)
		if !ok {
			return false, nil
		}
		s.databaseURL = cmp.Or(s.databaseURL, databaseURL)
		s.redisURL = cmp.Or(s.redisURL, redisURL)
		return s.databaseURL != "" && s.redisURL != "", nil
	})
	if err != nil {
		return fmt.Errorf("another process holds %s, but its servers don't answer: %w",
			filepath.Join(s.dir, "stack.lock"), err)
	}
	s.log.InfoContext(ctx, "using the development stack that another process runs", "dir", s.dir)
	return nil
}

// DatabaseURL is where PostgreSQL answers.
func (s *Stack) DatabaseURL() string { return s.databaseURL }

// RedisURL is where Redis answers.
func (s *Stack) RedisURL() string { return s.redisURL }

// Stop ends what Start started, last one first, and keeps the data.
func (s *Stack) Stop() {
	if s.lock == nil {
		return
	}
	close(s.stopping)
	removeState(s.dir)
	for i := len(s.stop) - 1; i >= 0; i-- {
		s.stop[i]()
	}
	s.watch.Wait()
	s.stop = nil
	s.lock.Close()
	s.lock = nil
}
