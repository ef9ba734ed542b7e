package thirdparty_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/idp"
)

type office struct {
	*apitest.Office
	provider *provider
}

// nina is somebody as a provider describes her.
func nina() map[string]any {
	return map[string]any{"sub": "7", "email": "Nina@example.org", "email_verified": true, "given_name": "Nina", "family_name": "Mueller", "preferred_username": "nina"}
}

func open(t *testing.T) *office {
	t.Helper()
	p := newProvider(t)
	o := &office{provider: p}
	o.Office = apitest.Open(t, func(needs *api.Needs) {
		at := p.server.URL
		needs.SignInAt = idp.Places{Google: at, GitHub: at, GitHubAPI: at, Microsoft: at, Graph: at}
	})
	o.Setting("http_type", "http")
	o.Setting("fqdn", strings.TrimPrefix(o.URL, "http://"))
	for name, stored := range map[string]map[string]any{
		idp.OpenID:    {"issuer": p.server.URL, "identifier": "postroom", "client_secret": "s3cret"},
		idp.Google:    {"client_id": "postroom", "client_secret": "s3cret"},
		idp.GitHub:    {"app_id": "postroom", "app_secret": "s3cret"},
		idp.GitLab:    {"app_id": "postroom", "app_secret": "s3cret", "site": p.server.URL + "/api/v4/"},
		idp.Microsoft: {"app_id": "postroom", "app_secret": "s3cret", "app_tenant": "acme"},
	} {
		o.Setting("auth_"+name, true)
		o.Setting("auth_"+name+"_credentials", stored)
	}
	return o
}

// go sends a browser to a provider and returns what the provider is asked.
func (o *office) leave(b *apitest.Browser, provider string) url.Values {
	o.T.Helper()
	sent := b.Send(o.Request(http.MethodGet, "/auth/"+provider, "")).Is(http.StatusFound)
	where, err := url.Parse(sent.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(where.String(), o.provider.server.URL) {
		o.T.Fatalf("%s: sent to %s (%v)", provider, where, err)
	}
	return where.Query()
}

// come lets a browser come back with a code.
func (o *office) come(b *apitest.Browser, provider, code, state string) apitest.Answer {
	o.T.Helper()
	back := url.Values{"code": {code}, "state": {state}}
	return b.Send(o.Request(http.MethodGet, "/auth/"+provider+"/callback?"+back.Encode(), ""))
}

// signIn goes all the way there and back.
func (o *office) signIn(b *apitest.Browser, provider string, claims map[string]any) apitest.Answer {
	o.T.Helper()
	asked := o.leave(b, provider)
	return o.come(b, provider, o.provider.letIn(asked, claims), asked.Get("state"))
}

// who is signed in in a browser; empty: nobody.
func (o *office) who(b *apitest.Browser) string {
	o.T.Helper()
	session, _ := b.Ask(http.MethodGet, "/signshow", "").Is(http.StatusOK).Object()["session"].(map[string]any)
	return fmt.Sprint(session["email"])
}

const nobody = "<nil>"

func TestPeopleSignInByEveryProvider(t *testing.T) {
	t.Parallel()
	o := open(t)
	for provider, claims := range map[string]map[string]any{
		idp.OpenID:    nina(),
		idp.Google:    {"sub": "8", "email": "gina@example.org", "email_verified": true, "given_name": "Gina", "family_name": "G"},
		idp.GitHub:    {"id": 9, "login": "hub", "name": "Henry Hub", "email": "hub@example.org", "email_verified": true},
		idp.GitLab:    {"id": 10, "username": "lab", "name": "Lara Lab", "email": "lab@example.org", "confirmed_at": "2024-01-01T00:00:00Z"},
		idp.Microsoft: {"id": "a-b", "displayName": "Mike S", "mail": "mike@example.org", "userPrincipalName": "mike@acme.example.org"},
	} {
		email := strings.ToLower(fmt.Sprint(claims["email"]))
		if provider == idp.Microsoft {
			email = "mike@example.org"
		}
		for _, time := range []string{"first", "second"} {
			b := o.Browser()
			if got := o.signIn(b, provider, claims).Is(http.StatusFound).Header.Get("Location"); got != "/#" {
				t.Errorf("%s, the %s time: sent to %q", provider, time, got)
			}
			if got := o.who(b); got != email {
				t.Errorf("%s, the %s time: %s is signed in, want %s", provider, time, got, email)
			}
		}
		var users int
		o.One(&users, `SELECT count(*) FROM users u JOIN authorizations a ON a.user_id = u.id WHERE u.email = $1 AND u.source = $2 AND a.provider = $2`, email, provider)
		if users != 1 {
			t.Errorf("%s: %d users, want 1", provider, users)
		}
	}
	var name string
	o.One(&name, `SELECT firstname || ' ' || lastname FROM users WHERE email = 'hub@example.org'`)
	if name != "Henry Hub" {
		t.Errorf("name %q, want it in two parts", name)
	}
}

func TestVisitsToProvidersAreCounted(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		b := o.Browser()
		b.Ask(http.MethodGet, "/signshow", "").Is(http.StatusOK)
		o.leave(b, idp.Google)
		o.Exec(`UPDATE throttles SET attempts = 60`)
		if refused := b.Send(o.Request(method, "/auth/"+idp.Google, "")).Is(http.StatusTooManyRequests); string(refused.Body) != "Retry later" {
			t.Errorf("%s: the 61st visit within a minute is told %q", method, refused.Body)
		}
		o.Exec(`UPDATE throttles SET expires_at = now() - interval '1 minute'`)
		o.leave(b, idp.Google)
	}
}

