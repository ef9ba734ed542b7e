package api

import (
	"context"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) emailAddresses() *resource[desk.EmailAddress, desk.EmailAddressID] {
	return &resource[desk.EmailAddress, desk.EmailAddressID]{
		server:   s,
		table:    store.EmailAddresses,
		view:     s.emailAddressView,
		sortable: []string{"channel_id", "name", "email", "active", "note"},
		fresh:    func() desk.EmailAddress { return desk.EmailAddress{Preferences: map[string]any{}} },
		read:     readEmailAddress,
	}
}

func (s *Server) emailAddressView(*desk.Caller) view[desk.EmailAddress] {
	shown := viewOf(s, store.EmailAddresses)
	shown.records = each(emailAddressRecord)
	return shown
}

func emailAddressRecord(v desk.EmailAddress) record {
	return record{
		{"id", v.ID}, {"channel_id", v.ChannelID}, {"name", v.Name}, {"email", v.Email}, {"active", v.Active},
		{"note", v.Note}, {"preferences", v.Preferences},
	}.stamped(v.Stamp)
}

// readEmailAddress takes what a client sent. Older ones call the display name realname.
func readEmailAddress(_ context.Context, _ *store.Store, in *input, v *desk.EmailAddress) error {
	in.text(&v.Name, "realname", 250)
	in.text(&v.Name, "name", 250)
	in.text(&v.Email, "email", 255)
	in.html(&v.Note, "note", maxNote)
	in.object(&v.Preferences, "preferences")
	if in.p.has("channel_id") {
		channel, err := idIn[desk.ChannelID](in.p, "channel_id")
		in.keep(err)
		v.ChannelID = idOrNil(channel)
	}
	v.Name, v.Email = strings.TrimSpace(v.Name), strings.ToLower(strings.TrimSpace(v.Email))
	switch {
	case in.err != nil:
		return in.err
	case v.Name == "":
		return invalid("name", "Name can't be blank")
	case v.Email == "":
		return invalid("email", "Email can't be blank")
	case !desk.ValidAddress(v.Email):
		return invalid("email", "Invalid email '%s'", v.Email)
	}
	return nil
}
