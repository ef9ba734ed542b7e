package messenger

import (
	"context"
	"errors"
	"maps"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
)

// noteProgress keeps what has arrived, without saying that anything failed.
func (j *Deliver) noteProgress(ctx context.Context, d *delivery, sent channels.Sent) error {
	more := progress(sent)
	more["delivery_retry"] = d.attempt
	err := j.store.MergeArticlePreferences(ctx, d.Article.ID, more)
	if errors.Is(err, desk.ErrNotFound) {
		return nil // the article was deleted: the next attempt ends the work
	}
	return err
}

// progress are the preferences about what has arrived.
func progress(sent channels.Sent) map[string]any {
	more := maps.Clone(sent.Preferences)
	if more == nil {
		more = map[string]any{}
	}
	if sent.Parts > 0 {
		more[doneParts] = sent.Parts
	}
	return more
}

// noteFailure writes a failed attempt to article and channel and returns what the workers count.
func (j *Deliver) noteFailure(ctx context.Context, d *delivery, sent channels.Sent, cause error) error {
	more := progress(sent)
	maps.Copy(more, map[string]any{
		"delivery_status": "fail", "delivery_status_message": desk.Plain(cause.Error()), "delivery_status_date": now(),
	})
	err := j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.MergeArticlePreferences(ctx, d.Article.ID, more); err != nil {
			return err
		}
		if d.channel.ID == 0 {
			return nil
		}
		return tx.ChannelSent(ctx, d.channel.ID, cause.Error())
	})
	if errors.Is(err, desk.ErrNotFound) {
		err = nil // the article was deleted: the next attempt ends the work
	}
	return errors.Join(&failure{d.Article.ID, cause}, err)
}

// noteSuccess ends the work. While the database is away it waits, because to forget what went out means
// to send it twice.
func (j *Deliver) noteSuccess(ctx context.Context, d *delivery, sent channels.Sent, id desk.OutboxID) error {
	for {
		err := j.store.InTx(ctx, func(tx *store.Store) error { return j.keep(ctx, tx, d, sent, id) })
		if !errors.Is(err, desk.ErrUnavailable) {
			return err
		}
		j.log.WarnContext(ctx, "article was sent, waiting for the database to note it", "article_id", d.Article.ID, "error", err)
		again := time.NewTimer(time.Second)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return err
		}
	}
}

// keep writes what a delivery leaves behind.
func (j *Deliver) keep(ctx context.Context, tx *store.Store, d *delivery, sent channels.Sent, id desk.OutboxID) error {
	if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
		return nil // another worker sent it too, and was faster
	} else if err != nil {
		return err
	}
	article, err := tx.LockArticle(ctx, d.Article.ID) // its messenger may report on it already
	if errors.Is(err, desk.ErrNotFound) {
		return tx.FinishTask(ctx, id) // deleted while it was sent
	}
	if err != nil {
		return err
	}
	delivered(&article, sent, d.channel.ID)
	if err := tx.SaveArticle(ctx, article); err != nil {
		return err
	}
	if d.System && d.way.History != "" {
		line := desk.Change{
			Object: desk.ObjectArticle, OID: int64(article.ID), Type: d.way.History,
			RelatedObject: desk.ObjectTicket, RelatedOID: int64(article.TicketID), By: article.CreatedByID,
		}
		if article.Subject != nil {
			line.ValueFrom = *article.Subject
		}
		if article.To != nil {
			line.ValueTo = *article.To
		}
		if err := tx.AddHistory(ctx, []desk.Change{line}); err != nil {
			return err
		}
	}
	if err := tx.ChannelSent(ctx, d.channel.ID, ""); err != nil {
		return err
	}
	return tx.FinishTask(ctx, id)
}

// delivered writes into an article that it has arrived.
func delivered(a *desk.Article, sent channels.Sent, by desk.ChannelID) {
	preferences := maps.Clone(a.Preferences)
	if preferences == nil {
		preferences = map[string]any{}
	}
	maps.Copy(preferences, sent.Preferences)
	delete(preferences, doneParts)
	preferences["delivery_channel_id"] = by
	preferences["delivery_status"], preferences["delivery_status_message"], preferences["delivery_status_date"] = "success", nil, now()
	a.Preferences = preferences
	if sent.MessageID != "" {
		a.MessageID, a.MessageIDMD5 = new(sent.MessageID), new(thread.MessageIDSum(sent.MessageID))
	}
	if sent.From != "" {
		a.From = new(desk.Cut(desk.Plain(sent.From), desk.MaxAddresses))
	}
	if sent.To != "" {
		a.To = new(desk.Cut(desk.Plain(sent.To), desk.MaxAddresses))
	}
}

// addNote writes an internal note of the system, of which rules and agents are told.
func addNote(ctx context.Context, tx, house *store.Store, note desk.Article) error {
	c, err := house.Catalog(ctx)
	if err != nil {
		return err
	}
	before, err := tx.LockTicket(ctx, note.TicketID)
	if err != nil {
		return err
	}
	if err := tx.InsertArticle(ctx, &note); err != nil {
		return err
	}
	after := before
	desk.ApplyArticle(&after, note, c)
	created := desk.Change{
		Object: desk.ObjectArticle, OID: int64(note.ID), Type: "created",
		RelatedObject: desk.ObjectTicket, RelatedOID: int64(after.ID), By: desk.SystemUser,
	}
	_, err = tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: c, History: []desk.Change{created},
		Event: desk.TicketEvent{ArticleID: note.ID, By: desk.SystemUser},
	})
	return err
}