func TestForgedAnswersSignNobodyIn(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.Browser()
	for what, lie := range map[string]func(p *provider){
		"another's signature": func(p *provider) { p.forge = true },
		"another's nonce":     func(p *provider) { p.lies = map[string]any{"nonce": "x"} },
		"another audience":    func(p *provider) { p.lies = map[string]any{"aud": "somebody else"} },
		"another issuer":      func(p *provider) { p.lies = map[string]any{"iss": "https://idp.example.org"} },
		"a proof that is over": func(p *provider) {
			p.lies = map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}
		},
		"nobody": func(p *provider) { p.lies = map[string]any{"sub": ""} },
		"another at the second door": func(p *provider) {
			p.noMail, p.lies = true, map[string]any{"sub": "8"}
		},
	} {
		o.provider.forge, o.provider.lies, o.provider.noMail = false, nil, false
		lie(o.provider)
		o.signIn(b, idp.OpenID, nina()).Refuses(403, "Message from openid_connect: invalid_credentials")
		if got := o.who(b); got != nobody {
			t.Errorf("%s: %s is signed in", what, got)
		}
	}
	o.provider.forge, o.provider.lies, o.provider.noMail = false, nil, true
	o.signIn(b, idp.OpenID, nina()).Is(http.StatusFound)
	if got := o.who(b); got != "nina@example.org" {
		t.Errorf("where the address is told at the second door only, %s is signed in", got)
	}
}

func TestAnswersBelongToOneBrowserAndOneVisit(t *testing.T) {
	t.Parallel()
	o := open(t)
	forged := func(a apitest.Answer) { a.Refuses(403, "Message from github: csrf_detected") }
	claims := map[string]any{"id": 9, "login": "hub", "email": "hub@example.org", "email_verified": true}
	mine, theirs := o.Browser(), o.Browser()
	asked := o.leave(mine, idp.GitHub)
	code := o.provider.letIn(asked, claims)
	forged(o.come(theirs, idp.GitHub, code, asked.Get("state"))) // a link that signs others in to my account
	other := o.leave(theirs, idp.GitHub)
	forged(o.come(theirs, idp.GitHub, code, asked.Get("state")))
	forged(o.come(mine, idp.GitHub, code, ""))
	o.come(theirs, idp.GitHub, code, other.Get("state")).Is(403) // the code was for another visit
	o.come(mine, idp.GitHub, code, asked.Get("state")).Is(403)   // and is used up
	asked = o.leave(mine, idp.GitHub)
	o.come(mine, idp.GitHub, o.provider.letIn(asked, claims), asked.Get("state")).Is(http.StatusFound)
	forged(o.come(mine, idp.GitHub, o.provider.letIn(asked, claims), asked.Get("state"))) // the state, too
	asked = o.leave(mine, idp.GitHub)
	o.Exec(`UPDATE sign_in_attempts SET expires_at = now() - interval '1 minute'`)
	forged(o.come(mine, idp.GitHub, o.provider.letIn(asked, claims), asked.Get("state")))
	asked = o.leave(mine, idp.GitLab)
	forged(o.come(mine, idp.GitHub, o.provider.letIn(asked, claims), asked.Get("state"))) // another provider's
	if asked.Get("code_challenge_method") != "S256" {
		t.Errorf("asked %v, without PKCE", asked)
	}

	asked = o.leave(mine, idp.GitHub)
	refused := url.Values{"error": {"access_denied"}, "state": {asked.Get("state")}}
	mine.Send(o.Request(http.MethodGet, "/auth/github/callback?"+refused.Encode(), "")).Refuses(403, "Message from github: access_denied")
	o.Send(o.Request(http.MethodGet, "/auth/failure?strategy=github&message=invalid", "")).Refuses(403, "Message from github: invalid")
	o.Setting("auth_github", false)
	mine.Send(o.Request(http.MethodGet, "/auth/github", "")).Is(404)
	mine.Send(o.Request(http.MethodGet, "/auth/no_such", "")).Is(404)
}

