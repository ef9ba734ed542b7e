package automation

import (
	"postroom/api/rest"
	"postroom/internal/forms"
	"postroom/internal/webhook"
)

// mailAdmins may change what belongs to mail channels of any kind.
var mailAdmins = []string{"admin.channel_email", "admin.channel_google", "admin.channel_microsoft365", "admin.channel_microsoft_graph"}

func (s *Room) Routes(t *rest.Table) {
	triggers := rest.Needs("admin.trigger")
	s.triggers().Routes(t, "triggers", triggers, triggers)
	schedulers := rest.Needs("admin.scheduler")
	s.schedulers().Routes(t, "jobs", schedulers, schedulers)
	filters := rest.Needs(mailAdmins...)
	s.postmasterFilters().Routes(t, "postmaster_filters", filters, filters)
	workflows := rest.Needs("admin.core_workflow")
	s.coreWorkflows().Routes(t, "core_workflows", workflows, workflows)
	t.Handle("POST /api/v1/core_workflows/perform", rest.Needs("ticket.agent", "ticket.customer"), s.performWorkflows).
		Takes(rest.Record{{"request_id", ""}, {"class_name", ""}, {"screen", ""}, {"params", rest.Record{}}}).
		Gives(outlineRecord("", forms.Outline{}).With("assets", rest.Record{}))

	slas := rest.Needs("admin.sla")
	s.slas().Routes(t, "slas", slas, slas)
	calendars := rest.Needs("admin.calendar")
	s.calendars().Routes(t, "calendars", calendars, calendars)
	t.Handle("GET /api/v1/calendars_init", calendars, s.initCalendars).
		Gives(rest.Record{{"record_ids", []int64{}}, {"ical_feeds", map[string]string{}}, {"timezones", map[string]int{}}, {"assets", rest.Record{}}})
	t.Handle("GET /api/v1/calendars/timezones", rest.Needs("admin.calendar", "admin.trigger", "admin.scheduler"), s.listTimezones).
		Gives(rest.Record{{"timezones", map[string]int{}}})

	webhooks := rest.Needs("admin.webhook")
	s.webhooks().Routes(t, "webhooks", webhooks, webhooks)
	t.Handle("GET /api/v1/webhooks/preview", webhooks, s.previewWebhook).Gives(rest.Record{{"article", rest.Record{}}, {"ticket", rest.Record{}}})
	t.Handle("GET /api/v1/webhooks/pre_defined", webhooks, s.listWebhookDefinitions).Gives([]any{definitionRecord(webhook.Definitions[0])})
	t.Handle("GET /api/v1/webhooks/payload/replacements", webhooks, s.listPlaceholders).
		Asks("pre_defined_webhook_type").Gives(map[string][]string{})

	logs := rest.Needs("admin.*")
	t.Handle("GET /api/v1/http_logs", logs, s.listHTTPLogs).Asks("limit", "expand", "full").GivesOf(s.httpLogView().ListSample)
	t.Handle("GET /api/v1/http_logs/{facility}", logs, s.listHTTPLogs).Asks("limit", "expand", "full").GivesOf(s.httpLogView().ListSample)
	t.Handle("POST /api/v1/http_logs", logs, s.addHTTPLog).TakesOf(s.httpLogView().BodySample).CreatesOf(s.httpLogView().OneSample)

	privacy := rest.Needs("admin.data_privacy")
	s.privacyTasks().Routes(t, "data_privacy_tasks", privacy, privacy)
	t.Handle("GET /api/v1/data_privacy_tasks/by_state", privacy, s.privacyTasksByState).
		Gives(rest.Record{{"record_ids", map[string][]int64{}}, {"assets", rest.Record{}}})

	security := rest.Needs("admin.security")
	certificates := s.certificates()
	shown := certificates.View(rest.Anybody)
	t.Handle("GET /api/v1/ssl_certificates", security, certificates.List).Asks(rest.ListQuery...).GivesOf(shown.ListSample)
	t.Handle("POST /api/v1/ssl_certificates", security, s.addCertificate).Takes(rest.Record{{"certificate", ""}}).CreatesOf(shown.OneSample)
	t.Handle("DELETE /api/v1/ssl_certificates/{id}", security, certificates.Delete)
	t.Handle("GET /api/v1/ssl_certificates/{id}/download", security, s.downloadCertificate).GivesFile("application/x-pem-file")
}
