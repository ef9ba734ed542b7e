package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// PublicLinks are addresses elsewhere that people are shown before they are signed in.
var PublicLinks = &table.Of[workspace.PublicLink, workspace.PublicLinkID]{
	Class:  "PublicLink",
	Name:   "public_links",
	Search: "link, title, description",
	Select: `
		SELECT id, link, title, description, screen, new_tab, prio, updated_by_id, created_by_id, created_at, updated_at
		FROM public_links`,
	Create: `
		INSERT INTO public_links (link, title, description, screen, new_tab, prio, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	Update: `
		UPDATE public_links
		SET link = $1, title = $2, description = $3, screen = $4, new_tab = $5, prio = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	Values: func(v workspace.PublicLink) []any {
		return []any{v.Link, v.Title, v.Description, v.Screen, v.NewTab, v.Prio, v.UpdatedByID}
	},
	Parts: func(v *workspace.PublicLink) (*workspace.PublicLinkID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, _ *pg.DB, v *workspace.PublicLink) error { return v.Check() },
}
