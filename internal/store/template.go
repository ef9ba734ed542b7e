package store

import (
	"context"

	"postroom/internal/desk"
)

// Templates fill in the form of a new ticket.
var Templates = &Table[desk.Template, desk.TemplateID]{
	Class:  "Template",
	name:   "templates",
	search: "name",
	all: `
		SELECT id, name, options, active, updated_by_id, created_by_id, created_at, updated_at
		FROM templates`,
	insert: `
		INSERT INTO templates (name, options, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	save: `
		UPDATE templates
		SET name = $1, options = $2, active = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	values: func(v desk.Template) []any { return []any{v.Name, object(v.Options), v.Active, v.UpdatedByID} },
	parts:  func(v *desk.Template) (*desk.TemplateID, *desk.Stamp) { return &v.ID, &v.Stamp },
	check:  func(_ context.Context, _ *Store, v *desk.Template) error { return v.Check() },
}
