package chat

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// found writes the condition of sessions in which each of some words occurs: in the visitor's name,
// in what was said, in a tag, or in the name of the session for pages.
func found(words []string, args *pg.Args) string {
	condition := "true"
	for _, word := range words {
		like := args.Add(pg.Containing(word))
		condition += `
			AND (s.name ILIKE ` + like + ` OR s.session_id ILIKE ` + like + `
				OR EXISTS (SELECT FROM chat_messages m WHERE m.chat_session_id = s.id AND m.content ILIKE ` + like + `)
				OR EXISTS (
					SELECT
					FROM taggings g
					JOIN tags t ON t.id = g.tag_id
					WHERE g.object = 'ChatSession' AND g.o_id = s.id AND t.name ILIKE ` + like + `))`
	}
	return condition
}

// FindChatSessions returns sessions in which each of the words occurs, the newest first.
func (s Keeper) FindChatSessions(ctx context.Context, words []string, page table.Page) ([]desk.ChatSession, error) {
	var args pg.Args
	sql := `
		SELECT s.id, s.chat_id, s.session_id, s.name, s.state, s.user_id, s.ticket_id, s.preferences, s.created_at, s.updated_at
		FROM chat_sessions s
		WHERE ` + found(words, &args) + `
		ORDER BY s.id DESC
		LIMIT ` + args.Add(page.Limit) + ` OFFSET ` + args.Add(page.Offset)
	return pg.Many[desk.ChatSession](ctx, s.DB, "find chat sessions", sql, args.Planned()...)
}

// CountChatSessions returns in how many sessions each of the words occurs.
func (s Keeper) CountChatSessions(ctx context.Context, words []string) (int, error) {
	var args pg.Args
	sql := `SELECT FROM chat_sessions s WHERE ` + found(words, &args)
	return pg.Count(ctx, s.DB, sql, args.Planned()...)
}
