package jobs

import (
	"regexp"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/notify"
	"postroom/internal/store"
	"postroom/internal/store/signin"
	"postroom/jobs/task"
)

var tokenInMail = regexp.MustCompile(`#password_reset_verify/([\w-]+)`)

func TestMailOfALostPasswordCarriesAFreshToken(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ctx := t.Context()
	p.exec(t, `UPDATE users SET preferences = '{"locale": "de-de"}', email = 'nicole@example.org' WHERE id = 2`)
	p.exec(t, `UPDATE channels SET active = true WHERE area = 'Email::Notification'`)
	err := p.store.InTx(ctx, func(tx *store.Store) error {
		return tx.Announce(ctx, task.AccountMail{UserID: 2, About: task.PasswordReset})
	})
	if err != nil {
		t.Fatal(err)
	}
	p.server.refuse = func(attempt int) error {
		if attempt == 1 {
			return desk.ErrUnavailable
		}
		return nil
	}
	mails, err := notify.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	job := NewMailAccount(p.store, mails, func(desk.Channel) (channels.Sender, error) { return &p.server, nil }, DeliveryDelays(), p.log)
	work := task.AccountMail{UserID: 2, About: task.PasswordReset}
	if err := job.Work(ctx, work, 1); err == nil {
		t.Fatal("a mail that was refused counts as sent")
	}
	p.exec(t, `UPDATE outbox SET claimed_until = NULL`)
	if err := job.Work(ctx, work, 1); err != nil {
		t.Fatal(err)
	}
	if len(p.server.sent) != 1 {
		t.Fatalf("%d mails went out", len(p.server.sent))
	}
	mail := p.server.sent[0]
	if mail.To != "nicole@example.org" || !mail.Notification || mail.MessageID != "<account.1@desk.example.com>" ||
		!strings.Contains(mail.Subject, "Neues Passwort") || mail.From != "Postroom <noreply@desk.example.com>" {
		t.Errorf("the mail is %+v", mail)
	}
	found := tokenInMail.FindStringSubmatch(mail.Body)
	if found == nil {
		t.Fatalf("no token in %s", mail.Body)
	}
	owner, err := p.store.TokenOwner(ctx, signin.TokenPasswordReset, credential.HashToken(found[1]))
	if err != nil || owner != 2 {
		t.Errorf("the token is that of user %d, %v", owner, err)
	}
	var tokens, waiting int
	if err := p.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM tokens WHERE action = 'PasswordReset'), (SELECT count(*) FROM outbox)`).Scan(&tokens, &waiting); err != nil {
		t.Fatal(err)
	}
	if tokens != 1 || waiting != 0 {
		t.Errorf("%d tokens and %d works are left, want the last token and no work", tokens, waiting)
	}
}
