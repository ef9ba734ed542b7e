package messenger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/phone"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// finished takes what is not there, such as work that is done already, for a success.
func finished(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

// act does what the message is there for. Nobody else can process it until the transaction ends.
func (m *Messenger) act(ctx context.Context, tx *store.Store, msg *message) error {
	switch msg.Act {
	case channels.Greets:
		if err := reply(ctx, tx, msg); err != nil {
			return err
		}
		return ignore(ctx, tx, msg.inbound.ID, msg.task, "")
	case channels.Edits:
		return m.edit(ctx, tx, msg)
	case channels.Reports:
		return m.report(ctx, tx, msg)
	case channels.Ends:
		return m.finish(ctx, tx, msg)
	}
	twins, err := msg.twins(ctx, tx)
	if err != nil {
		return err
	}
	if len(twins) > 0 { // the same message under another name, such as a second channel of one account
		return ignore(ctx, tx, msg.inbound.ID, msg.task, "The message is known already.")
	}
	if msg.writer, err = tx.EnsureWriter(ctx, msg.By, phone.Normal(msg.By.Mobile)); err != nil {
		return err
	}
	if msg.Consent != nil {
		if err := tx.KeepSMSConsent(ctx, msg.Consent.Number, msg.Consent.Refused); err != nil {
			return err
		}
	}
	return m.file(ctx, tx, msg)
}

// twins are the articles with the message's id.
func (msg *message) twins(ctx context.Context, tx *store.Store) ([]desk.Article, error) {
	if msg.ID == "" {
		return nil, nil
	}
	return tx.ArticleByMessageID(ctx, msg.ID, msg.kind.Type)
}

func reply(ctx context.Context, tx *store.Store, msg *message) error {
	if msg.Reply == "" || msg.ReplyTo == "" {
		return nil
	}
	return tx.Announce(ctx, task.ReplyToSend{ChannelID: msg.channel.ID, To: msg.ReplyTo, Text: msg.Reply})
}

// finish closes the ticket of a sender who says that all is done.
func (m *Messenger) finish(ctx context.Context, tx *store.Store, msg *message) error {
	if err := reply(ctx, tx, msg); err != nil {
		return err
	}
	var err error
	var followed []desk.Ticket
	if msg.writer, err = tx.WriterKnown(ctx, msg.By); err == nil {
		followed, err = msg.followed(ctx, tx)
	}
	if err = finished(err); err != nil { // a stranger has no ticket, and becomes nobody by saying goodbye
		return err
	}
	if len(followed) == 0 {
		return ignore(ctx, tx, msg.inbound.ID, msg.task, "There is no open ticket.")
	}
	before, after := followed[0], followed[0]
	after.StateID = closedState(msg.catalog)
	after.Settle(before, msg.catalog, msg.known.Now)
	_, err = tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: msg.catalog,
		Event: desk.TicketEvent{By: msg.writer.ID, Interface: desk.ByAPI},
	})
	if err != nil {
		return err
	}
	if err := tx.EndInbound(ctx, msg.inbound.ID, arrivals.Processed, "", &after.ID, nil); err != nil {
		return err
	}
	return tx.FinishTask(ctx, msg.task)
}

// closedState is the state of tickets that are done.
func closedState(c *desk.Catalog) desk.StateID {
	if c.StateType(desk.StateClosed) == desk.StateTypeClosed && c.States[desk.StateClosed].Active {
		return desk.StateClosed
	}
	if closed := c.StatesOf([]string{desk.StateTypeClosed}); len(closed) > 0 {
		return closed[0]
	}
	return desk.StateClosed
}

// edit gives an article the text and the files that its writer has put in place of the former.
func (m *Messenger) edit(ctx context.Context, tx *store.Store, msg *message) error {
	twins, err := msg.twins(ctx, tx)
	if err != nil {
		return err
	}
	if len(twins) == 0 {
		return ignore(ctx, tx, msg.inbound.ID, msg.task, "The edited message is not known.")
	}
	article := twins[0]
	if _, err := tx.LockTicket(ctx, article.TicketID); err != nil {
		return err
	}
	if article, err = tx.Article(ctx, article.ID); err != nil { // whoever held the lock may have changed it
		return err
	}
	msg.writer = desk.User{ID: article.CreatedByID}
	article.ContentType, article.Body = msg.ContentType, msg.body()
	article.Preferences, article.UpdatedByID = merged(article.Preferences, msg.Article), article.CreatedByID
	if err := tx.SaveArticle(ctx, article); err != nil {
		return err
	}
	if len(msg.fresh) > 0 {
		if err := m.replaceFiles(ctx, tx, msg, article.ID); err != nil {
			return err
		}
	}
	if err := tx.TouchTickets(ctx, article.TicketID); err != nil {
		return err
	}
	return msg.ended(ctx, tx, article)
}

// ended says which article a message was about.
func (msg *message) ended(ctx context.Context, tx *store.Store, about desk.Article) error {
	if err := tx.EndInbound(ctx, msg.inbound.ID, arrivals.Processed, "", &about.TicketID, &about.ID); err != nil {
		return err
	}
	return tx.FinishTask(ctx, msg.task)
}

func (m *Messenger) replaceFiles(ctx context.Context, tx *store.Store, msg *message, article desk.ArticleID) error {
	released, err := tx.DeleteAttachmentsOf(ctx, desk.ObjectArticle, int64(article))
	if err != nil {
		return err
	}
	files, err := m.attach(ctx, tx, msg, article)
	if err != nil {
		return err
	}
	if err := tx.InsertAttachments(ctx, files); err != nil {
		return err
	}
	return tx.ReleaseBlobs(ctx, released)
}

// reportsWithin is how long after a report its article may still be on its way into the database: a
// messenger may be faster than the note of what it was given.
const reportsWithin = time.Minute

// report keeps what the messenger says about an article of ours.
func (m *Messenger) report(ctx context.Context, tx *store.Store, msg *message) error {
	twins, err := msg.twins(ctx, tx)
	if err != nil {
		return err
	}
	if len(twins) == 0 && msg.known.Now.Sub(msg.inbound.ReceivedAt) < reportsWithin {
		return fmt.Errorf("report about message %s, which is not known yet", msg.ID)
	}
	if len(twins) == 0 {
		return ignore(ctx, tx, msg.inbound.ID, msg.task, "The reported message is not known.")
	}
	article := twins[0]
	if err := tx.MergeArticlePreferences(ctx, article.ID, merged(article.Preferences, msg.Article)); err != nil {
		return err
	}
	if err := tx.TouchTickets(ctx, article.TicketID); err != nil {
		return err
	}
	return msg.ended(ctx, tx, article)
}
