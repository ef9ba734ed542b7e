package desk

import (
	"slices"
	"time"
)

// Areas of channels: what a channel is for.
const (
	AreaEmailAccount      = "Email::Account"
	AreaEmailNotification = "Email::Notification"
	AreaGoogle            = "Google::Account"         // IMAP and SMTP with OAuth
	AreaMicrosoft365      = "Microsoft365::Account"   // IMAP and SMTP with OAuth
	AreaMicrosoftGraph    = "MicrosoftGraph::Account" // Microsoft's REST interface
	AreaTelegram          = "Telegram::Bot"
	AreaSMSAccount        = "Sms::Account"      // receives, and answers what it received
	AreaSMSNotification   = "Sms::Notification" // sends what rules write
	AreaWhatsApp          = "WhatsApp::Business"
)

// MailAreas are those of channels with a mailbox, which is fetched.
var MailAreas = []string{AreaEmailAccount, AreaGoogle, AreaMicrosoft365, AreaMicrosoftGraph}

// Polled reports whether a channel has to be asked for messages: a mailbox, or a bot that Telegram
// can't call.
func (c Channel) Polled() bool {
	polling, _ := c.Options["polling"].(bool)
	return HasMailbox(c.Area) || c.Area == AreaTelegram && polling
}

// HasMailbox reports whether channels of an area have a mailbox.
func HasMailbox(area string) bool { return slices.Contains(MailAreas, area) }

// Channel is one way in or out, such as a mailbox with its outgoing server.
type Channel struct {
	ID          ChannelID
	GroupID     *GroupID // of new tickets
	Area        string
	Options     map[string]any // with secrets in clear; the store seals them at rest
	Active      bool
	Preferences map[string]any
	LastLogIn   *string
	LastLogOut  *string
	StatusIn    *string // ok, error
	StatusOut   *string // ok, error
	LastFetch   *time.Time
	Stamp
}
