package mail

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/seal"
)

// Every answer of the wizard is a 200: its result says ok, invalid, failed or duplicate.

var (
	inboundAdapters  = []string{"imap", "pop3"}
	outboundAdapters = []string{"smtp", "sendmail"}
)

// side is the inbound or outbound half of an account as a client sent it.
type side map[string]any

func (s side) adapter() string {
	adapter, _ := s["adapter"].(string)
	return adapter
}

func (s side) options() map[string]any {
	options, _ := s["options"].(map[string]any)
	return options
}

// text reads an option; a missing folder is the inbox.
func (s side) text(key string) string {
	text, _ := rest.TextOf(s.options()[key])
	text = strings.ToLower(strings.TrimSpace(text))
	if key == "folder" {
		return cmp.Or(text, "inbox")
	}
	return text
}

// sameAccount reports whether two sides lead to the same place.
func (s side) sameAccount(other side) bool {
	return s.adapter() == other.adapter() && s.text("host") == other.text("host") && s.text("user") == other.text("user") &&
		s.folder() == other.folder() && s.text("folder_id") == other.text("folder_id") &&
		s.text("shared_mailbox") == other.text("shared_mailbox")
}

// folder is the one that is fetched, by the name that all servers know where nobody named another.
func (s side) folder() string {
	name := s.text("folder")
	if name == "" || strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// sideIn reads adapter and options.
func sideIn(p rest.Params) side {
	options, _ := p.Object("options")
	if options == nil {
		options = map[string]any{}
	}
	return side{"adapter": p.Text("adapter"), "options": options}
}

// unmasked puts back the secrets that a client got masked and sent back, from the account that
// these servers and users belong to: a stored password never goes to a server that somebody else
// names.
func unmasked(s side, half string, accounts []desk.Channel) side {
	for _, account := range accounts {
		former, _ := account.Options[half].(map[string]any)
		if former != nil && s.adapter() == side(former).adapter() && s.text("host") == side(former).text("host") && s.text("user") == side(former).text("user") {
			s = seal.Unmask(s, former, rest.SecretMask)
		}
	}
	return s
}

func unknownAdapter(w http.ResponseWriter, adapter string) error {
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "failed"}, {"message", "Unknown adapter '" + adapter + "'"}})
}

// refused is the answer to an account that can't be used: what is wrong, and with which field.
func refused(err error, more rest.Record) (rest.Record, bool) {
	answer := append(rest.Record{{"result", "invalid"}}, more...)
	if trouble, ok := errors.AsType[*channels.SetupError](err); ok {
		fields := map[string]bool{}
		for _, name := range trouble.Fields {
			fields[name] = true
		}
		return append(answer, rest.Field{"message", trouble.Error()}, rest.Field{"message_human", cmp.Or(trouble.Human, trouble.Error())},
			rest.Field{"invalid_field", fields}), true
	}
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		return append(answer, rest.Field{"message", invalid.Reason}, rest.Field{"message_human", invalid.Reason},
			rest.Field{"invalid_field", map[string]bool{invalid.Field: true}}), true
	}
	return nil, false
}

func (s *Room) accounts(ctx context.Context) ([]desk.Channel, error) {
	return s.Store.ChannelsIn(ctx, desk.AreaEmailAccount)
}

// duplicate reports whether another account fetches the same mailbox.
func duplicate(in side, accounts []desk.Channel, except desk.ChannelID) bool {
	return slices.ContainsFunc(accounts, func(c desk.Channel) bool {
		former, _ := c.Options["inbound"].(map[string]any)
		return c.ID != except && former != nil && in.sameAccount(former)
	})
}

func alreadyThere(w http.ResponseWriter) error {
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "duplicate"}, {"message", "Account already exists!"}})
}

