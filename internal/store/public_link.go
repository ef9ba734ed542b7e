package store

import (
	"context"

	"postroom/internal/desk"
)

// PublicLinks are addresses elsewhere that people are shown before they are signed in.
var PublicLinks = &Table[desk.PublicLink, desk.PublicLinkID]{
	Class:  "PublicLink",
	name:   "public_links",
	search: "link, title, description",
	all: `
		SELECT id, link, title, description, screen, new_tab, prio, updated_by_id, created_by_id, created_at, updated_at
		FROM public_links`,
	insert: `
		INSERT INTO public_links (link, title, description, screen, new_tab, prio, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	save: `
		UPDATE public_links
		SET link = $1, title = $2, description = $3, screen = $4, new_tab = $5, prio = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	values: func(v desk.PublicLink) []any {
		return []any{v.Link, v.Title, v.Description, v.Screen, v.NewTab, v.Prio, v.UpdatedByID}
	},
	parts: func(v *desk.PublicLink) (*desk.PublicLinkID, *desk.Stamp) { return &v.ID, &v.Stamp },
	check: func(_ context.Context, _ *Store, v *desk.PublicLink) error { return v.Check() },
}
