package chat

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Topics are what visitors can talk about.
var Topics = &table.Of[desk.Chat, desk.ChatID]{
	Class:  "Chat",
	Name:   "chats",
	Search: "name, note",
	Select: `
		SELECT id, name, max_queue, note, active, public, block_ip, block_country, allowed_websites, preferences,
			updated_by_id, created_by_id, created_at, updated_at
		FROM chats`,
	Create: `
		INSERT INTO chats (name, max_queue, note, active, public, block_ip, block_country, allowed_websites, preferences,
			updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
		RETURNING id`,
	Update: `
		UPDATE chats
		SET name = $1, max_queue = $2, note = $3, active = $4, public = $5, block_ip = $6, block_country = $7,
			allowed_websites = $8, preferences = $9, updated_by_id = $10, updated_at = now()
		WHERE id = $11`,
	Values: func(v desk.Chat) []any {
		return []any{v.Name, v.MaxQueue, v.Note, v.Active, v.Public, v.BlockIP, v.BlockCountry, v.AllowedWebsites,
			pg.Object(v.Preferences), v.UpdatedByID}
	},
	Parts: func(v *desk.Chat) (*desk.ChatID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, _ *pg.DB, v *desk.Chat) error { return v.Check() },
}
