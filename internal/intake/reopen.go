package intake

import (
	"context"
	"errors"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Reopen decrypts and verifies the mail of an article once more, because a key came late. What that
// brings to light takes the place of the article's text and files. It returns what the article says
// about its security then; nil: nothing.
func (in *Intake) Reopen(ctx context.Context, id desk.ArticleID, by desk.UserID) (any, error) {
	article, err := in.store.Article(ctx, id)
	if err != nil {
		return nil, err
	}
	if article.SenderID == desk.SenderSystem || article.Preferences["delivery_status"] != nil {
		return article.Preferences[desk.PreferenceSecurity], nil // we wrote it: there is nothing to find out
	}
	read, err := in.openAgain(ctx, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && read.security == nil {
		return article.Preferences[desk.PreferenceSecurity], nil // no mail, or one that is not protected
	}
	if err != nil {
		return nil, fmt.Errorf("open mail of article %d again: %w", id, err)
	}
	known, _ := desk.Asked(article.Preferences)
	if known.Encryption.Success && !read.security.Encryption.Success || known.Sign.Success && !read.security.Sign.Success {
		return article.Preferences[desk.PreferenceSecurity], nil // the key is gone: what was found with it stays
	}
	return read.security, in.store.InTx(ctx, func(tx *store.Store) error { return in.refill(ctx, tx, id, read, by) })
}

// openAgain reads the mail as it was received.
func (in *Intake) openAgain(ctx context.Context, id desk.ArticleID) (opened, error) {
	raws, err := in.store.AttachmentsOf(ctx, desk.ObjectArticleMail, int64(id))
	if err != nil {
		return opened{}, err
	}
	if len(raws) == 0 {
		return opened{}, desk.ErrNotFound
	}
	weight := min(raws[0].Size, memoryForMails)
	if err := in.memory.Acquire(ctx, weight); err != nil {
		return opened{}, fmt.Errorf("wait for larger mails: %w: %w", desk.ErrUnavailable, err)
	}
	defer in.memory.Release(weight)
	raw, err := in.blobs.Get(ctx, in.store, raws[0].BlobID)
	if err != nil {
		return opened{}, err
	}
	c, err := in.store.Catalog(ctx)
	if err != nil {
		return opened{}, err
	}
	return in.open(ctx, raw, c)
}

// refill gives an article the text and the files of its mail.
func (in *Intake) refill(ctx context.Context, tx *store.Store, id desk.ArticleID, read opened, by desk.UserID) error {
	article, err := tx.Article(ctx, id)
	if err != nil {
		return err
	}
	if _, err := tx.LockTicket(ctx, article.TicketID); err != nil {
		return err
	}
	if article, err = tx.Article(ctx, id); err != nil { // whoever held the lock may have changed it
		return err
	}
	if article.Preferences == nil {
		article.Preferences = map[string]any{}
	}
	article.Preferences[desk.PreferenceSecurity] = read.security
	article.UpdatedByID = by
	if !read.security.Encryption.Success && !read.security.Sign.Success {
		return tx.SaveArticle(ctx, article)
	}
	article.ContentType, article.Body = read.ContentType, desk.Cut(clean(read.StoredBody()), desk.MaxBody)
	if read.ContentType == "text/html" {
		article.Preferences["remote_content_removed"] = read.RemoteContentRemoved
	}
	if err := tx.SaveArticle(ctx, article); err != nil {
		return err
	}
	blobs, err := tx.DeleteAttachmentsOf(ctx, desk.ObjectArticle, int64(id))
	if err != nil {
		return err
	}
	c, err := in.store.Catalog(ctx)
	if err != nil {
		return err
	}
	files, err := in.put(ctx, tx, read.Attachments, id, article.CreatedByID, c)
	if err != nil {
		return err
	}
	if err := tx.InsertAttachments(ctx, files); err != nil {
		return err
	}
	if len(blobs) > 0 {
		if err := tx.Announce(ctx, task.BlobsReleased{BlobIDs: blobs}); err != nil {
			return err
		}
	}
	return tx.TouchTickets(ctx, article.TicketID)
}
