package knowledge

import (
	"context"
	"time"

	"postroom/internal/desk/kb"
	"postroom/internal/store/pg"
)

// KBTitle is an answer as lists of answers in one language show it.
type KBTitle struct {
	kb.Answer
	TranslationID kb.TranslationID
	LocaleID      kb.LocaleID
	Title         string
	Body          string    // only where it was asked for
	ChangedAt     time.Time // the answer, or what it says
}

// KBList says which answers a list shows.
type KBList struct {
	Shelves Shelves
	Locales []kb.LocaleID
	Answer  kb.AnswerID // only this one; 0: all
	Tag     string      // only those with it; empty: all
	Bodies  bool
	Newest  bool // the last changed ones first, else in the order of their categories
	Limit   int
}

// KBTitles lists answers in some languages.
func (s Keeper) KBTitles(ctx context.Context, list KBList) ([]KBTitle, error) {
	var args pg.Args
	body, order := `''`, `a.category_id, a.position, a.id, t.id`
	if list.Bodies {
		body = `t.body`
	}
	if list.Newest {
		order = `changed_at DESC, t.id DESC`
	}
	sql := `
		SELECT a.id, a.category_id, a.promoted, a.internal_note, a.position, a.archived_at, a.archived_by_id, a.internal_at, a.internal_by_id,
			a.published_at, a.published_by_id, a.updated_by_id, a.created_by_id, a.created_at, a.updated_at,
			t.id AS translation_id, t.kb_locale_id AS locale_id, t.title, ` + body + ` AS body, greatest(a.updated_at, t.updated_at) AS changed_at
		FROM knowledge_base_answers a
		JOIN knowledge_base_answer_translations t ON t.answer_id = a.id
		WHERE t.kb_locale_id = ANY(` + args.Add(pg.Plain(list.Locales)) + `) AND ` + list.Shelves.seen(&args)
	if list.Answer != 0 {
		sql += ` AND a.id = ` + args.Add(list.Answer)
	}
	if list.Tag != "" {
		sql += `
			AND EXISTS (
				SELECT
				FROM taggings g
				JOIN tags ON tags.id = g.tag_id
				WHERE g.object = 'KnowledgeBase::Answer' AND g.o_id = a.id AND tags.name = ` + args.Add(list.Tag) + `)`
	}
	sql += ` ORDER BY ` + order + ` LIMIT ` + args.Add(list.Limit)
	return pg.Many[KBTitle](ctx, s.DB, "titles of answers", sql, args.Planned()...)
}
