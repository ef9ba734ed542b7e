package messaging

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/channels/sms"
	"postroom/internal/desk"
)

// smsAreas are the two kinds of channels of text messages.
var smsAreas = []string{desk.AreaSMSAccount, desk.AreaSMSNotification}

func (s *Room) smsRoutes(t *rest.Table) {
	const all, hook = "/api/v1/channels_sms", "/api/v1/sms_webhook/{token}"
	who := rest.Needs("admin.channel_sms")
	body := rest.Record{{"area", ""}, {"options", rest.Record{}}, {"group_id", nil}, {"active", true}}
	which, sample := rest.Record{{"id", int64(0)}}, rest.ChannelRecord(desk.Channel{})
	field := rest.Record{{"name", ""}, {"display", ""}, {"tag", ""}, {"null", true}}
	t.Handle("POST "+hook, rest.Webhook, s.takeSMS).GivesFile("application/xml").Gives(rest.Record{})
	t.Handle("GET "+hook, rest.Webhook, s.takeSMS).GivesFile("application/xml").Gives(rest.Record{})
	t.Handle("GET "+all, who, s.listSMS).Gives(rest.Record{
		{"account_channel_ids", []int64{}}, {"notification_channel_ids", []int64{}},
		{"config", []any{rest.Record{{"name", ""}, {"adapter", ""}, {"account", []any{field}}, {"notification", []any{field}}}}}, {"assets", rest.Record{}},
	})
	t.Handle("GET "+all+"/{id}", who, s.showSMS).Gives(sample)
	t.Handle("POST "+all, who, s.added("", s.writeSMS)).Takes(body).Gives(sample)
	t.Handle("PUT "+all+"/{id}", who, s.changed(s.writeSMS, smsAreas...)).Takes(body).Gives(sample)
	t.Handle("POST "+all+"_enable", who, s.changed(s.switched(true), smsAreas...)).Takes(which).Gives(sample)
	t.Handle("POST "+all+"_disable", who, s.changed(s.switched(false), smsAreas...)).Takes(which).Gives(sample)
	t.Handle("POST "+all+"/test", who, s.trySMS).Takes(rest.Record{{"options", rest.Record{}}, {"recipient", ""}, {"message", ""}}).
		Gives(rest.AnyOf{rest.Record{{"success", true}}, rest.Record{{"error", ""}, {"error_human", ""}}})
	t.Handle("DELETE "+all, who, s.done(rest.Record{}, s.removed, smsAreas...)).Takes(which)
	t.Handle("DELETE "+all+"/{id}", who, s.done(rest.Record{}, s.removed, smsAreas...))
}

// takeSMS takes in what a gateway brings: a message, or what became of one of ours. The gateway is told
// that we have it once it is committed.
func (s *Room) takeSMS(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	channel, there := find(catalog, func(c desk.Channel) bool {
		return c.Active && same(r.PathValue("token"), sms.OptionsOf(c).WebhookToken)
	}, desk.AreaSMSAccount)
	if !there {
		return rest.WriteJSON(w, http.StatusNotFound, rest.Record{{"message", "channel not found"}})
	}
	if channel.GroupID == nil {
		return rest.Invalid("group_id", "Group needed in channel definition!")
	}
	if _, known := catalog.Groups[*channel.GroupID]; !known {
		return rest.Invalid("group_id", "Group is invalid!")
	}
	body, err := rest.ReadBody(r, maxMessage)
	if err != nil {
		return err
	}
	o := sms.OptionsOf(channel)
	if !sms.Genuine(o, r, origin(catalog)+r.URL.RequestURI(), body, time.Now()) {
		return rest.Forbidden("Not authorized")
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	if err := s.keepSMS(r, channel, o, p); err != nil {
		return err
	}
	if o.Adapter != sms.Twilio {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{})
	}
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8;")
	_, err = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Response/>\n")
	return err
}

// keepSMS commits what a gateway brought. One that gives its messages no id may bring them twice.
func (s *Room) keepSMS(r *http.Request, channel desk.Channel, o sms.Options, p rest.Params) error {
	texts := map[string]string{}
	for name, value := range p {
		if text, ok := rest.TextOf(value); ok {
			texts[name] = text
		}
	}
	facts, err := sms.FactsOf(o, texts)
	if err != nil {
		return err
	}
	if facts.ID == "" {
		facts.ID = uuid.NewString()
	}
	raw := rest.AppendJSON(nil, texts)
	return s.take(r.Context(), channels.Inbound{
		ChannelID: channel.ID, Kind: sms.Kind, ExternalID: facts.ID, Conversation: facts.Conversation, Raw: raw,
	})
}

func origin(c *desk.Catalog) string {
	return c.Settings.String("http_type") + "://" + c.Settings.String("fqdn")
}

