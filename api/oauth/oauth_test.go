package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"postroom/api/apitest"
)

const callback = "https://app.example.org/back"

// app is an application as its administrator sees it.
type app struct{ id, uid, secret string }

func register(t *testing.T, o *apitest.Office, confidential bool) app {
	t.Helper()
	made := o.Post("boss", "/applications", fmt.Sprintf(`{"name": "Robot & Co", "redirect_uri": "%s\nurn:ietf:wg:oauth:2.0:oob", "confidential": %t}`, callback, confidential)).
		Is(200).Object()
	return app{fmt.Sprint(made["id"]), made["uid"].(string), made["secret"].(string)}
}

// call posts a form as a program does, without cookies.
func call(o *apitest.Office, path string, form url.Values, headers ...string) apitest.Answer {
	o.T.Helper()
	req := o.Request(http.MethodPost, path, form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return o.Send(req)
}

func (a app) question(more ...string) url.Values {
	q := url.Values{"client_id": {a.uid}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"s t&"}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

var field = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// fieldsOf are the hidden fields of the form on a page.
func fieldsOf(page apitest.Answer) url.Values {
	form := url.Values{}
	for _, found := range field.FindAllStringSubmatch(string(page.Body), -1) {
		form.Set(html.UnescapeString(found[1]), html.UnescapeString(found[2]))
	}
	return form
}

func open(b *apitest.Browser, path string) apitest.Answer {
	b.Office.T.Helper()
	return b.Send(b.Office.Request(http.MethodGet, path, ""))
}

// consent lets somebody who is signed in say yes, and returns the code.
func consent(t *testing.T, b *apitest.Browser, q url.Values) string {
	t.Helper()
	form := fieldsOf(open(b, "/oauth/authorize?"+q.Encode()).Is(200))
	b.CSRF = "" // the form's own field has to do
	target := target(t, b.Submit("/oauth/authorize", form).Is(http.StatusSeeOther))
	if code := target.Get("code"); code != "" && target.Get("state") == q.Get("state") {
		return code
	}
	t.Fatalf("no code, or not with its state, in %v", target)
	return ""
}

// target are the parameters with which a browser is sent on.
func target(t *testing.T, a apitest.Answer) url.Values {
	t.Helper()
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// exchange gets tokens for a code.
func (a app) exchange(o *apitest.Office, code string, more ...string) apitest.Answer {
	o.T.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "client_id": {a.uid}, "client_secret": {a.secret}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return call(o, "/oauth/token", form)
}

func (a app) refresh(o *apitest.Office, token any) apitest.Answer {
	o.T.Helper()
	return call(o, "/oauth/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}, "client_id": {a.uid}, "client_secret": {a.secret},
	})
}

func who(o *apitest.Office, token any) apitest.Answer {
	o.T.Helper()
	return o.With("Bearer " + token.(string))
}

const gone = "Can't find User for Token, The provided token is invalid."

// refuses demands an error that programs understand.
func refuses(t *testing.T, a apitest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || a.Object()["error"] != code || a.Object()["error_description"] == "" {
		t.Errorf("%s: %d %s, want %d %s", a.Asked, a.Status, a.Body, status, code)
	}
}

func TestSomebodyLetsAnApplicationAct(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := register(t, o, true)
	b := o.Browser()
	path := "/oauth/authorize?" + a.question("scope", "full").Encode()
	signIn := open(b, path).Is(200)
	if !strings.Contains(string(signIn.Body), "<h1>Sign in</h1>") || signIn.Header.Get("X-Frame-Options") != "DENY" ||
		signIn.Header.Get("Cache-Control") != "no-store" || signIn.Header.Get("Content-Security-Policy") == "" {
		t.Fatalf("nobody is shown %v %s", signIn.Header, signIn.Body)
	}
	form := fieldsOf(signIn)
	form.Set("username", "emma")
	form.Set("password", "wrong")
	failed := b.Submit("/oauth/sign_in", form)
	if failed.Status != 401 || !strings.Contains(string(failed.Body), `role="alert">Login failed.`) || !strings.Contains(string(failed.Body), `value="emma"`) {
		t.Errorf("a wrong password: %d %s", failed.Status, failed.Body)
	}
	form.Set("password", apitest.Password)
	if signed := b.Submit("/oauth/sign_in", form); signed.Status != 303 || signed.Header.Get("Location") != path {
		t.Fatalf("signed in: %d, to %q", signed.Status, signed.Header.Get("Location"))
	}
	page := string(open(b, path).Is(200).Body)
	for _, shown := range []string{"<strong>Robot &amp; Co</strong>", "<strong>emma</strong>", "<strong>https://app.example.org</strong>"} {
		if !strings.Contains(page, shown) {
			t.Errorf("the question lacks %s: %s", shown, page)
		}
	}
	code := consent(t, b, a.question())
	given := a.exchange(o, code).Is(200)
	token := given.Object()
	if token["token_type"] != "Bearer" || token["expires_in"] != 7200.0 || token["scope"] != "full" || token["created_at"] == nil || given.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("given %v %s", given.Header, given.Body)
	}
	me := who(o, token["access_token"]).Is(200)
	if me.Object()["login"] != "emma" || me.Header.Get("Set-Cookie") != "" {
		t.Errorf("the application acts for %s", me.Body)
	}
	var kept int
	o.One(&kept, `SELECT count(*) FROM oauth_access_tokens t, oauth_access_grants g, oauth_applications a
		WHERE concat(t::text, g::text, a::text) ~ $1`, strings.Join([]string{token["access_token"].(string), token["refresh_token"].(string), code, a.secret}, "|"))
	if kept != 0 {
		t.Error("a secret can be read in the database")
	}
	renewed := a.refresh(o, token["refresh_token"]).Is(200).Object()
	who(o, token["access_token"]).Refuses(401, gone)
	who(o, renewed["access_token"]).Is(200)
	o.Exec(`UPDATE oauth_access_tokens SET expires_at = now() - interval '1 minute'`)
	o.Put("boss", "/users/"+fmt.Sprint(o.UserID("emma")), `{}`).Is(200) // callers are looked up again
	who(o, renewed["access_token"]).Refuses(401, "OAuth2 token is expired!")
	a.refresh(o, renewed["refresh_token"]).Is(200)
}

func TestSomebodySaysNo(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := register(t, o, true)
	b := o.Browser()
	b.SignIn("david")
	form := fieldsOf(open(b, "/oauth/authorize?"+a.question().Encode()).Is(200))
	form.Set("_method", "delete")
	denied := target(t, b.Submit("/oauth/authorize", form).Is(303))
	if denied.Get("error") != "access_denied" || denied.Get("state") != "s t&" || denied.Get("code") != "" {
		t.Errorf("no is told as %v", denied)
	}
	if again := target(t, b.Send(o.Request(http.MethodDelete, "/oauth/authorize?"+a.question().Encode(), "")).Is(303)); again.Get("error") != "access_denied" {
		t.Errorf("no by DELETE is told as %v", again)
	}
	form.Del("_method")
	form.Del("authenticity_token")
	b.CSRF = ""
	b.Submit("/oauth/authorize", form).Refuses(401, "CSRF token verification failed!")
	nobody := o.Browser()
	open(nobody, "/oauth/authorize?"+a.question().Encode())
	nobody.Submit("/oauth/authorize", a.question()).Refuses(403, "Authentication required")
	o.Send(o.Request(http.MethodPost, "/oauth/authorize?"+a.question().Encode(), "")).Refuses(401, "CSRF token verification failed!")
}

func TestQuestionsThatCantBeAsked(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := register(t, o, true)
	b := o.Browser()
	b.SignIn("david")
	for _, tc := range []struct {
		name   string
		q      url.Values
		status int
		text   string // on a page: the application can't be trusted
	}{
		{"no application", a.question("client_id", ""), 400, "Missing required parameter: client_id."},
		{"unknown application", a.question("client_id", "x\x00"), 401, "Client authentication failed"},
		{"somewhere else", a.question("redirect_uri", "https://evil.example.org/"), 400, "redirect uri is malformed"},
		{"nowhere", a.question("redirect_uri", ""), 400, "redirect uri is malformed"},
		{"shown code", a.question("redirect_uri", "urn:ietf:wg:oauth:2.0:oob", "scope", "x"), 400, "scope is invalid"},
	} {
		page := open(b, "/oauth/authorize?"+tc.q.Encode())
		if page.Status != tc.status || !strings.Contains(html.UnescapeString(string(page.Body)), tc.text) || page.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", tc.name, page.Status, page.Body)
		}
	}
	for name, tc := range map[string]struct {
		q    url.Values
		code string
	}{
		"no type":           {a.question("response_type", ""), "invalid_request"},
		"implicit":          {a.question("response_type", "token"), "unsupported_response_type"},
		"unknown scope":     {a.question("scope", "full admin"), "invalid_scope"},
		"unknown method":    {a.question("code_challenge", strings.Repeat("x", 43), "code_challenge_method", "S512"), "invalid_code_challenge_method"},
		"short challenge":   {a.question("code_challenge", "x"), "invalid_request"},
		"method of nothing": {a.question("code_challenge_method", "S256"), "invalid_request"},
	} {
		if told := target(t, open(b, "/oauth/authorize?"+tc.q.Encode()).Is(303)); told.Get("error") != tc.code || told.Get("state") != "s t&" {
			t.Errorf("%s is told as %v, want %s", name, told, tc.code)
		}
	}
}

