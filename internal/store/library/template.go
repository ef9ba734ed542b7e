package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Templates fill in the form of a new ticket.
var Templates = &table.Of[workspace.Template, workspace.TemplateID]{
	Class:  "Template",
	Name:   "templates",
	Search: "name",
	Select: `
		SELECT id, name, options, active, updated_by_id, created_by_id, created_at, updated_at
		FROM templates`,
	Create: `
		INSERT INTO templates (name, options, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	Update: `
		UPDATE templates
		SET name = $1, options = $2, active = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	Values: func(v workspace.Template) []any { return []any{v.Name, pg.Object(v.Options), v.Active, v.UpdatedByID} },
	Parts:  func(v *workspace.Template) (*workspace.TemplateID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check:  func(_ context.Context, _ *pg.DB, v *workspace.Template) error { return v.Check() },
}
