package integration

import (
	"postroom/api/rest"
	"postroom/internal/tracker"
)

// Routes are the addresses of other systems.
func (s *Room) Routes(t *rest.Table) {
	agents := rest.Needs("ticket.agent")
	result := rest.Record{{"result", ""}}
	failed := rest.Record{{"result", ""}, {"message", ""}}
	typed := rest.Record{{"endpoint", ""}, {"api_token", ""}, {"verify_ssl", false}}
	issue := rest.Record{
		{"id", ""}, {"title", ""}, {"url", ""}, {"icon_state", ""}, {"milestone", new(string)}, {"assignees", []string{""}},
		{"labels", []any{rest.Record{{"title", ""}, {"color", ""}, {"text_color", ""}}}},
	}
	issues := rest.AnyOf{rest.Record{{"result", ""}, {"response", []any{issue}}}, failed}
	for _, kind := range []tracker.Kind{tracker.GitHub, tracker.GitLab} {
		base := "/api/v1/integration/" + string(kind)
		t.Handle("GET "+base, agents, s.listIssues(kind)).Gives(issues)
		t.Handle("POST "+base, agents, s.listIssues(kind)).Takes(rest.Record{{"links", []string{""}}}).Gives(issues)
		t.Handle("POST "+base+"/verify", rest.Needs("admin.integration."+string(kind)), s.verifyTracker(kind)).Takes(typed).Gives(rest.AnyOf{result, failed})
		t.Handle("POST "+base+"_ticket_update", agents, s.linkIssues(kind)).
			Takes(rest.Record{{"ticket_id", int64(0)}, {"issue_links", []string{""}}}).Gives(result)
	}
	objects := rest.AnyOf{rest.Record{{"result", ""}, {"response", rest.Record{{"result", nil}}}}, failed}
	t.Handle("GET /api/v1/integration/idoit", agents, s.queryCMDB).Gives(objects)
	t.Handle("POST /api/v1/integration/idoit", agents, s.queryCMDB).Takes(rest.Record{{"method", ""}, {"filter", map[string]any{}}}).Gives(objects)
	t.Handle("POST /api/v1/integration/idoit/verify", rest.Needs("admin.integration.idoit"), s.verifyCMDB).Takes(typed).Gives(rest.AnyOf{result, failed})
	t.Handle("POST /api/v1/integration/idoit_ticket_update", agents, s.linkObjects).
		Takes(rest.Record{{"ticket_id", int64(0)}, {"object_ids", []any{}}}).Gives(result)
}
