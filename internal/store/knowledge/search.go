package knowledge

import (
	"context"
	"strings"
	"time"

	"postroom/internal/desk/kb"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Wanted says what somebody looks for in a knowledge base.
type Wanted struct {
	Words      []string // each must be in the texts
	Locales    []kb.LocaleID
	Shelves    Shelves         // of which answers are seen
	Categories []kb.CategoryID // those that are seen themselves
	Answers    bool            // answers are looked for
	Titles     bool            // categories are
	Page       table.Page
}

// Found is something that was found, by its name in one language.
type Found struct {
	ID         kb.TranslationID
	Answer     bool // else it is a category
	OwnerID    int64
	CategoryID kb.CategoryID
	LocaleID   kb.LocaleID
	Title      string
	Words      string // the beginning of what was looked through
	UpdatedAt  time.Time
}

// KBSearch finds answers and categories: first those that have all the words in their titles.
func (s Keeper) KBSearch(ctx context.Context, w Wanted) ([]Found, error) {
	if w.empty() {
		return nil, nil
	}
	var args pg.Args
	found, titled := w.found(&args)
	sql := found + `
		ORDER BY (` + titled + `) DESC, answer DESC, updated_at DESC, id
		LIMIT ` + args.Add(w.Page.Limit) + ` OFFSET ` + args.Add(w.Page.Offset)
	return pg.Many[Found](ctx, s.DB, "search in knowledge base", sql, args.Planned()...)
}

// KBCount returns how many answers and categories there are to be found, on all pages.
func (s Keeper) KBCount(ctx context.Context, w Wanted) (int, error) {
	if w.empty() {
		return 0, nil
	}
	var args pg.Args
	found, _ := w.found(&args)
	return pg.Count(ctx, s.DB, found, args.Planned()...)
}

// empty reports whether nothing can be found.
func (w Wanted) empty() bool { return len(w.Words) == 0 || len(w.Locales) == 0 }

// found selects what is wanted; titled is the condition that all the words are in the title.
func (w Wanted) found(args *pg.Args) (sql, titled string) {
	var like, inTitle []string
	for _, word := range w.Words {
		pattern := args.Add(pg.Containing(word))
		like, inTitle = append(like, "t.words ILIKE "+pattern), append(inTitle, "f.title ILIKE "+pattern)
	}
	all, locales := strings.Join(like, " AND "), args.Add(pg.Plain(w.Locales))
	return `
		SELECT id, answer, owner_id, category_id, locale_id, title, words, updated_at
		FROM (
			SELECT t.id, true AS answer, t.answer_id AS owner_id, a.category_id, t.kb_locale_id AS locale_id, t.title,
				left(t.words, 600) AS words, t.updated_at
			FROM knowledge_base_answer_translations t
			JOIN knowledge_base_answers a ON a.id = t.answer_id
			WHERE ` + args.Add(w.Answers) + `::bool AND ` + all + ` AND t.kb_locale_id = ANY(` + locales + `) AND ` + w.Shelves.seen(args) + `
			UNION ALL
			SELECT t.id, false, t.category_id, t.category_id, t.kb_locale_id, t.title, '', t.updated_at
			FROM knowledge_base_category_translations t
			WHERE ` + args.Add(w.Titles) + `::bool AND ` + strings.ReplaceAll(all, "t.words", "t.title") + `
				AND t.kb_locale_id = ANY(` + locales + `) AND t.category_id = ANY(` + args.Add(pg.Plain(w.Categories)) + `)
		) f`, strings.Join(inTitle, " AND ")
}
