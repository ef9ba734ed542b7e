package devstack

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"postroom/internal/devstack/host"
)

// A RedisServer is a Redis of our own: a process, or miniredis within ours.
type RedisServer struct {
	dir      string // holds data, password, port and log
	account  host.Account
	keep     bool // over restarts
	port     int
	password string
	process  *host.Process
	inside   *miniredis.Miniredis
	clock    sync.WaitGroup // of the one inside
	stopped  chan struct{}
	log      *slog.Logger
}

// startRedis starts the Redis of the stack.
func startRedis(ctx context.Context, opts Options, place host.Place) (*RedisServer, error) {
	s := &RedisServer{dir: filepath.Join(place.Home, "redis"), account: place.Account, keep: true, log: opts.Log}
	binary, err := exec.LookPath("redis-server")
	if opts.Redis == InProcess || (err != nil && opts.Redis != Installed) {
		opts.Log.InfoContext(ctx, "Redis runs inside this process: work in flight is kept in memory only, "+
			"which is safe, because what is still to be done is in PostgreSQL and is handed out again after a restart")
		return s, s.startInside()
	}
	if err != nil {
		return nil, fmt.Errorf("no redis-server found: sudo apt install redis-server, or brew install redis: %w", err)
	}
	return s, s.start(ctx, binary)
}

// URL is where the server answers.
func (s *RedisServer) URL() string {
	u := url.URL{Scheme: "redis", Host: net.JoinHostPort(host.Localhost, strconv.Itoa(s.port)), Path: "/0"}
	if s.password != "" {
		u.User = url.UserPassword("", s.password)
	}
	return u.String()
}

// startInside starts miniredis and its clock, which by itself stands still.
func (s *RedisServer) startInside() error {
	s.inside = miniredis.NewMiniRedis()
	if err := s.inside.StartAddr(net.JoinHostPort(host.Localhost, "0")); err != nil {
		return fmt.Errorf("start Redis inside this process: %w", err)
	}
	s.port = s.inside.Server().Addr().Port
	s.stopped = make(chan struct{})
	s.clock.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-s.stopped:
				return
			case <-ticker.C:
				s.inside.FastForward(time.Second) // lets leases and results expire
			}
		}
	})
	return nil
}

func (s *RedisServer) start(ctx context.Context, binary string) (err error) {
	if err := s.account.Mkdir(s.dir); err != nil {
		return fmt.Errorf("folder of Redis: %w", err)
	}
	if s.password, err = remember(filepath.Join(s.dir, "password"), rand.Text); err != nil {
		return err
	}
	s.endOrphan(ctx)
	for range 3 { // somebody may take the free port before Redis does
		if err = s.run(ctx, binary); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("start Redis: %w; its log, %s, ends with:\n%s", err, s.logFile(), host.LastLines(s.logFile()))
	}
	s.log.InfoContext(ctx, "Redis runs", "port", s.port, "dir", s.dir)
	return nil
}

func (s *RedisServer) run(ctx context.Context, binary string) error {
	port, err := host.FreePort(cmp.Or(s.port, s.rememberedPort()))
	if err != nil {
		return err
	}
	s.port = port
	appendonly := "no"
	if s.keep {
		appendonly = "yes"
	}
	config := fmt.Sprintf("bind %s\nport %d\ndir %q\nlogfile %q\nrequirepass %s\nappendonly %s\nsave \"\"\n",
		host.Localhost, port, s.dir, s.logFile(), s.password, appendonly)
	file := filepath.Join(s.dir, "redis.conf") // not arguments, which everybody on the machine can read
	if err := host.WriteFile(file, []byte(config)); err != nil {
		return err
	}
	if err := s.account.Own(s.dir); err != nil {
		return err
	}
	cmd := exec.Command(binary, file)
	cmd.Dir, cmd.Env = s.dir, host.CleanEnv()
	if s.process, err = host.Launch(cmd, s.account, syscall.SIGTERM); err != nil {
		return err
	}
	err = host.Until(ctx, host.StartWithin, func() (bool, error) {
		if !s.process.Running() {
			return false, errors.New("it ended")
		}
		return pingRedis(ctx, s.URL()) == nil, nil
	})
	if err != nil {
		s.end()
		return err
	}
	return host.WriteFile(filepath.Join(s.dir, "port"), []byte(strconv.Itoa(port)))
}

func (s *RedisServer) logFile() string { return filepath.Join(s.dir, "log") }

func (s *RedisServer) rememberedPort() int {
	text, _ := os.ReadFile(filepath.Join(s.dir, "port"))
	port, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return port
}

// endOrphan ends the Redis that a killed run left behind: the one that knows our password.
func (s *RedisServer) endOrphan(ctx context.Context) {
	s.port = s.rememberedPort()
	if s.port == 0 || pingRedis(ctx, s.URL()) != nil {
		return
	}
	s.log.InfoContext(ctx, "ending the Redis that an earlier run left behind", "port", s.port)
	opts, err := redis.ParseURL(s.URL())
	if err != nil {
		return
	}
	opts.MaxRetries = -1
	client := redis.NewClient(opts)
	defer client.Close()
	_ = client.Shutdown(ctx).Err() // it hangs up instead of answering
	_ = host.Until(ctx, host.StopWithin, func() (bool, error) { return pingRedis(ctx, s.URL()) != nil, nil })
}

func (s *RedisServer) end() {
	if s.process != nil {
		s.process.Stop(host.StopWithin, syscall.SIGTERM)
	}
	if s.inside != nil {
		close(s.stopped)
		s.clock.Wait()
		s.inside.Close()
		s.inside = nil
	}
}