func TestSettingsSayWhoIsLinkedToWhom(t *testing.T) {
	t.Parallel()
	o := open(t)
	emma := func(verified bool) map[string]any {
		return map[string]any{"sub": "e", "email": "emma@desk.example.com", "email_verified": verified}
	}
	b := o.Browser()
	o.signIn(b, idp.OpenID, emma(true)).Refuses(422, "Email address 'emma@desk.example.com' is already used for another user.")
	o.Setting("auth_third_party_auto_link_at_inital_login", true)
	o.signIn(b, idp.OpenID, emma(false)).Refuses(403, "Message from openid_connect: the mail address emma@desk.example.com is not verified there")
	if got := o.who(b); got != nobody {
		t.Errorf("%s is signed in by an address that nobody verified", got)
	}
	o.Setting("auth_third_party_linking_notification", true)
	o.signIn(b, idp.OpenID, emma(true)).Is(http.StatusFound)
	if got := o.who(b); got != "emma@desk.example.com" {
		t.Errorf("%s is signed in, want emma", got)
	}
	var told int
	o.One(&told, `SELECT count(*) FROM outbox WHERE kind = 'account.mail' AND payload->>'about' = 'account_linked'`)
	if told != 1 {
		t.Errorf("%d mails are announced, want 1", told)
	}
	o.Setting("auth_third_party_no_create_user", true)
	o.signIn(o.Browser(), idp.OpenID, nina()).Refuses(403, "The user account does not exist. Please contact your administrator.")

	// Who is known by the address must have it.
	stored := map[string]any{"issuer": o.provider.server.URL, "identifier": "postroom", "client_secret": "s3cret", "uid_field": "email"}
	o.Setting("auth_openid_connect_credentials", stored)
	o.signIn(o.Browser(), idp.OpenID, emma(true)).Is(http.StatusFound)
	o.signIn(o.Browser(), idp.OpenID, emma(false)).Refuses(403, "Message from openid_connect: invalid_credentials")
	delete(stored, "uid_field")
	o.Setting("auth_openid_connect_credentials", stored)

	// Microsoft's people of any tenant have whatever address its administrator likes.
	o.Setting("auth_third_party_no_create_user", false)
	o.Setting("auth_microsoft_office365_credentials", map[string]any{"app_id": "postroom", "app_secret": "s3cret"})
	o.signIn(o.Browser(), idp.Microsoft, map[string]any{"id": "x", "mail": "boss@desk.example.com"}).Is(403)

	o.Exec(`UPDATE users SET active = false WHERE login = 'emma'`)
	o.signIn(o.Browser(), idp.OpenID, emma(true)).Is(401)
	o.Exec(`UPDATE users SET active = true WHERE login = 'emma'`)
	o.Setting("maintenance_mode", true)
	o.signIn(o.Browser(), idp.OpenID, emma(true)).Refuses(403, "Maintenance mode enabled!")
}

