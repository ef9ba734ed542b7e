package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/teamwork"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
)

// Process is ProcessMail for a received message of which only the id is known.
func (in *Intake) Process(ctx context.Context, id desk.InboundID, outbox desk.OutboxID) error {
	inbound, err := in.Waiting(ctx, id, outbox)
	if err != nil || inbound == nil {
		return err
	}
	return in.ProcessMail(ctx, *inbound, outbox)
}

// Waiting returns a received message of any kind that is still to be processed. It returns none when
// there is nothing to do any more; the task is ended then.
func (in *Intake) Waiting(ctx context.Context, id desk.InboundID, outbox desk.OutboxID) (*arrivals.Message, error) {
	inbound, err := in.store.InboundWithBytes(ctx, id, fewBytes)
	if errors.Is(err, desk.ErrNotFound) || err == nil && inbound.State != arrivals.Received {
		return nil, in.store.FinishTask(ctx, outbox) // somebody deleted it, or it is done already
	}
	if err != nil {
		return nil, err
	}
	return &inbound, nil
}

// ProcessMail makes a received mail a ticket or a follow-up, exactly once, and ends its task. A
// mail that is done already, or waits for the one it answers, is no error. One that is
// desk.Permanent can't become a ticket; any other error is worth another attempt.
func (in *Intake) ProcessMail(ctx context.Context, inbound arrivals.Message, outbox desk.OutboxID) error {
	id := inbound.ID
	weight := min(inbound.Size, memoryForMails)
	if err := in.memory.Acquire(ctx, weight); err != nil {
		return fmt.Errorf("inbound message %d waits for larger ones: %w: %w", id, desk.ErrUnavailable, err)
	}
	defer in.memory.Release(weight)
	raw, err := in.blobs.Read(ctx, in.store, inbound.Bytes)
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
	return in.store.InBriefTx(ctx, func(tx *store.Store) error {
		m := newMail(message.Message, inbound, c)
		m.security = message.security
		m.postmaster = in.postmaster(c)
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

// fewBytes is how large a message may be to be read together with its row: as few as its worker may
// hold beside those that memoryForMails bounds.
const fewBytes = 64 << 10

// catalogOf returns a catalog that knows the message's channel, which may be newer than the one in
// memory. A channel that is not there was deleted.
func (in *Intake) catalogOf(ctx context.Context, inbound arrivals.Message) (*desk.Catalog, error) {
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
		if err := tx.EndInbound(ctx, m.inbound.ID, arrivals.Ignored, "", nil, nil); err != nil {
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
	if err := m.attach(ctx, tx, filing); err != nil {
		return err
	}
	in.log.InfoContext(ctx, "message processed", "inbound_id", m.inbound.ID, "channel_id", m.channel.ID,
		"ticket_id", filing.Ticket.ID, "article_id", filing.Article.ID, "follow_up", !filing.NewTicket)
	return nil
}

// file builds all that a mail becomes.
func (in *Intake) file(ctx context.Context, tx *store.Store, m *mail, size int64) (arrivals.Filing, error) {
	f := arrivals.Filing{}
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
	if f.Article, err = m.article(ctx, tx, f.Ticket.ID); err != nil {
		return f, err
	}
	desk.ApplyArticle(f.Ticket, *f.Article, m.catalog)
	if f.Attachments, err = in.files(ctx, tx, m, f.Ticket.Number, size); err != nil {
		return f, err
	}
	f.History = m.history(f, before)
	if f.Catalog = m.catalog; !m.archived {
		f.Event = m.event(f, before)
		f.Activities = m.activities(f)
		f.Then = m.mayBeSigned(f)
	}
	return f, nil
}

// event is what the mail is to the ticket's triggers, and to those who work on it.
func (m *mail) event(f arrivals.Filing, before desk.Ticket) desk.TicketEvent {
	e := desk.TicketEvent{
		TicketID: f.Ticket.ID, Type: desk.EventCreate, ArticleID: f.Article.ID, By: m.session.ID, Interface: desk.ByMail,
	}
	if !f.NewTicket {
		e.Type, e.Changes = desk.EventUpdate, desk.Differences(before, *f.Ticket, m.catalog)
	}
	return e
}

// activities are what others see that the author did.
func (m *mail) activities(f arrivals.Filing) []workspace.Activity {
	if m.catalog.Settings.Bool("import_mode") {
		return nil // nobody does anything while data of another system is taken in
	}
	written := workspace.ArticleActivity(workspace.ActivityCreate, *f.Ticket, f.Article.ID, m.session.ID)
	if f.NewTicket {
		return []workspace.Activity{workspace.TicketActivity(workspace.ActivityCreate, *f.Ticket, m.session.ID), written}
	}
	changes := slices.DeleteFunc(slices.Clone(f.History), func(c desk.Change) bool { return c.Object != desk.ObjectTicket })
	if changed, worth := workspace.ActivityOf(*f.Ticket, changes, m.session.ID); worth {
		return []workspace.Activity{changed, written}
	}
	return []workspace.Activity{written}
}

// history is what the ticket's and the article's history say about the mail.
func (m *mail) history(f arrivals.Filing, before desk.Ticket) []desk.Change {
	created := desk.Change{
		Object: "Ticket::Article", OID: int64(f.Article.ID), Type: "created", By: m.session.ID,
		RelatedObject: "Ticket", RelatedOID: int64(f.Ticket.ID),
	}
	if f.NewTicket {
		opened := desk.Change{Object: "Ticket", OID: int64(f.Ticket.ID), Type: "created", By: m.session.ID}
		return append(append([]desk.Change{opened}, m.setByFilters(*f.Ticket)...), created)
	}
	return append(m.credit(history.TicketChanges(before, *f.Ticket, m.catalog, m.session.ID), forFollowUp), created)
}

// attach adds to a stored ticket what few mails bring: tags, and names that other systems have for it.
func (m *mail) attach(ctx context.Context, tx *store.Store, f arrivals.Filing) error {
	tags := m.attributes[forFollowUp+"tags"]
	if f.NewTicket {
		tags = m.attributes[forNewTicket+"tags"]
	}
	if err := tx.AttachTags(ctx, desk.ObjectTicket, int64(f.Ticket.ID), teamwork.TagNames(tags), m.session.ID, true); err != nil {
		return err
	}
	for _, known := range m.externals {
		if err := tx.NameExternally(ctx, known.source, known.name, f.Ticket.ID); err != nil {
			return err
		}
	}
	return nil
}

// parse reads a message, outside of any transaction and within a time of its own.
func (in *Intake) parse(ctx context.Context, inbound arrivals.Message, raw []byte, c *desk.Catalog) (opened, error) {
	if inbound.Kind != kindEmail {
		return opened{}, &desk.InvalidError{Field: "kind", Reason: "Messages of kind '" + inbound.Kind + "' can't be read."}
	}
	return in.open(ctx, raw, c)
}
