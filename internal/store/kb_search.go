package store

import (
	"context"
	"strings"
	"time"

	"postroom/internal/desk"
)

// KBWanted says what somebody looks for in a knowledge base.
type KBWanted struct {
	Words      []string // each must be in the texts
	Locales    []desk.KBLocaleID
	Shelves    KBShelves           // of which answers are seen
	Categories []desk.KBCategoryID // those that are seen themselves
	Answers    bool                // answers are looked for
	Titles     bool                // categories are
	Page       Page
}

// KBFound is something that was found, by its name in one language.
type KBFound struct {
	ID         desk.KBTranslationID
	Answer     bool // else it is a category
	OwnerID    int64
	CategoryID desk.KBCategoryID
	LocaleID   desk.KBLocaleID
	Title      string
	Words      string // the beginning of what was looked through
	UpdatedAt  time.Time
}

// KBSearch finds answers and categories: first those that have all the words in their titles.
func (s *Store) KBSearch(ctx context.Context, w KBWanted) ([]KBFound, error) {
	var args arguments
	var like, titled []string
	for _, word := range w.Words {
		pattern := args.add(containing(word))
		like, titled = append(like, "t.words ILIKE "+pattern), append(titled, "f.title ILIKE "+pattern)
	}
	if len(like) == 0 || len(w.Locales) == 0 {
		return nil, nil
	}
	all, locales := strings.Join(like, " AND "), args.add(plain(w.Locales))
	sql := `
		SELECT id, answer, owner_id, category_id, locale_id, title, words, updated_at
		FROM (
			SELECT t.id, true AS answer, t.answer_id AS owner_id, a.category_id, t.kb_locale_id AS locale_id, t.title,
				left(t.words, 600) AS words, t.updated_at
			FROM knowledge_base_answer_translations t
			JOIN knowledge_base_answers a ON a.id = t.answer_id
			WHERE ` + args.add(w.Answers) + `::bool AND ` + all + ` AND t.kb_locale_id = ANY(` + locales + `) AND ` + w.Shelves.seen(&args) + `
			UNION ALL
			SELECT t.id, false, t.category_id, t.category_id, t.kb_locale_id, t.title, '', t.updated_at
			FROM knowledge_base_category_translations t
			WHERE ` + args.add(w.Titles) + `::bool AND ` + strings.ReplaceAll(all, "t.words", "t.title") + `
				AND t.kb_locale_id = ANY(` + locales + `) AND t.category_id = ANY(` + args.add(plain(w.Categories)) + `)
		) f
		ORDER BY (` + strings.Join(titled, " AND ") + `) DESC, answer DESC, updated_at DESC, id
		LIMIT ` + args.add(w.Page.Limit) + ` OFFSET ` + args.add(w.Page.Offset)
	return many[KBFound](ctx, s, "search in knowledge base", sql, args.planned()...)
}
