package knowledge

import (
	"context"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk/kb"
	"postroom/internal/store/pg"
)

// KBMenuItems returns the links in the menus of a knowledge base, in their order.
func (s Keeper) KBMenuItems(ctx context.Context, base kb.BaseID) ([]kb.MenuItem, error) {
	return pg.Many[kb.MenuItem](ctx, s.DB, "menus of knowledge base", `
		SELECT m.id, m.kb_locale_id AS locale_id, m.location, m.position, m.title, m.url, m.new_tab, m.created_at, m.updated_at
		FROM knowledge_base_menu_items m
		JOIN knowledge_base_locales l ON l.id = m.kb_locale_id
		WHERE l.knowledge_base_id = $1
		ORDER BY m.kb_locale_id, m.location, m.position, m.id`, base)
}

// SetKBMenu makes these all links of a menu, in their order. Those with an id of the menu are changed,
// others are new.
func (s Keeper) SetKBMenu(ctx context.Context, locale kb.LocaleID, location string, items []kb.MenuItem) error {
	kept := make([]kb.MenuItemID, len(items))
	for i, item := range items {
		kept[i] = item.ID
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		DELETE FROM knowledge_base_menu_items
		WHERE kb_locale_id = $1 AND location = $2 AND id <> ALL($3)`, locale, location, pg.Plain(kept))
	for i, item := range items {
		if item.ID != 0 {
			batch.Queue(`
				UPDATE knowledge_base_menu_items
				SET position = $4, title = $5, url = $6, new_tab = $7, updated_at = now()
				WHERE id = $1 AND kb_locale_id = $2 AND location = $3`, item.ID, locale, location, i, item.Title, item.URL, item.NewTab)
			continue
		}
		batch.Queue(`
			INSERT INTO knowledge_base_menu_items (kb_locale_id, location, position, title, url, new_tab)
			VALUES ($1, $2, $3, $4, $5, $6)`, locale, location, i, item.Title, item.URL, item.NewTab)
	}
	return pg.Send(ctx, s.DB, batch, "menu of knowledge base")
}
