package jobs

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/store"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// errand is work for tests: its effect is a line of history with its number.
type errand struct {
	N int64 `json:"n"`
}

func (errand) Kind() string  { return "test.errand" }
func (errand) Queue() string { return task.Maintenance }

// jobFunc makes a function a job.
type jobFunc[T task.Kind] func(ctx context.Context, t T, id desk.OutboxID) error

func (f jobFunc[T]) Work(ctx context.Context, t T, id desk.OutboxID) error { return f(ctx, t, id) }

// rig is an installation without rooms above jobs.
type rig struct {
	databaseURL string
	redisURL    string
	store       *store.Store
	redis       redis.UniversalClient
	db          *pgxpool.Pool
	log         *slog.Logger
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{databaseURL: devstack.Database(t), redisURL: devstack.Redis(t), log: slog.New(slog.DiscardHandler)}
	r.store = r.openStore(t)
	r.redis = dial(t, r.redisURL)
	db, err := pgxpool.New(t.Context(), r.databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	r.db = db
	return r
}

func (r *rig) openStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: r.databaseURL, MaxConns: 12, SecretKey: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func dial(t testing.TB, url string) redis.UniversalClient {
	t.Helper()
	client, err := Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (r *rig) house(t testing.TB) house {
	t.Helper()
	house, err := houseOf(t.Context(), r.store)
	if err != nil {
		t.Fatal(err)
	}
	return house
}

// start runs something until the test ends or stop is called, which waits for its end.
func start(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil {
			t.Errorf("stopped with %v", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// effect writes the errand's effect and ends its row.
func (r *rig) effect(ctx context.Context, e errand, id desk.OutboxID) error {
	return r.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); err != nil {
			return ignoreDone(err)
		}
		change := desk.Change{Object: "Errand", OID: e.N, Type: "done", By: desk.SystemUser}
		if err := tx.AddHistory(ctx, []desk.Change{change}); err != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}

func ignoreDone(err error) error {
	if desk.Permanent(err) { // not found: somebody was faster
		return nil
	}
	return err
}

func (r *rig) workers(concurrency int, handlers ...Handler) *Workers {
	return NewWorkers(r.store, r.redis, r.log, WorkersOptions{
		Counts:         map[string]int{task.Maintenance: concurrency},
		ShutdownWithin: 20 * time.Second,
	}, handlers...)
}

func (r *rig) errands() Handler {
	return Handle(jobFunc[errand](r.effect), Patient(time.Minute))
}

// announce announces errands from to to-1.
func (r *rig) announce(t testing.TB, from, to int64) {
	t.Helper()
	var work []task.Kind
	for n := from; n < to; n++ {
		work = append(work, errand{N: n})
	}
	err := r.store.InTx(t.Context(), func(tx *store.Store) error { return tx.Announce(t.Context(), work...) })
	if err != nil {
		t.Fatal(err)
	}
}

// number returns the one number of a query.
func (r *rig) number(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := r.db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// wait waits until a query returns want.
func (r *rig) wait(t testing.TB, within time.Duration, want int, sql string, args ...any) {
	t.Helper()
	got := 0
	if !jobtest.Eventually(within, func() bool { got = r.number(t, sql, args...); return got == want }) {
		t.Fatalf("%s = %d after %s, want %d", sql, got, within, want)
	}
}

const (
	outboxRows  = `SELECT count(*) FROM outbox WHERE kind <> 'ticket.changed'` // those wait for triggers, which are not at work here
	effects     = `SELECT count(*) FROM history WHERE object = 'Errand'`
	errandsDone = `SELECT count(DISTINCT o_id) FROM history WHERE object = 'Errand'`
)

// onceEach checks that every errand had its effect exactly once.
func (r *rig) onceEach(t testing.TB, want int) {
	t.Helper()
	r.wait(t, 60*time.Second, 0, outboxRows)
	if done, all := r.number(t, errandsDone), r.number(t, effects); done != want || all != want {
		t.Errorf("%d errands: %d done, %d effects, want each once", want, done, all)
	}
}

// gate stands between us and a server, and can be closed like a server that is down.
type gate struct {
	server string
	port   net.Listener
	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
}

// newGate returns a gate to the server of a URL, and the URL of the gate.
func newGate(t testing.TB, server string) (*gate, string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{server: u.Host, port: port, conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() { g.accept(&running) })
	t.Cleanup(func() {
		_ = port.Close()
		g.set(true)
		running.Wait()
	})
	u.Host = port.Addr().String()
	return g, u.String()
}

func (g *gate) accept(running *sync.WaitGroup) {
	for {
		in, err := g.port.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", g.server)
		if err != nil || !g.admit(in, out) {
			_ = in.Close()
			if err == nil {
				_ = out.Close()
			}
			continue
		}
		pipe := func(to, from net.Conn) {
			_, _ = io.Copy(to, from)
			_ = to.Close()
			_ = from.Close()
		}
		running.Go(func() { pipe(in, out) })
		running.Go(func() { pipe(out, in) })
	}
}

func (g *gate) admit(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range conns {
		g.conns[c] = true
	}
	return !g.closed
}

// set closes or opens the gate. Closing it cuts all connections.
func (g *gate) set(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
	if closed {
		for c := range g.conns {
			_ = c.Close()
		}
		clear(g.conns)
	}
}