func (s *Room) listSMS(w http.ResponseWriter, r *http.Request) error {
	assets, all, _, err := s.list(r.Context(), smsAreas...)
	if err != nil {
		return err
	}
	accounts, notifications := []desk.ChannelID{}, []desk.ChannelID{}
	for _, channel := range all {
		if channel.Area == desk.AreaSMSAccount {
			accounts = append(accounts, channel.ID)
		} else {
			notifications = append(notifications, channel.ID)
		}
	}
	config := []any{}
	for _, a := range sms.Adapters() {
		config = append(config, rest.Record{
			{"name", a.Name}, {"adapter", a.Adapter}, {"account", fieldsOf(a.Account)}, {"notification", fieldsOf(a.Notification)},
		})
	}
	return rest.Reply(w, r, rest.Record{
		{"account_channel_ids", accounts}, {"notification_channel_ids", notifications}, {"config", config}, {"assets", assets},
	})
}

// fieldsOf describes fields in the form in which clients build theirs.
func fieldsOf(fields []sms.Field) []any {
	const limit = 200
	all := []any{}
	for _, f := range fields {
		v := rest.Record{{"name", f.Name}, {"display", f.Display}}
		if f.Group {
			v = append(v, rest.Record{
				{"tag", "tree_select"}, {"null", false}, {"relation", "Group"}, {"nulloption", true}, {"filter", rest.Record{{"active", true}}},
			}...)
		} else {
			v = append(v, rest.Record{{"tag", "input"}, {"type", "text"}, {"limit", limit}, {"null", f.Optional}}...)
		}
		if f.Placeholder != "" {
			v.Add("placeholder", f.Placeholder)
		}
		if f.ReadOnly {
			v.Add("disabled", true)
			v.Add("readonly", true)
			v.Add("default", newWebhookToken())
		}
		all = append(all, v)
	}
	return all
}

// newWebhookToken is 32 hexadecimal digits, as gateways have them in their addresses.
func newWebhookToken() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

func (s *Room) showSMS(w http.ResponseWriter, r *http.Request) error {
	channel, err := s.sentID(r, smsAreas...)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.ChannelRecord(channel))
}

// writeSMS stores a new channel, or one that a client changes.
func (s *Room) writeSMS(r *http.Request, channel *desk.Channel) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if channel.ID == 0 || p.Has("area") {
		if channel.Area, err = areaSent(p); err != nil {
			return err
		}
	}
	if channel.ID == 0 || p.Has("options") {
		if err := smsOptions(p, channel); err != nil {
			return err
		}
	}
	known, ok := sms.Known(sms.OptionsOf(*channel).Adapter)
	if !ok || channel.Area == desk.AreaSMSAccount && len(known.Account) == 0 {
		return rest.Invalid("options.adapter", "The required parameter 'options.adapter' is invalid.")
	}
	p.SetBool(&channel.Active, "active")
	if channel.Area == desk.AreaSMSAccount {
		if channel.ID == 0 || p.Has("group_id") || p.Has("group") {
			if channel.GroupID, err = groupSent(p, catalog); err != nil {
				return err
			}
		}
		nameHook(channel, catalog)
	}
	return s.save(r, channel)
}

func areaSent(p rest.Params) (string, error) {
	switch area := p.Text("area"); area {
	case "":
		return "", rest.Invalid("area", "The required parameter 'area' is missing.")
	case desk.AreaSMSAccount, desk.AreaSMSNotification:
		return area, nil
	default:
		return "", rest.Invalid("area", "The required parameter 'area' is invalid.")
	}
}

// smsOptions reads the options of a channel. Secrets that come back masked stay, unless they would go to
// another server now.
func smsOptions(p rest.Params, channel *desk.Channel) error {
	object, ok := p.Object("options")
	if !ok {
		return rest.Invalid("options", "The required parameter 'options' is missing.")
	}
	sent := rest.Params(object)
	if sent.Text("adapter") == "" {
		return rest.Invalid("options.adapter", "The required parameter 'options.adapter' is missing.")
	}
	channel.Options = unmaskedSMS(sent, *channel)
	return nil
}

// nameHook tells a channel where its gateway reaches us.
func nameHook(channel *desk.Channel, c *desk.Catalog) {
	o := sms.OptionsOf(*channel)
	if o.WebhookToken == "" {
		o.WebhookToken = newWebhookToken()
	}
	channel.Options = maps.Clone(channel.Options)
	channel.Options["webhook_token"] = o.WebhookToken
	delete(channel.Options, "callback_url")
	if address := origin(c) + "/api/v1/sms_webhook/" + o.WebhookToken; strings.HasPrefix(address, "https://") {
		channel.Options["callback_url"] = address
	}
}
