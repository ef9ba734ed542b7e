// Package whatsapp speaks to Meta's WhatsApp Business Cloud API: it reads what people wrote, fetches
// their files and sends answers.
//
// What becomes of a message is decided elsewhere.
package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"postroom/internal/desk"
)

// Kind is what received messages are called.
const Kind = "whatsapp"

// Options are those of a channel, read once.
type Options struct {
	BusinessID    string
	AccessToken   string // whoever has it writes in our name
	AppSecret     string // with which Meta signs what it brings
	PhoneNumberID string
	Name          string // of the business, as Meta verified it
	PhoneNumber   string // as people see it
	Welcome       string // first answer under a new ticket; empty: none
	Callback      string // uuid in the address that Meta calls
	VerifyToken   string // what Meta shows when it is told of the address

	ReminderActive  bool // people are told before we can't answer any more
	ReminderMessage string
}

// OptionsOf reads the options of a channel.
func OptionsOf(c desk.Channel) Options {
	text := func(name string) string {
		value, _ := c.Options[name].(string)
		return value
	}
	remind, _ := c.Options["reminder_active"].(bool)
	return Options{
		BusinessID: text("business_id"), AccessToken: text("access_token"), AppSecret: text("app_secret"), PhoneNumberID: text("phone_number_id"),
		Name: text("name"), PhoneNumber: text("phone_number"), Welcome: text("welcome"),
		Callback: text("callback_url_uuid"), VerifyToken: text("verify_token"),
		ReminderActive: remind, ReminderMessage: text("reminder_message"),
	}
}

// Values are the options as the channel keeps them.
func (o Options) Values() map[string]any {
	return map[string]any{
		"adapter": "whatsapp", "business_id": o.BusinessID, "access_token": o.AccessToken, "app_secret": o.AppSecret,
		"phone_number_id": o.PhoneNumberID, "name": o.Name, "phone_number": o.PhoneNumber, "welcome": o.Welcome,
		"callback_url_uuid": o.Callback, "verify_token": o.VerifyToken,
		"reminder_active": o.ReminderActive, "reminder_message": o.ReminderMessage,
	}
}

// Genuine reports whether Meta signed a body: header X-Hub-Signature-256 is of its bytes as they came.
func (o Options) Genuine(header string, body []byte) bool {
	shown, ok := strings.CutPrefix(header, "sha256=")
	if !ok || o.AppSecret == "" {
		return false
	}
	signature, err := hex.DecodeString(shown)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(o.AppSecret))
	_, _ = mac.Write(body) // never fails
	return hmac.Equal(signature, mac.Sum(nil))
}

// called is a name with its number.
func called(name, number string) string {
	if name == "" {
		return number
	}
	return name + " (" + number + ")"
}
