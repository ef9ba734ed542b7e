package api

import "slices"

// routes is every address there is: what is asked for, who may ask (any of the permissions), and
// who answers. Access is checked before a handler runs. Finer rules, such as which tickets
// somebody sees, are the handlers' own.
func (s *Server) routes() []route {
	return slices.Concat(s.systemRoutes(), s.peopleRoutes(), s.teamRoutes(), s.choiceRoutes(), s.mailRoutes(), s.ticketRoutes())
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

// peopleRoutes are the addresses of users, their tokens and their organizations.
func (s *Server) peopleRoutes() []route {
	people := needs("ticket.agent", "admin.user")
	companies := needs("ticket.agent", "admin.organization")
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
		{"GET /api/v1/organizations/search", companies, s.searchOrganizations},
		{"POST /api/v1/organizations/search", companies, s.searchOrganizations},
		{"GET /api/v1/organizations", login, s.listOrganizations},
		{"GET /api/v1/organizations/{id}", login, s.getOrganization},
		{"POST /api/v1/organizations", companies, s.createOrganization},
		{"PUT /api/v1/organizations/{id}", companies, s.updateOrganization},
		{"DELETE /api/v1/organizations/{id}", companies, s.deleteOrganization},
	}
}

// teamRoutes are the addresses of what people here belong to.
func (s *Server) teamRoutes() []route {
	groups := needs("ticket.agent", "admin.group", "ticket.customer")
	roles := needs("ticket.agent", "admin.role", "ticket.customer")
	return []route{
		{"GET /api/v1/groups/search", needs("admin.group"), s.searchGroups},
		{"POST /api/v1/groups/search", needs("admin.group"), s.searchGroups},
		{"GET /api/v1/groups", groups, s.listGroups},
		{"GET /api/v1/groups/{id}", groups, s.getGroup},
		{"POST /api/v1/groups", needs("admin.group"), s.createGroup},
		{"PUT /api/v1/groups/{id}", needs("admin.group"), s.updateGroup},
		{"DELETE /api/v1/groups/{id}", needs("admin.group"), s.deleteGroup},
		{"GET /api/v1/roles/search", needs("admin.role"), s.searchRoles},
		{"POST /api/v1/roles/search", needs("admin.role"), s.searchRoles},
		{"GET /api/v1/roles", roles, s.listRoles},
		{"GET /api/v1/roles/{id}", roles, s.getRole},
		{"POST /api/v1/roles", needs("admin.role"), s.createRole},
		{"PUT /api/v1/roles/{id}", needs("admin.role"), s.updateRole},
	}
}

// choiceRoutes are the addresses of what a ticket can be set to.
func (s *Server) choiceRoutes() []route {
	states := needs("ticket.agent", "admin.ticket_state", "ticket.customer")
	priorities := needs("ticket.agent", "admin.ticket_priority", "ticket.customer")
	return []route{
		{"GET /api/v1/ticket_states", states, s.listStates},
		{"GET /api/v1/ticket_states/{id}", states, s.getState},
		{"POST /api/v1/ticket_states", needs("admin.ticket_state"), s.createState},
		{"PUT /api/v1/ticket_states/{id}", needs("admin.ticket_state"), s.updateState},
		{"DELETE /api/v1/ticket_states/{id}", needs("admin.ticket_state"), s.deleteState},
		{"GET /api/v1/ticket_priorities", priorities, s.listPriorities},
		{"GET /api/v1/ticket_priorities/{id}", priorities, s.getPriority},
		{"POST /api/v1/ticket_priorities", needs("admin.ticket_priority"), s.createPriority},
		{"PUT /api/v1/ticket_priorities/{id}", needs("admin.ticket_priority"), s.updatePriority},
		{"DELETE /api/v1/ticket_priorities/{id}", needs("admin.ticket_priority"), s.deletePriority},
	}
}

// mailRoutes are the addresses of mail accounts and what belongs to them.
func (s *Server) mailRoutes() []route {
	addresses := needs("ticket.agent", "admin.channel_email")
	mail := needs("admin.channel_email")
	signers := needs(mailAdmins...)
	readers := needs(append(mailAdmins, "ticket.agent")...)
	return []route{
		{"GET /api/v1/email_addresses", addresses, s.listEmailAddresses},
		{"GET /api/v1/email_addresses/{id}", addresses, s.getEmailAddress},
		{"POST /api/v1/email_addresses", mail, s.createEmailAddress},
		{"PUT /api/v1/email_addresses/{id}", mail, s.updateEmailAddress},
		{"DELETE /api/v1/email_addresses/{id}", mail, s.deleteEmailAddress},
		{"GET /api/v1/signatures", readers, s.listSignatures},
		{"GET /api/v1/signatures/{id}", readers, s.getSignature},
		{"POST /api/v1/signatures", signers, s.createSignature},
		{"PUT /api/v1/signatures/{id}", signers, s.updateSignature},
		{"DELETE /api/v1/signatures/{id}", signers, s.deleteSignature},
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
