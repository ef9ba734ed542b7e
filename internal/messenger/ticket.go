package messenger

import (
	"cmp"
	"context"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/thread"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
	"postroom/jobs/task"
)

// followed is the ticket that the writer's message belongs to, locked; none: a new one.
func (msg *message) followed(ctx context.Context, tx *store.Store) ([]desk.Ticket, error) {
	states := msg.catalog.StatesOf(desk.OpenTypes)
	if msg.kind.ByType {
		return tx.FollowedByType(ctx, msg.writer.ID, states, msg.kind.Type)
	}
	return tx.FollowedInChannel(ctx, msg.writer.ID, states, msg.channel.ID)
}

// file writes all that a message becomes, and ends it.
func (m *Messenger) file(ctx context.Context, tx *store.Store, msg *message) error {
	followed, err := msg.followed(ctx, tx)
	if err != nil {
		return err
	}
	f := arrivals.Filing{Inbound: msg.inbound.ID, Task: msg.task, Catalog: msg.catalog, NewTicket: len(followed) == 0}
	before := desk.Ticket{}
	if f.NewTicket {
		f.Ticket, err = msg.open(ctx, tx)
	} else {
		before = followed[0]
		f.Ticket, err = msg.follow(ctx, tx, before)
	}
	if err != nil {
		return err
	}
	f.Article = msg.article(f.Ticket.ID)
	desk.ApplyArticle(f.Ticket, *f.Article, msg.catalog)
	if f.Attachments, err = m.attach(ctx, tx, msg, f.Article.ID); err != nil {
		return err
	}
	f.History, f.Activities, f.Event = msg.history(f, before), nil, msg.event(f, before)
	if !msg.catalog.Settings.Bool("import_mode") {
		f.Activities = msg.activities(f)
	}
	if msg.Reply != "" && msg.ReplyTo != "" {
		f.Then = append(f.Then, task.ReplyToSend{ChannelID: msg.channel.ID, To: msg.ReplyTo, Text: msg.Reply})
	}
	if err := tx.File(ctx, f); err != nil {
		return err
	}
	if f.NewTicket && msg.Welcome != "" {
		if err := msg.greet(ctx, tx, f.Ticket.ID); err != nil {
			return err
		}
	}
	m.log.InfoContext(ctx, "message processed", "inbound_id", msg.inbound.ID, "channel_id", msg.channel.ID,
		"ticket_id", f.Ticket.ID, "article_id", f.Article.ID, "follow_up", !f.NewTicket)
	return nil
}

// open builds the ticket that a message opens.
func (msg *message) open(ctx context.Context, tx *store.Store) (*desk.Ticket, error) {
	id, number, err := tx.ReserveTicket(ctx, msg.catalog, msg.known.Now)
	if err != nil {
		return nil, err
	}
	var group desk.GroupID
	if msg.channel.GroupID != nil {
		group = *msg.channel.GroupID
	}
	t := &desk.Ticket{
		ID: id, Number: number, GroupID: msg.catalog.UsableGroup(group), StateID: msg.catalog.DefaultState(), PriorityID: msg.catalog.DefaultPriority(),
		OwnerID: desk.SystemUser, CustomerID: msg.writer.ID, OrganizationID: msg.writer.OrganizationID,
		Title:       cmp.Or(desk.Cut(oneLine(msg.Title), desk.MaxTitle), noTitle),
		Preferences: merged(nil, msg.marks()),
	}
	t.CreatedByID, t.UpdatedByID = msg.writer.ID, msg.writer.ID
	t.CreatedAt, t.UpdatedAt = msg.known.Now, msg.known.Now
	t.Settle(desk.Ticket{}, msg.catalog, msg.known.Now)
	return t, nil
}

// marks are what a ticket keeps of the message's channel. It is the one that answers go by: also when what was
// begun by another is gone on with.
func (msg *message) marks() map[string]any { return with(msg.Ticket, "channel_id", msg.channel.ID) }

// noTitle is the title of a ticket about whose matter nothing is said.
const noTitle = "-"

