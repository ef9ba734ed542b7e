package system

import (
	"time"

	"postroom/api/rest"
	"postroom/internal/store/catalog"
)

var (
	settingSample = rest.Model{Name: "Setting", Value: settingRecord(catalog.Setting{})}
	setUpSample   = rest.Record{{"setup_done", false}, {"auto_wizard", false}, {"auto_wizard_success", false}, {"message", ""}}
)

// systemRoutes are the addresses of the installation itself.
// Routes are the addresses of the installation itself.
func (s *Room) Routes(t *rest.Table) {
	monitors := rest.Needs("admin.monitoring")
	watchers := monitors.Or(s.withMonitoringToken)
	t.Handle("GET /api/v1/getting_started", rest.Public, s.gettingStarted).Gives(setUpSample)
	t.Handle("GET /api/v1/getting_started/auto_wizard", rest.Public, s.runAutoWizard).Gives(setUpSample)
	t.Handle("GET /api/v1/getting_started/auto_wizard/{token}", rest.Public, s.runAutoWizard).Gives(setUpSample)
	t.Handle("GET /api/v1/version", rest.Needs("admin"), s.showVersion).Gives(rest.Record{{"version", ""}})
	t.Handle("GET /api/v1/settings", rest.Needs("admin.*"), s.listSettings).Gives([]any{settingSample})
	t.Handle("GET /api/v1/settings/area/{area}", rest.Needs("admin.*"), s.listSettings).Gives([]any{settingSample})
	t.Handle("GET /api/v1/settings/{id}", rest.Needs("admin.*"), s.getSetting).Gives(settingSample)
	t.Handle("PUT /api/v1/settings/{id}", rest.Needs("admin.*"), s.updateSetting).Takes(rest.Record{{"state_current", rest.Record{{"value", nil}}}}).Gives(settingSample)
	t.Handle("POST /api/v1/settings/reset/{id}", rest.Needs("admin.*"), s.resetSetting).Gives(settingSample)
	t.Handle("POST /api/v1/settings", rest.Needs("admin.*"), s.refuseSetting)
	t.Handle("DELETE /api/v1/settings/{id}", rest.Needs("admin.*"), s.refuseSetting)
	t.Handle("GET /api/v1/monitoring/health_check", watchers, s.checkHealth).Asks("token").Gives(rest.Record{{"healthy", false}, {"message", ""}, {"issues", []string{}}, {"actions", []string{}}, {"token", ""}})
	t.Handle("GET /api/v1/monitoring/status", watchers, s.showStatus).Asks("token").Gives(rest.Record{{"counts", map[string]int{}}, {"last_created_at", rest.Record{}}, {"last_login", (*time.Time)(nil)}, {"agents", 0}, {"storage", map[string]int{}}})
	t.Handle("GET /api/v1/monitoring/amount_check", watchers, s.checkAmount).Asks("token", "periode", "max_warning", "max_critical", "min_warning", "min_critical").Gives(rest.Record{{"state", ""}, {"message", ""}, {"count", 0}})
	t.Handle("POST /api/v1/monitoring/token", monitors, s.renewMonitoringToken).Creates(rest.Record{{"token", ""}})
	t.Handle("POST /api/v1/monitoring/restart_failed_jobs", monitors, s.restartFailedJobs)
	t.Handle("POST /api/v1/getting_started/base", rest.Needs("admin.wizard"), s.setBase).Takes(baseBody).Gives(baseSample)
	packages := rest.Needs("admin.package")
	t.Handle("GET /api/v1/packages", packages, s.listPackages).Gives(packagesSample)
	t.Handle("POST /api/v1/packages", packages, s.refusePackage)
	t.Handle("DELETE /api/v1/packages", packages, s.refusePackage)
	reports := rest.Needs("admin.system_report")
	t.Handle("GET /api/v1/system_report", reports, s.showReport).Gives(reportSample)
	t.Handle("GET /api/v1/system_report/download", reports, s.downloadReport)
	t.Handle("GET /api/v1/system_report/plugins", reports, s.listPlugins).Gives(pluginsSample)
	t.Handle("POST /api/v1/settings/ticket_agent_default_notifications/apply_to_all", rest.Needs("admin.ticket"), s.giveNotifications).Gives(rest.Record{{"message", ""}})
	t.Handle("PUT /api/v1/settings/image/{id}", rest.Needs("admin.*"), s.setLogo).Takes(rest.Record{{"logo", ""}, {"logo_resize", ""}}).Gives(settingSample)
	t.Handle("GET /api/v1/system_assets/{identifier}/{timestamp}", rest.Webhook, s.sendAsset).GivesFile("image/*")
	t.Handle("POST /api/v1/proxy", rest.Needs("admin.system"), s.tryProxy).Gives(rest.Record{{"result", ""}, {"message", ""}}).
		Takes(rest.Record{{"proxy", ""}, {"proxy_username", ""}, {"proxy_password", ""}, {"proxy_no", ""}})
}
