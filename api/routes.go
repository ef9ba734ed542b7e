package api

import "slices"

// routes is every address there is: what is asked for, who may ask (any of the permissions), and
// who answers. Access is checked before a handler runs. Finer rules, such as which tickets
// somebody sees, are the handlers' own.
func (s *Server) routes() []route {
	return slices.Concat(s.systemRoutes(), s.peopleRoutes(), s.recordRoutes(), s.mailRoutes(), s.ticketRoutes())
}

// systemRoutes are the addresses of the installation itself.
func (s *Server) systemRoutes() []route {
	monitors := needs("admin.monitoring")
	watchers := monitors.or((*Server).withMonitoringToken)
	return []route{
		{"GET /api/v1/getting_started", public, s.gettingStarted},
		{"GET /api/v1/getting_started/auto_wizard", public, s.runAutoWizard},
		{"GET /api/v1/getting_started/auto_wizard/{token}", public, s.runAutoWizard},
		{"GET /api/v1/version", needs("admin"), s.showVersion},
		{"GET /api/v1/settings", needs("admin.*"), s.listSettings},
		{"GET /api/v1/settings/area/{area}", needs("admin.*"), s.listSettings},
		{"GET /api/v1/settings/{id}", needs("admin.*"), s.getSetting},
		{"PUT /api/v1/settings/{id}", needs("admin.*"), s.updateSetting},
		{"POST /api/v1/settings/reset/{id}", needs("admin.*"), s.resetSetting},
		{"POST /api/v1/settings", needs("admin.*"), s.refuseSetting},
		{"DELETE /api/v1/settings/{id}", needs("admin.*"), s.refuseSetting},
		{"GET /api/v1/monitoring/health_check", watchers, s.checkHealth},
		{"GET /api/v1/monitoring/status", watchers, s.showStatus},
		{"GET /api/v1/monitoring/amount_check", watchers, s.checkAmount},
		{"POST /api/v1/monitoring/token", monitors, s.renewMonitoringToken},
		{"POST /api/v1/monitoring/restart_failed_jobs", monitors, s.restartFailedJobs},
	}
}

// peopleRoutes are the addresses of users and their tokens.
func (s *Server) peopleRoutes() []route {
	people := needs("ticket.agent", "admin.user")
	tokens := needs("user_preferences.access_token")
	return []route{
		{"GET /api/v1/users/me", login, s.showMe},
		{"GET /api/v1/users/search", people, s.searchUsers},
		{"POST /api/v1/users/search", people, s.searchUsers},
		{"GET /api/v1/users", login, s.listUsers},
		{"GET /api/v1/users/{id}", login, s.getUser},
		{"POST /api/v1/users", people, s.createUser},
		{"PUT /api/v1/users/{id}", people, s.updateUser},
		{"DELETE /api/v1/users/{id}", needs("admin.user"), s.deleteUser},
		{"PUT /api/v1/users/unlock/{id}", needs("admin.user"), s.unlockUser},
		{"GET /api/v1/user_access_token", tokens, s.listTokens},
		{"POST /api/v1/user_access_token", tokens, s.createToken},
		{"DELETE /api/v1/user_access_token/{id}", tokens, s.deleteToken},
	}
}

// recordRoutes are the addresses of what clients list, show, make, change and delete in one way:
// who may read them, and who may search, make, change and delete them.
func (s *Server) recordRoutes() []route {
	everybodyAnd := func(permission string) access { return needs("ticket.agent", permission, "ticket.customer") }
	return slices.Concat(
		s.organizations().routes("organizations", login, needs("ticket.agent", "admin.organization")),
		s.groups().routes("groups", everybodyAnd("admin.group"), needs("admin.group")),
		s.roles().routes("roles", everybodyAnd("admin.role"), needs("admin.role")),
		s.states().routes("ticket_states", everybodyAnd("admin.ticket_state"), needs("admin.ticket_state")),
		s.priorities().routes("ticket_priorities", everybodyAnd("admin.ticket_priority"), needs("admin.ticket_priority")),
		s.emailAddresses().routes("email_addresses", needs("ticket.agent", "admin.channel_email"), needs("admin.channel_email")),
		s.signatures().routes("signatures", needs(append(mailAdmins, "ticket.agent")...), needs(mailAdmins...)),
	)
}

// mailRoutes are the addresses of mail accounts.
func (s *Server) mailRoutes() []route {
	mail := needs("admin.channel_email")
	return []route{
		{"GET /api/v1/channels_email", mail, s.listEmailChannels},
		{"DELETE /api/v1/channels_email", mail, s.deleteEmailChannel},
		{"POST /api/v1/channels_email_probe", mail, s.probeAccount},
		{"POST /api/v1/channels_email_inbound", mail, s.tryInbound},
		{"POST /api/v1/channels_email_outbound", mail, s.tryOutbound},
		{"POST /api/v1/channels_email_verify", mail, s.verifyAccount},
		{"POST /api/v1/channels_email_notification", mail, s.setNotificationChannel},
		{"POST /api/v1/channels_email_enable", mail, s.enableEmailChannel},
		{"POST /api/v1/channels_email_disable", mail, s.disableEmailChannel},
		{"POST /api/v1/channels_email_group/{id}", mail, s.setChannelGroup},
	}
}
