package jobs

import (
	"errors"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/jobs/task"
)

func TestSenderOfALargeMailIsAnswered(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	work := task.MailTooLarge{ChannelID: 100, To: "nicole@example.org", Name: "Nicole Braun", Subject: "photos", MessageID: "<big@example.org>", Size: 12_900_000}
	if err := p.store.Announce(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	job := NewRefuseMail(p.store, func(desk.Channel) (channels.Sender, error) { return &p.server, nil }, DeliveryDelays(), p.log)
	for range 2 { // the second finds its work done
		if err := job.Work(t.Context(), work, 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.server.sent) != 1 {
		t.Fatalf("%d mails went out, want one", len(p.server.sent))
	}
	mail := p.server.sent[0]
	if mail.To != "nicole@example.org" || mail.From != "Desk <desk@example.com>" || mail.Subject != "[undeliverable] Message too large" ||
		mail.InReplyTo != "<big@example.org>" || len(mail.References) != 1 || mail.Notification || mail.ContentType != "text/plain" {
		t.Errorf("the mail is %+v", mail)
	}
	for _, fact := range []string{"Nicole Braun", "photos", "12.30 MB", "10 MB", "desk.example.com"} {
		if !strings.Contains(mail.Body, fact) {
			t.Errorf("%q is missing in %s", fact, mail.Body)
		}
	}
}

func TestAnswerToALargeMailIsGivenUpQuietly(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	if err := p.store.Announce(t.Context(), task.MailTooLarge{ChannelID: 100, To: "a@example.org", MessageID: "<1@example.org>"}, task.MailTooLarge{ChannelID: 999}); err != nil {
		t.Fatal(err)
	}
	p.server.refuse = func(int) error { return errors.New("no such mailbox") }
	job := NewRefuseMail(p.store, func(desk.Channel) (channels.Sender, error) { return &p.server, nil }, DeliveryDelays(), p.log)
	if err := job.Work(t.Context(), task.MailTooLarge{ChannelID: 100, To: "a@example.org", MessageID: "<1@example.org>"}, 1); err == nil {
		t.Error("an answer that was refused counts as sent")
	}
	if err := job.GiveUp(t.Context(), p.store, task.MailTooLarge{ChannelID: 100}, 1, errors.New("refused")); err != nil {
		t.Fatal(err)
	}
	if err := job.Work(t.Context(), task.MailTooLarge{ChannelID: 999}, 2); err != nil { // its channel is gone
		t.Fatal(err)
	}
	var left int
	if err := p.db.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d works are left, %v", left, err)
	}
}
