package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/secmail"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// DeliverArticle sends an article out (reference/email.md 6.2).
//
// Sending can't be rolled back, so it happens between two transactions: the first claims the work
// and reads the article, the second notes the result and ends the work. If we die in between, the
// article is sent again with the same Message-ID, by which receivers recognise it.
type DeliverArticle struct {
	store  *store.Store
	blobs  *blob.Store
	open   OpenSender
	log    *slog.Logger
	delays []time.Duration
}

// OpenSender returns what delivers by a channel.
type OpenSender func(desk.Channel) (channels.Sender, error)

// DeliveryDelays are the pauses after the first, second, third failure. The fourth is the last.
func DeliveryDelays() []time.Duration {
	return []time.Duration{25 * time.Second, 50 * time.Second, 75 * time.Second}
}

const (
	deliverTimeout = 3 * time.Minute
	// claimSpan is longer than an attempt can take, its last notes included.
	claimSpan = deliverTimeout + lastWord + noteSpan
	noteSpan  = time.Minute // for noting a result while the database is away
)

// NewDeliverArticle returns the job of task.ArticleToDeliver. delays are the pauses between its
// attempts, one less than attempts; see DeliveryDelays.
func NewDeliverArticle(s *store.Store, blobs *blob.Store, open OpenSender, delays []time.Duration, log *slog.Logger) *DeliverArticle {
	return &DeliverArticle{store: s, blobs: blobs, open: open, delays: delays, log: log}
}

// Handler returns the job for the workers.
func (j *DeliverArticle) Handler() Handler {
	return Handle(j, Retrying(deliverTimeout+noteSpan, j.delays))
}

// Work makes one attempt to deliver an article.
func (j *DeliverArticle) Work(ctx context.Context, t task.ArticleToDeliver, id desk.OutboxID) error {
	letter, err := j.begin(ctx, t.ArticleID, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && letter == nil {
		return nil // done, or gone meanwhile
	}
	if err != nil {
		return err
	}
	raw, err := j.send(ctx, letter)
	// The result must be noted even when our time is up: a mail that went out without being noted
	// goes out twice.
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
	defer cancel()
	if err != nil && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.Join(ctx.Err(), j.store.ReleaseTask(note, id)) // we are being stopped: no failure
	}
	if later, ok := errors.AsType[*channels.LaterError](err); ok {
		return j.putOff(note, letter, later)
	}
	if err != nil {
		return j.noteFailure(note, letter, err)
	}
	return j.noteSuccess(note, letter, raw, id)
}

// send builds the message and hands it to its channel.
func (j *DeliverArticle) send(ctx context.Context, l *letter) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	channel, err := l.channel()
	if err != nil {
		return nil, err
	}
	message := l.message()
	if message.Protect, err = j.protect(ctx, l); err != nil {
		return nil, err
	}
	for _, a := range l.files {
		data, err := j.blobs.Get(ctx, j.store, a.BlobID)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", a.ID, err)
		}
		message.Attachments = append(message.Attachments, l.file(a, data))
	}
	sender, err := j.open(channel)
	if err != nil {
		return nil, err
	}
	return sender.Send(ctx, message)
}

// protect finds the keys for a letter that is to be encrypted or signed. It never goes out otherwise.
func (j *DeliverArticle) protect(ctx context.Context, l *letter) (func([]byte) ([]byte, error), error) {
	wanted, asked := desk.Asked(l.article.Preferences)
	if !asked {
		return nil, nil
	}
	from := desk.MailAddresses(text(l.article.From))
	if len(from) == 0 {
		return nil, unready("The sender's address is missing.")
	}
	safe := secmail.New(j.store, l.catalog.Settings, time.Now())
	return safe.Prepare(ctx, wanted, from[0], desk.MailAddresses(l.recipients()))
}

// begin claims the work and reads all that the letter needs. It returns no letter when there is
// nothing to send any more; the work is ended then.
func (j *DeliverArticle) begin(ctx context.Context, articleID desk.ArticleID, id desk.OutboxID) (*letter, error) {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	l := &letter{catalog: catalog}
	err = j.store.InBriefTx(ctx, func(tx *store.Store) error {
		if err := tx.ClaimTask(ctx, id, claimSpan); err != nil {
			return err
		}
		l.article, err = tx.Article(ctx, articleID)
		if errors.Is(err, desk.ErrNotFound) {
			l = nil // deleted before it was sent
			return tx.FinishTask(ctx, id)
		}
		if err != nil {
			return err
		}
		if work := task.Delivery(l.article); work != nil && work != task.Kind(task.ArticleToDeliver{ArticleID: articleID}) {
			l = nil // no mail: announced before there were other ways
			return tx.PassOn(ctx, id, work)
		}
		if l.delivered() || catalog.Settings.Bool("import_mode") {
			l = nil
			return tx.FinishTask(ctx, id)
		}
		if l.ticket, err = tx.Ticket(ctx, l.article.TicketID); err != nil {
			return err
		}
		if l.files, err = tx.AttachmentsOf(ctx, desk.ObjectArticle, int64(articleID)); err != nil {
			return err
		}
		if l.thread, err = tx.ThreadIDs(ctx, l.ticket.ID); err != nil {
			return err
		}
		l.attempt = l.number("delivery_retry") + 1
		return tx.MergeArticlePreferences(ctx, articleID, map[string]any{"delivery_retry": l.attempt})
	})
	return l, err
}

