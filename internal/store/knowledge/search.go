package knowledge

import (
	"context"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Wanted says what somebody looks for in a knowledge base.
type Wanted struct {
	Words      []string // each must be in the texts
	Locales    []desk.KBLocaleID
	Shelves    Shelves             // of which answers are seen
	Categories []desk.KBCategoryID // those that are seen themselves
	Answers    bool                // answers are looked for
	Titles     bool                // categories are
	Page       table.Page
}

// Found is something that was found, by its name in one language.
type Found struct {
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
func (s Keeper) KBSearch(ctx context.Context, w Wanted) ([]Found, error) {
	var args pg.Args
	var like, titled []string
	for _, word := range w.Words {
		pattern := args.Add(pg.Containing(word))
		like, titled = append(like, "t.words ILIKE "+pattern), append(titled, "f.title ILIKE "+pattern)
	}
	if len(like) == 0 || len(w.Locales) == 0 {
		return nil, nil
	}
	all, locales := strings.Join(like, " AND "), args.Add(pg.Plain(w.Locales))
	sql := `
		SELECT id, answer, owner_id, category_id, locale_id, title, words, updated_at
		FROM (
			SELECT t.id, true AS answer, t.answer_id AS owner_id, a.category_id, t.kb_locale_id AS locale_id, t.title,
				left(t.words, 600) AS words, t.updated_at
			FROM knowledge_base_answer_translations t
			JOIN knowledge_base_answers a ON a.id = t.answer_id
			WHERE ` + args.Add(w.Answers) + `::bool AND ` + all + ` AND t.kb_locale_id = ANY(` + locales + `) AND ` + w.Shelves.seen(&args) + `
			UNION ALL
			SELECT t.id, false, t.category_id, t.category_id, t.kb_locale_id, t.title, '', t.updated_at
			FROM knowledge_base_category_translations t
			WHERE ` + args.Add(w.Titles) + `::bool AND ` + strings.ReplaceAll(all, "t.words", "t.title") + `
				AND t.kb_locale_id = ANY(` + locales + `) AND t.category_id = ANY(` + args.Add(pg.Plain(w.Categories)) + `)
		) f
		ORDER BY (` + strings.Join(titled, " AND ") + `) DESC, answer DESC, updated_at DESC, id
		LIMIT ` + args.Add(w.Page.Limit) + ` OFFSET ` + args.Add(w.Page.Offset)
	return pg.Many[Found](ctx, s.DB, "search in knowledge base", sql, args.Planned()...)
}
