package system

import "postroom/api/rest"

// systemRoutes are the addresses of the installation itself.
func (s *Room) Routes(t *rest.Table) {
	monitors := rest.Needs("admin.monitoring")
	watchers := monitors.Or(s.withMonitoringToken)
	t.Handle("GET /api/v1/getting_started", rest.Public, s.gettingStarted)
	t.Handle("GET /api/v1/getting_started/auto_wizard", rest.Public, s.runAutoWizard)
	t.Handle("GET /api/v1/getting_started/auto_wizard/{token}", rest.Public, s.runAutoWizard)
	t.Handle("GET /api/v1/version", rest.Needs("admin"), s.showVersion)
	t.Handle("GET /api/v1/settings", rest.Needs("admin.*"), s.listSettings)
	t.Handle("GET /api/v1/settings/area/{area}", rest.Needs("admin.*"), s.listSettings)
	t.Handle("GET /api/v1/settings/{id}", rest.Needs("admin.*"), s.getSetting)
	t.Handle("PUT /api/v1/settings/{id}", rest.Needs("admin.*"), s.updateSetting)
	t.Handle("POST /api/v1/settings/reset/{id}", rest.Needs("admin.*"), s.resetSetting)
	t.Handle("POST /api/v1/settings", rest.Needs("admin.*"), s.refuseSetting)
	t.Handle("DELETE /api/v1/settings/{id}", rest.Needs("admin.*"), s.refuseSetting)
	t.Handle("GET /api/v1/monitoring/health_check", watchers, s.checkHealth)
	t.Handle("GET /api/v1/monitoring/status", watchers, s.showStatus)
	t.Handle("GET /api/v1/monitoring/amount_check", watchers, s.checkAmount)
	t.Handle("POST /api/v1/monitoring/token", monitors, s.renewMonitoringToken)
	t.Handle("POST /api/v1/monitoring/restart_failed_jobs", monitors, s.restartFailedJobs)
}
