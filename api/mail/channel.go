package mail

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/accounts"
	"postroom/internal/store/table"
)

// listEmailChannels shows all mail accounts with what belongs to them.
func (s *Room) listEmailChannels(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	channels, err := s.Store.ChannelsIn(ctx, desk.AreaEmailAccount, desk.AreaEmailNotification)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	called, used, unused, err := s.addresses(ctx, catalog)
	if err != nil {
		return err
	}
	accounts, notifying := []desk.ChannelID{}, []desk.ChannelID{}
	shown := rest.Record{}
	for _, c := range channels {
		shown.Add(rest.IDText(c.ID), rest.ChannelRecord(c))
		switch {
		case c.Area == desk.AreaEmailAccount:
			accounts = append(accounts, c.ID)
		case c.Active:
			notifying = append(notifying, c.ID)
		}
	}
	return rest.Reply(w, r, rest.Record{
		{"accounts_fixed", []int{}},
		{"assets", rest.Record{{"Channel", shown}, {"EmailAddress", called}}},
		{"account_channel_ids", accounts}, {"notification_channel_ids", notifying},
		{"email_address_ids", used}, {"not_used_email_address_ids", unused},
		{"channel_driver", rest.Record{{"email", rest.Record{
			{"inbound", rest.Record{{"imap", "IMAP"}, {"pop3", "POP3"}}},
			{"outbound", rest.Record{{"smtp", "SMTP - configure your own outgoing SMTP settings"}, {"sendmail", "local MTA (Sendmail/Postfix/Exim/...) - use server setup"}}},
		}}}},
		{"config", rest.Record{{"notification_sender", catalog.NotificationSender()}}},
	})
}

// addresses shows all of our addresses, and names them and those of them that no channel serves.
func (s *Room) addresses(ctx context.Context, c *desk.Catalog) (shown rest.Record, all, unused []desk.EmailAddressID, err error) {
	const most = 1 << 20 // there are as many as somebody typed in
	addresses, err := accounts.EmailAddresses.List(ctx, s.Store.DB, table.Filter[desk.EmailAddressID]{}, nil, table.Page{Limit: most})
	shown, all, unused = rest.Record{}, []desk.EmailAddressID{}, []desk.EmailAddressID{}
	for _, a := range addresses {
		shown.Add(rest.IDText(a.ID), emailAddressRecord(a))
		all = append(all, a.ID)
		served := false
		if a.ChannelID != nil {
			_, served = c.Channels[*a.ChannelID]
		}
		if !served || !a.Active {
			unused = append(unused, a.ID)
		}
	}
	return shown, all, unused, err
}

// emailChannel returns the mail account that a client named in its body.
func (s *Room) emailChannel(r *http.Request) (desk.Channel, error) {
	p, err := rest.ReadParams(r)
	if err != nil {
		return desk.Channel{}, err
	}
	id, err := rest.IDIn[desk.ChannelID](p, "id")
	if err != nil {
		return desk.Channel{}, err
	}
	return s.emailChannelByID(r, id)
}

func (s *Room) emailChannelByID(r *http.Request, id desk.ChannelID) (desk.Channel, error) {
	channel, err := s.Store.Channel(r.Context(), id)
	if err == nil && channel.Area != desk.AreaEmailAccount {
		err = &desk.MissingError{Class: "Channel", ID: int64(id)}
	}
	return channel, err
}

func (s *Room) enableEmailChannel(w http.ResponseWriter, r *http.Request) error {
	return s.switchEmailChannel(w, r, true)
}

func (s *Room) disableEmailChannel(w http.ResponseWriter, r *http.Request) error {
	return s.switchEmailChannel(w, r, false)
}

func (s *Room) switchEmailChannel(w http.ResponseWriter, r *http.Request, on bool) error {
	channel, err := s.emailChannel(r)
	if err != nil {
		return err
	}
	channel.Active, channel.UpdatedByID = on, rest.Caller(r).User.ID
	return s.saveChannel(w, r, channel)
}

func (s *Room) saveChannel(w http.ResponseWriter, r *http.Request, channel desk.Channel) error {
	if err := s.Store.SaveChannel(r.Context(), channel); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

func (s *Room) deleteEmailChannel(w http.ResponseWriter, r *http.Request) error {
	channel, err := s.emailChannel(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteChannel(r.Context(), channel.ID); err != nil {
		return err
	}
	s.Changed()
	return rest.Deleted(w)
}

// setChannelGroup says which group gets the new tickets of an account.
func (s *Room) setChannelGroup(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.ChannelID](r, "id", "Channel")
	if err != nil {
		return err
	}
	channel, err := s.emailChannelByID(r, id)
	if err != nil {
		return err
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	if err := s.groupOf(r, p, &channel); err != nil {
		return err
	}
	return s.saveChannel(w, r, channel)
}

// groupOf reads which group gets the new tickets of a channel, and lets it send from an address where
// that is asked for, too.
func (s *Room) groupOf(r *http.Request, p rest.Params, channel *desk.Channel) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	group, sent, err := rest.Named(p, "group", catalog.Groups, rest.GroupName)
	if err != nil {
		return err
	}
	if !sent || group == 0 {
		return rest.Invalid("group_id", "The required parameter 'group_id' is missing.")
	}
	address, err := rest.IDIn[desk.EmailAddressID](p, "group_email_address_id")
	if err != nil {
		return err
	}
	if p.Flag("group_email_address") && address != 0 {
		if err := s.Store.SetGroupAddress(r.Context(), group, address, rest.Caller(r).User.ID); err != nil {
			return err
		}
	}
	channel.GroupID, channel.UpdatedByID = &group, rest.Caller(r).User.ID
	return nil
}
