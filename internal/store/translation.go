package store

import (
	"context"

	"postroom/internal/desk"
)

// Translations are the texts that administrators changed.
var Translations = &Table[desk.Translation, desk.TranslationID]{
	Class:  "Translation",
	name:   "translations",
	search: "source, target",
	all: `
		SELECT id, locale, source, target, updated_by_id, created_by_id, created_at, updated_at
		FROM translations`,
	insert: `
		INSERT INTO translations (locale, source, target, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	save: `
		UPDATE translations
		SET locale = $1, source = $2, target = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	values: func(v desk.Translation) []any { return []any{v.Locale, v.Source, v.Target, v.UpdatedByID} },
	parts:  func(v *desk.Translation) (*desk.TranslationID, *desk.Stamp) { return &v.ID, &v.Stamp },
	check:  func(_ context.Context, _ *Store, v *desk.Translation) error { return v.Check() },
}

// maxTranslations bounds how many texts of a language are shown at once.
const maxTranslations = 20_000

// TranslationsInto returns the translations into a language by their source. words narrow them to
// those that have every word in one of their texts.
func (s *Store) TranslationsInto(ctx context.Context, locale string, words []string) ([]desk.Translation, error) {
	var args arguments
	sql := Translations.all + Translations.where(Filter[desk.TranslationID]{Words: words}, &args) +
		` AND locale = ` + args.add(locale) + ` ORDER BY source LIMIT ` + args.add(maxTranslations)
	return many[desk.Translation](ctx, s, "translations into "+locale, sql, args.planned()...)
}

// PutTranslation stores a translation in place of the one that its text had, and fills its id.
func (s *Store) PutTranslation(ctx context.Context, t *desk.Translation, by desk.UserID) error {
	if err := t.Check(); err != nil {
		return err
	}
	id, err := value[desk.TranslationID](ctx, s, "put translation", `
		INSERT INTO translations (locale, source, target, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (locale, source) DO UPDATE SET target = $3, updated_by_id = $4, updated_at = now()
		RETURNING id`, t.Locale, t.Source, t.Target, by)
	t.ID = id
	return err
}

// ForgetTranslations deletes every translation.
func (s *Store) ForgetTranslations(ctx context.Context) error {
	return s.exec(ctx, "forget translations", `DELETE FROM translations`)
}