// follow changes an open ticket as its customer's message wants it.
func (msg *message) follow(ctx context.Context, tx *store.Store, before desk.Ticket) (*desk.Ticket, error) {
	t := before
	if t.Title == noTitle && msg.Title != "" {
		t.Title = desk.Cut(oneLine(msg.Title), desk.MaxTitle)
	}
	if t.StateID != msg.catalog.DefaultState() {
		t.StateID = msg.catalog.FollowUpState()
	}
	t.Preferences, t.UpdatedByID = merged(t.Preferences, msg.marks()), msg.writer.ID
	if t.OwnerID != desk.SystemUser {
		may, err := tx.MayOwn(ctx, t.OwnerID, t.GroupID)
		if err != nil {
			return nil, err
		}
		if !may {
			t.OwnerID = desk.SystemUser
		}
	}
	t.Settle(before, msg.catalog, msg.known.Now)
	return &t, nil
}

// article builds the article that a message becomes.
func (msg *message) article(ticket desk.TicketID) *desk.Article {
	a := &desk.Article{
		ID: msg.known.ArticleID, TicketID: ticket, TypeID: msg.kind.Type, SenderID: desk.SenderCustomer,
		From: optional(msg.From), To: optional(msg.To), MessageID: optional(msg.ID),
		ContentType: cmp.Or(msg.ContentType, "text/plain"), Body: msg.body(), Preferences: merged(nil, msg.Article),
	}
	if msg.ID != "" {
		a.MessageIDMD5 = new(thread.MessageIDSum(msg.ID))
	}
	a.CreatedByID, a.UpdatedByID = msg.writer.ID, msg.writer.ID
	a.CreatedAt, a.UpdatedAt = msg.known.Now, msg.known.Now
	return a
}

// event is what the message is to the ticket's triggers, and to those who work on it.
func (msg *message) event(f arrivals.Filing, before desk.Ticket) desk.TicketEvent {
	e := desk.TicketEvent{
		TicketID: f.Ticket.ID, Type: desk.EventCreate, ArticleID: f.Article.ID, By: msg.writer.ID, Interface: desk.ByAPI,
	}
	if !f.NewTicket {
		e.Type, e.Changes = desk.EventUpdate, desk.Differences(before, *f.Ticket, msg.catalog)
	}
	return e
}

func (msg *message) history(f arrivals.Filing, before desk.Ticket) []desk.Change {
	written := createdArticle(*f.Article, msg.writer.ID)
	if f.NewTicket {
		return []desk.Change{{Object: desk.ObjectTicket, OID: int64(f.Ticket.ID), Type: "created", By: msg.writer.ID}, written}
	}
	return append(history.TicketChanges(before, *f.Ticket, msg.catalog, msg.writer.ID), written)
}

func createdArticle(a desk.Article, by desk.UserID) desk.Change {
	return desk.Change{
		Object: desk.ObjectArticle, OID: int64(a.ID), Type: "created",
		RelatedObject: desk.ObjectTicket, RelatedOID: int64(a.TicketID), By: by,
	}
}

// activities are what others see that the writer did.
func (msg *message) activities(f arrivals.Filing) []workspace.Activity {
	written := workspace.ArticleActivity(workspace.ActivityCreate, *f.Ticket, f.Article.ID, msg.writer.ID)
	if f.NewTicket {
		return []workspace.Activity{workspace.TicketActivity(workspace.ActivityCreate, *f.Ticket, msg.writer.ID), written}
	}
	changes := slices.DeleteFunc(slices.Clone(f.History), func(c desk.Change) bool { return c.Object != desk.ObjectTicket })
	if changed, worth := workspace.ActivityOf(*f.Ticket, changes, msg.writer.ID); worth {
		return []workspace.Activity{changed, written}
	}
	return []workspace.Activity{written}
}

// greet answers a new ticket in the name of the system.
func (msg *message) greet(ctx context.Context, tx *store.Store, ticket desk.TicketID) error {
	a := desk.Article{
		TicketID: ticket, TypeID: msg.kind.Type, SenderID: desk.SenderSystem, From: optional(msg.To), To: optional(msg.From),
		ContentType: "text/plain", Body: desk.Cut(desk.Plain(msg.Welcome), desk.MaxBody), Preferences: map[string]any{},
	}
	a.CreatedByID, a.UpdatedByID = desk.SystemUser, desk.SystemUser
	if err := tx.InsertArticle(ctx, &a); err != nil {
		return err
	}
	if err := tx.AddHistory(ctx, []desk.Change{createdArticle(a, desk.SystemUser)}); err != nil {
		return err
	}
	return tx.Announce(ctx, task.Delivery(a))
}
