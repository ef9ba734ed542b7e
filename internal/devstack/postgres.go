package devstack

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack/host"
)

// A PostgresServer is a PostgreSQL of our own. Its folder holds data, password, port and log.
type PostgresServer struct {
	dir      string
	account  host.Account
	binaries binaries
	settings []string // name=value
	quick    bool     // a power cut may lose data
	port     int
	password string
	process  *host.Process
	log      *slog.Logger
}

// databaseName is the database and its owner in every server of ours.
const databaseName = "postroom"

// durable are the settings of a server whose commits are real. Sized for two cores and a share
// of the memory, since everything else runs on the same machine.
var durable = []string{
	"fsync=on", "synchronous_commit=on", "full_page_writes=on",
	"shared_buffers=128MB", "max_connections=200",
	"max_wal_size=2GB", "min_wal_size=256MB", "checkpoint_completion_target=0.9", "wal_compression=on", "wal_buffers=16MB",
	"random_page_cost=1.1", "effective_cache_size=1GB", "jit=off",
}

// startPostgres starts the PostgreSQL of the stack, with its data below place.home.
func startPostgres(ctx context.Context, opts Options, place host.Place) (*PostgresServer, error) {
	s, err := newPostgres(ctx, filepath.Join(place.Home, "postgres"), place, opts)
	if err != nil {
		return nil, err
	}
	s.settings = durable
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// newPostgres prepares a server below dir: nothing runs yet.
func newPostgres(ctx context.Context, dir string, place host.Place, opts Options) (*PostgresServer, error) {
	s := &PostgresServer{dir: dir, account: place.Account, log: opts.Log}
	if err := s.account.Mkdir(dir); err != nil {
		return nil, fmt.Errorf("folder of PostgreSQL: %w", err)
	}
	var err error
	if s.binaries, err = findBinaries(ctx, place, s.majorVersion(), opts); err != nil {
		return nil, err
	}
	if s.password, err = remember(filepath.Join(s.dir, "password"), rand.Text); err != nil {
		return nil, err
	}
	return s, s.account.Own(filepath.Join(s.dir, "password"))
}

// remember returns the content of the file, which first gets what a new one is to hold.
func remember(path string, fresh func() string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(fresh())
		err = host.WriteFile(path, text)
	}
	return strings.TrimSpace(string(text)), err
}

func (s *PostgresServer) data() string { return filepath.Join(s.dir, "data") }

// majorVersion is that of the data, empty if there is none yet.
func (s *PostgresServer) majorVersion() string {
	text, _ := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	return strings.TrimSpace(string(text))
}

// URL is where the server's database answers.
func (s *PostgresServer) URL() string { return s.databaseURL(databaseName) }

func (s *PostgresServer) databaseURL(name string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(databaseName, s.password),
		Host:     net.JoinHostPort(host.Localhost, strconv.Itoa(s.port)),
		Path:     "/" + name,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Start starts the server on the port it had before, if that is free, and waits until it answers.
// Data is made at the first start.
func (s *PostgresServer) Start(ctx context.Context) error {
	if err := s.endOrphan(ctx); err != nil {
		return err
	}
	if s.majorVersion() == "" {
		if err := s.initialize(ctx); err != nil {
			return err
		}
	}
	var err error
	for range 3 {
		if err = s.run(ctx); err == nil || ctx.Err() != nil {
			break
		}
		// Somebody may have taken the free port before PostgreSQL did, or what a killed server
		// leaves in memory lives on until the last of its processes has noticed.
		pause(ctx, time.Second)
	}
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w; its log, %s, ends with:\n%s", err, s.logFile(), host.LastLines(s.logFile()))
	}
	s.log.InfoContext(ctx, "PostgreSQL runs", "port", s.port, "version", s.binaries.version, "dir", s.dir)
	return nil
}

