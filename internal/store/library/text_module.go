package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// TextModules are the texts that agents insert into what they write.
var TextModules = &table.Of[workspace.TextModule, workspace.TextModuleID]{
	Class:  "TextModule",
	Name:   "text_modules",
	Search: "name, keywords, content, note",
	Select: `
		SELECT id, name, keywords, content, note, active, updated_by_id, created_by_id, created_at, updated_at
		FROM text_modules`,
	Create: `
		INSERT INTO text_modules (name, keywords, content, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`,
	Update: `
		UPDATE text_modules
		SET name = $1, keywords = $2, content = $3, note = $4, active = $5, updated_by_id = $6, updated_at = now()
		WHERE id = $7`,
	Values: func(v workspace.TextModule) []any {
		return []any{v.Name, v.Keywords, v.Content, v.Note, v.Active, v.UpdatedByID}
	},
	Parts: func(v *workspace.TextModule) (*workspace.TextModuleID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Ties:  table.Tie{Table: "text_modules_groups", Column: "text_module_id"},
	Check: func(_ context.Context, _ *pg.DB, v *workspace.TextModule) error { return v.Check() },
}

// InsertTextModules stores many new text modules that somebody made.
func (s Keeper) InsertTextModules(ctx context.Context, modules []workspace.TextModule, by desk.UserID) error {
	names, keywords, contents := make([]string, len(modules)), make([]*string, len(modules)), make([]string, len(modules))
	for i, m := range modules {
		if err := m.Check(); err != nil {
			return err
		}
		names[i], keywords[i], contents[i] = m.Name, m.Keywords, m.Content
	}
	return pg.Exec(ctx, s.DB, "insert text modules", `
		INSERT INTO text_modules (name, keywords, content, updated_by_id, created_by_id)
		SELECT name, keywords, content, $4, $4
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS new (name, keywords, content, position)
		ORDER BY position`, names, keywords, contents, by)
}

// DeleteTextModules deletes all text modules.
func (s Keeper) DeleteTextModules(ctx context.Context) error {
	return pg.Exec(ctx, s.DB, "delete text modules", `DELETE FROM text_modules`)
}
