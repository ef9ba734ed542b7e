package desk

import "time"

// Areas of channels: what a channel is for.
const (
	AreaEmailAccount      = "Email::Account"
	AreaEmailNotification = "Email::Notification"
)

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
