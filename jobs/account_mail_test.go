package jobs

import (
	"net/textproto"
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
	p.exec(t, `UPDATE settings SET state_current = '{"value": "archive@example.com"}' WHERE name = 'system_bcc'`)
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
	if mail.Bcc != "" {
		t.Errorf("a copy of the key to an account goes to %s", mail.Bcc)
	}
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

func TestAccountMailThatReachesNobodyIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		left int
	}{{&desk.InvalidError{Field: "to", Reason: "550 no such user"}, 0}, {&textproto.Error{Code: 451, Msg: "greylisted"}, 1}} {
		p := newPost(t)
		p.exec(t, `UPDATE channels SET active = true WHERE area = 'Email::Notification'`)
		work := task.AccountMail{UserID: 2, About: task.PasswordChanged}
		if err := p.store.Announce(t.Context(), work); err != nil {
			t.Fatal(err)
		}
		p.server.refuse = func(int) error { return tc.err }
		mails, err := notify.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		job := NewMailAccount(p.store, mails, func(desk.Channel) (channels.Sender, error) { return &p.server, nil }, DeliveryDelays(), p.log)
		err = job.Work(t.Context(), work, 1)
		var left int
		if counting := p.db.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&left); counting != nil || left != tc.left || (err != nil) != (left > 0) {
			t.Errorf("%v: %v, %d works are left (%v), want %d", tc.err, err, left, counting, tc.left)
		}
	}
}

func TestNobodyGetsAccountMailWhileDataIsImported(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ctx := t.Context()
	p.exec(t, `UPDATE channels SET active = true WHERE area = 'Email::Notification'`)
	p.exec(t, `UPDATE settings SET state_current = '{"value": true}' WHERE name = 'import_mode'`)
	p.store.ForgetCatalog()
	work := task.AccountMail{UserID: 2, About: task.PasswordReset}
	if err := p.store.InTx(ctx, func(tx *store.Store) error { return tx.Announce(ctx, work) }); err != nil {
		t.Fatal(err)
	}
	mails, err := notify.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	job := NewMailAccount(p.store, mails, func(desk.Channel) (channels.Sender, error) { return &p.server, nil }, DeliveryDelays(), p.log)
	if err := job.Work(ctx, work, 1); err != nil {
		t.Fatal(err)
	}
	var waiting int
	if err := p.db.QueryRow(ctx, `SELECT count(*) FROM outbox`).Scan(&waiting); err != nil {
		t.Fatal(err)
	}
	if len(p.server.sent) != 0 || waiting != 0 {
		t.Errorf("%d mails went out and %d works are left, want neither", len(p.server.sent), waiting)
	}
}
