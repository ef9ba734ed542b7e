package perform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
	"postroom/internal/store/privacy"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// Performer takes actions.
type Performer struct {
	blobs *blob.Store
	log   *slog.Logger
}

// New returns a Performer. It starts nothing.
func New(blobs *blob.Store, log *slog.Logger) *Performer { return &Performer{blobs: blobs, log: log} }

// Task is what is to be done to one ticket.
type Task struct {
	Ticket  desk.Ticket // locked by the caller
	Perform map[string]any
	Rule    desk.ChangeSource // Trigger, Job or Macro: its id and name
	Actor   desk.User         // whom current_user means; zero: nobody
	Event   desk.TicketEvent  // what set the rule off; zero: nothing did
	Article *desk.Article     // that came with the event; nil: none
	Catalog *desk.Catalog
	Now     time.Time
	Locale  *string // of texts that are filled in; nil: the installation's
	Zone    *string
	// Interface and Quiet are those of the event that the actions cause. A caller that looks after
	// what follows by itself is Private: then it is only returned.
	Interface string
	Quiet     bool
	Private   bool
}

// Result is what became of the ticket.
type Result struct {
	Ticket  desk.Ticket
	Event   desk.TicketEvent // what the actions did; see desk.TicketEvent.Matters
	Article *desk.Article    // the last one that was written; nil: none
	Deleted bool
}

// On takes the actions of a task in the caller's transaction: deletions first, then what changes the
// ticket, then what is written and sent. An action that can't be taken is a *desk.InvalidError, and
// then none is.
func (p *Performer) On(ctx context.Context, tx *store.Store, t Task) (Result, error) {
	writes, err := WritesOf(t.Perform, Actor{User: t.Actor, Now: t.Now})
	if err != nil {
		return Result{}, err
	}
	if len(writes.Unknown) > 0 {
		p.log.WarnContext(ctx, "rule asks for what can't be done", "rule", t.Rule.Name, "actions", writes.Unknown)
	}
	if writes.Delete || writes.Forget {
		return Result{Ticket: t.Ticket, Deleted: writes.Delete}, t.delete(ctx, tx, writes)
	}
	r := &run{Task: t, tx: tx, blobs: p.blobs, log: p.log, after: t.Ticket}
	r.records = newRecords(ctx, tx)
	if err := r.change(ctx, writes); err != nil {
		return Result{}, err
	}
	if err := r.tell(ctx, writes); err != nil {
		return Result{}, err
	}
	if err := r.records.err; err != nil {
		return Result{}, err
	}
	event, err := r.save(ctx)
	return Result{Ticket: r.after, Event: event, Article: r.article}, err
}

// run is one task while it is worked on.
type run struct {
	Task
	tx       *store.Store
	blobs    *blob.Store
	log      *slog.Logger
	records  *records
	after    desk.Ticket
	article  *desk.Article // the last one that was written
	history  []desk.Change // of the articles that were
	announce []task.Kind
}

func (t Task) delete(ctx context.Context, tx *store.Store, w Writes) error {
	if w.Forget {
		order := desk.DataPrivacyTask{DeletableType: desk.DeletableTicket, DeletableID: int64(t.Ticket.ID)}
		return privacy.Tasks.Insert(ctx, tx.DB, &order, desk.SystemUser)
	}
	blobs, err := tx.DeleteTicket(ctx, t.Ticket.ID)
	if err != nil || len(blobs) == 0 {
		return err
	}
	return tx.Announce(ctx, task.BlobsReleased{BlobIDs: blobs})
}

// change sets attributes, tags and subscriptions.
func (r *run) change(ctx context.Context, w Writes) error {
	if err := r.setAttributes(w.Attributes); err != nil {
		return err
	}
	if err := r.settle(ctx, w.saves()); err != nil {
		return err
	}
	if err := r.tx.TagTicket(ctx, r.Ticket.ID, r.fillAll(w.AddTags), r.fillAll(w.RemoveTags), desk.SystemUser, r.Rule); err != nil {
		return err
	}
	if err := Subscribe(ctx, r.tx, r.after, w.Subscribe, desk.SystemUser); err != nil {
		return err
	}
	return r.tx.Unsubscribe(ctx, r.Ticket.ID, w.Unsubscribe, w.Quiet, desk.SystemUser)
}

// settle brings the ticket into order, as every change of a ticket does: whoever can't work on it any
// more owns it no longer. saved: it is going to be written.
func (r *run) settle(ctx context.Context, saved bool) error {
	t := &r.after
	if saved && t.OwnerID != desk.SystemUser && r.Catalog.StateType(t.StateID) != desk.StateTypeClosed {
		may, err := r.tx.MayOwn(ctx, t.OwnerID, t.GroupID)
		if err != nil {
			return err
		}
		if !may {
			t.OwnerID = desk.SystemUser
		}
	}
	t.Settle(r.Ticket, r.Catalog, r.Now)
	return nil
}

// Subscribe makes users hear of a ticket, but for those who can't read it as agents.
func Subscribe(ctx context.Context, tx *store.Store, t desk.Ticket, users []desk.UserID, by desk.UserID) error {
	if len(users) == 0 {
		return nil
	}
	agents, err := tx.AgentsWith(ctx, users, t.GroupID, desk.AccessRead)
	if err != nil {
		return err
	}
	var able []desk.UserID
	for _, id := range users {
		if agents[id] {
			able = append(able, id)
		}
	}
	return tx.Subscribe(ctx, t, able, by)
}

