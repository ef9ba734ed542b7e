package chat

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// found writes the condition of sessions in which each of some words occurs: in the visitor's name,
// in what was said, in a tag, or in the name of the session for pages. Each place is asked by its index: the
// expressions are those of chat_messages_text and chat_sessions_text.
func found(words []string, args *pg.Args) string {
	condition := "true"
	for _, word := range words {
		like := args.Add(pg.Containing(word))
		condition += `
			AND s.id IN (
				SELECT chat_session_id
				FROM chat_messages
				WHERE content ILIKE ` + like + `
				UNION ALL
				SELECT id
				FROM chat_sessions
				WHERE (coalesce(name, '') || E'\n' || session_id) ILIKE ` + like + `
				UNION ALL
				SELECT g.o_id
				FROM tags t
				JOIN taggings g ON g.tag_id = t.id
				WHERE g.object = 'ChatSession' AND t.name ILIKE ` + like + `)`
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
