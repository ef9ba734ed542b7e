package jobs

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/setup"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// post is a rig with a ticket, and a mail server of which the test says how it behaves.
type post struct {
	*rig
	blobs  *blob.Store
	ticket desk.Ticket
	server mailServer
}

// mailServer takes mails, or refuses them with the errors of refusals, one after another.
type mailServer struct {
	mu       sync.Mutex
	sent     []channels.Outbound
	refuse   func(attempt int) error
	attempts int
}

func (m *mailServer) Send(_ context.Context, message channels.Outbound) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts++
	if m.refuse != nil {
		if err := m.refuse(m.attempts); err != nil {
			return nil, err
		}
	}
	m.sent = append(m.sent, message)
	return []byte("Message-ID: " + message.MessageID + "\r\n\r\n" + message.Body), nil
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{rig: newRig(t), blobs: blob.New(t.TempDir())}
	ctx := t.Context()
	if err := setup.Seed(ctx, p.store, setup.Address{}); err != nil {
		t.Fatal(err)
	}
	p.exec(t, `
		INSERT INTO channels (id, area, options, active, updated_by_id, created_by_id)
		VALUES (100, 'Email::Account', '{"outbound":{"adapter":"smtp"}}', true, 1, 1)`)
	p.exec(t, `
		INSERT INTO email_addresses (id, channel_id, name, email, active, updated_by_id, created_by_id)
		VALUES (100, 100, 'Desk', 'desk@example.com', true, 1, 1)`)
	p.exec(t, `UPDATE groups SET email_address_id = 100 WHERE id = 1`)
	p.set(t, "fqdn", `"desk.example.com"`)
	p.ticket = desk.Ticket{
		GroupID: 1, PriorityID: 2, StateID: desk.StateClosed, OwnerID: 1, CustomerID: 1, Number: "10042", Title: "Late parcel",
		Stamp: desk.Stamp{CreatedByID: 1, UpdatedByID: 1},
	}
	if err := p.store.InsertTicket(ctx, &p.ticket); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *post) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := p.db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	p.store.ForgetCatalog()
}

func (p *post) set(t *testing.T, setting, value string) {
	t.Helper()
	p.exec(t, `UPDATE settings SET state_current = jsonb_build_object('value', $2::jsonb) WHERE name = $1`, setting, value)
}

// write writes an answer and announces its delivery, as the API does.
func (p *post) write(t *testing.T, change func(*desk.Article), files ...desk.Attachment) desk.Article {
	t.Helper()
	ctx := t.Context()
	catalog, err := p.store.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := desk.Article{
		TicketID: p.ticket.ID, TypeID: desk.ArticleEmail, SenderID: desk.SenderAgent, To: new("nicole@example.org"),
		Subject: new("Late parcel"), ContentType: "text/plain", Body: "It is on its way.",
		Preferences: map[string]any{"subtype": "reply"}, Stamp: desk.Stamp{CreatedByID: 1, UpdatedByID: 1},
	}
	if err := thread.ComposeEmail(&a, p.ticket, desk.User{ID: 1}, catalog, time.Now(), "u-1"); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&a)
	}
	err = p.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.InsertArticle(ctx, &a); err != nil {
			return err
		}
		for i := range files {
			files[i].OID = int64(a.ID)
		}
		if err := tx.InsertAttachments(ctx, files); err != nil {
			return err
		}
		return tx.Announce(ctx, task.ArticleToDeliver{ArticleID: a.ID})
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *post) job() *DeliverArticle {
	open := func(c desk.Channel) (channels.Sender, error) {
		if c.ID != 100 {
			return nil, fmt.Errorf("channel %d", c.ID)
		}
		return &p.server, nil
	}
	return NewDeliverArticle(p.store, p.blobs, open, []time.Duration{0, 0, 0}, p.log)
}

// run starts relay and workers.
func (p *post) run(t *testing.T) {
	t.Helper()
	start(t, NewRelay(p.store, p.redis, p.log).Run)
	start(t, NewWorkers(p.store, p.redis, p.log, WorkersOptions{
		Counts: map[string]int{task.Deliver: 4}, ShutdownWithin: 5 * time.Second,
	}, p.job().Handler()).Run)
}

func (p *post) article(t *testing.T, id desk.ArticleID) desk.Article {
	t.Helper()
	a, err := p.store.Article(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
