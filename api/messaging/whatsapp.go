package messaging

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/channels/whatsapp"
	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

func (s *Room) whatsAppRoutes(t *rest.Table) {
	const all, hook = "/api/v1/channels/admin/whatsapp", "/api/v1/channels_whatsapp_webhook/{callback_url_uuid}"
	who := rest.Needs("admin.channel_whatsapp")
	body := rest.Record{
		{"group_id", nil}, {"business_id", ""}, {"access_token", ""}, {"app_secret", ""}, {"phone_number_id", ""},
		{"welcome", ""}, {"reminder_active", false}, {"reminder_message", ""},
	}
	sample, ok := rest.ChannelRecord(desk.Channel{}), rest.Record{{"status", "ok"}}
	t.Handle("GET "+hook, rest.Webhook, s.verifyWhatsApp).Asks("hub.mode", "hub.challenge", "hub.verify_token").GivesFile("text/plain")
	t.Handle("POST "+hook, rest.Webhook, s.takeWhatsApp).Takes(rest.Record{{"object", ""}, {"entry", []any{rest.Record{}}}})
	t.Handle("GET "+all, who, s.listed(desk.AreaWhatsApp)).Gives(rest.Record{{"assets", rest.Record{}}, {"channel_ids", []int64{}}})
	t.Handle("POST "+all, who, s.added(desk.AreaWhatsApp, s.writeWhatsApp)).Takes(body).Gives(sample)
	t.Handle("PUT "+all+"/{id}", who, s.changed(s.writeWhatsApp, desk.AreaWhatsApp)).Takes(body).Gives(sample)
	t.Handle("PATCH "+all+"/{id}", who, s.changed(s.writeWhatsApp, desk.AreaWhatsApp)).Takes(body).Gives(sample)
	t.Handle("POST "+all+"/{id}/enable", who, s.done(ok, s.switched(true), desk.AreaWhatsApp)).Gives(ok)
	t.Handle("POST "+all+"/{id}/disable", who, s.done(ok, s.switched(false), desk.AreaWhatsApp)).Gives(ok)
	t.Handle("DELETE "+all+"/{id}", who, s.done(ok, s.removed, desk.AreaWhatsApp)).Gives(ok)
	t.Handle("POST "+all+"/preload", who, s.preloadWhatsApp).Takes(rest.Record{{"business_id", ""}, {"access_token", ""}}).
		Gives(rest.Record{{"data", rest.Record{{"phone_numbers", []any{rest.Record{{"label", ""}, {"value", ""}}}}}}})
	t.Handle("POST /api/v1/ticket_articles/{id}/retry_whatsapp_attachment_download", rest.Login, s.fetchAgain)
}

// called returns the channel that Meta's call is for, from memory.
func (s *Room) called(r *http.Request) (whatsapp.Options, desk.Channel, error) {
	catalog, err := s.Catalog(r)
	if err != nil {
		return whatsapp.Options{}, desk.Channel{}, err
	}
	channel, there := find(catalog, func(c desk.Channel) bool {
		return c.Active && same(r.PathValue("callback_url_uuid"), whatsapp.OptionsOf(c).Callback)
	}, desk.AreaWhatsApp)
	if !there {
		return whatsapp.Options{}, channel, rest.Invalid("callback_url_uuid", "The WhatsApp channel could not be found.")
	}
	return whatsapp.OptionsOf(channel), channel, nil
}