// tryInbound opens a mailbox.
func (s *Room) tryInbound(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	accounts, err := s.accounts(r.Context())
	if err != nil {
		return err
	}
	in := unmasked(sideIn(p), "inbound", accounts)
	if !slices.Contains(inboundAdapters, in.adapter()) {
		return unknownAdapter(w, in.adapter())
	}
	except, err := rest.IDIn[desk.ChannelID](p, "channel_id")
	if err != nil {
		return err
	}
	found, err := s.Wizard.CheckInbound(r.Context(), in)
	if answer, ok := refused(err, rest.Record{{"settings", seal.Mask(in.options(), rest.SecretMask)}}); ok {
		return rest.WriteJSON(w, http.StatusOK, answer)
	}
	if err != nil {
		return err
	}
	if duplicate(in, accounts, except) {
		return alreadyThere(w)
	}
	return rest.WriteJSON(w, http.StatusOK, mailboxJSON(found))
}

// mailboxJSON says what is in a mailbox, and whether there is an archive that could be brought in. That
// is known for certain or not possible: we never guess it.
func mailboxJSON(m channels.Mailbox) rest.Record {
	return rest.Record{
		{"result", "ok"}, {"content_messages", m.Messages}, {"archive_possible", m.Old},
		{"archive_possible_is_fallback", false}, {"archive_week_range", channels.ArchiveWeeks},
	}
}

// tryOutbound offers a server a message.
func (s *Room) tryOutbound(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	accounts, err := s.accounts(r.Context())
	if err != nil {
		return err
	}
	out := unmasked(sideIn(p), "outbound", accounts)
	if !slices.Contains(outboundAdapters, out.adapter()) {
		return unknownAdapter(w, out.adapter())
	}
	err = s.Wizard.CheckOutbound(r.Context(), out, strings.TrimSpace(p.Text("email")))
	if answer, ok := refused(err, rest.Record{{"settings", seal.Mask(out.options(), rest.SecretMask)}}); ok {
		return rest.WriteJSON(w, http.StatusOK, answer)
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

// probeAccount guesses the servers of an address.
func (s *Room) probeAccount(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	email := strings.ToLower(strings.TrimSpace(p.Text("email")))
	if !desk.ValidAddress(email) {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "invalid"}, {"messages", rest.Record{{"email", "Invalid email '" + email + "'."}}}})
	}
	found, err := s.Wizard.Probe(r.Context(), email, p.Text("password"), p.Text("folder"))
	if trouble, ok := errors.AsType[*channels.SetupError](err); ok {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "failed"}, {"reason", cmp.Or(trouble.Source, channels.InboundSide) + " failed"}})
	}
	if answer, ok := refused(err, nil); ok {
		return rest.WriteJSON(w, http.StatusOK, answer)
	}
	if err != nil {
		return err
	}
	accounts, err := s.accounts(r.Context())
	if err != nil {
		return err
	}
	if duplicate(found.Inbound, accounts, 0) {
		return alreadyThere(w)
	}
	setting := rest.Record{{"inbound", found.Inbound}, {"outbound", found.Outbound}}
	return rest.WriteJSON(w, http.StatusOK, append(mailboxJSON(found.Mailbox), rest.Field{"setting", setting}))
}

