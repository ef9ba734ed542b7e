// Package reminder reminds people who wrote by WhatsApp that we can't answer them much longer.
//
// Meta lets us answer within a day after somebody's last message. An hour before that ends they are
// asked to write again, once for each message, where the channel wants that.
package reminder

import (
	"cmp"
	"context"
	"time"

	"postroom/channels"
	"postroom/channels/whatsapp"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

const (
	before = time.Hour
	// tooLate is when a reminder would not arrive in time any more.
	tooLate     = 5 * time.Minute
	defaultText = "Hello, the customer service window for this conversation is about to expire, please reply to keep it open."
)

// Reminder looks who has to be reminded.
type Reminder struct{ store *store.Store }

// New returns a Reminder.
func New(s *store.Store) *Reminder { return &Reminder{s} }

// Remind writes the reminders that are due, and returns how many. It is run at intervals.
func (r *Reminder) Remind(ctx context.Context) (int, error) {
	c, err := r.store.Catalog(ctx)
	if err != nil {
		return 0, err
	}
	var ids []desk.ChannelID
	for id, channel := range c.Channels {
		if channel.Area == desk.AreaWhatsApp && channel.Active && whatsapp.OptionsOf(channel).ReminderActive {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || c.Settings.Bool("import_mode") {
		return 0, nil
	}
	now, count := time.Now(), 0
	err = r.store.InTx(ctx, func(tx *store.Store) error {
		due, err := tx.WhatsAppToRemind(ctx, now.Add(tooLate-whatsapp.Window), now.Add(before-whatsapp.Window), ids, c.StatesOf(desk.OpenTypes))
		if err != nil || len(due) == 0 {
			return err
		}
		tickets := make([]desk.TicketID, len(due))
		for i, ticket := range due {
			tickets[i] = ticket.ID
			o := whatsapp.OptionsOf(c.Channels[channels.ChannelOf(ticket.Preferences)])
			if err := remind(ctx, tx, ticket.ID, cmp.Or(o.ReminderMessage, defaultText)); err != nil {
				return err
			}
		}
		count = len(due)
		return tx.WhatsAppReminded(ctx, tickets...)
	})
	return count, err
}

// remind writes a reminder in the name of the system, and has it sent.
func remind(ctx context.Context, tx *store.Store, ticket desk.TicketID, text string) error {
	a := desk.Article{
		TicketID: ticket, TypeID: desk.ArticleWhatsApp, SenderID: desk.SenderSystem, ContentType: "text/plain",
		Body: desk.Cut(desk.Plain(text), desk.MaxBody), Preferences: map[string]any{},
	}
	a.CreatedByID, a.UpdatedByID = desk.SystemUser, desk.SystemUser
	if err := tx.InsertArticle(ctx, &a); err != nil {
		return err
	}
	written := desk.Change{
		Object: desk.ObjectArticle, OID: int64(a.ID), Type: "created",
		RelatedObject: desk.ObjectTicket, RelatedOID: int64(ticket), By: desk.SystemUser,
	}
	if err := tx.AddHistory(ctx, []desk.Change{written}); err != nil {
		return err
	}
	return tx.Announce(ctx, task.Delivery(a))
}
