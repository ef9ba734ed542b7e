package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/parser"
)

// parseWithin bounds how long one mail may be read: it harms only itself.
const parseWithin = time.Minute

// Process makes a received message a ticket or a follow-up, exactly once, and ends its task. A
// message that is done already, or waits for the one it answers, is no error. One that is
// desk.Permanent can't become a ticket; any other error is worth another attempt.
func (in *Intake) Process(ctx context.Context, id desk.InboundID, outbox desk.OutboxID) error {
	inbound, err := in.store.Inbound(ctx, id)
	if errors.Is(err, desk.ErrNotFound) {
		return in.store.FinishTask(ctx, outbox) // somebody deleted it: there is nothing to do
	}
	if err != nil {
		return err
	}
	if inbound.State != store.InboundReceived {
		return in.store.FinishTask(ctx, outbox) // done already
	}
	weight := min(inbound.Size, memoryForMails)
	if err := in.memory.Acquire(ctx, weight); err != nil {
		return fmt.Errorf("inbound message %d waits for larger ones: %w: %w", id, desk.ErrUnavailable, err)
	}
	defer in.memory.Release(weight)
	raw, err := in.blobs.Get(ctx, in.store, inbound.BlobID)
	if err != nil {
		return fmt.Errorf("bytes of inbound message %d: %w", id, err)
	}
	c, err := in.catalogOf(ctx, inbound)
	if err != nil {
		return err
	}
	message, err := in.parse(ctx, inbound, raw, c)
	if err != nil {
		return fmt.Errorf("inbound message %d: %w", id, err)
	}
	return in.store.InTx(ctx, func(tx *store.Store) error {
		m := newMail(message, inbound, c)
		m.known, err = tx.StartInbound(ctx, id, outbox, m.mention())
		if errors.Is(err, desk.ErrNotFound) {
			return tx.FinishTask(ctx, outbox) // done meanwhile
		}
		if err != nil {
			return err
		}
		return in.processStarted(ctx, tx, m, outbox, int64(len(raw)))
	})
}

// catalogOf returns a catalog that knows the message's channel, which may be newer than the one in
// memory. A channel that is not there was deleted.
func (in *Intake) catalogOf(ctx context.Context, inbound store.Inbound) (*desk.Catalog, error) {
	c, err := in.store.Catalog(ctx)
	if err != nil || inbound.ChannelID == nil {
		return c, err
	}
	if _, known := c.Channels[*inbound.ChannelID]; known {
		return c, nil
	}
	in.store.ForgetCatalog()
	return in.store.Catalog(ctx)
}

// processStarted decides and writes. Nobody else can process this message, or change the tickets
// that it mentions, until the transaction ends.
func (in *Intake) processStarted(ctx context.Context, tx *store.Store, m *mail, outbox desk.OutboxID, size int64) error {
	if len(m.known.Parents) > 0 {
		waits, err := tx.WaitForParent(ctx, m.inbound.ID, m.known.Parents)
		if err != nil {
			return err
		}
		if waits {
			return tx.FinishTask(ctx, outbox) // the parent's end announces it anew
		}
	}
	if err := runFilters(ctx, tx, m); err != nil {
		return err
	}
	if m.ignore || isTrue(m.attributes["ignore"]) {
		if err := tx.EndInbound(ctx, m.inbound.ID, store.InboundIgnored, "", nil, nil); err != nil {
			return err
		}
		return tx.FinishTask(ctx, outbox)
	}
	filing, err := in.file(ctx, tx, m, size)
	if err != nil {
		return err
	}
	filing.Inbound, filing.Task = m.inbound.ID, outbox
	if err := tx.File(ctx, filing); err != nil {
		return err
	}
	in.log.InfoContext(ctx, "message processed", "inbound_id", m.inbound.ID, "channel_id", m.channel.ID,
		"ticket_id", filing.Ticket.ID, "article_id", filing.Article.ID, "follow_up", !filing.NewTicket)
	return nil
}

// file builds all that a mail becomes.
func (in *Intake) file(ctx context.Context, tx *store.Store, m *mail, size int64) (store.Filing, error) {
	f := store.Filing{}
	found, err := m.whichTicket(ctx, tx)
	if err != nil {
		return f, err
	}
	before := desk.Ticket{}
	if found != nil {
		before, f.Ticket = *found, found
		err = m.followUp(ctx, tx, found)
	} else {
		f.NewTicket = true
		f.Ticket, err = m.newTicket(ctx, tx)
	}
	if err != nil {
		return f, err
	}
	f.Article = m.article(f.Ticket.ID)
	desk.ApplyArticle(f.Ticket, *f.Article, m.catalog)
	if f.Attachments, err = in.files(ctx, tx, m, f.Ticket.Number, size); err != nil {
		return f, err
	}
	f.History = m.history(f, before)
	return f, nil
}

// history is what the ticket's and the article's history say about the mail.
func (m *mail) history(f store.Filing, before desk.Ticket) []desk.Change {
	created := desk.Change{
		Object: "Ticket::Article", OID: int64(f.Article.ID), Type: "created", By: m.session.ID,
		RelatedObject: "Ticket", RelatedOID: int64(f.Ticket.ID),
	}
	if f.NewTicket {
		return []desk.Change{{Object: "Ticket", OID: int64(f.Ticket.ID), Type: "created", By: m.session.ID}, created}
	}
	return append(desk.TicketChanges(before, *f.Ticket, m.catalog, m.session.ID), created)
}

// parse reads a mail, outside of any transaction and within a time of its own.
func (in *Intake) parse(ctx context.Context, inbound store.Inbound, raw []byte, c *desk.Catalog) (parser.Message, error) {
	if inbound.Kind != kindEmail {
		return parser.Message{}, &desk.InvalidError{Field: "kind", Reason: "Messages of kind '" + inbound.Kind + "' can't be read."}
	}
	type result struct {
		message parser.Message
		err     error
	}
	done := make(chan result, 1)
	options := parser.Options{
		FQDN:   c.Settings.String("fqdn"),
		OwnURL: c.Settings.String("http_type") + "://" + c.Settings.String("fqdn"),
	}
	// Nobody can interrupt the parser, so nobody waits for one that takes too long: it ends by itself.
	go func() {
		message, err := parser.Parse(raw, options)
		done <- result{message, err}
	}()
	within := time.NewTimer(parseWithin)
	defer within.Stop()
	select {
	case r := <-done:
		if r.err != nil {
			return parser.Message{}, &desk.InvalidError{Field: "raw", Reason: "The mail can't be read: " + r.err.Error()}
		}
		return r.message, nil
	case <-within.C:
		return parser.Message{}, &desk.InvalidError{Field: "raw", Reason: "The mail can't be read within " + parseWithin.String()}
	case <-ctx.Done():
		return parser.Message{}, ctx.Err()
	}
}
