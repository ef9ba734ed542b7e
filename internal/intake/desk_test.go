package intake_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/devstack"
	"postroom/internal/intake"
	"postroom/internal/setup"
	"postroom/internal/store"
)

var secretKey = bytes.Repeat([]byte{7}, 32)

// install migrates and seeds an empty database.
func install(url string) error {
	ctx := context.Background()
	if _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: url, SecretKey: secretKey})
	if err != nil {
		return err
	}
	defer s.Close()
	return setup.Seed(ctx, s, setup.Address{FQDN: "zammad.example.com", HTTPType: "https"})
}

// house is an installation with nothing but the intake at work.
type house struct {
	t      testing.TB
	store  *store.Store
	intake *intake.Intake
	db     *pgxpool.Pool // to look behind the store's back
	names  int
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return openHouse(t, devstack.DatabaseFrom(t, "installed", install))
}

func openHouse(t testing.TB, url string) *house {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{URL: url, SecretKey: secretKey, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	db, err := pgxpool.New(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &house{t: t, store: s, db: db, intake: intake.New(s, blob.New(t.TempDir()), slog.New(slog.DiscardHandler))}
}

// exec changes the database directly.
func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Exec(context.Background(), sql, args...); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	h.store.ForgetCatalog()
}

// ask reads one value of the database.
func ask[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	rows, _ := h.db.Query(context.Background(), sql, args...)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (h *house) setting(name string, value any) {
	h.t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		h.t.Fatal(err)
	}
	h.exec(`UPDATE settings SET state_current = jsonb_build_object('value', $2::jsonb) WHERE name = $1`, name, encoded)
}

// receive takes mails over, each under a name of its own.
func (h *house) receive(raws ...string) {
	h.t.Helper()
	var messages []channels.Inbound
	for _, raw := range raws {
		messages = append(messages, h.inbound(raw))
	}
	h.receiveFrom(messages...)
}

func (h *house) receiveFrom(messages ...channels.Inbound) {
	h.t.Helper()
	if err := h.intake.Receive(h.t.Context(), messages); err != nil {
		h.t.Fatalf("receive: %v", err)
	}
}

func (h *house) inbound(raw string) channels.Inbound {
	h.names++
	return channels.Inbound{Kind: "email", ExternalID: fmt.Sprintf("1:%d", h.names), Raw: []byte(raw), ReceivedAt: time.Now()}
}

// work is a task that waits in the outbox.
type work struct {
	Outbox  desk.OutboxID
	Inbound desk.InboundID
}

func (h *house) waiting() []work {
	h.t.Helper()
	rows, _ := h.db.Query(context.Background(),
		`SELECT id AS outbox, (payload->>'inbound_id')::bigint AS inbound FROM outbox WHERE kind = 'message.received' ORDER BY id`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[work])
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// processAll works off everything that waits, oldest first, until nothing is left.
func (h *house) processAll() {
	h.t.Helper()
	for rounds := 0; ; rounds++ {
		list := h.waiting()
		if len(list) == 0 {
			return
		}
		if rounds > 50 {
			h.t.Fatalf("still %d tasks after %d rounds", len(list), rounds)
		}
		for _, w := range list {
			if err := h.intake.Process(h.t.Context(), w.Inbound, w.Outbox); err != nil {
				h.t.Fatalf("process message %d: %v", w.Inbound, err)
			}
		}
	}
}

// processParallel does so with several workers, each task twice.
func (h *house) processParallel(workers int) {
	h.t.Helper()
	for rounds := 0; ; rounds++ {
		list := h.waiting()
		if len(list) == 0 {
			return
		}
		if rounds > 50 {
			h.t.Fatalf("still %d tasks after %d rounds", len(list), rounds)
		}
		tasks := make(chan work)
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for w := range tasks {
					if err := h.intake.Process(h.t.Context(), w.Inbound, w.Outbox); err != nil { // a deadlock, for example
						h.t.Errorf("process message %d: %v", w.Inbound, err)
					}
				}
			})
		}
		for _, w := range list {
			tasks <- w
			tasks <- w
		}
		close(tasks)
		group.Wait()
	}
}

// outcome is what became of a mail.
type outcome struct {
	State   string
	Ticket  desk.Ticket
	Article desk.Article
}

// outcomeOf looks a mail up by its Message-ID.
func (h *house) outcomeOf(messageID string) outcome {
	h.t.Helper()
	var out outcome
	var ticket *desk.TicketID
	var article *desk.ArticleID
	err := h.db.QueryRow(context.Background(),
		`SELECT state, ticket_id, article_id FROM inbound_messages WHERE message_id_md5 = $1 ORDER BY id DESC LIMIT 1`,
		thread.MessageIDSum(messageID)).Scan(&out.State, &ticket, &article)
	if err != nil {
		h.t.Fatalf("message %s: %v", messageID, err)
	}
	if ticket != nil {
		if out.Ticket, err = h.store.Ticket(context.Background(), *ticket); err != nil {
			h.t.Fatal(err)
		}
	}
	if article != nil {
		if out.Article, err = h.store.Article(context.Background(), *article); err != nil {
			h.t.Fatal(err)
		}
	}
	return out
}

// take receives and processes one mail and returns what became of it.
func (h *house) take(raw string) outcome {
	h.t.Helper()
	id := ""
	if _, after, ok := strings.Cut(raw, "Message-ID: "); ok {
		id, _, _ = strings.Cut(after, "\n")
	} else {
		id = "<" + strings.ToLower(rand.Text()) + "@test.example.com>"
		raw = "Message-ID: " + id + "\n" + raw
	}
	h.receive(raw)
	h.processAll()
	return h.outcomeOf(strings.TrimSpace(id))
}

// mail writes a mail: headers as "Name: value", then the body.
func mail(headers ...string) string {
	have := strings.ToLower(strings.Join(headers, "\n"))
	for _, otherwise := range []string{"From: Nicole Braun <nicole@example.org>", "To: support@example.com", "Subject: Printer on fire"} {
		name, _, _ := strings.Cut(otherwise, ":")
		if !strings.HasPrefix(have, strings.ToLower(name)+":") && !strings.Contains(have, "\n"+strings.ToLower(name)+":") {
			headers = append(headers, otherwise)
		}
	}
	return strings.Join(headers, "\n") + "\n\nhelp\n"
}