// noteSuccess ends the work. While the database is away it waits, because to forget a mail that
// went out means to send it twice.
func (j *DeliverArticle) noteSuccess(ctx context.Context, l *letter, raw []byte, id desk.OutboxID) error {
	for {
		err := j.store.InBriefTx(ctx, func(tx *store.Store) error { return j.keep(ctx, tx, l, raw, id) })
		if !errors.Is(err, desk.ErrUnavailable) {
			return err
		}
		j.log.WarnContext(ctx, "article was sent, waiting for the database to note it", "article_id", l.article.ID, "error", err)
		if !pause.For(ctx, time.Second) {
			return err
		}
	}
}

// keep writes what a delivery leaves behind: the status, the raw mail, a line of history.
func (j *DeliverArticle) keep(ctx context.Context, tx *store.Store, l *letter, raw []byte, id desk.OutboxID) error {
	if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
		return nil // another worker sent it too, and was faster
	} else if err != nil {
		return err
	}
	err := tx.MergeArticlePreferences(ctx, l.article.ID, l.succeeded(time.Now()))
	if errors.Is(err, desk.ErrNotFound) {
		return tx.FinishTask(ctx, id) // deleted while it was sent
	}
	if err != nil {
		return err
	}
	blobs, err := j.blobs.Put(ctx, tx, l.catalog.Settings.String("storage_provider"), raw)
	if err != nil {
		return fmt.Errorf("raw mail of article %d: %w", l.article.ID, err)
	}
	err = tx.InsertAttachments(ctx, []desk.Attachment{{
		Object: desk.ObjectArticleMail, OID: int64(l.article.ID), BlobID: blobs[0], Size: int64(len(raw)),
		Filename:    fmt.Sprintf("ticket-%s-%d.eml", l.ticket.Number, l.article.ID),
		CreatedByID: l.article.CreatedByID,
	}})
	if err != nil {
		return err
	}
	if err := tx.AddHistory(ctx, l.history()); err != nil {
		return err
	}
	if err := tx.ChannelSent(ctx, l.channelID, ""); err != nil {
		return err
	}
	return tx.FinishTask(ctx, id)
}

// putOff takes back that there was an attempt: the channel takes no more for now, and nothing is
// wrong with it.
func (j *DeliverArticle) putOff(ctx context.Context, l *letter, later *channels.LaterError) error {
	err := j.store.MergeArticlePreferences(ctx, l.article.ID, map[string]any{"delivery_retry": l.attempt - 1})
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	return later
}

// noteFailure writes a failed attempt to article and channel and returns what the workers count.
func (j *DeliverArticle) noteFailure(ctx context.Context, l *letter, failure error) error {
	failure = &deliveryError{failure}
	err := j.store.InBriefTx(ctx, func(tx *store.Store) error {
		if err := tx.MergeArticlePreferences(ctx, l.article.ID, l.failed(time.Now(), failure)); err != nil {
			return err
		}
		if l.channelID == 0 {
			return nil
		}
		return tx.ChannelSent(ctx, l.channelID, failure.Error())
	})
	if errors.Is(err, desk.ErrNotFound) {
		err = nil // the article was deleted: the next attempt ends the work
	}
	// Whatever the cause, an attempt is an attempt: the original tries four times, also when the
	// server said never, because that is often mended in the minutes between.
	return fmt.Errorf("deliver article %d: %w", l.article.ID, errors.Join(failure, err))
}

// deliveryError hides what kind of error ended a delivery: nothing about it is permanent, and
// nothing about it uncounted. Mail servers answer in any charset.
type deliveryError struct{ cause error }

func (e *deliveryError) Error() string { return desk.Plain(e.cause.Error()) }

// GiveUp tells the agents: an internal note on the ticket, which is open again. The dead row stays.
func (j *DeliverArticle) GiveUp(ctx context.Context, tx *store.Store, t task.ArticleToDeliver, _ desk.OutboxID, reason error) error {
	article, err := tx.Article(ctx, t.ArticleID)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	before, err := tx.LockTicket(ctx, article.TicketID)
	if err != nil {
		return err
	}
	l := letter{article: article, ticket: before, catalog: catalog}
	note := l.undeliverable(reason)
	if err := tx.InsertArticle(ctx, &note); err != nil {
		return err
	}
	after := before
	after.StateID = catalog.FollowUpState()
	desk.ApplyArticle(&after, note, catalog)
	created := desk.Change{
		Object: "Ticket::Article", OID: int64(note.ID), Type: "created",
		RelatedObject: "Ticket", RelatedOID: int64(after.ID), By: desk.SystemUser,
	}
	_, err = tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: catalog, History: []desk.Change{created},
		Event: desk.TicketEvent{ArticleID: note.ID, By: desk.SystemUser},
	})
	return err
}
