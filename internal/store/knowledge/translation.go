package knowledge

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/richtext"
	"postroom/internal/store/pg"
)

// Translations are where what one kind of thing is called in each language is kept.
type Translations struct {
	class  string
	all    string // a SELECT of every row, but for the bodies of answers
	put    string // takes values; replaces what is said in the language
	values func(owner int64, t kb.Translation, by desk.UserID) []any
}

// What knowledge bases, categories and answers are called.
var (
	BaseTranslations = &Translations{
		class: "KnowledgeBase::Translation",
		all: `
			SELECT id, knowledge_base_id AS owner_id, kb_locale_id AS locale_id, title, footer_note AS text,
				updated_by_id, created_by_id, created_at, updated_at
			FROM knowledge_base_translations
			WHERE knowledge_base_id = ANY($1)
			ORDER BY id`,
		put: `
			INSERT INTO knowledge_base_translations (knowledge_base_id, kb_locale_id, title, footer_note, updated_by_id, created_by_id)
			VALUES ($1, $2, $3, $4, $5, $5)
			ON CONFLICT (knowledge_base_id, kb_locale_id) DO UPDATE
			SET title = excluded.title, footer_note = excluded.footer_note, updated_by_id = excluded.updated_by_id, updated_at = clock_timestamp()`,
		values: func(owner int64, t kb.Translation, by desk.UserID) []any {
			return []any{owner, t.LocaleID, t.Title, t.Text, by}
		},
	}
	CategoryTranslations = &Translations{
		class: "KnowledgeBase::Category::Translation",
		all: `
			SELECT id, category_id AS owner_id, kb_locale_id AS locale_id, title, '' AS text,
				updated_by_id, created_by_id, created_at, updated_at
			FROM knowledge_base_category_translations
			WHERE category_id = ANY($1)
			ORDER BY id`,
		put: `
			INSERT INTO knowledge_base_category_translations (category_id, kb_locale_id, title, updated_by_id, created_by_id)
			VALUES ($1, $2, $3, $4, $4)
			ON CONFLICT (category_id, kb_locale_id) DO UPDATE
			SET title = excluded.title, updated_by_id = excluded.updated_by_id, updated_at = clock_timestamp()`,
		values: func(owner int64, t kb.Translation, by desk.UserID) []any {
			return []any{owner, t.LocaleID, t.Title, by}
		},
	}
	AnswerTranslations = &Translations{
		class: "KnowledgeBase::Answer::Translation",
		all: `
			SELECT id, answer_id AS owner_id, kb_locale_id AS locale_id, title, '' AS text,
				updated_by_id, created_by_id, created_at, updated_at
			FROM knowledge_base_answer_translations
			WHERE answer_id = ANY($1)
			ORDER BY id`,
		put: `
			INSERT INTO knowledge_base_answer_translations (answer_id, kb_locale_id, title, body, words, updated_by_id, created_by_id)
			VALUES ($1, $2, $3, $4, $5, $6, $6)
			ON CONFLICT (answer_id, kb_locale_id) DO UPDATE
			SET title = excluded.title, body = excluded.body, words = excluded.words, updated_by_id = excluded.updated_by_id,
				updated_at = clock_timestamp()`,
		values: func(owner int64, t kb.Translation, by desk.UserID) []any {
			return []any{owner, t.LocaleID, t.Title, t.Text, t.Title + "\n" + richtext.ToText(t.Text), by}
		},
	}
)

// Of returns what things are called, without the bodies of answers.
func (k *Translations) Of(ctx context.Context, s *pg.DB, owners ...int64) ([]kb.Translation, error) {
	return pg.Many[kb.Translation](ctx, s, "translations "+k.class, k.all, owners)
}

// Put stores what something is called in some languages. Others stay as they are.
func (k *Translations) Put(ctx context.Context, tx *pg.DB, owner int64, translations []kb.Translation, by desk.UserID) error {
	batch := &pgx.Batch{}
	for _, t := range translations {
		batch.Queue(k.put, k.values(owner, t, by)...)
	}
	return pg.Send(ctx, tx, batch, "put "+k.class)
}

// Refuse returns a *desk.MissingError that names a translation.
func (k *Translations) Refuse(id kb.TranslationID) error {
	return &desk.MissingError{Class: k.class, ID: int64(id)}
}

// KBBodies returns the bodies of answers in some languages, by the ids of the translations.
func (s Keeper) KBBodies(ctx context.Context, translations []kb.TranslationID) (map[kb.TranslationID]string, error) {
	return pg.Keyed[kb.TranslationID](ctx, s.DB, "bodies of answers", `
		SELECT id, body
		FROM knowledge_base_answer_translations
		WHERE id = ANY($1)`, pg.Whole[string], pg.Plain(slices.Clone(translations)))
}
