package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postroom/api"
	"postroom/internal/credential"
)

// office is a helpdesk with what administrators need: passwords, and mail servers that do what a
// test says.
type office struct {
	*helpdesk
	server *api.Server
	mail   *mailServers
}

// password is everybody's, in an office.
const password = "Correct horse 7"

func openOffice(t *testing.T, change ...func(*api.Needs)) *office {
	t.Helper()
	desk := openHelpdesk(t)
	servers := &mailServers{}
	needs := api.Needs{
		Store: desk.store, Blobs: desk.blobs, Version: "6.5.0", Wizard: servers,
		Log: slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	for _, change := range change {
		change(&needs)
	}
	server := api.New(needs)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	desk.url = listening.URL
	hash, err := credential.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	desk.exec(`UPDATE users SET password = $1 WHERE id > 2`, hash)
	return &office{desk, server, servers}
}

// request makes a request without credentials.
func (o *office) request(method, path, body string) *http.Request {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// with sends a request to /users/me with an Authorization header and others in pairs.
func (o *office) with(authorization string, headers ...string) answer {
	o.t.Helper()
	req := o.request(http.MethodGet, "/api/v1/users/me", "")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return o.send(req)
}

func basic(name, password string) string { return "Basic " + encoded(name+":"+password) }

// setting changes a setting behind everybody's back.
func (o *office) setting(name string, value any) {
	o.t.Helper()
	if err := o.store.PutSettingValue(o.t.Context(), name, value); err != nil {
		o.t.Fatal(err)
	}
	o.store.ForgetCatalog()
}

// mailServers stand for the mail servers of the world: they accept everything but what a test
// forbids.
type mailServers struct {
	inboundFails, outboundFails, verifyFails, probeFails error
	asked                                                []map[string]any // sides, as they were tried
}

func (m *mailServers) CheckInbound(_ context.Context, inbound map[string]any) (int, error) {
	m.asked = append(m.asked, inbound)
	return 3, m.inboundFails
}

func (m *mailServers) CheckOutbound(_ context.Context, outbound map[string]any, _ string) error {
	m.asked = append(m.asked, outbound)
	return m.outboundFails
}

func (m *mailServers) Verify(_ context.Context, inbound, outbound map[string]any, _, _ string) error {
	m.asked = append(m.asked, inbound, outbound)
	return m.verifyFails
}

func (m *mailServers) Probe(_ context.Context, address, password, _ string) (api.MailSetting, error) {
	return api.MailSetting{
		Inbound:  map[string]any{"adapter": "imap", "options": map[string]any{"host": "imap.example.com", "user": address, "password": password}},
		Outbound: map[string]any{"adapter": "smtp", "options": map[string]any{"host": "smtp.example.com", "user": address, "password": password}},
		Messages: 3,
	}, m.probeFails
}
