package mail

import "postroom/api/rest"

// mailRoutes are the addresses of mail accounts.
func (s *Room) Routes(t *rest.Table) {
	mail := rest.Needs("admin.channel_email")
	t.Handle("GET /api/v1/channels_email", mail, s.listEmailChannels)
	t.Handle("DELETE /api/v1/channels_email", mail, s.deleteEmailChannel)
	t.Handle("POST /api/v1/channels_email_probe", mail, s.probeAccount)
	t.Handle("POST /api/v1/channels_email_inbound", mail, s.tryInbound)
	t.Handle("POST /api/v1/channels_email_outbound", mail, s.tryOutbound)
	t.Handle("POST /api/v1/channels_email_verify", mail, s.verifyAccount)
	t.Handle("POST /api/v1/channels_email_notification", mail, s.setNotificationChannel)
	t.Handle("POST /api/v1/channels_email_enable", mail, s.enableEmailChannel)
	t.Handle("POST /api/v1/channels_email_disable", mail, s.disableEmailChannel)
	t.Handle("POST /api/v1/channels_email_group/{id}", mail, s.setChannelGroup)
	s.emailAddresses().Routes(t, "email_addresses", rest.Needs("ticket.agent", "admin.channel_email"), rest.Needs("admin.channel_email"))
	s.signatures().Routes(t, "signatures", rest.Needs(append(mailAdmins, "ticket.agent")...), rest.Needs(mailAdmins...))
}
