package knowledge

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Answers are the answers of knowledge bases. Whoever writes one holds the lock of its knowledge
// base.
var Answers = &table.Of[kb.Answer, kb.AnswerID]{
	Class: "KnowledgeBase::Answer",
	Name:  "knowledge_base_answers",
	Select: `
		SELECT id, category_id, promoted, internal_note, position, archived_at, archived_by_id, internal_at, internal_by_id,
			published_at, published_by_id, updated_by_id, created_by_id, created_at, updated_at
		FROM knowledge_base_answers`,
	Create: `
		INSERT INTO knowledge_base_answers (category_id, promoted, internal_note, position, archived_at, archived_by_id, internal_at,
			internal_by_id, published_at, published_by_id, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
		RETURNING id`,
	Update: `
		UPDATE knowledge_base_answers
		SET category_id = $1, promoted = $2, internal_note = $3, position = $4, archived_at = $5, archived_by_id = $6, internal_at = $7,
			internal_by_id = $8, published_at = $9, published_by_id = $10, updated_by_id = $11, updated_at = clock_timestamp()
		WHERE id = $12`,
	Values: func(v kb.Answer) []any {
		return []any{
			v.CategoryID, v.Promoted, v.InternalNote, v.Position, v.ArchivedAt, v.ArchivedByID, v.InternalAt,
			v.InternalByID, v.PublishedAt, v.PublishedByID, v.UpdatedByID,
		}
	},
	Parts: func(v *kb.Answer) (*kb.AnswerID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// Shelves are the categories of which somebody sees answers, by how much is seen of each.
type Shelves map[kb.Access][]kb.CategoryID

// seen writes that somebody sees an answer a.
func (f Shelves) seen(args *pg.Args) string {
	const current = `(a.archived_at IS NULL OR a.archived_at > now())`
	category := func(level kb.Access) string { return `a.category_id = ANY(` + args.Add(pg.Plain(f[level])) + `)` }
	return `(` + category(kb.Editor) + `
		OR ` + category(kb.Reader) + ` AND ` + current + ` AND (a.internal_at <= now() OR a.published_at <= now())
		OR ` + category(kb.Public) + ` AND ` + current + ` AND a.published_at <= now())`
}

// KBAnswersOn returns the answers that somebody sees in some categories, in their order.
func (s Keeper) KBAnswersOn(ctx context.Context, shelves Shelves) ([]kb.Answer, error) {
	var args pg.Args
	sql := Answers.Select + ` a WHERE ` + shelves.seen(&args) + ` ORDER BY category_id, position, id`
	return pg.Many[kb.Answer](ctx, s.DB, "answers in categories", sql, args.Planned()...)
}

// NextKBPosition is the place behind the last answer of a category.
func (s Keeper) NextKBPosition(ctx context.Context, category kb.CategoryID) (int, error) {
	return pg.Value[int](ctx, s.DB, "last answer", `SELECT coalesce(max(position), -1) + 1 FROM knowledge_base_answers WHERE category_id = $1`, category)
}

// DeleteKBFiles deletes the files of answers, and returns their blobs.
func (s Keeper) DeleteKBFiles(ctx context.Context, answers ...kb.AnswerID) ([]desk.BlobID, error) {
	return pg.Column[desk.BlobID](ctx, s.DB, "files of answers", `
		DELETE FROM attachments
		WHERE object = $1 AND o_id = ANY($2)
		RETURNING blob_id`, desk.ObjectKBAnswer, pg.Plain(answers))
}

// DeleteKBFile deletes one file of an answer and returns its blob, or a *desk.MissingError.
func (s Keeper) DeleteKBFile(ctx context.Context, answer kb.AnswerID, id desk.AttachmentID) ([]desk.BlobID, error) {
	blobs, err := pg.Column[desk.BlobID](ctx, s.DB, "file of answer", `
		DELETE FROM attachments
		WHERE id = $1 AND object = $2 AND o_id = $3
		RETURNING blob_id`, id, desk.ObjectKBAnswer, answer)
	if err == nil && len(blobs) == 0 {
		err = &desk.MissingError{Class: "Store", ID: int64(id)}
	}
	return blobs, err
}

// TouchKBAnswer notes that something attached to an answer changed: clients read it anew then.
func (s Keeper) TouchKBAnswer(ctx context.Context, id kb.AnswerID) error {
	return pg.Exec(ctx, s.DB, "touch answer", `UPDATE knowledge_base_answers SET updated_at = clock_timestamp() WHERE id = $1`, id)
}
