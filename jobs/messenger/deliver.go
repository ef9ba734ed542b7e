package messenger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Deliver sends an article out.
type Deliver struct{ office }

// NewDeliver returns the job of task.MessageToDeliver.
func NewDeliver(s *store.Store, blobs *blob.Store, ways Ways, log *slog.Logger) *Deliver {
	return &Deliver{office{s, blobs, ways, log, semaphore.NewWeighted(atOnce)}}
}

// delivery is an article on its way out.
type delivery struct {
	channels.Letter
	way     Way
	channel desk.Channel // zero: none was found
	attempt int
	catalog *desk.Catalog
}

// Work makes one attempt to deliver an article.
func (j *Deliver) Work(ctx context.Context, t task.MessageToDeliver, id desk.OutboxID) error {
	d, err := j.begin(ctx, t.ArticleID, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && d == nil {
		return nil // done, or gone meanwhile
	}
	if err != nil {
		return err
	}
	sent, err := j.send(ctx, d)
	// The result must be noted even when our time is up: what went out without being noted goes out twice.
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	if err != nil && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.Join(ctx.Err(), j.noteProgress(note, d, sent), j.store.ReleaseTask(note, id)) // we are being stopped: no failure
	}
	if later, ok := errors.AsType[*channels.LaterError](err); ok {
		d.attempt-- // the other side takes nothing more for now, and nothing is wrong with it
		if err := j.noteProgress(note, d, sent); err != nil {
			return err
		}
		return later
	}
	if err != nil {
		return j.noteFailure(note, d, sent, err)
	}
	return j.noteSuccess(note, d, sent, id)
}

// begin claims the work and reads the article. It returns none when there is nothing to send any more;
// the work is ended then.
func (j *Deliver) begin(ctx context.Context, article desk.ArticleID, id desk.OutboxID) (*delivery, error) {
	c, err := j.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	d := &delivery{catalog: c}
	err = j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.ClaimTask(ctx, id, claimSpan); err != nil {
			return err
		}
		d.Article, err = tx.Article(ctx, article)
		gone := errors.Is(err, desk.ErrNotFound)
		if err != nil && !gone {
			return err
		}
		if gone || d.Article.Preferences["delivery_status"] == "success" || c.Settings.Bool("import_mode") {
			d = nil
			return tx.FinishTask(ctx, id)
		}
		if d.Ticket, err = tx.Ticket(ctx, d.Article.TicketID); err != nil {
			return err
		}
		files, err := tx.AttachmentsOf(ctx, desk.ObjectArticle, int64(article))
		if err != nil {
			return err
		}
		d.Files = j.files(files)
		d.attempt = number(d.Article.Preferences["delivery_retry"]) + 1
		return tx.MergeArticlePreferences(ctx, article, map[string]any{"delivery_retry": d.attempt})
	})
	if err != nil || d == nil {
		return nil, err
	}
	d.way = j.ways[d.Article.TypeID]
	d.System = c.Senders[d.Article.SenderID] == "System"
	d.Done = number(d.Article.Preferences[doneParts])
	d.Text = d.Article.Body
	if d.Article.ContentType == "text/html" {
		d.Text = richtext.ToText(d.Text)
	}
	return d, nil
}

// doneParts is the preference that says how many parts of an article have arrived.
const doneParts = "delivery_parts"

// number reads a number. JSON has it as a float, clients perhaps as text.
func number(value any) (n int) {
	_, _ = fmt.Sscan(fmt.Sprint(value), &n)
	return n
}

// files are an article's attachments, to be read when it is their turn.
func (j *Deliver) files(attachments []desk.Attachment) []channels.LetterFile {
	files := make([]channels.LetterFile, len(attachments))
	for i, a := range attachments {
		files[i] = channels.LetterFile{
			Filename: a.Filename, ContentType: mediaType(a), Size: a.Size,
			Read: func(ctx context.Context) ([]byte, error) { return j.blobs.Get(ctx, j.store, a.BlobID) },
		}
	}
	return files
}

func mediaType(a desk.Attachment) string {
	for _, name := range []string{"Content-Type", "Mime-Type"} {
		if media, _ := a.Preferences[name].(string); media != "" {
			return media
		}
	}
	return "application/octet-stream"
}

// send hands the article to its messenger.
func (j *Deliver) send(ctx context.Context, d *delivery) (channels.Sent, error) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	nothing := channels.Sent{Parts: d.Done}
	if d.way.Sender == nil {
		return nothing, &desk.InvalidError{Field: "type_id", Reason: "No messenger sends articles of this type."}
	}
	var err error
	if d.channel, err = d.way.Sender.Way(d.catalog, d.Letter); err != nil {
		return nothing, err
	}
	if !d.channel.Active {
		return nothing, &desk.ConfigError{Reason: fmt.Sprintf("Channel with id '%d' is inactive!", d.channel.ID)}
	}
	leave, err := j.enter()
	if err != nil {
		return nothing, err
	}
	defer leave()
	d.Arrived = func(ctx context.Context, sent channels.Sent) {
		if err := j.noteProgress(ctx, d, sent); err != nil {
			j.log.WarnContext(ctx, "part of an article was sent, which is not noted yet", "article_id", d.Article.ID, "error", err)
		}
	}
	return d.way.Sender.Send(ctx, d.channel, d.Letter)
}

// GiveUp tells the agents by an internal note on the ticket. The dead row stays.
func (j *Deliver) GiveUp(ctx context.Context, tx *store.Store, t task.MessageToDeliver, _ desk.OutboxID, reason error) error {
	article, err := tx.Article(ctx, t.ArticleID)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	note := desk.Article{
		TicketID: article.TicketID, TypeID: desk.ArticleNote, SenderID: desk.SenderSystem, ContentType: "text/plain", Internal: true,
		Body: desk.Cut(j.ways[article.TypeID].Failure+": "+said(reason), desk.MaxBody),
		Preferences: map[string]any{
			"delivery_article_id_related": article.ID, "delivery_message": true, "notification": true,
		},
	}
	note.CreatedByID, note.UpdatedByID = desk.SystemUser, desk.SystemUser
	return addNote(ctx, tx, j.store, note)
}

// said is what people are told about a failure, without what it was wrapped in on its way here.
func said(reason error) string {
	if failure, ok := errors.AsType[*failure](reason); ok {
		reason = failure.cause
	}
	return desk.Plain(reason.Error())
}

// failure is an attempt that failed and was noted.
type failure struct {
	article desk.ArticleID
	cause   error
}

func (e *failure) Error() string {
	return fmt.Sprintf("deliver article %d: %s", e.article, desk.Plain(e.cause.Error()))
}
func (e *failure) Unwrap() error { return e.cause }

// now is the time as preferences of articles have it.
func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }
