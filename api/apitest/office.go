// Package apitest runs the API for tests: a helpdesk with people for every kind of access, and requests
// in their names.
package apitest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"postroom/api"
	"postroom/api/mail"
	"postroom/api/messaging"
	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/provider"
	"postroom/channels/sms"
	"postroom/channels/telegram"
	"postroom/channels/whatsapp"
	"postroom/internal/credential"
	"postroom/internal/egress"
	"postroom/internal/intake"
)

// Office is a helpdesk with what administrators need: passwords, and mail servers that do what a
// test says.
type Office struct {
	*helpdesk
	Server *api.Server
	Mail   *mailServers
}

// Password is everybody's, in an office.
const Password = "Correct horse 7"

// passwordHash is made once: it is meant to take its time.
var passwordHash = sync.OnceValues(func() (string, error) { return credential.HashPassword(Password) })

// Open starts the API of an office, with changed needs.
func Open(t testing.TB, change ...func(*api.Needs)) *Office {
	t.Helper()
	desk := OpenDesk(t)
	servers := &mailServers{}
	needs := api.Needs{
		Store: desk.Store, Blobs: desk.blobs, Version: "6.5.0", Wizard: servers,
		Egress: egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, // where the tests' servers listen
		Log:    slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	accounts := email.NewAccounts(email.Options{Log: needs.Log})
	t.Cleanup(accounts.Close)
	const nowhere = "http://127.0.0.1:1" // nobody listens there: no test bothers the world
	needs.Providers = &email.Linked{Accounts: accounts, Places: provider.Places{GoogleAuthorize: nowhere, GoogleToken: nowhere, Microsoft: nowhere}}
	needs.Messaging = messaging.Needs{
		Receive:  intake.New(needs.Store, needs.Blobs, needs.Log).Receive,
		Telegram: telegram.NewClient(nowhere, http.DefaultClient),
		SMS:      &sms.Client{HTTP: http.DefaultClient, TwilioAPI: nowhere, MessageBirdAPI: nowhere},
		WhatsApp: &whatsapp.Client{HTTP: http.DefaultClient, API: nowhere},
	}
	for _, change := range change {
		change(&needs)
	}
	server := api.New(needs)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	tell(t, server)
	desk.URL = listening.URL
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	desk.Exec(`UPDATE users SET password = $1 WHERE id > 2`, hash)
	return &Office{desk, server, servers}
}

// Request makes a request without credentials.
func (o *Office) Request(method, path, body string) *http.Request {
	o.T.Helper()
	req, err := http.NewRequestWithContext(o.T.Context(), method, o.URL+path, strings.NewReader(body))
	if err != nil {
		o.T.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// With sends a request to /users/me with an Authorization header and others in pairs.
func (o *Office) With(authorization string, headers ...string) Answer {
	o.T.Helper()
	req := o.Request(http.MethodGet, "/api/v1/users/me", "")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return o.Send(req)
}

func Basic(name, password string) string { return "Basic " + Encoded(name+":"+password) }

// Setting changes a setting behind everybody's back.
func (o *Office) Setting(name string, value any) {
	o.T.Helper()
	if err := o.Store.PutSettingValue(o.T.Context(), name, value); err != nil {
		o.T.Fatal(err)
	}
	o.Store.ForgetCatalog()
}

// mailServers stand for the mail servers of the world: they accept everything but what a test
// forbids.
type mailServers struct {
	InboundFails, OutboundFails, VerifyFails, ProbeFails error
	Asked                                                []map[string]any // sides, as they were tried
}

func (m *mailServers) CheckInbound(_ context.Context, inbound map[string]any) (channels.Mailbox, error) {
	m.Asked = append(m.Asked, inbound)
	return channels.Mailbox{Messages: 3}, m.InboundFails
}

func (m *mailServers) CheckOutbound(_ context.Context, outbound map[string]any, _ string) error {
	m.Asked = append(m.Asked, outbound)
	return m.OutboundFails
}

func (m *mailServers) Verify(_ context.Context, inbound, outbound map[string]any, _, _ string) error {
	m.Asked = append(m.Asked, inbound, outbound)
	return m.VerifyFails
}

func (m *mailServers) Probe(_ context.Context, address, password, _ string) (mail.Setting, error) {
	return mail.Setting{
		Inbound:  map[string]any{"adapter": "imap", "options": map[string]any{"host": "imap.example.com", "user": address, "password": password}},
		Outbound: map[string]any{"adapter": "smtp", "options": map[string]any{"host": "smtp.example.com", "user": address, "password": password}},
		Mailbox:  channels.Mailbox{Messages: 3},
	}, m.ProbeFails
}
