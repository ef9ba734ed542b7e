package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
	"postroom/jobs/task"
)

func TestArticleIsDelivered(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.set(t, "system_bcc", `"archive@example.com"`)
	p.set(t, "organization", `"Example Ltd"`)
	a := p.write(t, func(a *desk.Article) {
		a.Cc, a.InReplyTo = new("boss@example.org"), new("<q@example.org>")
	})
	p.run(t)
	p.wait(t, 30*time.Second, 0, outboxRows)
	if len(p.server.sent) != 1 {
		t.Fatalf("%d mails sent, want 1", len(p.server.sent))
	}
	m := p.server.sent[0]
	for _, tc := range []struct{ name, got, want string }{
		{"subject", m.Subject, "RE: Late parcel [Ticket#10042]"},
		{"from", m.From, "Desk <desk@example.com>"},
		{"to", m.To, "nicole@example.org"},
		{"cc", m.Cc, "boss@example.org"},
		{"bcc", m.Bcc, "archive@example.com"},
		{"message id", m.MessageID, *a.MessageID},
		{"in reply to", m.InReplyTo, "<q@example.org>"},
		{"references", strings.Join(m.References, " "), "<q@example.org>"},
		{"organization", m.Organization, "Example Ltd"},
		{"body", m.Body, "It is on its way."},
		{"greeting", m.EHLODomain, "desk.example.com"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s = %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	if m.Notification {
		t.Error("an agent's answer is marked as automatic")
	}
	after := p.article(t, a.ID)
	for key, want := range map[string]any{
		"delivery_status": "success", "delivery_status_message": nil, "delivery_channel_id": 100.0, "delivery_retry": 1.0,
	} {
		if got, ok := after.Preferences[key]; !ok || got != want {
			t.Errorf("%s = %v (%v), want %v", key, got, ok, want)
		}
	}
	if !after.UpdatedAt.Equal(a.UpdatedAt) {
		t.Errorf("updated_at moved from %s to %s by the delivery", a.UpdatedAt, after.UpdatedAt)
	}
	p.checkRemains(t, a)
}

// checkRemains looks at what a delivery leaves beside the article.
func (p *post) checkRemains(t *testing.T, a desk.Article) {
	t.Helper()
	raws, err := p.store.AttachmentsOf(t.Context(), desk.ObjectArticleMail, int64(a.ID))
	if err != nil || len(raws) != 1 || raws[0].Filename != fmt.Sprintf("ticket-10042-%d.eml", a.ID) {
		t.Fatalf("raw mails = %+v, %v, want one", raws, err)
	}
	raw, err := p.blobs.Get(t.Context(), p.store, raws[0].BlobID)
	if err != nil || !strings.HasPrefix(string(raw), "Message-ID: "+*a.MessageID) || int64(len(raw)) != raws[0].Size {
		t.Errorf("raw mail = %q, %v", raw, err)
	}
	if n := p.number(t, `SELECT count(*) FROM channels WHERE id = 100 AND status_out = 'ok' AND last_log_out = ''`); n != 1 {
		t.Error("the channel does not say that it delivered")
	}
	const line = `
		SELECT count(*)
		FROM history
		WHERE object = 'Ticket::Article' AND o_id = $1 AND type = 'email' AND value_from = 'Late parcel'
			AND value_to = 'nicole@example.org,boss@example.org'`
	if n := p.number(t, line, a.ID); n != 1 {
		t.Errorf("%d lines of history about the mail, want 1", n)
	}
}

func TestFilesGoOut(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	var ids []desk.BlobID
	err := p.store.InTx(t.Context(), func(tx *store.Store) (err error) {
		ids, err = p.blobs.Put(t.Context(), tx, blob.DB, []byte("png"), []byte("pdf"), []byte("jpg"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, blob desk.BlobID, preferences map[string]any) desk.Attachment {
		return desk.Attachment{Object: desk.ObjectArticle, Filename: name, Size: 3, BlobID: blob, Preferences: preferences, CreatedByID: 1}
	}
	p.write(t, func(a *desk.Article) {
		a.ContentType, a.Body = "text/html", `<img src="cid:1.a@desk">see both`
	},
		file("image1.png", ids[0], map[string]any{"Content-ID": "<1.a@desk>", "Content-Type": "image/png", "Content-Disposition": "inline"}),
		file("d.pdf", ids[1], map[string]any{"Mime-Type": "application/pdf"}),
		file("unused.jpg", ids[2], map[string]any{"Content-ID": "2.b@desk"}))
	p.run(t)
	p.wait(t, 30*time.Second, 0, outboxRows)
	if len(p.server.sent) != 1 {
		t.Fatalf("%d mails sent, want 1", len(p.server.sent))
	}
	want := []channels.File{
		{Filename: "image1.png", ContentType: "image/png", ContentID: "1.a@desk", Inline: true, Data: []byte("png")},
		{Filename: "d.pdf", ContentType: "application/pdf", Data: []byte("pdf")},
		{Filename: "unused.jpg", ContentType: "application/octet-stream", ContentID: "2.b@desk", Data: []byte("jpg")},
	}
	if got := p.server.sent[0].Attachments; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("files = %v, want %v", got, want)
	}
}

func TestRefusedMailIsTriedFourTimesThenShownOnTheTicket(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	refusal := &desk.InvalidError{Reason: "550 no such user"} // permanent, and yet tried again
	p.server.refuse = func(int) error { return refusal }
	a := p.write(t, func(a *desk.Article) { a.Cc = new("boss@example.org") })
	p.run(t)
	p.wait(t, 60*time.Second, 1, deadRows)
	if p.server.attempts != 4 {
		t.Errorf("%d attempts, want 4", p.server.attempts)
	}
	after := p.article(t, a.ID)
	for key, want := range map[string]any{
		"delivery_status": "fail", "delivery_status_message": "550 no such user", "delivery_retry": 4.0, "delivery_channel_id": 100.0,
	} {
		if got := after.Preferences[key]; got != want {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
	articles, err := p.store.ArticlesOf(t.Context(), p.ticket.ID)
	if err != nil || len(articles) != 2 {
		t.Fatalf("%d articles, %v, want the mail and one note", len(articles), err)
	}
	note := articles[1]
	if want := "Unable to send email to 'nicole@example.org,boss@example.org': 550 no such user"; note.Body != want {
		t.Errorf("note = %q, want %q", note.Body, want)
	}
	if !note.Internal || note.SenderID != desk.SenderSystem || note.TypeID != desk.ArticleNote {
		t.Errorf("note = %+v, want an internal System note", note)
	}
	for key, want := range map[string]any{"delivery_article_id_related": float64(a.ID), "delivery_message": true, "notification": true} {
		if got := note.Preferences[key]; got != want {
			t.Errorf("%s of the note = %v, want %v", key, got, want)
		}
	}
	ticket, err := p.store.Ticket(t.Context(), p.ticket.ID)
	if err != nil || ticket.StateID != desk.StateOpen || ticket.ArticleCount != 0 {
		t.Errorf("ticket: state %d, %d articles counted, %v; want it open", ticket.StateID, ticket.ArticleCount, err)
	}
	if n := p.number(t, `SELECT count(*) FROM channels WHERE id = 100 AND status_out = 'error' AND last_log_out = '550 no such user'`); n != 1 {
		t.Error("the channel does not say why it could not deliver")
	}
	// The cause is mended, and somebody retries.
	p.server.mu.Lock()
	p.server.refuse = nil
	p.server.mu.Unlock()
	if n, err := p.store.RetryWork(t.Context()); n != 1 || err != nil {
		t.Fatalf("retry = %d, %v, want 1", n, err)
	}
	p.wait(t, 30*time.Second, 0, outboxRows)
	if got := p.article(t, a.ID).Preferences["delivery_status"]; got != "success" {
		t.Errorf("delivery_status = %v after the retry, want success", got)
	}
}

func TestServersMayRefuseInAnyCharset(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.server.refuse = func(int) error { return errors.New("550 unbekannter Empf\xe4nger\x00") }
	a := p.write(t, nil)
	p.run(t)
	p.wait(t, 60*time.Second, 1, deadRows)
	const said = "550 unbekannter Empf?nger?"
	if got := p.article(t, a.ID).Preferences["delivery_status_message"]; got != said || p.server.attempts != 4 {
		t.Errorf("delivery_status_message = %v after %d attempts, want %q after 4", got, p.server.attempts, said)
	}
	if n := p.number(t, `SELECT count(*) FROM channels WHERE last_log_out = $1`, said); n != 1 {
		t.Error("the channel does not say why it could not deliver")
	}
	if n := p.number(t, `SELECT count(*) FROM outbox WHERE last_error LIKE '%' || $1`, said); n != 1 {
		t.Error("the dead work does not say why it could not be done")
	}
}

func TestThreeFailuresLeaveTheTicketAlone(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.server.refuse = func(attempt int) error {
		if attempt < 4 {
			return errors.New("451 later")
		}
		return nil
	}
	a := p.write(t, nil)
	p.run(t)
	p.wait(t, 60*time.Second, 0, outboxRows)
	articles, err := p.store.ArticlesOf(t.Context(), p.ticket.ID)
	if err != nil || len(articles) != 1 {
		t.Errorf("%d articles, %v, want no note", len(articles), err)
	}
	ticket, err := p.store.Ticket(t.Context(), p.ticket.ID)
	if err != nil || ticket.StateID != desk.StateClosed {
		t.Errorf("state = %d, %v, want it closed as before", ticket.StateID, err)
	}
	if got := p.article(t, a.ID).Preferences; got["delivery_status"] != "success" || got["delivery_retry"] != 4.0 {
		t.Errorf("preferences = %v, want success at the fourth attempt", got)
	}
}

func TestMissingThingsAreNamed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ sql, want string }{
		"inactive channel": {`UPDATE channels SET active = false WHERE id = 100`, "Channel for email address id '100' is inactive (channel id '100')!"},
		"no channel":       {`UPDATE email_addresses SET channel_id = NULL WHERE id = 100`, "No channel defined for email address id '100'!"},
		"no address":       {`DELETE FROM email_addresses WHERE id = 100`, "No email address with id '100' found!"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			a := p.write(t, nil)
			p.exec(t, tc.sql)
			if err := p.job().Work(t.Context(), task.ArticleToDeliver{ArticleID: a.ID}, 1); err == nil || desk.Permanent(err) {
				t.Errorf("error = %v, want one that is tried again", err)
			}
			if got := p.article(t, a.ID).Preferences["delivery_status_message"]; got != tc.want {
				t.Errorf("delivery_status_message = %v, want %q", got, tc.want)
			}
			if p.server.attempts != 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestTwoTasksSendOneMail(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	sending, release := make(chan struct{}), make(chan struct{})
	p.server.refuse = func(int) error {
		close(sending)
		<-release
		return nil
	}
	a := p.write(t, nil)
	work := task.ArticleToDeliver{ArticleID: a.ID}
	first := make(chan error)
	go func() { first <- p.job().Work(t.Context(), work, 1) }()
	<-sending
	if err := p.job().Work(t.Context(), work, 1); !errors.Is(err, outbox.ErrClaimed) {
		t.Errorf("second task while the first is sending: %v, want %v", err, outbox.ErrClaimed)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if err := p.job().Work(t.Context(), work, 1); err != nil {
		t.Errorf("third task after the first: %v, want nothing to do", err)
	}
	if len(p.server.sent) != 1 {
		t.Errorf("%d mails sent, want 1", len(p.server.sent))
	}
}

func TestBeingStoppedIsNoFailedDelivery(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	a := p.write(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	p.server.refuse = func(int) error {
		cancel()
		return context.Canceled
	}
	if err := p.job().Work(ctx, task.ArticleToDeliver{ArticleID: a.ID}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
	if got := p.article(t, a.ID).Preferences["delivery_status"]; got != nil {
		t.Errorf("delivery_status = %v, want none", got)
	}
	p.server.refuse = nil
	if err := p.job().Work(t.Context(), task.ArticleToDeliver{ArticleID: a.ID}, 1); err != nil || len(p.server.sent) != 1 {
		t.Errorf("next attempt: %v, %d sent, want it to go out at once", err, len(p.server.sent))
	}
}

// A channel that takes no more for now has not failed, however often it says so.
func TestMailThatIsPutOffIsNoFailedDelivery(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.server.refuse = func(attempt int) error {
		if attempt > 6 {
			return nil
		}
		return &channels.LaterError{After: 10 * time.Millisecond, Err: errors.New("too many messages")}
	}
	a := p.write(t, nil)
	p.run(t)
	p.wait(t, 60*time.Second, 0, outboxRows)
	after := p.article(t, a.ID)
	if after.Preferences["delivery_status"] != "success" || after.Preferences["delivery_retry"] != 1.0 || p.server.attempts != 7 {
		t.Errorf("preferences %v after %d attempts, want a success at the first that counts", after.Preferences, p.server.attempts)
	}
	if n := p.number(t, `SELECT count(*) FROM channels WHERE id = 100 AND status_out = 'error'`); n != 0 {
		t.Error("the channel is said to have failed")
	}
}

func TestDeletedArticleIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	a := p.write(t, nil)
	if _, err := p.store.DeleteArticle(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.wait(t, 30*time.Second, 0, outboxRows)
	if p.server.attempts != 0 {
		t.Error("it was sent")
	}
}

func TestAutomaticMailIsMarked(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.write(t, func(a *desk.Article) { a.SenderID = desk.SenderSystem })
	p.run(t)
	p.wait(t, 30*time.Second, 0, outboxRows)
	if len(p.server.sent) != 1 || !p.server.sent[0].Notification {
		t.Errorf("sent %+v, want one mail marked as automatic", p.server.sent)
	}
}

func TestGreetingOfMailServers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ fqdn, from, want string }{
		{"desk.example.com", "a@b.example", "desk.example.com"},
		{"desk.example.com:3000", "a@b.example", "desk.example.com"},
		{"localhost", "Desk <desk@b.example>", "b.example"},
		{"office.local", "desk@b.example", "b.example"},
		{"localhost", "", "localhost"},
	} {
		if got := desk.EHLODomain(tc.fqdn, tc.from); got != tc.want {
			t.Errorf("greeting of %q for %q = %q, want %q", tc.fqdn, tc.from, got, tc.want)
		}
	}
}