func TestCodesAreShownToProgramsWithoutAnAddress(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := register(t, o, false)
	b := o.Browser()
	b.SignIn("david")
	const shown = "urn:ietf:wg:oauth:2.0:oob"
	form := fieldsOf(open(b, "/oauth/authorize?"+a.question("redirect_uri", shown).Encode()).Is(200))
	sent := b.Submit("/oauth/authorize", form).Is(303)
	if !strings.HasPrefix(sent.Header.Get("Location"), "/oauth/authorize/native?") {
		t.Fatalf("sent to %s", sent.Header.Get("Location"))
	}
	code := target(t, sent).Get("code")
	if page := open(b, sent.Header.Get("Location")).Is(200); !strings.Contains(string(page.Body), "<code>"+code+"</code>") {
		t.Errorf("the code is not shown: %s", page.Body)
	}
	if page := open(b, "/oauth/authorize/native?code=%3Cscript%3E").Is(200); strings.Contains(string(page.Body), "<script>") {
		t.Errorf("what anybody writes is run: %s", page.Body)
	}
	a.exchange(o, code, "redirect_uri", shown, "client_secret", "").Is(200) // a program that can't keep a secret
}

func TestSignInPageLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	b.Ask("GET", "/signshow", "").Is(200)
	for _, next := range []string{"https://evil.example.org/", "//evil.example.org", "/oauth/authorize", ""} {
		a := b.Submit("/oauth/sign_in", url.Values{"username": {"emma"}, "password": {apitest.Password}, "next": {next}})
		if a.Status != 400 || a.Header.Get("Location") != "" {
			t.Errorf("%q: %d, to %q", next, a.Status, a.Header.Get("Location"))
		}
	}
	b.CSRF = ""
	b.Submit("/oauth/sign_in", url.Values{"username": {"emma"}, "password": {apitest.Password}, "next": {"/oauth/authorize?x"}}).
		Refuses(401, "CSRF token verification failed!")
}

