package tickets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store/pg"
)

// SelectArticle reads whole articles, of the table ticket_articles without a name of its own.
const SelectArticle = `
	SELECT id, ticket_id, type_id, sender_id, "from", "to", cc, subject, reply_to, message_id, message_id_md5, in_reply_to,
		"references", content_type, body, internal, preferences, time_unit::text, origin_by_id,
		updated_by_id, created_by_id, created_at, updated_at
	FROM ticket_articles`

const (
	articleByID = SelectArticle + ` WHERE id = $1`
	articlesOf  = SelectArticle + ` WHERE ticket_id = $1 ORDER BY created_at, id`
)

// Article returns one article, or a *desk.MissingError.
func (s Keeper) Article(ctx context.Context, id desk.ArticleID) (desk.Article, error) {
	return pg.One[desk.Article](ctx, s.DB, articleByID, "Ticket::Article", int64(id))
}

// LockArticle is Article; until the transaction ends nobody else changes it.
func (s Keeper) LockArticle(ctx context.Context, id desk.ArticleID) (desk.Article, error) {
	return pg.One[desk.Article](ctx, s.DB, articleByID+` FOR NO KEY UPDATE`, "Ticket::Article", int64(id))
}

// ArticlesOf returns all articles of a ticket, oldest first.
func (s Keeper) ArticlesOf(ctx context.Context, id desk.TicketID) ([]desk.Article, error) {
	return pg.Many[desk.Article](ctx, s.DB, "articles of ticket", articlesOf, id)
}

// The sequence is drawn by hand so that the id can be reserved before. Times are those of the
// statement, not of the transaction: one that waited for the ticket must come after its predecessor.
const insertArticle = `
	INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, "from", "to", cc, subject, reply_to, message_id,
		message_id_md5, in_reply_to, "references", content_type, body, internal, preferences, time_unit, origin_by_id,
		updated_by_id, created_by_id, created_at, updated_at)
	VALUES (coalesce(nullif($20::bigint, 0), nextval('ticket_articles_id_seq')), $1, $2, $3, $4, $5, $6, $7, $8, $9,
		$10, $11, $12, $13, $14, $15, $16, $17::text::numeric, $18,
		$19, $21, coalesce($22, clock_timestamp()), coalesce($23, clock_timestamp()))
	RETURNING id, created_at, updated_at`

// InsertArticle writes a new article and fills its ID, unless it brings a reserved one. Times of
// its stamp that are not set are now. What the article means for its ticket is desk.ApplyArticle's
// business.
func (s Keeper) InsertArticle(ctx context.Context, a *desk.Article) error {
	batch := &pgx.Batch{}
	QueueArticle(batch, a)
	return pg.Send(ctx, s.DB, batch, "insert article")
}

// QueueArticle adds to a batch what InsertArticle does.
func QueueArticle(batch *pgx.Batch, a *desk.Article) {
	args := append(articleValues(a), a.ID, a.CreatedByID, pg.TimeOrNil(a.CreatedAt), pg.TimeOrNil(a.UpdatedAt))
	batch.Queue(insertArticle, args...).QueryRow(func(row pgx.Row) error {
		return row.Scan(&a.ID, &a.CreatedAt, &a.UpdatedAt)
	})
}

const saveArticle = `
	UPDATE ticket_articles
	SET ticket_id = $1, type_id = $2, sender_id = $3, "from" = $4, "to" = $5, cc = $6, subject = $7, reply_to = $8,
		message_id = $9, message_id_md5 = $10, in_reply_to = $11, "references" = $12, content_type = $13, body = $14,
		internal = $15, preferences = $16, time_unit = $17::text::numeric, origin_by_id = $18,
		updated_by_id = $19, updated_at = clock_timestamp()
	WHERE id = $20`

// SaveArticle writes back a changed article. Its updated_at becomes now.
func (s Keeper) SaveArticle(ctx context.Context, a desk.Article) error {
	tag, err := pg.Conn(s.DB).Exec(ctx, saveArticle, append(articleValues(&a), a.ID)...)
	if err != nil {
		return fmt.Errorf("save article %d: %w", a.ID, pg.Translate(err))
	}
	if tag.RowsAffected() == 0 {
		return &desk.MissingError{Class: "Ticket::Article", ID: int64(a.ID)}
	}
	return nil
}

// articleValues are $1 to $19 of both statements that write an article.
func articleValues(a *desk.Article) []any {
	contentType := a.ContentType
	if contentType == "" {
		contentType = "text/plain"
	}
	return []any{
		a.TicketID, a.TypeID, a.SenderID, a.From, a.To, a.Cc, a.Subject, a.ReplyTo,
		a.MessageID, a.MessageIDMD5, a.InReplyTo, a.References, contentType, a.Body,
		a.Internal, pg.Object(a.Preferences), a.TimeUnit, a.OriginByID,
		a.UpdatedByID,
	}
}

const deleteArticle = `
	WITH gone AS (
		DELETE FROM ticket_articles
		WHERE id = $1
		RETURNING id
	), past AS (
		DELETE FROM history h
		USING gone
		WHERE h.object = 'Ticket::Article' AND h.o_id = gone.id
	), file AS (
		DELETE FROM attachments f
		USING gone
		WHERE f.object IN ('Ticket::Article', 'Ticket::Article::Mail') AND f.o_id = gone.id
		RETURNING f.blob_id
	)
	SELECT (SELECT count(*) FROM gone), (SELECT array_agg(DISTINCT blob_id) FROM file)`

// DeleteArticle deletes an article with its attachments and history. It returns the blobs that may
// now be unused.
func (s Keeper) DeleteArticle(ctx context.Context, id desk.ArticleID) ([]desk.BlobID, error) {
	return s.deleteWithFiles(ctx, deleteArticle, "Ticket::Article", int64(id))
}

// mergePreferences leaves updated_at alone: what the machine notes about a delivery is no edit.
const mergePreferences = `
	UPDATE ticket_articles
	SET preferences = preferences || $2
	WHERE id = $1`

// MergeArticlePreferences adds to an article's preferences, replacing those of the same name.
func (s Keeper) MergeArticlePreferences(ctx context.Context, id desk.ArticleID, more map[string]any) error {
	tag, err := pg.Conn(s.DB).Exec(ctx, mergePreferences, id, pg.Object(more))
	if err != nil {
		return fmt.Errorf("preferences of article %d: %w", id, pg.Translate(err))
	}
	if tag.RowsAffected() == 0 {
		return &desk.MissingError{Class: "Ticket::Article", ID: int64(id)}
	}
	return nil
}

// The limit is more ids than fit into a References header.
const threadIDs = `
	SELECT message_id, in_reply_to
	FROM ticket_articles
	WHERE ticket_id = $1
	ORDER BY id DESC
	LIMIT 3000`

// ThreadIDs returns the Message-IDs of a ticket's articles, newest first.
func (s Keeper) ThreadIDs(ctx context.Context, id desk.TicketID) ([]thread.IDs, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, threadIDs, id)
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByPos[thread.IDs])
	if err != nil {
		return nil, fmt.Errorf("message ids of ticket %d: %w", id, pg.Translate(err))
	}
	return ids, nil
}
