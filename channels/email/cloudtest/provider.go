// Package cloudtest runs providers of mailboxes for tests: where people sign in, and Microsoft's REST
// interface for mail. Both speak as the documents of the real ones say, over real connections.
package cloudtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"postroom/channels/email/provider"
)

// The application that every test registered.
const (
	ClientID     = "postroom-app"
	ClientSecret = "app secret"
)

// Provider is where people sign in. Everybody consents to everything at once.
type Provider struct {
	URL string

	mu        sync.Mutex
	email     string // of who signs in next
	life      int    // seconds that an access token lasts
	rotates   bool   // a refresh token is good for one time
	refusal   *refusal
	codes     map[string]code
	tokens    map[string]string // access token -> email
	refreshes map[string]string // refresh token -> email
	renewed   int
	asked     int           // renewals asked for
	hold      chan struct{} // until it is closed, renewals are not answered; nil: they are
}

type refusal struct {
	status            int
	code, description string
	body              string // instead of JSON
}

type code struct{ email, challenge, redirect, scope string }

// Start returns a provider that ends with the test.
func Start(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{email: "support@example.com", life: 3600, codes: map[string]code{}, tokens: map[string]string{}, refreshes: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /google/authorize", p.authorize)
	mux.HandleFunc("POST /google/token", p.token)
	mux.HandleFunc("GET /{tenant}/oauth2/v2.0/authorize", p.authorize)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", p.token)
	mux.HandleFunc("POST /introspect", p.introspect)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Places are where this provider is.
func (p *Provider) Places() provider.Places {
	return provider.Places{GoogleAuthorize: p.URL + "/google/authorize", GoogleToken: p.URL + "/google/token", Microsoft: p.URL}
}

// Introspection is where a mail server asks whose a token is.
func (p *Provider) Introspection() string { return p.URL + "/introspect" }

// SignIn says who signs in from now on.
func (p *Provider) SignIn(email string) { p.set(func() { p.email = email }) }

// TokensLast says how long new access tokens are good.
func (p *Provider) TokensLast(seconds int) { p.set(func() { p.life = seconds }) }

// Rotate makes refresh tokens good for one time.
func (p *Provider) Rotate() { p.set(func() { p.rotates = true }) }

// Refuse has requests for tokens answered with an error of RFC 6749; status 0: no more.
func (p *Provider) Refuse(status int, code, description string) {
	p.set(func() {
		if p.refusal = nil; status != 0 {
			p.refusal = &refusal{status: status, code: code, description: description}
		}
	})
}

// Break has requests for tokens answered with something else than JSON.
func (p *Provider) Break(status int, body string) {
	p.set(func() { p.refusal = &refusal{status: status, body: body} })
}

// Hold keeps renewals unanswered until release is called.
func (p *Provider) Hold() (release func()) {
	hold := make(chan struct{})
	p.set(func() { p.hold = hold })
	return func() {
		p.set(func() { p.hold = nil })
		close(hold)
	}
}

// Revoke makes all tokens worthless, as somebody does who takes the consent back.
func (p *Provider) Revoke() {
	p.set(func() { p.tokens, p.refreshes = map[string]string{}, map[string]string{} })
}

// Forget makes access tokens worthless before their time. They can be renewed.
func (p *Provider) Forget() { p.set(func() { p.tokens = map[string]string{} }) }

// Renewals counts the access tokens given for refresh tokens, and the requests for them.
func (p *Provider) Renewals() (given, asked int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.renewed, p.asked
}

// Grant gives tokens to somebody's account without a person who signs in.
func (p *Provider) Grant(email string) (access, refresh string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newTokens(email)
}

// Owner tells whose an access token is; empty: nobody's.
func (p *Provider) Owner(token string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[token]
}

func (p *Provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *Provider) newTokens(email string) (access, refresh string) {
	access, refresh = "access-"+rand.Text(), "refresh-"+rand.Text()
	p.tokens[access], p.refreshes[refresh] = email, email
	return access, refresh
}

// authorize sends the person back with a code at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	target, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || target.Host == "" || q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "Error 400: redirect_uri_mismatch", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	name := rand.Text()
	p.codes[name] = code{p.email, q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("scope")}
	p.mu.Unlock()
	back := target.Query()
	back.Set("code", name)
	back.Set("state", q.Get("state"))
	target.RawQuery = back.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	grant := r.PostFormValue("grant_type")
	if grant == "refresh_token" {
		p.mu.Lock()
		p.asked++
		hold := p.hold
		p.mu.Unlock()
		if hold != nil {
			select {
			case <-hold:
			case <-r.Context().Done():
				return
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if no := p.refusal; no != nil {
		if no.body != "" {
			http.Error(w, no.body, no.status)
			return
		}
		refuse(w, no.status, no.code, no.description)
		return
	}
	if r.PostFormValue("client_id") != ClientID || r.PostFormValue("client_secret") != ClientSecret {
		refuse(w, http.StatusUnauthorized, "invalid_client", "The client secret is not the one.")
		return
	}
	switch grant {
	case "authorization_code":
		p.exchange(w, r)
	case "refresh_token":
		p.renew(w, r.PostFormValue("refresh_token"))
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "")
	}
}

func (p *Provider) exchange(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("code")
	found, ok := p.codes[name]
	delete(p.codes, name)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || found.redirect != r.PostFormValue("redirect_uri") || found.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		refuse(w, http.StatusBadRequest, "invalid_grant", "Malformed auth code.")
		return
	}
	access, refresh := p.newTokens(found.email)
	claims, _ := json.Marshal(map[string]any{"iss": p.URL, "aud": ClientID, "email": found.email, "preferred_username": found.email})
	answer(w, http.StatusOK, map[string]any{
		"access_token": access, "refresh_token": refresh, "expires_in": p.life, "token_type": "Bearer", "scope": found.scope,
		"id_token": "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2lnbmF0dXJl",
	})
}

func (p *Provider) renew(w http.ResponseWriter, refresh string) {
	email, ok := p.refreshes[refresh]
	if !ok {
		refuse(w, http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
		return
	}
	p.renewed++
	access, next := p.newTokens(email)
	given := map[string]any{"access_token": access, "expires_in": p.life, "token_type": "Bearer"}
	if p.rotates {
		delete(p.refreshes, refresh)
		given["refresh_token"] = next
	} else {
		delete(p.refreshes, next)
	}
	answer(w, http.StatusOK, given)
}

// introspect tells a mail server whose a token is (RFC 7662).
func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	email := p.Owner(r.PostFormValue("token"))
	if email == "" {
		answer(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	answer(w, http.StatusOK, map[string]any{"active": true, "email": email})
}

func refuse(w http.ResponseWriter, status int, code, description string) {
	answer(w, status, map[string]any{"error": code, "error_description": description})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// Consent does what a browser does at the address where a person lets us in, and returns where it is
// sent back to.
func Consent(t testing.TB, authorize string) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Get(authorize)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	back, err := got.Location()
	if err != nil || got.StatusCode != http.StatusFound {
		t.Fatalf("%s answered %s without the way back", strings.SplitN(authorize, "?", 2)[0], got.Status)
	}
	return back
}
