package collab

import (
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
)

// Routes are the addresses of what is attached to tickets. Who may see and change it is decided by
// the ticket, in the handlers.
func (s *Room) Routes(t *rest.Table) {
	s.tagRoutes(t)
	s.draftRoutes(t)
	s.timeRoutes(t)
	s.checklistRoutes(t)

	link := rest.Record{{"link_type", ""}, {"link_object_source", ""}, {"link_object_source_value", 0}, {"link_object_target", ""}, {"link_object_target_value", 0}}
	t.Handle("GET /api/v1/links", rest.Login, s.listLinks).Asks("link_object", "link_object_value").
		Gives(rest.Record{{"links", []any{linkedRecord(teamwork.TicketLink{})}}, {"assets", rest.Record{}}})
	t.Handle("POST /api/v1/links/add", rest.Login, s.addLink).Takes(link.With("link_object_source_number", "")).Creates(linkRecord(teamwork.Link{}))
	t.Handle("DELETE /api/v1/links/remove", rest.Login, s.removeLink).Takes(link.With("link_object_source_number", "")).Creates(rest.Record{})

	mention := rest.Record{{"mentionable_type", ""}, {"mentionable_id", 0}}
	t.Handle("GET /api/v1/mentions", rest.Login, s.listMentions).Asks("mentionable_type", "mentionable_id", "expand", "full").
		Gives(rest.AnyOf{rest.Record{{"mentions", []any{rest.Record{}}}}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}}})
	t.Handle("POST /api/v1/mentions", rest.Login, s.createMention).Takes(mention).Creates(true)
	t.Handle("DELETE /api/v1/mentions/{id}", rest.Login, s.deleteMention).Gives(true)
}

func (s *Room) tagRoutes(t *rest.Table) {
	admins := rest.Needs("admin.tag")
	item := rest.Record{{"object", ""}, {"o_id", 0}, {"item", ""}}
	t.Handle("GET /api/v1/tags", rest.Login, s.listTags).Asks("object", "o_id").Gives(rest.Record{{"tags", []string{}}})
	t.Handle("POST /api/v1/tags/add", rest.Login, s.addTag).Takes(item).Creates(true)
	t.Handle("DELETE /api/v1/tags/remove", rest.Login, s.removeTag).Takes(item).Gives(true)
	t.Handle("GET /api/v1/tag_search", rest.Login, s.searchTags).Asks("term", "limit").Gives([]any{rest.Record{{"id", 0}, {"value", ""}}})
	t.Handle("GET /api/v1/tag_list", admins, s.listAllTags).Asks("limit").Gives([]any{tagRecord(teamwork.Tag{})})
	t.Handle("POST /api/v1/tag_list", admins, s.createTag).Takes(rest.Record{{"name", ""}})
	t.Handle("PUT /api/v1/tag_list/{id}", admins, s.renameTag).Takes(rest.Record{{"name", ""}})
	t.Handle("DELETE /api/v1/tag_list/{id}", admins, s.deleteTag)
}

func (s *Room) draftRoutes(t *rest.Table) {
	agents := rest.Needs("ticket.agent")
	const ofTicket = "/api/v1/tickets/{ticket_id}/shared_draft"
	answer := rest.Record{{"shared_draft_id", (*int64)(nil)}, {"assets", rest.Record{}}}
	body := rest.Record{{"form_id", ""}, {"new_article", rest.Record{}}, {"ticket_attributes", rest.Record{}}}
	files := rest.Record{{"attachments", []any{fileRecord(desk.Attachment{})}}}
	t.Handle("GET "+ofTicket, agents, s.showDraft).Gives(answer)
	t.Handle("PUT "+ofTicket, agents, s.putDraft).Takes(body).Creates(answer)
	t.Handle("PATCH "+ofTicket, agents, s.patchDraft).Takes(body).Gives(answer)
	t.Handle("DELETE "+ofTicket, agents, s.deleteDraft).Gives(rest.Record{{"shared_draft_id", int64(0)}})
	t.Handle("POST "+ofTicket+"/import_attachments", agents, s.importDraftFiles).Takes(rest.Record{{"form_id", ""}}).Gives(files)

	const ofGroups = "/api/v1/tickets/shared_drafts"
	start := rest.Record{{"shared_draft_id", int64(0)}, {"shared_draft_content", rest.Record{}}, {"assets", rest.Record{}}}
	body = rest.Record{{"name", ""}, {"group_id", 0}, {"content", rest.Record{}}, {"form_id", ""}}
	t.Handle("GET "+ofGroups, agents, s.listStartDrafts).Asks("group_id", "page", "per_page").Gives(rest.Record{{"shared_draft_ids", []int64{}}, {"assets", rest.Record{}}})
	t.Handle("POST "+ofGroups, agents, s.createStartDraft).Takes(body).Creates(start)
	t.Handle("GET "+ofGroups+"/{id}", agents, s.showStartDraft).Gives(start).First()
	t.Handle("PUT "+ofGroups+"/{id}", agents, s.updateStartDraft).Takes(body).Gives(start).First()
	t.Handle("PATCH "+ofGroups+"/{id}", agents, s.updateStartDraft).Takes(body).Gives(start).First()
	t.Handle("DELETE "+ofGroups+"/{id}", agents, s.deleteStartDraft).Gives(rest.Record{{"shared_draft_id", int64(0)}}).First()
	t.Handle("POST "+ofGroups+"/{id}/import_attachments", agents, s.importStartDraftFiles).Takes(rest.Record{{"form_id", ""}}).Gives(files).First()
}