// verifyAccount sends a message through an account to itself. Once it arrived, the account is
// connected.
func (s *Room) verifyAccount(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	accounts, err := s.accounts(r.Context())
	if err != nil {
		return err
	}
	account, err := s.accountSent(r, p, accounts)
	if err != nil {
		return err
	}
	switch in, out := side(account.Inbound), side(account.Outbound); {
	case !slices.Contains(inboundAdapters, in.adapter()):
		return unknownAdapter(w, in.adapter())
	case !slices.Contains(outboundAdapters, out.adapter()):
		return unknownAdapter(w, out.adapter())
	case duplicate(in, accounts, account.ChannelID):
		return alreadyThere(w)
	}
	subject := p.Text("subject")
	err = s.Wizard.Verify(r.Context(), account.Inbound, account.Outbound, account.Email, subject)
	source := channels.InboundSide
	if trouble, ok := errors.AsType[*channels.SetupError](err); ok {
		source = cmp.Or(trouble.Source, source)
	}
	if answer, ok := refused(err, rest.Record{{"source", source}, {"subject", subject}}); ok {
		return rest.WriteJSON(w, http.StatusOK, answer)
	}
	if err != nil {
		return err
	}
	if _, err := s.Store.AddEmailAccount(r.Context(), account); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

// accountSent reads the account to connect, or the one to change.
func (s *Room) accountSent(r *http.Request, p rest.Params, accounts []desk.Channel) (desk.EmailAccount, error) {
	account := desk.EmailAccount{By: rest.Caller(r).User.ID}
	var err error
	if account.ChannelID, err = rest.IDIn[desk.ChannelID](p, "channel_id"); err != nil {
		return account, err
	}
	if account.ChannelID != 0 {
		if _, err := s.emailChannelByID(r, account.ChannelID); err != nil {
			return account, err
		}
	}
	meta, _ := p.Object("meta")
	account.Realname, account.Email = rest.Params(meta).Text("realname"), strings.ToLower(strings.TrimSpace(rest.Params(meta).Text("email")))
	if !desk.ValidAddress(account.Email) {
		return account, rest.Invalid("email", "Invalid email '%s'", account.Email)
	}
	for half, dst := range map[string]*map[string]any{"inbound": &account.Inbound, "outbound": &account.Outbound} {
		sent, ok := p.Object(half)
		if !ok {
			return account, rest.Invalid(half, "The required parameter '%s' is missing.", half)
		}
		*dst = unmasked(sent, half, accounts)
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return account, err
	}
	group, sent, err := rest.Named(p, "group", catalog.Groups, rest.GroupName)
	if err != nil {
		return account, err
	}
	if !sent || group == 0 {
		return account, rest.Invalid("group_id", "The required parameter 'group_id' is missing.")
	}
	account.GroupID = group
	// A group without an address answers from that of its mailbox, whoever did not say otherwise.
	account.ForGroup = p.Flag("group_email_address") || !p.Has("group_email_address") && catalog.Groups[group].EmailAddressID == nil
	account.AddressID, err = rest.IDIn[desk.EmailAddressID](p, "group_email_address_id")
	return account, err
}

// setNotificationChannel says how notifications are sent: through one of the channels that a fresh
// installation has for it, the others are switched off.
func (s *Room) setNotificationChannel(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	notifying, err := s.Store.ChannelsIn(r.Context(), desk.AreaEmailNotification)
	if err != nil {
		return err
	}
	out := unmasked(sideIn(p), "outbound", notifying)
	if !slices.Contains(outboundAdapters, out.adapter()) {
		return unknownAdapter(w, out.adapter())
	}
	from, _ := rest.TextOf(out.options()["email"])
	err = s.Wizard.CheckOutbound(r.Context(), out, cmp.Or(from, p.Text("email")))
	if answer, ok := refused(err, rest.Record{{"settings", seal.Mask(out.options(), rest.SecretMask)}}); ok {
		return rest.WriteJSON(w, http.StatusOK, answer)
	}
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		return notifyThrough(r.Context(), tx, out, notifying, rest.Caller(r).User.ID)
	})
	if err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

func notifyThrough(ctx context.Context, tx *store.Store, out side, notifying []desk.Channel, by desk.UserID) error {
	chosen, works := false, "ok"
	for _, channel := range notifying {
		former, _ := channel.Options["outbound"].(map[string]any)
		channel.Active = !chosen && side(former).adapter() == out.adapter()
		if channel.Active {
			chosen = true
			channel.Options = map[string]any{"outbound": map[string]any(out)}
			channel.StatusOut, channel.LastLogOut = &works, nil
		}
		channel.UpdatedByID = by
		if err := tx.SaveChannel(ctx, channel); err != nil {
			return err
		}
	}
	if chosen {
		return nil
	}
	channel := desk.Channel{Area: desk.AreaEmailNotification, Active: true, Options: map[string]any{"outbound": map[string]any(out)}}
	channel.UpdatedByID = by
	return tx.AddChannel(ctx, &channel)
}
