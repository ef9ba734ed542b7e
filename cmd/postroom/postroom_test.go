package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"postroom/internal/devstack"
)

// shell runs verbs as a user would, in an environment of its own.
type shell struct {
	t       *testing.T
	environ []string
}

// newShell has a database with tables and nothing else in it.
func newShell(t *testing.T, more ...string) (shell, *pgx.Conn) {
	t.Helper()
	url := devstack.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return shell{t, append([]string{"DATABASE_URL=" + url, "DATABASE_CONNS=4", "DATA_DIR=" + t.TempDir()}, more...)}, conn
}

// newInstallation is newShell with seeds.
func newInstallation(t *testing.T, more ...string) (shell, *pgx.Conn) {
	t.Helper()
	s, conn := newShell(t, more...)
	s.ok("migrate")
	return s, conn
}

// run returns exit status and output.
func (s shell) run(in string, args ...string) (status int, out, err string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{environ: s.environ, in: strings.NewReader(in), out: &stdout, err: &stderr}
	status = p.run(s.t.Context(), args)
	return status, stdout.String(), stderr.String()
}

// ok runs a verb that has to succeed and returns what it printed.
func (s shell) ok(args ...string) string {
	s.t.Helper()
	return s.okWith("", args...)
}

func (s shell) okWith(in string, args ...string) string {
	s.t.Helper()
	status, out, err := s.run(in, args...)
	if status != 0 {
		s.t.Fatalf("postroom %s: exit %d: %s", strings.Join(args, " "), status, err)
	}
	return out
}

// fails runs a verb that has to end with status and say something like wanted.
func (s shell) fails(status int, wanted string, args ...string) {
	s.t.Helper()
	s.failsWith("", status, wanted, args...)
}

func (s shell) failsWith(in string, status int, wanted string, args ...string) {
	s.t.Helper()
	got, out, err := s.run(in, args...)
	if got != status || !strings.Contains(err, wanted) {
		s.t.Errorf("postroom %s: exit %d, %s%s; want exit %d and %q", strings.Join(args, " "), got, out, err, status, wanted)
	}
}

// value returns the one value of a query as text.
func value(t *testing.T, conn *pgx.Conn, sql string, args ...any) string {
	t.Helper()
	var v *string
	if err := conn.QueryRow(t.Context(), "SELECT ("+sql+")::text", args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if v == nil {
		return "null"
	}
	return *v
}

func wantIn(t *testing.T, what, got string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(got, w) {
			t.Errorf("%s = %q, want %q in it", what, got, w)
		}
	}
}

// running is a verb that goes on until it is stopped.
type running struct {
	t      *testing.T
	stop   context.CancelFunc
	status chan int
	out    *console
	err    *console
}

func (s shell) start(args ...string) *running {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	r := &running{t: s.t, stop: stop, status: make(chan int, 1), out: newConsole(), err: newConsole()}
	p := &program{environ: s.environ, in: strings.NewReader(""), out: r.out, err: r.err}
	go func() { r.status <- p.run(ctx, args) }()
	s.t.Cleanup(stop)
	return r
}

// patience is far longer than anything here takes; only a test that fails needs it all.
const patience = 60 * time.Second

// printed waits for a text on standard output and returns all of it so far.
func (r *running) printed(text string) string {
	r.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		all, more := r.out.read()
		if strings.Contains(all, text) {
			return all
		}
		select {
		case <-more:
		case status := <-r.status:
			all, _ := r.err.read()
			r.t.Fatalf("exit %d before %q was printed: %s", status, text, all)
		case <-limit.C:
			r.t.Fatalf("%q was never printed", text)
		}
	}
}

// ends stops the verb and returns its exit status.
func (r *running) ends() int {
	r.t.Helper()
	r.stop()
	select {
	case status := <-r.status:
		return status
	case <-time.After(patience):
		r.t.Fatal("it did not stop")
		return -1
	}
}

// console collects output and says when there is more.
type console struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

var _ io.Writer = (*console)(nil)

func newConsole() *console { return &console{more: make(chan struct{})} }

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.more)
	c.more = make(chan struct{})
	return c.text.Write(p)
}

func (c *console) read() (string, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String(), c.more
}

func TestEveryVerbExplainsItself(t *testing.T) {
	t.Parallel()
	p := &program{out: io.Discard, err: io.Discard}
	var look func(cmd *cobra.Command)
	verbs := 0
	look = func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s has no short description", cmd.CommandPath())
		}
		if !cmd.HasSubCommands() {
			verbs++
			if cmd.Example == "" || !strings.Contains(cmd.Example, "postroom "+strings.TrimPrefix(cmd.CommandPath(), "postroom ")) {
				t.Errorf("%s has no example", cmd.CommandPath())
			}
		}
		for _, member := range cmd.Commands() {
			look(member)
		}
	}
	look(p.root())
	if verbs < 30 {
		t.Errorf("%d verbs, there are more", verbs)
	}
}

func TestWrongUseSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := shell{t, []string{"DATA_DIR=" + t.TempDir()}}
	s.fails(64, "postroom --help", "frobnicate")
	s.fails(64, "postroom user create --help", "user", "create")
	s.fails(64, "LOGIN is missing", "user", "create")
	s.fails(64, "ID is missing", "spool", "drop")
	s.fails(64, "VALUE is missing", "settings", "set", "fqdn")
	s.fails(64, `"bob" is too much: after LOGIN comes nothing`, "user", "unlock", "ann", "bob")
	s.fails(64, "postroom channel add email --help", "channel", "add", "email", "--imap-host", "imap.example.org")
	s.fails(64, "smtp-host", "channel", "add", "email", "--imap-host", "a", "--imap-user", "b", "--address", "c@d.example")
	s.fails(64, "json", "config", "--json", "--markdown")
	s.fails(64, "postroom jobs list --help", "jobs", "list", "--sideways")
	s.fails(1, "DATABASE_URL", "settings", "list")
	s.environ = append(s.environ, "POSTGRESQL_PORT=abc")
	s.fails(1, `POSTGRESQL_PORT="abc"`, "all")
	s.fails(1, `POSTGRESQL_PORT="abc"`, "config")
}

func TestVerbsAskForAnInstallation(t *testing.T) {
	t.Parallel()
	s, _ := newShell(t)
	s.fails(1, "postroom migrate", "settings", "list")
	s.ok("migrate")
	wantIn(t, "migrate again", s.ok("migrate"), "up to date already")
	s.ok("settings", "list")
	s.environ = append(s.environ, "SECRET_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	s.fails(1, "SECRET_KEY", "settings", "list")
}
