package knowledge

import (
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
)

// found is open to everybody: it changes nothing, and programs ask that know no CSRF token.
var found = rest.Access{Public: true, Optional: true, Unguarded: true}

// Routes are the addresses of knowledge bases. What of them somebody may see or change depends on
// the category, which the handlers look at.
func (s *Room) Routes(t *rest.Table) {
	const path = "/api/v1/knowledge_bases"
	anyone, editors := rest.Needs("knowledge_base.*"), rest.Needs("knowledge_base.editor")
	base := rest.AnyOf{baseShown(), rest.Record{{"id", int64(0)}, {"assets", rest.Record{}}}}
	t.Handle("POST "+path+"/init", rest.Login, s.start)
	t.Handle("POST "+path+"/search", found, s.search).Takes(rest.Record{
		{"query", ""}, {"knowledge_base_id", int64(0)}, {"locale", ""}, {"flavor", ""}, {"index", ""}, {"page", 0}, {"per_page", 0},
	}).Gives(rest.Record{{"result", []any{rest.Record{{"id", int64(0)}, {"type", ""}}}}, {"details", []any{rest.Record{}}}})
	t.Handle("GET "+path+"/{id}", anyone, s.showBase).Asks("full").Gives(base)
	t.Handle("PUT "+path+"/{id}", editors, s.updateBase).Takes(baseBody).Gives(base)
	t.Handle("PATCH "+path+"/{id}", editors, s.updateBase).Takes(baseBody).Gives(base)
	t.Handle("GET "+path+"/visible_ids", anyone, s.showVisible).Gives(rest.Record{{"answer_ids", []int64{}}, {"category_ids", []int64{}}})
	t.Handle("GET "+path+"/recent_answers", anyone, s.showRecent).Asks("locale").Gives(rest.Record{
		{"result", []any{rest.Record{{"id", int64(0)}, {"type", ""}}}}, {"details", []any{rest.Record{}}}, {"assets", rest.Record{}},
	})
	s.manageRoutes(t, path+"/manage", base)
	s.permissionRoutes(t, path+"/{id}", s.showBasePermissions, s.setBasePermissions)
	s.categoryRoutes(t, path+"/{knowledge_base_id}/categories", anyone)
	s.answerRoutes(t, path+"/{knowledge_base_id}/answers", anyone, editors)
}

// manageRoutes come first: manage stands where others have the id of a knowledge base.
func (s *Room) manageRoutes(t *rest.Table, path string, base any) {
	admins := rest.Needs("admin.knowledge_base")
	t.Handle("GET "+path, admins, s.listBases).Gives([]any{baseRecord(kb.Base{})}).First()
	t.Handle("POST "+path, admins, s.createBase).Takes(baseBody).Creates(base).First()
	t.Handle("GET "+path+"/init", admins, s.startManaging).Gives(rest.Record{{"assets", rest.Record{}}}).First()
	t.Handle("GET "+path+"/{id}", admins, s.showManaged).Asks("full").Gives(base).First()
	t.Handle("PUT "+path+"/{id}", admins, s.manageBase).Takes(baseBody).Gives(base).First()
	t.Handle("PATCH "+path+"/{id}", admins, s.manageBase).Takes(baseBody).Gives(base).First()
	t.Handle("DELETE "+path+"/{id}", admins, s.deleteBase).First()
	t.Handle("PATCH "+path+"/{id}/activate", admins, s.activate).Gives(base).First()
	t.Handle("PATCH "+path+"/{id}/deactivate", admins, s.deactivate).Gives(base).First()
	t.Handle("GET "+path+"/{id}/server_snippets", admins, s.showSnippets).First().
		Gives(rest.Record{{"address", ""}, {"address_type", ""}, {"snippets", []any{rest.Record{{"type", ""}, {"content", ""}}}}})
	t.Handle("PATCH "+path+"/{id}/update_menu_items", admins, s.updateMenus).First().Gives(rest.Record{{"assets", rest.Record{}}}).
		Takes(rest.Record{{"menu_items_sets", []any{rest.Record{
			{"kb_locale_id", int64(0)}, {"location", ""}, {"menu_items", []any{rest.Record{{"id", int64(0)}, {"title", ""}, {"url", ""}, {"new_tab", false}}}},
		}}}})
}

func (s *Room) permissionRoutes(t *rest.Table, path string, show, set rest.Handler) {
	anyone := rest.Needs("knowledge_base.*")
	body := rest.Record{{"permissions_dialog", rest.Record{{"permissions", rest.Record{}}}}}
	role := rest.Record{{"id", desk.RoleID(0)}, {"name", ""}}
	answer := rest.Record{
		{"roles_reader", []any{role}}, {"roles_editor", []any{role}}, {"permissions", []any{grantRecord(kb.Grant{})}},
		{"inherited", []any{rest.Record{{"role_id", desk.RoleID(0)}, {"access", ""}}}},
	}
	t.Handle("GET "+path+"/permissions", anyone, show).Gives(answer)
	t.Handle("PUT "+path+"/permissions", anyone, set).Takes(body).Gives(answer)
	t.Handle("PATCH "+path+"/permissions", anyone, set).Takes(body).Gives(answer)
}