func (s *Room) timeRoutes(t *rest.Table) {
	admins := rest.Needs("admin.time_accounting")
	view := s.timeAccountingView()
	body := rest.Record{{"ticket_id", 0}, {"ticket_article_id", 0}, {"time_unit", ""}, {"type_id", 0}}
	const ofTicket = "/api/v1/tickets/{ticket_id}"
	for _, all := range []string{"/api/v1/time_accountings", ofTicket + "/time_accountings"} {
		t.Handle("GET "+all, rest.Login, s.listTimes).Asks(rest.ListQuery...).GivesOf(view.ListSample)
		t.Handle("POST "+all, rest.Login, s.createTime).Takes(body).CreatesOf(view.OneSample)
	}
	// The singular is how the documentation has it in one place.
	for _, one := range []string{"/api/v1/time_accountings/{id}", ofTicket + "/time_accountings/{id}", ofTicket + "/time_accounting/{id}"} {
		t.Handle("GET "+one, rest.Login, s.getTime).Asks(rest.ShapeQuery...).GivesOf(view.OneSample)
		t.Handle("PUT "+one, admins, s.updateTime).Takes(body).GivesOf(view.OneSample)
		t.Handle("PATCH "+one, admins, s.updateTime).Takes(body).GivesOf(view.OneSample)
		t.Handle("DELETE "+one, admins, s.deleteTime)
	}
	types := s.timeTypes()
	types.Routes(t, "time_accounting/types", admins, admins)
	t.Handle("PATCH /api/v1/time_accounting/types/{id}", admins, types.Update).TakesOf(types.View(rest.Anybody).BodySample).GivesOf(types.View(rest.Anybody).OneSample)
	for _, report := range timeReports {
		t.Handle("GET /api/v1/time_accounting/log/"+report.name+"/{year}/{month}", admins, s.showTimeReport(report)).Asks("limit", "download").Gives([]any{report.sample})
	}
}

func (s *Room) checklistRoutes(t *rest.Table) {
	const lists, items = "/api/v1/checklists", "/api/v1/checklist_items"
	body := rest.Record{{"name", ""}, {"sorted_item_ids", []int64{}}}
	t.Handle("POST "+lists, rest.Login, s.createChecklist).Takes(rest.Record{{"ticket_id", 0}, {"template_id", 0}, {"name", ""}}).Creates(checklistSample)
	t.Handle("GET "+lists+"/{id}", rest.Login, s.showChecklist).Gives(checklistSample)
	t.Handle("PUT "+lists+"/{id}", rest.Login, s.updateChecklist).Takes(body).Gives(checklistSample)
	t.Handle("PATCH "+lists+"/{id}", rest.Login, s.updateChecklist).Takes(body).Gives(checklistSample)
	t.Handle("DELETE "+lists+"/{id}", rest.Login, s.deleteChecklist)

	view := s.itemView(rest.Anybody)
	t.Handle("POST "+items, rest.Login, s.createItem).Takes(rest.Record{{"checklist_id", 0}, {"text", ""}, {"checked", false}}).CreatesOf(view.OneSample)
	t.Handle("GET "+items+"/{id}", rest.Login, s.showItem).Asks(rest.ShapeQuery...).GivesOf(view.OneSample)
	t.Handle("PUT "+items+"/{id}", rest.Login, s.updateItem).TakesOf(view.BodySample).GivesOf(view.OneSample)
	t.Handle("PATCH "+items+"/{id}", rest.Login, s.updateItem).TakesOf(view.BodySample).GivesOf(view.OneSample)
	t.Handle("DELETE "+items+"/{id}", rest.Login, s.deleteItem)

	templates := s.checklistTemplates()
	templates.Routes(t, "checklist_templates", rest.Needs("ticket.agent", "admin.checklist"), rest.Needs("admin.checklist"))
	shown := templates.View(rest.Anybody)
	t.Handle("PATCH /api/v1/checklist_templates/{id}", rest.Needs("admin.checklist"), templates.Update).TakesOf(shown.BodySample).GivesOf(shown.OneSample)
}
