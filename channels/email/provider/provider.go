// Package provider knows the companies where people sign in to let us into their mailbox.
//
// In goes the application that an administrator registered there, out come the address to send a
// person to, and tokens for the code that the person comes back with. It keeps nothing.
package provider

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"postroom/internal/desk"
)

// Names of the providers, as in addresses of the API and in options.auth.provider.
const (
	Google         = "google"
	Microsoft365   = "microsoft365"
	MicrosoftGraph = "microsoft_graph"
	Exchange       = "exchange" // at Microsoft as well: its address books
)

// Provider is a company that lets us into mailboxes of its customers.
type Provider struct {
	Name  string
	Area  string // of channels; empty: accounts there are none
	Title string // in texts for people
	scope string
	extra []oauth2.AuthCodeOption
	sides func(a desk.LinkedAccount, shared string) (inbound, outbound map[string]any) // of a channel; nil: there is none
}

var providers = map[string]Provider{
	Google: {
		Name: Google, Area: desk.AreaGoogle, Title: "Google",
		scope: "openid email profile https://mail.google.com/",
		// Without these there is no refresh token from the second time on.
		extra: []oauth2.AuthCodeOption{oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent")},
		sides: func(a desk.LinkedAccount, _ string) (map[string]any, map[string]any) {
			return side("imap", map[string]any{"auth_type": "XOAUTH2", "host": "imap.gmail.com", "port": 993, "ssl": "ssl", "user": a.Email}),
				side("smtp", map[string]any{"host": "smtp.gmail.com", "port": 465, "ssl": true, "user": a.Email, "authentication": "xoauth2"})
		},
	},
	Microsoft365: {
		Name: Microsoft365, Area: desk.AreaMicrosoft365, Title: "Microsoft 365",
		scope: "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access openid profile email",
		sides: func(a desk.LinkedAccount, shared string) (map[string]any, map[string]any) {
			return withShared(side("imap", map[string]any{"auth_type": "XOAUTH2", "host": "outlook.office365.com", "port": 993, "ssl": "ssl", "user": a.Email}), shared),
				withShared(side("smtp", map[string]any{"host": "smtp.office365.com", "port": 587, "ssl": "starttls", "user": a.Email, "authentication": "xoauth2"}), shared)
		},
	},
	MicrosoftGraph: {
		Name: MicrosoftGraph, Area: desk.AreaMicrosoftGraph, Title: "Microsoft Graph",
		scope: "https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.ReadWrite.Shared " +
			"https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/Mail.Send.Shared offline_access openid profile email",
		sides: func(a desk.LinkedAccount, shared string) (map[string]any, map[string]any) {
			return withShared(side("microsoft_graph_inbound", map[string]any{"user": a.Email}), shared),
				withShared(side("microsoft_graph_outbound", map[string]any{"user": a.Email}), shared)
		},
	},
	Exchange: {
		Name: Exchange, Title: "Exchange",
		scope: "https://outlook.office.com/EWS.AccessAsUser.All offline_access openid profile email",
	},
}

func side(adapter string, options map[string]any) map[string]any {
	return map[string]any{"adapter": adapter, "options": options}
}

func withShared(side map[string]any, mailbox string) map[string]any {
	if mailbox != "" {
		side["options"].(map[string]any)["shared_mailbox"] = mailbox
	}
	return side
}

// Named returns the provider of a name.
func Named(name string) (Provider, bool) {
	p, ok := providers[name]
	return p, ok
}

// App is the application that an administrator registered at a provider.
type App struct {
	ClientID     string
	ClientSecret string
	Tenant       string // of Microsoft's customers, to whom the application belongs; empty: to no single one
}

// AppOf reads what is stored of an application: credentials, or options.auth of a channel. What is
// missing is a *desk.InvalidError.
func AppOf(stored map[string]any) (App, error) {
	text := func(name string) string {
		value, _ := stored[name].(string)
		return strings.TrimSpace(value)
	}
	app := App{ClientID: text("client_id"), ClientSecret: text("client_secret"), Tenant: text("client_tenant")}
	for name, value := range map[string]string{"client_secret": app.ClientSecret, "client_id": app.ClientID} {
		if value == "" {
			return App{}, &desk.InvalidError{Field: name, Reason: "The required parameter '" + name + "' is missing."}
		}
	}
	if strings.ContainsAny(app.Tenant, "/?#\\ ") {
		return App{}, &desk.InvalidError{Field: "client_tenant", Reason: "The tenant is not valid."}
	}
	return app, nil
}

// Places are where the providers are on the net. Only tests and closed clouds have other ones.
type Places struct {
	GoogleAuthorize string
	GoogleToken     string
	Microsoft       string       // its tenants are below
	Client          *http.Client // nil: one with a time limit
}

// Public are the places that everybody uses.
func Public() Places {
	return Places{
		GoogleAuthorize: "https://accounts.google.com/o/oauth2/v2/auth",
		GoogleToken:     "https://oauth2.googleapis.com/token",
		Microsoft:       "https://login.microsoftonline.com",
	}
}

// RequestWithin bounds one request to a provider.
const RequestWithin = 20 * time.Second

func (p Places) client() *http.Client {
	if p.Client != nil {
		return p.Client
	}
	return &http.Client{Timeout: RequestWithin}
}

func (p Places) config(of Provider, app App, callback string) *oauth2.Config {
	endpoint := oauth2.Endpoint{AuthURL: p.GoogleAuthorize, TokenURL: p.GoogleToken, AuthStyle: oauth2.AuthStyleInParams}
	if of.Name != Google {
		tenant := app.Tenant
		if tenant == "" {
			tenant = "common"
		}
		base := p.Microsoft + "/" + url.PathEscape(tenant) + "/oauth2/v2.0"
		endpoint.AuthURL, endpoint.TokenURL = base+"/authorize", base+"/token"
	}
	return &oauth2.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret, Endpoint: endpoint, RedirectURL: callback,
		Scopes: strings.Fields(of.scope),
	}
}

// AuthorizeURL is where a person lets us in. state comes back with the code; verifier has to be
// shown with it (RFC 7636).
func (p Places) AuthorizeURL(of Provider, app App, callback, state, verifier string) string {
	return p.config(of, app, callback).AuthCodeURL(state, append(of.extra, oauth2.S256ChallengeOption(verifier))...)
}