func (s *Room) categoryRoutes(t *rest.Table, path string, anyone rest.Access) {
	one := rest.AnyOf{categoryShown(), rest.Record{{"id", int64(0)}, {"assets", rest.Record{}}}}
	order := rest.Record{{"ordered_ids", []int64{}}}
	t.Handle("GET "+path, anyone, s.listCategories).Gives([]any{categoryShown()})
	t.Handle("POST "+path, anyone, s.createCategory).Takes(categoryBody).Creates(one)
	t.Handle("GET "+path+"/{id}", anyone, s.showCategory).Asks("full").Gives(one)
	t.Handle("PUT "+path+"/{id}", anyone, s.updateCategory).Takes(categoryBody).Gives(one)
	t.Handle("PATCH "+path+"/{id}", anyone, s.updateCategory).Takes(categoryBody).Gives(one)
	t.Handle("DELETE "+path+"/{id}", anyone, s.deleteCategory)
	t.Handle("PATCH "+path+"/reorder_root_categories", anyone, s.reorderRoot).Takes(order)
	t.Handle("PATCH "+path+"/{id}/reorder_categories", anyone, s.reorderCategories).Takes(order)
	t.Handle("PATCH "+path+"/{id}/reorder_answers", anyone, s.reorderAnswers).Takes(order)
	s.permissionRoutes(t, path+"/{id}", s.showCategoryPermissions, s.setCategoryPermissions)
}

func (s *Room) answerRoutes(t *rest.Table, path string, anyone, editors rest.Access) {
	one := rest.Record{{"id", int64(0)}, {"assets", rest.Record{}}}
	t.Handle("POST "+path, anyone, s.createAnswer).Takes(answerBody).Creates(one)
	t.Handle("GET "+path+"/{id}", anyone, s.showAnswer).Asks("include_contents").Gives(one)
	t.Handle("PUT "+path+"/{id}", anyone, s.updateAnswer).Takes(answerBody).Gives(one)
	t.Handle("PATCH "+path+"/{id}", anyone, s.updateAnswer).Takes(answerBody).Gives(one)
	t.Handle("DELETE "+path+"/{id}", anyone, s.deleteAnswer)
	for _, event := range []string{kb.MakeInternal, kb.Publish, kb.Archive, kb.Unarchive} {
		t.Handle("POST "+path+"/{id}/"+event, anyone, s.moved(event))
	}
	t.Handle("POST "+path+"/{id}/has_publishing_update", editors, s.schedule).
		Takes(rest.Record{{"archived_at", ""}, {"internal_at", ""}, {"published_at", ""}})
	t.Handle("POST "+path+"/{answer_id}/attachments/clone_to_form", anyone, s.cloneFiles).
		Takes(rest.Record{{"form_id", ""}}).Gives(rest.Record{{"attachments", []any{fileRecord(desk.Attachment{})}}})
	t.Handle("POST "+path+"/{answer_id}/attachments", editors, s.addFile).Takes(rest.Record{{"filename", ""}, {"data", ""}, {"mime-type", ""}})
	t.Handle("DELETE "+path+"/{answer_id}/attachments/{id}", editors, s.removeFile)
}

// What clients send.
var (
	baseBody = rest.Record{
		{"iconset", ""}, {"color_highlight", ""}, {"color_header", ""}, {"color_header_link", ""}, {"homepage_layout", ""},
		{"category_layout", ""}, {"active", false}, {"show_feed_icon", false}, {"custom_address", ""},
		{"kb_locales", []any{rest.Record{{"system_locale_id", int64(0)}, {"primary", false}}}},
		{"translations_attributes", []any{rest.Record{{"id", int64(0)}, {"kb_locale_id", int64(0)}, {"title", ""}, {"footer_note", ""}}}},
	}
	categoryBody = rest.Record{
		{"parent_id", int64(0)}, {"category_icon", ""},
		{"translations_attributes", []any{rest.Record{{"id", int64(0)}, {"kb_locale_id", int64(0)}, {"title", ""}}}},
	}
	answerBody = rest.Record{
		{"category_id", int64(0)}, {"promoted", false}, {"internal_note", ""},
		{"translations_attributes", []any{rest.Record{
			{"id", int64(0)}, {"kb_locale_id", int64(0)}, {"title", ""}, {"content_attributes", rest.Record{{"body", ""}}},
		}}},
	}
)

// emptyScene is one of nothing, to show what things look like.
func emptyScene() *scene { return &scene{visit: &visit{tree: &kb.Tree{}}} }

func baseShown() rest.Model { return rest.Model{Name: "KnowledgeBase", Value: emptyScene().base()} }
func categoryShown() rest.Model {
	return rest.Model{Name: "KnowledgeBaseCategory", Value: emptyScene().category(kb.Category{})}
}
