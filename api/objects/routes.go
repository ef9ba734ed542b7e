package objects

import "postroom/api/rest"

// Routes are the addresses of definitions and of external data sources.
func (s *Room) Routes(t *rest.Table) {
	admin := rest.Needs("admin.object")
	const all = "/api/v1/object_manager_attributes"
	view := s.definitionView()
	t.Handle("GET "+all+"_list", admin, s.listObjects).Gives(rest.Record{{"objects", []string{}}})
	t.Handle("GET "+all, admin, s.listAttributes).GivesOf(s.listedSample)
	t.Handle("POST "+all, admin, s.createAttribute).TakesOf(view.BodySample).CreatesOf(view.OneSample)
	t.Handle("GET "+all+"/{id}", admin, s.getAttribute).Asks(rest.ShapeQuery...).GivesOf(view.OneSample)
	t.Handle("PUT "+all+"/{id}", admin, s.updateAttribute).TakesOf(view.BodySample).GivesOf(view.OneSample)
	t.Handle("DELETE "+all+"/{id}", admin, s.deleteAttribute)
	t.Handle("POST "+all+"_execute_migrations", admin, s.executeMigrations)
	t.Handle("POST "+all+"_discard_changes", admin, s.discardChanges)

	found := []any{rest.Record{{"value", ""}, {"label", ""}}}
	t.Handle("GET /api/v1/external_data_source/{object}/{attribute}", rest.Login, s.searchSource).
		Asks("query", "limit").Gives(rest.Record{{"result", found}})
	t.Handle("POST /api/v1/external_data_source/preview", admin, s.previewSource).
		Takes(rest.Record{{"data_option", rest.Record{}}, {"query", ""}, {"limit", 0}}).
		Gives(rest.Record{{"success", true}, {"response_body", nil}, {"parsed_items", nil}})
}
