// Package idp asks identity providers, such as Google or a company's own, who somebody is.
//
// In goes what an administrator stored of a provider, out come the address to send a browser to, and
// who it is that the browser came back with. It keeps nothing and knows no users.
package idp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"postroom/internal/desk"
)

// Names of the providers, as in settings and addresses.
const (
	Google    = "google_oauth2"
	GitHub    = "github"
	GitLab    = "gitlab"
	Microsoft = "microsoft_office365"
	OpenID    = "openid_connect"
	SAML      = "saml"
)

// Names are all of them.
var Names = []string{Google, GitHub, GitLab, Microsoft, OpenID, SAML}

// Identity is who somebody is, as a provider says.
type Identity struct {
	UID       string // what never changes
	Username  string
	Firstname string
	Lastname  string
	Email     string
	// Verified is set where the provider vouches for the address. Any other may be somebody else's.
	Verified bool
	Session  string // what the provider calls the session, where it may end it; empty: it won't
}

// Attempt is one visit of a browser to a provider.
type Attempt struct {
	State    string // what the provider repeats to us
	Nonce    string // what its answer must hold
	Verifier string // proves that who brings the answer is who asked
	Callback string // where the browser comes back to
}

// Provider is where people prove who they are.
type Provider interface {
	// Begin returns where a browser is to be sent.
	Begin(ctx context.Context, a Attempt) (string, error)
	// Finish returns who came back, of what the browser brought along. It returns an ErrRefused for
	// whom the provider does not vouch.
	Finish(ctx context.Context, a Attempt, brought url.Values) (Identity, error)
}

// ErrRefused says that a provider vouches for nobody, or not to us.
var ErrRefused = errors.New("the identity provider vouches for nobody")

// Places are where the providers are on the net that have but one place. Only tests have other ones.
type Places struct {
	Google    string // issuer
	GitHub    string
	GitHubAPI string
	Microsoft string // its tenants are below
	Graph     string
}

// Public are the places that everybody uses.
func Public() Places {
	return Places{
		Google: "https://accounts.google.com", GitHub: "https://github.com", GitHubAPI: "https://api.github.com",
		Microsoft: "https://login.microsoftonline.com", Graph: "https://graph.microsoft.com",
	}
}

// credentials are what an administrator stored of a provider.
type credentials map[string]any

func (c credentials) text(name string) string {
	text, _ := c[name].(string)
	return strings.TrimSpace(text)
}

// needed is text for what there must be.
func (c credentials) needed(names ...string) error {
	for _, name := range names {
		if c.text(name) == "" {
			return &desk.InvalidError{Field: name, Reason: "the provider is not set up: " + name + " is missing"}
		}
	}
	return nil
}

// Open returns a provider as an administrator described it. Requests go by the client.
func Open(name string, stored map[string]any, places Places, client *http.Client) (Provider, error) {
	c, client := credentials(stored), bounded(client)
	switch name {
	case Google:
		return openOIDC(client, places.Google, c.text("client_id"), c.text("client_secret"), credentials{"scope": "openid email profile"})
	case OpenID:
		return openOIDC(client, c.text("issuer"), c.text("identifier"), c.text("client_secret"), c)
	case GitHub:
		return openGitHub(client, places, c)
	case GitLab:
		return openGitLab(client, c)
	case Microsoft:
		return openMicrosoft(client, places, c)
	case SAML:
		return openSAML(c)
	}
	return nil, desk.ErrNotFound
}

// mostAnswered is how much of an answer is read, in bytes.
const mostAnswered = 1 << 20

// bounded is a client that reads no endless answers.
func bounded(client *http.Client) *http.Client {
	limited := *client
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	limited.Transport = boundary{next}
	return &limited
}

type boundary struct{ next http.RoundTripper }

func (b boundary) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, mostAnswered), response.Body}
	}
	return response, err
}
