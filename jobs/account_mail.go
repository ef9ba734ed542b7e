package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/notify"
	"postroom/internal/store"
	"postroom/internal/store/signin"
	"postroom/jobs/task"
)

// MailAccount tells people about their own account. What proves something in the mail is made
// while it is written: an attempt that fails leaves a token behind that nobody has seen, and the
// next one replaces it.
type MailAccount struct {
	store  *store.Store
	mails  *notify.Mails
	open   OpenSender
	log    *slog.Logger
	delays []time.Duration
}

// NewMailAccount returns the job of task.AccountMail. delays are as those of NewDeliverArticle.
func NewMailAccount(s *store.Store, mails *notify.Mails, open OpenSender, delays []time.Duration, log *slog.Logger) *MailAccount {
	return &MailAccount{store: s, mails: mails, open: open, delays: delays, log: log}
}

// Handler returns the job for the workers.
func (j *MailAccount) Handler() Handler {
	return Handle(j, Retrying(deliverTimeout+noteSpan, j.delays))
}

// accountLinks are where a mail leads, below the installation's address, and the token it carries.
var accountLinks = map[string]struct{ path, token string }{
	task.SignedUp:        {"#email_verify/", signin.TokenSignup},
	task.SignedUpAgain:   {"#password_reset", ""},
	task.Invited:         {"#password_reset_verify/", signin.TokenPasswordReset},
	task.PasswordReset:   {"#password_reset_verify/", signin.TokenPasswordReset},
	task.PasswordChanged: {"#password_reset", ""},
	task.AdminSignIn:     {"#login/admin/", signin.TokenAdminAuth},
	task.AccountLinked:   {"#profile/linked", ""},
}

// Work makes one attempt to send a mail.
func (j *MailAccount) Work(ctx context.Context, t task.AccountMail, id desk.OutboxID) error {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	if catalog.Settings.Bool("import_mode") {
		return finished(j.store.FinishTask(ctx, id)) // people of another system, who know nothing of this one
	}
	var message channels.Outbound
	err = j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.ClaimTask(ctx, id, claimSpan); err != nil {
			return err
		}
		user, err := tx.User(ctx, t.UserID)
		if err != nil {
			return err
		}
		message, err = j.write(ctx, tx, user, t.About, catalog, id)
		return err
	})
	if errors.Is(err, desk.ErrNotFound) {
		return finished(j.store.FinishTask(ctx, id)) // the user is gone, or the work is done
	}
	if err != nil {
		return err
	}
	channel, ok := catalog.NotificationChannel()
	if !ok {
		return unready("No active channel for notifications (%s)!", desk.AreaEmailNotification)
	}
	sender, err := j.open(channel)
	if err != nil {
		return err
	}
	_, err = sender.Send(ctx, message)
	if channels.Undeliverable(err) { // strangers sign up with any address
		j.log.WarnContext(ctx, "mail about an account reaches nobody", "about", t.About, "user_id", t.UserID, "error", err)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("mail %q to user %d: %w", t.About, t.UserID, err)
	}
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
	defer cancel()
	return j.store.FinishTask(note, id)
}

// finished takes work that is gone for done.
func finished(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

// write makes the mail and the token that it carries.
func (j *MailAccount) write(ctx context.Context, tx *store.Store, user desk.User, about string, c *desk.Catalog, id desk.OutboxID) (channels.Outbound, error) {
	link, hidden := accountLinks[about], c.HiddenCopy()
	address := c.Settings.String("http_type") + "://" + c.Settings.String("fqdn") + "/" + link.path
	if link.token != "" {
		token := credential.NewToken()
		if err := tx.ReplaceToken(ctx, user.ID, link.token, credential.HashToken(token)); err != nil {
			return channels.Outbound{}, err
		}
		address += token
		hidden = "" // whoever reads the copy could use it
	}
	mail, err := j.mails.Account(about, user.Locale(c), notify.Facts{Product: c.Settings.String("product_name"), Name: user.FullName(), Link: address})
	if err != nil {
		return channels.Outbound{}, err
	}
	fqdn, _, _ := strings.Cut(c.Settings.String("fqdn"), ":")
	from := c.NotificationSender()
	return channels.Outbound{
		MessageID: fmt.Sprintf("<account.%d@%s>", id, fqdn), From: from, To: user.Email, Bcc: hidden, Subject: mail.Subject,
		ContentType: "text/html", Body: mail.Body, Organization: c.Settings.String("organization"), Notification: true,
		CSSFont: c.Settings.String("html_email_css_font"), EHLODomain: desk.EHLODomain(c.Settings.String("fqdn"), from),
	}, nil
}
