package mail

import (
	"postroom/api/rest"
	"postroom/internal/desk"
)

// Routes are the addresses of mail accounts, addresses and signatures.
func (s *Room) Routes(t *rest.Table) {
	tried := rest.Record{{"result", ""}, {"message", ""}, {"reason", ""}}
	account := rest.Record{{"meta", rest.Record{}}, {"inbound", rest.Record{}}, {"outbound", rest.Record{}}, {"group_id", nil}}
	side := rest.Record{{"adapter", ""}, {"options", rest.Record{}}, {"email", ""}}
	which := rest.Record{{"id", int64(0)}}
	mail := rest.Needs("admin.channel_email")
	t.Handle("GET /api/v1/channels_email", mail, s.listEmailChannels).Gives(rest.Record{{"assets", rest.Record{}}, {"account_channel_ids", []int64{}}, {"notification_channel_ids", []int64{}}, {"email_address_ids", []int64{}}})
	t.Handle("DELETE /api/v1/channels_email", mail, s.deleteEmailChannel)
	t.Handle("POST /api/v1/channels_email_probe", mail, s.probeAccount).Takes(rest.Record{{"email", ""}, {"password", ""}, {"folder", ""}}).Gives(tried)
	t.Handle("POST /api/v1/channels_email_inbound", mail, s.tryInbound).Takes(side).Gives(tried)
	t.Handle("POST /api/v1/channels_email_outbound", mail, s.tryOutbound).Takes(side).Gives(tried)
	t.Handle("POST /api/v1/channels_email_verify", mail, s.verifyAccount).Takes(account).Gives(tried)
	t.Handle("POST /api/v1/channels_email_notification", mail, s.setNotificationChannel).Takes(side).Gives(tried)
	t.Handle("POST /api/v1/channels_email_enable", mail, s.enableEmailChannel).Takes(which)
	t.Handle("POST /api/v1/channels_email_disable", mail, s.disableEmailChannel).Takes(which)
	t.Handle("POST /api/v1/channels_email_group/{id}", mail, s.setChannelGroup).Takes(rest.Record{{"group_id", int64(0)}})
	s.emailAddresses().Routes(t, "email_addresses", rest.Needs("ticket.agent", "admin.channel_email"), rest.Needs("admin.channel_email"))
	s.signatures().Routes(t, "signatures", rest.Needs(append(mailAdmins, "ticket.agent")...), rest.Needs(mailAdmins...))
	s.externalCredentialRoutes(t)
	s.linkedRoutes(t, google)
	s.linkedRoutes(t, microsoft365)
	s.graphRoutes(t)
}

// externalCredentialRoutes are the addresses of applications that are registered at providers. Which
// provider somebody may have to do with, their handlers know.
func (s *Room) externalCredentialRoutes(t *rest.Table) {
	const all, page = "/api/v1/external_credentials", "text/html; charset=utf-8"
	some := rest.Needs(providerPermissions()...)
	body := rest.Record{{"name", ""}, {"credentials", rest.Record{}}}
	view := externalCredentialView
	t.Handle("GET "+all, rest.Needs("admin"), s.listExternalCredentials).Asks(rest.ShapeQuery...).GivesOf(view.ListSample)
	t.Handle("POST "+all, some, s.createExternalCredential).Takes(body).CreatesOf(view.OneSample)
	t.Handle("GET "+all+"/{id}", some, s.showExternalCredential).Asks(rest.ShapeQuery...).GivesOf(view.OneSample)
	t.Handle("PUT "+all+"/{id}", some, s.updateExternalCredential).Takes(body).GivesOf(view.OneSample)
	t.Handle("DELETE "+all+"/{id}", some, s.deleteExternalCredential)
	t.Handle("POST "+all+"/{provider}/app_verify", some, s.verifyApplication).Takes(rest.Record{{"client_id", ""}, {"client_secret", ""}, {"client_tenant", ""}}).
		Gives(rest.AnyOf{rest.Record{{"attributes", rest.Record{}}}, rest.Record{{"error", ""}}})
	t.Handle("GET "+all+"/{provider}/link_account", some, s.linkAccount).Asks("channel_id", "shared_mailbox").GivesFile(page)
	t.Handle("GET "+all+"/{provider}/callback", some, s.finishLink).Asks("code", "state", "error", "error_description").GivesFile(page)
}

// What channels of providers take and give.
var (
	whichChannel  = rest.Record{{"id", int64(0)}}
	channelGroup  = rest.Record{{"group_id", int64(0)}, {"group_email_address", true}, {"group_email_address_id", int64(0)}}
	channelInward = rest.Record{{"group_id", int64(0)}, {"active", true}, {"options", rest.Record{{"folder", ""}, {"folder_id", ""}, {"keep_on_server", true}}}}
	inwardTried   = rest.Record{{"result", ""}, {"content_messages", 0}, {"archive_possible", false}, {"archive_possible_is_fallback", false}, {"archive_week_range", 0}}
	linkedList    = rest.Record{
		{"assets", rest.Record{}}, {"not_used_email_address_ids", []int64{}}, {"channel_ids", []int64{}}, {"external_credential_ids", []int64{}}, {"callback_url", ""},
	}
)

// linkedRoutes are the addresses of a provider's channels, as they were first laid out.
func (s *Room) linkedRoutes(t *rest.Table, at provider) {
	all, who, of := "/api/v1/"+at.path, rest.Needs(at.permission), linked{s, at}
	sample := rest.ChannelRecord(desk.Channel{})
	t.Handle("GET "+all, who, of.list).Gives(linkedList)
	t.Handle("DELETE "+all, who, of.remove)
	t.Handle("POST "+all+"_enable", who, of.enable).Takes(whichChannel).Gives(sample)
	t.Handle("POST "+all+"_disable", who, of.disable).Takes(whichChannel).Gives(sample)
	t.Handle("POST "+all+"_rollback_migration", who, of.rollBack).Takes(whichChannel)
	t.Handle("POST "+all+"_group/{id}", who, of.setGroup).Takes(channelGroup)
	t.Handle("POST "+all+"_inbound/{id}", who, of.tryInbound).Takes(channelInward).Gives(inwardTried)
	t.Handle("POST "+all+"_verify/{id}", who, of.verify).Takes(channelInward)
}

// graphRoutes are the same of Microsoft Graph, which came later.
func (s *Room) graphRoutes(t *rest.Table) {
	all, who, of := "/api/v1/"+microsoftGraph.path, rest.Needs(microsoftGraph.permission), linked{s, microsoftGraph}
	sample := rest.ChannelRecord(desk.Channel{})
	t.Handle("GET "+all, who, of.list).Gives(linkedList)
	t.Handle("DELETE "+all+"/{id}", who, of.remove)
	t.Handle("POST "+all+"/{id}/enable", who, of.enable).Gives(sample)
	t.Handle("POST "+all+"/{id}/disable", who, of.disable).Gives(sample)
	t.Handle("GET "+all+"/{id}/folders", who, of.listFolders).Gives(rest.Record{{"folders", []rest.Record{{{"id", ""}, {"displayName", ""}, {"childFolders", []any{}}}}}})
	t.Handle("POST "+all+"/group/{id}", who, of.setGroup).Takes(channelGroup).First()
	t.Handle("POST "+all+"/inbound/{id}", who, of.tryInbound).Takes(channelInward).Gives(inwardTried).First()
	t.Handle("POST "+all+"/verify/{id}", who, of.verify).Takes(channelInward).First()
}
