package thirdparty_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// provider is an identity provider that vouches for whoever a test says. It speaks OpenID Connect, and
// answers as GitHub, GitLab and Microsoft do.
type provider struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey

	mu     sync.Mutex
	claims map[string]any        // of who signs in
	codes  map[string]url.Values // what was asked for with each code
	lies   map[string]any        // claims that replace those of the proof
	forge  bool                  // sign with another key
	noMail bool                  // the proof lacks the address: it is told when asked
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, codes: map[string]url.Values{}}
	p.server = httptest.NewServer(p.mux())
	t.Cleanup(p.server.Close)
	return p
}

func (p *provider) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{
			"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/oauth/authorize", "token_endpoint": p.server.URL + "/oauth/token",
			"jwks_uri": p.server.URL + "/keys", "userinfo_endpoint": p.server.URL + "/me", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	for _, path := range []string{"/oauth/token", "/login/oauth/access_token", "/acme/oauth2/v2.0/token", "/common/oauth2/v2.0/token"} {
		mux.HandleFunc("POST "+path, p.token)
	}
	for _, path := range []string{"/me", "/user", "/api/v4/user", "/v1.0/me"} {
		mux.HandleFunc("GET "+path, p.tell(func() any { return p.claims }))
	}
	mux.HandleFunc("GET /user/emails", p.tell(func() any {
		return []any{
			map[string]any{"email": "other@example.org", "primary": false, "verified": true},
			map[string]any{"email": p.claims["email"], "primary": true, "verified": p.claims["email_verified"]},
		}
	}))
	return mux
}

func (p *provider) answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		p.t.Error(err)
	}
}

// tell answers who shows the token.
func (p *provider) tell(what func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer the token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		p.answer(w, what())
	}
}

// token gives a token for a code, to who asked for the code.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		p.t.Error(err)
	}
	asked, known := p.codes[r.Form.Get("code")]
	delete(p.codes, r.Form.Get("code"))
	challenge := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.Form.Get("client_id"), r.Form.Get("client_secret")
	}
	if !known || asked.Get("redirect_uri") != r.Form.Get("redirect_uri") || id != "postroom" || secret != "s3cret" ||
		asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error": "invalid_grant"}`))
		return
	}
	proof := map[string]any{"iss": p.server.URL, "aud": id, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "nonce": asked.Get("nonce")}
	for name, value := range p.claims {
		if p.noMail && strings.HasPrefix(name, "email") {
			continue
		}
		proof[name] = value
	}
	for name, value := range p.lies {
		proof[name] = value
	}
	p.answer(w, map[string]any{"access_token": "the token", "token_type": "Bearer", "id_token": p.sign(proof)})
}

// sign makes a token of claims.
func (p *provider) sign(claims map[string]any) string {
	key := p.key
	if p.forge {
		key, _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

// letIn is what the provider does when somebody signs in there: it gives a code for what was asked for.
func (p *provider) letIn(asked url.Values, claims map[string]any) (code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
	code = "code " + rand.Text()
	p.codes[code] = asked
	return code
}
