// Package signatures learns what customers write under their mails, so that clients can fold it.
//
// In comes a ticket that a customer's mail opened; out go the signature, among the preferences of
// the customer, and the line where it begins, among those of the mail. How texts are compared is
// for package signature.
package signatures

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/signature"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Preference is the name under which both are kept, known to clients.
const Preference = "signature_detection"

// Timeout is the time that the mails of one customer may take.
const Timeout = time.Minute

const (
	mailsCompared = 5
	maxText       = 200_000 // characters of a body: what stands behind them is not looked at
)

// Detect is the job of task.SignatureToDetect.
type Detect struct{ store *store.Store }

// New returns the job.
func New(s *store.Store) *Detect { return &Detect{s} }

// Work compares the newest mails of a customer. What was found earlier stays until something else is.
func (j *Detect) Work(ctx context.Context, t task.SignatureToDetect, id desk.OutboxID) error {
	return j.store.InBriefTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil // done
		} else if err != nil {
			return err
		}
		if err := detect(ctx, tx, t); err != nil {
			return fmt.Errorf("signature of user %d: %w", t.UserID, err)
		}
		return tx.FinishTask(ctx, id)
	})
}

func detect(ctx context.Context, tx *store.Store, t task.SignatureToDetect) error {
	mails, err := tx.FirstMails(ctx, t.UserID, t.TicketID, mailsCompared, maxText)
	if err != nil || len(mails) < 2 {
		return err // one mail alone tells nothing
	}
	texts := make([]string, len(mails))
	for i, mail := range mails {
		texts[i] = signature.Text(mail.ContentType, mail.Body)
	}
	users, err := tx.Users(ctx, []desk.UserID{t.UserID})
	if err != nil {
		return err
	}
	known, _ := users[t.UserID].Preferences[Preference].(string)
	found := signature.Find(texts)
	switch found {
	case "":
		found = known
	case known:
	default:
		if err := tx.SetPreference(ctx, t.UserID, Preference, found); err != nil {
			return err
		}
	}
	line := signature.Line(texts[0], found)
	if line == 0 || mails[0].TicketID != t.TicketID { // another one if this one was deleted meanwhile
		return nil
	}
	return tx.MergeArticlePreferences(ctx, mails[0].ArticleID, map[string]any{Preference: line})
}