// initialize makes the data folder: under another name first, so that half a one is never used.
func (s *PostgresServer) initialize(ctx context.Context) error {
	fresh := s.data() + ".new"
	var output []byte
	var err error
	// The character type must know more than ASCII, for lower() and trigrams. Names differ by system.
	for _, locale := range []string{"C.UTF-8", "en_US.UTF-8", "C"} {
		if err := os.RemoveAll(fresh); err != nil {
			return err
		}
		args := []string{"-D", fresh, "-U", databaseName, "--pwfile=" + filepath.Join(s.dir, "password"),
			"--auth=scram-sha-256", "--encoding=UTF8", "--locale=" + locale}
		if s.quick {
			args = append(args, "--no-sync")
		}
		cmd := s.command(ctx, "initdb", args...)
		if output, err = cmd.CombinedOutput(); err == nil {
			return os.Rename(fresh, s.data())
		}
		if !strings.Contains(string(output), "locale") {
			break
		}
	}
	return fmt.Errorf("make the data folder of PostgreSQL: %w:\n%s", err, output)
}

// run makes one attempt to start.
func (s *PostgresServer) run(ctx context.Context) error {
	text, _ := os.ReadFile(filepath.Join(s.dir, "port"))
	remembered, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	port, err := host.FreePort(cmp.Or(s.port, remembered))
	if err != nil {
		return err
	}
	s.port = port
	args := []string{"-D", s.data(), "-p", strconv.Itoa(port)}
	for _, setting := range append([]string{
		"listen_addresses=" + host.Localhost, "unix_socket_directories=", "timezone=UTC", "log_timezone=UTC", "lc_messages=C",
	}, s.settings...) {
		args = append(args, "-c", setting)
	}
	log, err := host.OpenLog(s.logFile())
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own
	cmd := s.command(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	if s.process, err = host.Launch(cmd, s.account, syscall.SIGINT); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		s.end()
		return err
	}
	return host.WriteFile(filepath.Join(s.dir, "port"), []byte(strconv.Itoa(port)))
}

// waitReady waits until the database exists and answers.
func (s *PostgresServer) waitReady(ctx context.Context) error {
	var last error
	err := host.Until(ctx, host.StartWithin, func() (bool, error) {
		if !s.process.Running() {
			return false, errors.New("it ended")
		}
		last = s.ensureDatabase(ctx)
		return last == nil, nil
	})
	return errors.Join(err, last)
}

func (s *PostgresServer) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.databaseURL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var exists, trigrams bool
	err = conn.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1),
		       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')`, databaseName).Scan(&exists, &trigrams)
	if err != nil || exists {
		return err
	}
	if !trigrams {
		s.log.WarnContext(ctx, "this PostgreSQL lacks the extension pg_trgm; it comes with the package postgresql-contrib")
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName)
	return err
}

// endOrphan ends the PostgreSQL that a killed run left behind in our data folder.
func (s *PostgresServer) endOrphan(ctx context.Context) error {
	pidFile := filepath.Join(s.data(), "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // ended cleanly, or never ran
	}
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return nil // PostgreSQL sees for itself that its file is stale
	}
	if !host.RunsIn(pid, s.data()) {
		return os.Remove(pidFile) // the number is another process's now, which PostgreSQL cannot see
	}
	s.log.InfoContext(ctx, "ending the PostgreSQL that an earlier run left behind", "pid", pid)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := syscall.Kill(pid, signal); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("end PostgreSQL %d: %w", pid, err)
		}
		if err := host.Until(ctx, host.StopWithin, func() (bool, error) { return !host.RunsIn(pid, s.data()), nil }); err == nil {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL %d runs in %s and cannot be ended", pid, s.data())
}

// Stop ends the server as an orderly shutdown does: open transactions are rolled back.
func (s *PostgresServer) Stop() { s.end() }

// Kill ends the server as a power cut does. The next Start repairs from its log.
func (s *PostgresServer) Kill() {
	if s.process != nil {
		// SIGQUIT is PostgreSQL's own power cut: no checkpoint, no good-bye, but it takes its children along.
		s.process.Stop(host.StopWithin, syscall.SIGQUIT)
	}
}

// Restart stops the server and starts it again on the same port.
func (s *PostgresServer) Restart(ctx context.Context) error {
	s.Stop()
	return s.Start(ctx)
}

func (s *PostgresServer) end() {
	if s.process != nil {
		s.process.Stop(host.StopWithin, syscall.SIGINT, syscall.SIGQUIT)
	}
}

func (s *PostgresServer) logFile() string { return filepath.Join(s.dir, "log") }