func TestWhoIsSignedInLinksAnAccount(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.Browser()
	b.SignIn("emma")
	link := func() apitest.Answer {
		t.Helper()
		sent := b.Submit("/auth/openid_connect", url.Values{}).Is(http.StatusFound)
		where, err := url.Parse(sent.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return o.come(b, idp.OpenID, o.provider.letIn(where.Query(), nina()), where.Query().Get("state"))
	}
	if got := link().Is(http.StatusFound).Header.Get("Location"); got != "/#profile/linked" {
		t.Errorf("sent to %q", got)
	}
	link().Is(http.StatusFound) // once more changes nothing
	other := o.Browser()
	o.signIn(other, idp.OpenID, nina()).Is(http.StatusFound)
	if got := o.who(other); got != "emma@desk.example.com" {
		t.Errorf("%s is signed in by the account, want emma", got)
	}
	b.Ask(http.MethodGet, "/signout", "")
	b.SignIn("david")
	link().Refuses(422, "This account is linked to another user already.")

	// A page of somebody else can't link an account: it knows no CSRF token, and by GET nothing is linked.
	csrf := b.CSRF
	b.CSRF = "guessed"
	b.Submit("/auth/openid_connect", url.Values{}).Is(401)
	b.CSRF = csrf
	o.signIn(b, idp.OpenID, map[string]any{"sub": "attacker", "email": "attacker@example.net", "email_verified": true}).Is(http.StatusFound)
	var linked int
	o.One(&linked, `SELECT count(*) FROM authorizations a JOIN users u ON u.id = a.user_id WHERE u.login = 'david'`)
	if linked != 0 {
		t.Errorf("%d accounts are linked to david, want none", linked)
	}

	o.Ask("david", "DELETE", "/users/account", `{"provider": "openid_connect", "uid": "7"}`).Refuses(422, "No record found.")
	o.Ask("emma", "DELETE", "/users/account", `{"provider": "openid_connect", "uid": "7"}`).Is(200)
	o.One(&linked, `SELECT count(*) FROM authorizations WHERE uid = '7'`)
	if linked != 0 {
		t.Error("the account is still linked")
	}
}

func TestProvidersSignPeopleOut(t *testing.T) {
	t.Parallel()
	o := open(t)
	first, second := o.Browser(), o.Browser()
	with := func(sid string) map[string]any { c := nina(); c["sid"] = sid; return c }
	o.signIn(first, idp.OpenID, with("one")).Is(http.StatusFound)
	o.signIn(second, idp.OpenID, with("two")).Is(http.StatusFound)
	say := func(claims map[string]any) apitest.Answer {
		t.Helper()
		word := map[string]any{
			"iss": o.provider.server.URL, "aud": "postroom", "iat": time.Now().Unix(), "jti": "1",
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		}
		for name, value := range claims {
			word[name] = value
		}
		form := url.Values{"logout_token": {o.provider.sign(word)}}
		req := o.Request(http.MethodPost, "/auth/openid_connect/backchannel_logout", form.Encode())
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return o.SendBy(&http.Client{Jar: jar(t)}, req)
	}
	for what, claims := range map[string]map[string]any{
		"a proof of identity": {"sub": "7", "nonce": "x"},
		"no event":            {"sub": "7", "events": map[string]any{}},
		"another audience":    {"sub": "7", "aud": "somebody else"},
		"an old word":         {"sub": "7", "iat": time.Now().Add(-time.Hour).Unix()},
		"nobody":              {},
	} {
		if got := say(claims); got.Status != http.StatusBadRequest || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d", what, got.Status)
		}
	}
	o.provider.forge = true
	say(map[string]any{"sub": "7"}).Is(400)
	o.provider.forge = false
	if o.who(first) != "nina@example.org" || o.who(second) != "nina@example.org" {
		t.Error("somebody was signed out by a word that is none")
	}
	say(map[string]any{"sub": "7", "sid": "one"}).Is(200)
	if o.who(first) != nobody || o.who(second) != "nina@example.org" {
		t.Errorf("session one: %s and %s are signed in, want nobody and nina", o.who(first), o.who(second))
	}
	say(map[string]any{"sub": "7"}).Is(200)
	if got := o.who(second); got != nobody {
		t.Errorf("%s is signed in, want nobody", got)
	}
}

func jar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}