// tell writes and sends what the actions say.
func (r *run) tell(ctx context.Context, w Writes) error {
	if w.Note != nil {
		if err := r.writeNote(ctx, *w.Note); err != nil {
			return err
		}
	}
	if w.Email != nil {
		if err := r.writeEmail(ctx, *w.Email); err != nil {
			return err
		}
	}
	if w.SMS != nil {
		if err := r.writeSMS(ctx, *w.SMS); err != nil {
			return err
		}
	}
	if w.Webhook != 0 {
		return r.callWebhook(ctx, w.Webhook)
	}
	return nil
}

// save writes the ticket, if anything became of it, and announces what follows.
func (r *run) save(ctx context.Context) (desk.TicketEvent, error) {
	event := desk.TicketEvent{
		TicketID: r.after.ID, Type: desk.EventUpdate, By: desk.SystemUser, Interface: r.Interface, Quiet: r.Quiet,
		Changes: desk.Differences(r.Ticket, r.after, r.Catalog),
	}
	if r.article != nil {
		event.ArticleID = r.article.ID
	}
	if event.Matters() {
		r.after.UpdatedByID, r.after.UpdatedAt = desk.SystemUser, r.Now
		event, err := r.tx.ChangeTicket(ctx, tickets.TicketChange{
			Before: r.Ticket, After: r.after, Event: event, Catalog: r.Catalog, History: r.history, Source: r.Rule,
			Private: r.Private, Work: r.announce, Saved: &r.after,
		})
		if err != nil {
			return event, err
		}
		return event, r.tx.RecordActivities(ctx, r.activities()...)
	}
	if len(r.announce) == 0 {
		return event, nil
	}
	return event, r.tx.Announce(ctx, r.announce...)
}

// activities are what others see that was done here.
func (r *run) activities() []workspace.Activity {
	var all []workspace.Activity
	changes := history.TicketChanges(r.Ticket, r.after, r.Catalog, desk.SystemUser)
	if changed, worth := workspace.ActivityOf(r.after, changes, desk.SystemUser); worth {
		all = append(all, changed)
	}
	for _, written := range r.history {
		all = append(all, workspace.ArticleActivity(workspace.ActivityCreate, r.after, desk.ArticleID(written.OID), desk.SystemUser))
	}
	return all
}

// addArticle writes an article of the system.
func (r *run) addArticle(ctx context.Context, a *desk.Article, files []desk.Attachment) error {
	a.TicketID, a.SenderID = r.Ticket.ID, desk.SenderSystem
	a.CreatedByID, a.UpdatedByID = desk.SystemUser, desk.SystemUser
	a.Body = desk.Cut(a.Body, desk.MaxBody)
	if err := a.Trim(); err != nil {
		return err
	}
	if err := r.tx.InsertArticle(ctx, a); err != nil {
		return err
	}
	for i := range files {
		files[i].Object, files[i].OID, files[i].CreatedByID = desk.ObjectArticle, int64(a.ID), desk.SystemUser
	}
	if err := r.tx.InsertAttachments(ctx, files); err != nil {
		return err
	}
	desk.ApplyArticle(&r.after, *a, r.Catalog)
	r.history = append(r.history, desk.Change{
		Object: desk.ObjectArticle, OID: int64(a.ID), Type: "created",
		RelatedObject: desk.ObjectTicket, RelatedOID: int64(r.Ticket.ID), By: desk.SystemUser,
	})
	r.article = a
	return nil
}

// origin is how an article says what kind of rule wrote it.
func (r *run) origin() string {
	switch r.Rule.Type {
	case "Job":
		return "job"
	case "Macro":
		return "macro"
	}
	return "trigger"
}

func (r *run) writeNote(ctx context.Context, w NoteWrite) error {
	body, files, err := r.body(ctx, w.Body)
	if err != nil {
		return err
	}
	subject := r.filler().ToHTML(w.Subject)
	return r.addArticle(ctx, &desk.Article{
		TypeID: desk.ArticleNote, ContentType: "text/html", Subject: &subject, Body: body, Internal: w.Internal,
		Preferences: map[string]any{"perform_origin": r.origin(), "notification": true},
	}, files)
}

// callWebhook announces a webhook. Whether there still is one is seen when it is called.
func (r *run) callWebhook(ctx context.Context, id desk.WebhookID) error {
	webhook, err := library.Webhooks.Get(ctx, r.tx.DB, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && !webhook.Active {
		r.log.WarnContext(ctx, "rule names a webhook that can't be called", "webhook_id", id, "rule", r.Rule.Name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("webhook of rule: %w", err)
	}
	call := task.WebhookToCall{
		WebhookID: id, TicketID: r.Ticket.ID, Rule: r.Rule.Name, RuleType: r.Rule.Type, Event: r.Event, Delivery: uuid.NewString(),
	}
	if r.Article != nil {
		call.ArticleID = r.Article.ID
	}
	r.announce = append(r.announce, call)
	return nil
}
