package mail

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/internal/desk"
)

// linked answers about the channels of one provider.
type linked struct {
	*Room
	at provider
}

// linkedChannel returns a channel of a provider.
func (s *Room) linkedChannel(ctx context.Context, at provider, id desk.ChannelID) (desk.Channel, error) {
	channel, err := s.Store.Channel(ctx, id)
	if err == nil && channel.Area != at.area {
		err = &desk.MissingError{Class: "Channel", ID: int64(id)}
	}
	return channel, err
}

// list shows all channels of the provider with what belongs to them.
func (s linked) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := s.Store.ChannelsIn(ctx, s.at.area)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	addresses, _, unused, err := s.addresses(ctx, catalog)
	if err != nil {
		return err
	}
	apps, appIDs := rest.Record{}, []desk.ExternalCredentialID{}
	app, err := s.Store.ExternalCredentialOf(ctx, s.at.name)
	if err == nil {
		apps.Add(rest.IDText(app.ID), rest.ExternalCredentialRecord(app))
		appIDs = append(appIDs, app.ID)
	} else if !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	shown, ids := rest.Record{}, []desk.ChannelID{}
	for _, channel := range all {
		shown.Add(rest.IDText(channel.ID), rest.ChannelRecord(channel))
		ids = append(ids, channel.ID)
	}
	return rest.Reply(w, r, rest.Record{
		{"assets", rest.Record{{"Channel", shown}, {"EmailAddress", addresses}, {"ExternalCredential", apps}}},
		{"not_used_email_address_ids", unused}, {"channel_ids", ids}, {"external_credential_ids", appIDs},
		{"callback_url", rest.CallbackURL(catalog, s.at.name)},
	})
}

// channel returns the channel that a request is about: in its path, or else in its body.
func (s linked) channel(r *http.Request) (desk.Channel, rest.Params, error) {
	p, err := rest.ReadParams(r)
	if err != nil {
		return desk.Channel{}, nil, err
	}
	var id desk.ChannelID
	if r.PathValue("id") != "" {
		id, err = rest.PathID[desk.ChannelID](r, "id", "Channel")
	} else {
		id, err = rest.IDIn[desk.ChannelID](p, "id")
	}
	if err != nil {
		return desk.Channel{}, nil, err
	}
	channel, err := s.linkedChannel(r.Context(), s.at, id)
	return channel, p, err
}

func (s linked) enable(w http.ResponseWriter, r *http.Request) error  { return s.turn(w, r, true) }
func (s linked) disable(w http.ResponseWriter, r *http.Request) error { return s.turn(w, r, false) }

func (s linked) turn(w http.ResponseWriter, r *http.Request, on bool) error {
	channel, _, err := s.channel(r)
	if err != nil {
		return err
	}
	channel.Active, channel.UpdatedByID = on, rest.Caller(r).User.ID
	if err := s.Store.SaveChannel(r.Context(), channel); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.ChannelRecord(channel))
}

func (s linked) remove(w http.ResponseWriter, r *http.Request) error {
	channel, _, err := s.channel(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteLinkedAccount(r.Context(), channel.ID); err != nil {
		return err
	}
	s.Changed()
	return rest.Deleted(w)
}

func (s linked) setGroup(w http.ResponseWriter, r *http.Request) error {
	channel, p, err := s.channel(r)
	if err != nil {
		return err
	}
	if err := s.groupOf(r, p, &channel); err != nil {
		return err
	}
	return s.saveChannel(w, r, channel)
}

// inboundOptions are what administrators say about the fetching of an account.
var inboundOptions = []string{"folder", "folder_id", "keep_on_server", "archive", "archive_before", "archive_state_id"}

// fetchedAs is a channel with what a client wants to be fetched of it: directly among options, or
// where they are stored.
func fetchedAs(channel desk.Channel, p rest.Params) desk.Channel {
	sent, _ := p.Object("options")
	inside, _ := rest.Params(sent).Object("inbound")
	stored, _ := rest.Params(inside).Object("options")
	former, _ := channel.Options["inbound"].(map[string]any)
	options := maps.Clone(side(former).options())
	if options == nil {
		options = map[string]any{}
	}
	for _, place := range []map[string]any{stored, sent} {
		for _, name := range inboundOptions {
			if value, ok := place[name]; ok && value != nil {
				options[name] = value
			}
		}
	}
	inbound := maps.Clone(former)
	if inbound == nil {
		inbound = map[string]any{}
	}
	inbound["options"] = options
	channel.Options = maps.Clone(channel.Options)
	channel.Options["inbound"] = inbound
	return channel
}

// tryInbound opens the mailbox with what a client wants to be fetched of it.
func (s linked) tryInbound(w http.ResponseWriter, r *http.Request) error {
	channel, p, err := s.channel(r)
	if err != nil {
		return err
	}
	found, err := s.Providers.Check(r.Context(), fetchedAs(channel, p))
	if trouble, ok := errors.AsType[*channels.SetupError](err); ok {
		text := trouble.Human
		if text == "" {
			text = trouble.Error()
		}
		return rest.Invalid("options", "%s", text)
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, mailboxJSON(found))
}

// verify stores what is to be fetched of an account, and by whom its mail is answered.
func (s linked) verify(w http.ResponseWriter, r *http.Request) error {
	channel, p, err := s.channel(r)
	if err != nil {
		return err
	}
	channel = fetchedAs(channel, p)
	others, err := s.Store.ChannelsIn(r.Context(), s.at.area)
	if err != nil {
		return err
	}
	inbound, _ := channel.Options["inbound"].(map[string]any)
	if duplicate(inbound, others, channel.ID) {
		return rest.Invalid("options", "Account already exists!")
	}
	if p.Has("group_id") || p.Has("group") {
		if err := s.groupOf(r, p, &channel); err != nil {
			return err
		}
	}
	if p.Has("active") {
		channel.Active = p.Flag("active")
	}
	channel.UpdatedByID = rest.Caller(r).User.ID
	return s.saveChannel(w, r, channel)
}

// rollBack makes a channel again the one with a password that it was.
func (s linked) rollBack(w http.ResponseWriter, r *http.Request) error {
	channel, _, err := s.channel(r)
	if err != nil {
		return err
	}
	if err := s.Store.RollbackAccount(r.Context(), channel.ID, rest.Caller(r).User.ID); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// listFolders shows the folders of a mailbox, or what the provider says against it.
func (s linked) listFolders(w http.ResponseWriter, r *http.Request) error {
	channel, _, err := s.channel(r)
	if err != nil {
		return err
	}
	folders, err := s.Providers.Folders(r.Context(), channel)
	if r.Context().Err() != nil {
		return r.Context().Err()
	}
	if errors.Is(err, desk.ErrUnavailable) {
		return err
	}
	if err != nil {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"folders", []rest.Record{}}, {"error", rest.Record{{"message", err.Error()}}}})
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"folders", folderRecords(folders)}})
}

func folderRecords(folders []desk.MailFolder) []rest.Record {
	shown := make([]rest.Record, len(folders))
	for i, folder := range folders {
		shown[i] = rest.Record{{"id", folder.ID}, {"displayName", folder.Name}, {"childFolders", folderRecords(folder.Children)}}
	}
	return shown
}
