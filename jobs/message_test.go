package jobs

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/intake"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// shelf is where unprocessable messages are kept.
type shelf struct {
	mu   sync.Mutex
	kept []string
	full bool
}

func (s *shelf) keep(raw []byte, message arrivals.Message, reason error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("no space left on device")
	}
	if message.ID == 0 || reason == nil {
		return errors.New("kept without knowing what and why")
	}
	s.kept = append(s.kept, string(raw))
	return nil
}

func (s *shelf) setFull(full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = full
}

// unreadable is a mail that nobody sent: no header names a sender.
const unreadable = "Subject: who am I\r\n\r\nhello\r\n"

func (p *post) receive(t *testing.T, in *intake.Intake, raws ...string) {
	t.Helper()
	var messages []channels.Inbound
	for _, raw := range raws {
		messages = append(messages, channels.Inbound{Kind: "email", ExternalID: raw, Raw: []byte(raw), ReceivedAt: time.Now()})
	}
	if err := in.Receive(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
}

// runInbound starts relay and workers for received messages.
func (p *post) runInbound(t *testing.T, in *intake.Intake, s *shelf) {
	t.Helper()
	start(t, NewRelay(p.store, p.redis, p.log).Run)
	start(t, NewWorkers(p.store, p.redis, p.log, WorkersOptions{
		Counts: map[string]int{task.Inbound: 4}, ShutdownWithin: 5 * time.Second,
	}, NewProcessMessage(in, nil, s.keep, p.log).Handler()).Run)
}

func TestUnreadableMailIsKeptAndHarmsNoOther(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	in, s := intake.New(p.store, p.blobs, p.log), &shelf{}
	p.runInbound(t, in, s)
	p.receive(t, in, unreadable, "From: a@example.org\r\nSubject: one\r\n\r\nhello\r\n", "From: b@example.org\r\nSubject: two\r\n\r\nhello\r\n")
	p.wait(t, 30*time.Second, 0, outboxRows)
	if len(s.kept) != 1 || s.kept[0] != unreadable {
		t.Errorf("kept %q, want the unreadable mail", s.kept)
	}
	const failed = `SELECT count(*) FROM inbound_messages WHERE state = 'failed' AND error <> ''`
	if n := p.number(t, failed); n != 1 {
		t.Errorf("%d failed messages, want 1", n)
	}
	if n := p.number(t, `SELECT count(*) FROM inbound_messages WHERE state = 'processed'`); n != 2 {
		t.Errorf("%d processed messages, want 2", n)
	}
}

func TestUnreadableMailIsNeverLostBetweenInboxAndShelf(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	in, s := intake.New(p.store, p.blobs, p.log), &shelf{full: true}
	p.runInbound(t, in, s)
	p.receive(t, in, unreadable)
	if !jobtest.Eventually(30*time.Second, func() bool { return p.number(t, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`) == 1 }) {
		t.Fatal("the work was not enqueued")
	}
	if n := p.number(t, `SELECT count(*) FROM inbound_messages WHERE state = 'received'`); n != 1 {
		t.Errorf("%d messages are still received, want 1", n)
	}
	s.setFull(false)
	p.wait(t, 30*time.Second, 0, outboxRows)
	if len(s.kept) != 1 {
		t.Errorf("kept %q, want the mail, once there is space", s.kept)
	}
}

// Whoever holds a connection and asks for a second one waits for ever when all do so.
func TestGivingUpNeedsOneConnection(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	narrow, err := store.Open(t.Context(), store.Options{URL: p.databaseURL, MaxConns: 1, SecretKey: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	defer narrow.Close()
	in, s := intake.New(narrow, p.blobs, p.log), &shelf{}
	p.receive(t, in, unreadable)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err = narrow.InTx(ctx, func(tx *store.Store) error {
		return NewProcessMessage(in, nil, s.keep, p.log).GiveUp(ctx, tx, task.MessageReceived{InboundID: 1}, 1, errors.New("unreadable"))
	})
	if err != nil || len(s.kept) != 1 {
		t.Errorf("kept %q, %v, want the mail", s.kept, err)
	}
}

func TestStrandedMessagesAreFound(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	in, s := intake.New(p.store, p.blobs, p.log), &shelf{}
	p.receive(t, in, "From: a@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: one\r\n\r\nhello\r\n")
	p.exec(t, `DELETE FROM outbox`)
	p.runInbound(t, in, s)
	if n, err := p.store.AnnounceStranded(t.Context(), strandedAfter); n != 0 || err != nil {
		t.Errorf("announced %d, %v, want none: it is young", n, err)
	}
	p.exec(t, `UPDATE inbound_messages SET received_at = now() - interval '3 minutes'`)
	start(t, NewMaintenance(p.store, p.log).Run)
	p.wait(t, 30*time.Second, 1, `SELECT count(*) FROM inbound_messages WHERE state = 'processed'`)
	if n, err := p.store.AnnounceStranded(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("announced %d, %v, want none: it is processed", n, err)
	}
}

func TestTokensGoThatProvedSomethingForAWhile(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	const token = `
		INSERT INTO tokens (user_id, name, action, token_hash, persistent, created_at, expires_at)
		VALUES (1, $1, 'api', sha256($1::text::bytea), $2, now() - $3::interval, now() + $4::interval)`
	p.exec(t, token, "expired", true, "2 years", "-2 days")
	p.exec(t, token, "lives", true, "2 years", "2 days")
	p.exec(t, token, "endless", true, "2 years", nil)
	p.exec(t, token, "old session", false, "31 days", nil)
	p.exec(t, token, "session", false, "1 day", nil)
	if n, err := p.store.PurgeTokens(t.Context()); n != 1 || err != nil {
		t.Errorf("purged %d, %v, want 1", n, err)
	}
	var names []string
	rows, err := p.db.Query(t.Context(), `SELECT name FROM tokens ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if got := strings.Join(names, ", "); got != "endless, expired, lives, session" {
		t.Errorf("left: %s, want endless, expired, lives, session", got)
	}
}