func TestCodesWorkForTheirApplicationOnly(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a, other := register(t, o, true), register(t, o, true)
	b := o.Browser()
	b.SignIn("emma")
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	sum := sha256.Sum256([]byte(verifier))
	bound := a.question("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256")
	code, boundCode := consent(t, b, a.question()), consent(t, b, bound)
	for _, tc := range []struct {
		name   string
		answer apitest.Answer
		status int
		code   string
	}{
		{"no grant", call(o, "/oauth/token", url.Values{"client_id": {a.uid}}), 400, "invalid_request"},
		{"unknown grant", call(o, "/oauth/token", url.Values{"client_id": {a.uid}, "grant_type": {"password"}}), 400, "unsupported_grant_type"},
		{"no code", a.exchange(o, ""), 400, "invalid_request"},
		{"unknown code", a.exchange(o, "x"), 400, "invalid_grant"},
		{"no client", a.exchange(o, code, "client_id", ""), 401, "invalid_client"},
		{"unknown client", a.exchange(o, code, "client_id", "x"), 401, "invalid_client"},
		{"no secret", a.exchange(o, code, "client_secret", ""), 401, "invalid_client"},
		{"wrong secret", a.exchange(o, code, "client_secret", other.secret), 401, "invalid_client"},
		{"another client", other.exchange(o, code), 400, "invalid_grant"},
		{"another address", a.exchange(o, code, "redirect_uri", callback+"x"), 400, "invalid_grant"},
		{"a proof that nobody asked for", a.exchange(o, code, "code_verifier", verifier), 400, "invalid_grant"},
		{"no proof", a.exchange(o, boundCode), 400, "invalid_request"},
		{"another proof", a.exchange(o, boundCode, "code_verifier", verifier[1:]+"x"), 400, "invalid_grant"},
	} {
		t.Run(tc.name, func(t *testing.T) { refuses(t, tc.answer, tc.status, tc.code) })
	}
	a.exchange(o, boundCode, "code_verifier", verifier).Is(200)
	basic := call(o, "/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}},
		"Authorization", apitest.Basic(a.uid, a.secret))
	token := basic.Is(200).Object()["access_token"]
	who(o, token).Is(200)
	refuses(t, a.exchange(o, code), 400, "invalid_grant") // twice: somebody stole it
	who(o, token).Refuses(401, gone)
	late := consent(t, b, a.question())
	o.Exec(`UPDATE oauth_access_grants SET expires_at = now() - interval '1 minute'`)
	refuses(t, a.exchange(o, late), 400, "invalid_grant")
	left := consent(t, b, a.question())
	o.Exec(`UPDATE users SET active = false WHERE login = 'emma'`)
	refuses(t, a.exchange(o, left), 400, "invalid_grant")
}

