package desk

import (
	"maps"
	"time"
)

// ExternalCredentialID is the id of an ExternalCredential.
type ExternalCredentialID int64

// ExternalCredential is what we are to another company: the application that an administrator
// registered there, with its secrets.
type ExternalCredential struct {
	ID          ExternalCredentialID
	Name        string         // of the provider: google, microsoft365, microsoft_graph
	Credentials map[string]any // with secrets in clear; the store seals them at rest
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// AccountLink is an administrator who was sent to a provider, to come back with a code.
type AccountLink struct {
	Provider      string
	Verifier      string    // proves that who brings the code is who asked for it
	SharedMailbox string    // to be used instead of that of whoever signs in; may be empty
	ChannelID     ChannelID // to be connected again; 0: a new one
	UserID        UserID
	ExpiresAt     time.Time
}

// AccountGrant is what lets us into an account at a provider.
type AccountGrant struct {
	AccessToken  string
	RefreshToken string
	ExpiresAt    *time.Time // of the access token; nil: there is none that can be used
	Failures     int        // of renewing it, since the last success
	RetryAt      *time.Time // before that it is not tried again
	Problem      string     // why it failed last
}

// Kept is an account as a setting keeps it: what renewing takes, and the grant.
func (g AccountGrant) Kept(auth map[string]any) map[string]any {
	kept := maps.Clone(auth)
	kept["access_token"], kept["refresh_token"] = g.AccessToken, g.RefreshToken
	delete(kept, "expires_at")
	if g.ExpiresAt != nil {
		kept["expires_at"] = g.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return kept
}

// GrantKept reads what Kept wrote. Where no time says when the access token ends, as with one that was put
// in by hand, ExpiresAt is nil.
func GrantKept(kept map[string]any) AccountGrant {
	text := func(name string) string {
		value, _ := kept[name].(string)
		return value
	}
	g := AccountGrant{AccessToken: text("access_token"), RefreshToken: text("refresh_token")}
	if at, err := time.Parse(time.RFC3339, text("expires_at")); err == nil {
		g.ExpiresAt = &at
	}
	return g
}

// LinkedAccount is a mail account whose owner let us in at a provider.
type LinkedAccount struct {
	Area      string
	ChannelID ChannelID // to be connected again; 0: a new one, or that of the same account with a password
	Realname  string
	Email     string
	Inbound   map[string]any
	Outbound  map[string]any
	Auth      map[string]any // what renewing takes, without the tokens
	Grant     AccountGrant
	By        UserID
}

// MailFolder is a folder of a mailbox, with those in it.
type MailFolder struct {
	ID       string
	Name     string
	Children []MailFolder
}
