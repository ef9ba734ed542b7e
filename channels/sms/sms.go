// Package sms speaks to the gateways of text messages: Twilio, MessageBird, Massenversand, and any other
// that can be asked by HTTP. It reads what they bring, and sends.
//
// What becomes of a message is decided elsewhere.
package sms

import (
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// Kind is what received text messages are called.
const Kind = "sms"

// Adapters, as channels name them in option adapter.
const (
	Twilio        = "sms/twilio"
	MessageBird   = "sms/message_bird"
	Massenversand = "sms/massenversand"
	HTTP          = "sms/http" // any gateway that can be asked by HTTP
)

// Options are those of a channel, read once.
type Options struct {
	Adapter      string
	WebhookToken string // in the address that the gateway calls
	Account      string // at Twilio
	Token        string // whoever has it sends in our name
	Sender       string // our number or name
	Gateway      string // address of a gateway that has no fixed one
	Callback     string // where the gateway reports what became of a message; empty: nowhere
	SigningKey   string // with which MessageBird signs what it brings; empty: it doesn't

	// Of adapter HTTP. Templates hold {{to}}, {{text}}, {{sender}} and {{token}}.
	Method      string // GET, POST (default)
	ContentType string // of Body
	Body        string // template; empty: none
	Success     string // what an answer must hold; empty: its status tells
	Fields      fields // what its messages to us are called
}

// fields are the names of what a gateway brings.
type fields struct{ from, to, text, id string }

// OptionsOf reads the options of a channel.
func OptionsOf(c desk.Channel) Options { return ReadOptions(c.Options) }

// ReadOptions reads options as a channel keeps them.
func ReadOptions(from map[string]any) Options {
	text := func(name, otherwise string) string {
		switch v := from[name].(type) {
		case string:
			if v != "" {
				return strings.TrimSpace(v)
			}
		case float64: // clients may send a number as one
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return otherwise
	}
	return Options{
		Adapter: text("adapter", ""), WebhookToken: text("webhook_token", ""), Account: text("account_id", ""), Token: text("token", ""),
		Sender: text("sender", ""), Gateway: text("gateway", ""), SigningKey: text("signing_key", ""),
		Callback: text("callback_url", ""),
		Method:   strings.ToUpper(text("method", "POST")), ContentType: text("content_type", "application/json"), Body: text("body", ""),
		Success: text("success", ""),
		Fields:  fields{from: text("field_from", "from"), to: text("field_to", "to"), text: text("field_text", "text"), id: text("field_id", "id")},
	}
}

// Adapter is a gateway as administrators see it: by its name, and what it needs to be told.
type Adapter struct {
	Name         string
	Adapter      string
	Account      []Field // of a channel that receives; none: it can't
	Notification []Field // of a channel that only sends
}

// Field is a field of an administrator's form.
type Field struct {
	Name        string // options::token
	Display     string
	Placeholder string
	Optional    bool
	ReadOnly    bool // made by us, to be entered at the gateway
	Group       bool // one of our groups
}

var (
	webhookToken = Field{Name: "options::webhook_token", Display: "Webhook Token", ReadOnly: true}
	accountID    = Field{Name: "options::account_id", Display: "Account SID", Placeholder: "XXXXXX"}
	token        = Field{Name: "options::token", Display: "Token"}
	sender       = Field{Name: "options::sender", Display: "Sender", Placeholder: "+491710000000"}
	signingKey   = Field{Name: "options::signing_key", Display: "Signing Key", Optional: true}
	gateway      = Field{Name: "options::gateway", Display: "Gateway", Placeholder: "https://gateway.example.com/send"}
	group        = Field{Name: "group_id", Display: "Destination Group", Group: true}
	templates    = []Field{
		gateway, {Name: "options::token", Display: "Token", Optional: true}, {Name: "options::sender", Display: "Sender", Optional: true},
		{Name: "options::method", Display: "Method", Placeholder: "POST", Optional: true},
		{Name: "options::content_type", Display: "Content Type", Placeholder: "application/json", Optional: true},
		{Name: "options::body", Display: "Body", Placeholder: `{"to": "{{to}}", "text": "{{text}}"}`, Optional: true},
		{Name: "options::success", Display: "Answer holds", Optional: true},
	}
	names = []Field{
		{Name: "options::field_from", Display: "Field of the sender", Placeholder: "from", Optional: true},
		{Name: "options::field_to", Display: "Field of the recipient", Placeholder: "to", Optional: true},
		{Name: "options::field_text", Display: "Field of the text", Placeholder: "text", Optional: true},
		{Name: "options::field_id", Display: "Field of the message's id", Placeholder: "id", Optional: true},
	}
)

func form(parts ...[]Field) (all []Field) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// Adapters are all gateways that we speak to.
func Adapters() []Adapter {
	return []Adapter{
		{"twilio", Twilio, []Field{webhookToken, accountID, token, sender, group}, []Field{accountID, token, sender}},
		{"MessageBird", MessageBird, []Field{webhookToken, token, sender, signingKey, group}, []Field{token, sender}},
		{"Massenversand", Massenversand, nil, []Field{gateway, token, sender}},
		{"HTTP", HTTP, form([]Field{webhookToken}, templates, names, []Field{group}), templates},
	}
}

// Known returns the adapter of a name.
func Known(name string) (Adapter, bool) {
	for _, a := range Adapters() {
		if a.Adapter == name {
			return a, true
		}
	}
	return Adapter{}, false
}