// verifyWhatsApp shows Meta that the address is ours.
func (s *Room) verifyWhatsApp(w http.ResponseWriter, r *http.Request) error {
	o, _, err := s.called(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if q.Get("hub.mode") != "subscribe" || q.Get("hub.challenge") == "" || !same(q.Get("hub.verify_token"), o.VerifyToken) {
		return rest.Invalid("hub.verify_token", "The WhatsApp webhook could not be verified.")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err = io.WriteString(w, q.Get("hub.challenge"))
	return err
}

// takeWhatsApp takes in what Meta brings: messages, and what became of ours. What is nothing for us is
// answered like the rest: Meta would go on repeating it.
func (s *Room) takeWhatsApp(w http.ResponseWriter, r *http.Request) error {
	o, channel, err := s.called(r)
	if err != nil {
		return err
	}
	body, err := rest.ReadBody(r, maxMessage)
	if err != nil {
		return err
	}
	if !o.Genuine(r.Header.Get("X-Hub-Signature-256"), body) {
		return rest.Forbidden("Not authorized")
	}
	parts, err := whatsapp.Split(o, body)
	if err != nil { // signed, but of no form that we know
		s.Log.WarnContext(r.Context(), "whatsapp brought what can't be read", "channel_id", channel.ID, "error", err)
	}
	messages := make([]channels.Inbound, len(parts))
	for i, part := range parts {
		messages[i] = channels.Inbound{ChannelID: channel.ID, Kind: whatsapp.Kind, ExternalID: part.ID, Conversation: part.Conversation, Raw: part.Raw}
	}
	if len(messages) > 0 {
		if err := s.take(r.Context(), messages...); err != nil {
			return err
		}
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// writeWhatsApp stores a new channel, or one that a client changes, once Meta knows the number. Name
// and number are what Meta says.
func (s *Room) writeWhatsApp(r *http.Request, channel *desk.Channel) error {
	ctx := r.Context()
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	o, err := whatsAppSent(p, *channel)
	if err != nil {
		return err
	}
	if channel.ID == 0 || p.Has("group_id") || p.Has("group") {
		if channel.GroupID, err = groupSent(p, catalog); err != nil {
			return err
		}
	}
	if err := s.onlyNumber(ctx, o.PhoneNumberID, channel.ID); err != nil {
		return err
	}
	numbers, err := s.numbers(ctx, o.BusinessID, o.AccessToken)
	if err != nil {
		return err
	}
	known := false
	for _, number := range numbers {
		if number.ID == o.PhoneNumberID {
			o.Name, o.PhoneNumber, known = number.Name, number.Display, true
		}
	}
	if !known {
		return rest.Invalid("phone_number_id", "Could not fetch the phone number details. The phone number does not belong to the WhatsApp business.")
	}
	o.Callback, o.VerifyToken = cmp.Or(o.Callback, uuid.NewString()), cmp.Or(o.VerifyToken, randomToken(24))
	channel.Options = o.Values()
	return s.save(r, channel)
}

// whatsAppSent reads the options that a client sent. What it leaves out stays, and so do secrets that
// come back masked.
func whatsAppSent(p rest.Params, former desk.Channel) (whatsapp.Options, error) {
	sent := whatsapp.OptionsOf(former).Values()
	for _, name := range []string{"business_id", "access_token", "app_secret", "phone_number_id"} {
		if !p.Blank(name) {
			sent[name] = strings.TrimSpace(p.Text(name))
		}
		if sent[name] == "" {
			return whatsapp.Options{}, rest.Invalid(name, "The required parameter '%s' is missing.", name)
		}
	}
	for _, name := range []string{"welcome", "reminder_message"} {
		if p.Has(name) {
			sent[name] = p.Text(name)
		}
	}
	if p.Has("reminder_active") {
		sent["reminder_active"] = p.Flag("reminder_active")
	}
	return whatsapp.OptionsOf(desk.Channel{Options: seal.Unmask(sent, former.Options, rest.SecretMask)}), nil
}

// onlyNumber refuses a number that another channel has.
func (s *Room) onlyNumber(ctx context.Context, number string, except desk.ChannelID) error {
	all, err := s.Store.ChannelsIn(ctx, desk.AreaWhatsApp)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != except && whatsapp.OptionsOf(other).PhoneNumberID == number {
			return rest.Invalid("phone_number_id", "The phone number is already in use by another WhatsApp channel.")
		}
	}
	return nil
}

// numbers asks Meta which numbers a business has.
func (s *Room) numbers(ctx context.Context, business, token string) ([]whatsapp.Number, error) {
	numbers, err := s.WhatsApp.Numbers(ctx, business, token)
	if err != nil {
		s.Log.InfoContext(ctx, "whatsapp does not tell the numbers of a business", "error", err)
		return nil, rest.Invalid("access_token", "Could not fetch available phone numbers. %s", err.Error())
	}
	return numbers, nil
}

// preloadWhatsApp tells an administrator which numbers can be chosen.
func (s *Room) preloadWhatsApp(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	for _, name := range []string{"business_id", "access_token"} {
		if p.Blank(name) {
			return rest.Invalid(name, "The required parameter '%s' is missing.", name)
		}
	}
	sent := map[string]any{"access_token": p.Text("access_token")}
	all, err := s.Store.ChannelsIn(r.Context(), desk.AreaWhatsApp)
	if err != nil {
		return err
	}
	for _, channel := range all {
		if option(channel, "business_id") == p.Text("business_id") {
			sent = seal.Unmask(sent, channel.Options, rest.SecretMask)
			break
		}
	}
	token, _ := rest.TextOf(sent["access_token"])
	numbers, err := s.numbers(r.Context(), p.Text("business_id"), token)
	if err != nil {
		return err
	}
	choices := []any{}
	for _, n := range numbers {
		choices = append(choices, rest.Record{{"label", n.Name + " (" + n.Display + ")"}, {"value", n.ID}})
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"data", rest.Record{{"phone_numbers", choices}}}})
}