func TestStolenTokensEndEverything(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a, other := register(t, o, true), register(t, o, true)
	b := o.Browser()
	b.SignIn("emma")
	first := a.exchange(o, consent(t, b, a.question())).Is(200).Object()
	untouched := a.exchange(o, consent(t, b, a.question())).Is(200).Object()
	refuses(t, other.refresh(o, first["refresh_token"]), 400, "invalid_grant")
	refuses(t, a.refresh(o, first["access_token"]), 400, "invalid_grant")
	refuses(t, a.refresh(o, ""), 400, "invalid_request")
	second := a.refresh(o, first["refresh_token"]).Is(200).Object()
	refuses(t, a.refresh(o, first["refresh_token"]), 400, "invalid_grant") // at once: asked twice
	who(o, second["access_token"]).Is(200)
	o.Exec(`UPDATE oauth_access_tokens SET revoked_at = revoked_at - interval '1 minute' WHERE revoked_at IS NOT NULL`)
	refuses(t, a.refresh(o, first["refresh_token"]), 400, "invalid_grant") // later: stolen
	who(o, second["access_token"]).Refuses(401, gone)
	refuses(t, a.refresh(o, second["refresh_token"]), 400, "invalid_grant")
	who(o, untouched["access_token"]).Is(200)
}

func TestApplicationsActForThemselves(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a, open := register(t, o, true), register(t, o, false)
	ask := func(a app, scope string) apitest.Answer {
		return call(o, "/oauth/token", url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}, "Authorization", apitest.Basic(a.uid, a.secret))
	}
	token := ask(a, "").Is(200).Object()
	if token["refresh_token"] != nil || token["scope"] != "full" {
		t.Errorf("given %v", token)
	}
	refuses(t, ask(a, "admin"), 400, "invalid_scope")
	refuses(t, ask(open, ""), 400, "unauthorized_client")
	who(o, token["access_token"]).Refuses(401, gone) // it is nobody's
}

func TestTokensAreRevokedAndLookedAt(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a, other := register(t, o, true), register(t, o, true)
	b := o.Browser()
	b.SignIn("emma")
	token := a.exchange(o, consent(t, b, a.question())).Is(200).Object()
	access, refresh := token["access_token"].(string), token["refresh_token"].(string)
	by := func(a app) string { return apitest.Basic(a.uid, a.secret) }
	look := func(token, authorization string) apitest.Answer {
		return call(o, "/oauth/introspect", url.Values{"token": {token}}, "Authorization", authorization)
	}
	seen := look(access, by(a)).Is(200).Object()
	if seen["active"] != true || seen["client_id"] != a.uid || seen["scope"] != "full" || seen["exp"].(float64)-seen["iat"].(float64) != 7200 {
		t.Errorf("introspection: %v", seen)
	}
	if seen := look(refresh, "Bearer "+access).Is(200).Object(); seen["active"] != true || seen["exp"] != nil {
		t.Errorf("introspection of what renews: %v", seen)
	}
	look(access, by(other)).Is(200).Same(t, `{"active":false}`)
	look("x", by(a)).Is(200).Same(t, `{"active":false}`)
	refuses(t, look(access, "Basic x"), 401, "invalid_client")
	refuses(t, look(access, "Bearer "+refresh), 401, "invalid_token")
	info := func(authorization string) apitest.Answer {
		req := o.Request(http.MethodGet, "/oauth/token/info", "")
		req.Header.Set("Authorization", authorization)
		return o.Send(req)
	}
	told := info("Bearer " + access).Is(200).Object()
	if fmt.Sprint(told["resource_owner_id"]) != fmt.Sprint(o.UserID("emma")) || told["application"].(map[string]any)["uid"] != a.uid || told["expires_in"].(float64) > 7200 {
		t.Errorf("info: %v", told)
	}
	refuses(t, info(""), 400, "invalid_request")
	refuses(t, info("Bearer x"), 401, "invalid_token")
	revoke := func(token, authorization string) apitest.Answer {
		return call(o, "/oauth/revoke", url.Values{"token": {token}}, "Authorization", authorization)
	}
	revoke("x", by(a)).Is(200).Same(t, "{}")
	refuses(t, revoke(access, by(other)), 403, "unauthorized_client")
	refuses(t, revoke(access, ""), 403, "unauthorized_client")
	who(o, access).Is(200)
	revoke(refresh, by(a)).Is(200).Same(t, "{}")
	who(o, access).Refuses(401, gone)
	refuses(t, a.refresh(o, refresh), 400, "invalid_grant")
	refuses(t, info("Bearer "+access), 401, "invalid_token")
	look(access, by(a)).Is(200).Same(t, `{"active":false}`)
}
