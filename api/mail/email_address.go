package mail

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
)

func (s *Room) emailAddresses() *rest.Resource[desk.EmailAddress, desk.EmailAddressID] {
	return &rest.Resource[desk.EmailAddress, desk.EmailAddressID]{
		House:    s.House,
		Table:    accounts.EmailAddresses,
		View:     s.emailAddressView,
		Sortable: []string{"channel_id", "name", "email", "active", "note"},
		Fresh:    func() desk.EmailAddress { return desk.EmailAddress{Preferences: map[string]any{}} },
		Read:     readEmailAddress,
	}
}

func (s *Room) emailAddressView(*desk.Caller) rest.View[desk.EmailAddress] {
	shown := rest.ViewOf(s.House, accounts.EmailAddresses)
	shown.Records = rest.Each(emailAddressRecord)
	return shown
}

func emailAddressRecord(v desk.EmailAddress) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"channel_id", v.ChannelID}, {"name", v.Name}, {"email", v.Email}, {"active", v.Active},
		{"note", v.Note}, {"preferences", v.Preferences},
	}.Stamped(v.Stamp)
}

// readEmailAddress takes what a client sent. Older ones call the display name realname.
func readEmailAddress(_ context.Context, _ *store.Store, in *rest.Input, v *desk.EmailAddress) error {
	in.Text(&v.Name, "realname", 250)
	in.Text(&v.Name, "name", 250)
	in.Text(&v.Email, "email", 255)
	in.Html(&v.Note, "note", rest.MaxNote)
	in.Object(&v.Preferences, "preferences")
	if in.Params.Has("channel_id") {
		channel, err := rest.IDIn[desk.ChannelID](in.Params, "channel_id")
		in.Keep(err)
		v.ChannelID = rest.IDOrNil(channel)
	}
	v.Name, v.Email = strings.TrimSpace(v.Name), strings.ToLower(strings.TrimSpace(v.Email))
	switch {
	case in.Err != nil:
		return in.Err
	case v.Name == "":
		return rest.Invalid("name", "Name can't be blank")
	case v.Email == "":
		return rest.Invalid("email", "Email can't be blank")
	case !desk.ValidAddress(v.Email):
		return rest.Invalid("email", "Invalid email '%s'", v.Email)
	}
	return nil
}
