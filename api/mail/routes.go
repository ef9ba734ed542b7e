package mail

import "postroom/api/rest"

// mailRoutes are the addresses of mail accounts.
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
}
