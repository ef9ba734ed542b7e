package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Translations are the texts that administrators changed.
var Translations = &table.Of[desk.Translation, desk.TranslationID]{
	Class:  "Translation",
	Name:   "translations",
	Search: "source, target",
	Select: `
		SELECT id, locale, source, target, updated_by_id, created_by_id, created_at, updated_at
		FROM translations`,
	Create: `
		INSERT INTO translations (locale, source, target, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	Update: `
		UPDATE translations
		SET locale = $1, source = $2, target = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	Values: func(v desk.Translation) []any { return []any{v.Locale, v.Source, v.Target, v.UpdatedByID} },
	Parts:  func(v *desk.Translation) (*desk.TranslationID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check:  func(_ context.Context, _ *pg.DB, v *desk.Translation) error { return v.Check() },
}

// maxTranslations bounds how many texts of a language are shown at once.
const maxTranslations = 20_000

// TranslationsInto returns the translations into a language by their source. words narrow them to
// those that have every word in one of their texts.
func (s Keeper) TranslationsInto(ctx context.Context, locale string, words []string) ([]desk.Translation, error) {
	var args pg.Args
	sql := Translations.Select + Translations.Where(table.Filter[desk.TranslationID]{Words: words}, &args) +
		` AND locale = ` + args.Add(locale) + ` ORDER BY source LIMIT ` + args.Add(maxTranslations)
	return pg.Many[desk.Translation](ctx, s.DB, "translations into "+locale, sql, args.Planned()...)
}

// PutTranslation stores a translation in place of the one that its text had, and fills its id.
func (s Keeper) PutTranslation(ctx context.Context, t *desk.Translation, by desk.UserID) error {
	if err := t.Check(); err != nil {
		return err
	}
	id, err := pg.Value[desk.TranslationID](ctx, s.DB, "put translation", `
		INSERT INTO translations (locale, source, target, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (locale, source) DO UPDATE SET target = $3, updated_by_id = $4, updated_at = now()
		RETURNING id`, t.Locale, t.Source, t.Target, by)
	t.ID = id
	return err
}

// ForgetTranslations deletes every translation.
func (s Keeper) ForgetTranslations(ctx context.Context) error {
	return pg.Exec(ctx, s.DB, "forget translations", `DELETE FROM translations`)
}
