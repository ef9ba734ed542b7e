package library

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/csvimport"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) textModuleImport() *rest.Import {
	columns := func(_ *desk.Catalog, v workspace.TextModule) rest.Record { return textModuleRecord(v) }
	lines := rest.ImportOf(s.textModules(), columns)
	lines.Kind = csvimport.Kind{
		Class:   library.TextModules.Class,
		Lookup:  []string{"id", "name"},
		Columns: rest.WithStamps("id", "name", "keywords", "content", "note", "active", "groups", "group_ids"),
		Several: []string{"groups", "group_ids"},
	}
	lines.Shown = []string{"id", "name", "keywords", "content", "note", "active", "groups"}
	lines.File = "text_module-example.csv"
	lines.Clear = func(ctx context.Context, tx *store.Store) error { return tx.DeleteTextModules(ctx) }
	return lines
}
