package signin_test

import (
	"context"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/api/signin"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

const wrong = "Login failed. Have you double-checked your credentials and completed the email verification step?"

var cookieForm = regexp.MustCompile(`^(_zammad_session_[0-9a-f]{11})=([A-Za-z0-9_-]{64}); Path=/; HttpOnly; SameSite=Lax$`)

func id(o *apitest.Office, login string) string { return strconv.Itoa(o.UserID(login)) }

func proxies(networks ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, network := range networks {
		all = append(all, netip.MustParsePrefix(network))
	}
	return all
}

func TestSignInOpensASession(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	nobody := b.Ask("GET", "/signshow", "").Is(200)
	if got := nobody.Object(); got["error"] != "no valid session" || got["config"].(map[string]any)["fqdn"] != "desk.example.com" || got["session"] != nil {
		t.Errorf("nobody is shown %s", nobody.Body)
	}
	before := cookieForm.FindStringSubmatch(nobody.Header.Get("Set-Cookie"))
	if before == nil || b.CSRF == "" {
		t.Fatalf("nobody got cookie %q and token %q", nobody.Header.Get("Set-Cookie"), b.CSRF)
	}
	signed := b.SignIn("emma")
	after := cookieForm.FindStringSubmatch(signed.Header.Get("Set-Cookie"))
	if after == nil || after[1] != before[1] || after[2] == before[2] {
		t.Fatalf("cookie before sign-in %q, after it %q: want the same name, another value", before, signed.Header.Get("Set-Cookie"))
	}
	block := signed.Object()
	session, config := block["session"].(map[string]any), block["config"].(map[string]any)
	if session["login"] != "emma" || session["password"] != nil || config["session_id"] != after[2] || block["after_auth"] != nil {
		t.Errorf("signed in: %.600s", signed.Body)
	}
	for _, key := range []string{"models", "collections", "assets"} {
		if _, ok := block[key].(map[string]any); !ok {
			t.Errorf("no %s in %.600s", key, signed.Body)
		}
	}
	if me := b.Ask("GET", "/users/me", "").Is(200).Object(); me["login"] != "emma" || me["last_login"] == nil {
		t.Errorf("the session is that of %v, who signed in at %v", me["login"], me["last_login"])
	}
	shown := b.Ask("POST", "/signshow", "").Is(200)
	if shown.Object()["session"].(map[string]any)["login"] != "emma" || shown.Header.Get("Set-Cookie") != "" || shown.Header.Get("CSRF-TOKEN") == "" {
		t.Errorf("signshow: %v %.300s", shown.Header, shown.Body)
	}
	old := o.Request("GET", "/api/v1/users/me", "")
	old.AddCookie(&http.Cookie{Name: before[1], Value: before[2]})
	o.Send(old).Refuses(403, "Authentication required") // who knew the cookie before can't follow
	b.Ask("DELETE", "/signout", "").Is(200).Same(t, "{}")
	b.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
	old = o.Request("GET", "/api/v1/users/me", "")
	old.AddCookie(&http.Cookie{Name: after[1], Value: after[2]})
	o.Send(old).Refuses(403, "Authentication required")
}

func TestCookiesAreSafe(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	b.Ask("GET", "/signshow", "")
	a := b.Ask("POST", "/signin", `{"username": "emma", "password": "`+apitest.Password+`", "remember_me": true}`, "X-Browser-Fingerprint", "f").Is(201)
	if cookie := a.Header.Get("Set-Cookie"); !strings.Contains(cookie, "; Max-Age=31536000; HttpOnly; SameSite=Lax") {
		t.Errorf("who wants to be remembered gets %q", cookie)
	}
	if n := len(a.Header.Values("Set-Cookie")); n != 1 {
		t.Errorf("%d cookies", n)
	}
	var kept int
	o.One(&kept, `SELECT count(*) FROM sessions s WHERE s::text LIKE '%' || $1 || '%'`, b.Badge())
	if kept != 0 {
		t.Error("the cookie can be read in the database")
	}
	o.Setting("http_type", "https")
	if cookie := o.Send(o.Request("GET", "/api/v1/signshow", "")).Header.Get("Set-Cookie"); !strings.HasSuffix(cookie, "; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("with TLS the cookie is %q", cookie)
	}
	if a := o.Get("emma", "/signshow"); a.Header.Get("Set-Cookie") != "" || a.Header.Get("CSRF-TOKEN") != "" || a.Object()["session"] == nil {
		t.Errorf("who brings a token gets %v %.200s", a.Header, a.Body)
	}
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	b.Ask("GET", "/signshow", "").Is(200)
	o.Exec(`UPDATE users SET active = false WHERE login = 'dora'`)
	long := strings.Repeat("x", 161)
	for _, tc := range []struct {
		name, body string
		status     int
		text       string
	}{
		{"wrong password", `{"username": "emma", "password": "wrong", "fingerprint": "f"}`, 401, wrong},
		{"unknown name", `{"username": "nobody", "password": "x", "fingerprint": "f"}`, 401, wrong},
		{"nothing", `{}`, 401, wrong},
		{"odd values", `{"username": {"a": 1}, "password": ["x"]}`, 401, wrong},
		{"inactive", `{"username": "dora", "password": "` + apitest.Password + `", "fingerprint": "f"}`, 401, wrong},
		{"no fingerprint", `{"username": "emma", "password": "` + apitest.Password + `"}`, 422, "Need fingerprint param!"},
		{"long fingerprint", `{"username": "emma", "password": "` + apitest.Password + `", "fingerprint": "` + long + `"}`, 422, "fingerprint is 161 but can only be 160 chars!"},
	} {
		t.Run(tc.name, func(t *testing.T) { b.Ask("POST", "/signin", tc.body).Refuses(tc.status, tc.text) })
	}
	b.Ask("POST", "/signin", `{"username": " DAVID@example.com ", "password": "`+apitest.Password+`"}`).Is(201) // customers have no list of devices
	o.Setting("maintenance_mode", true)
	b.Ask("GET", "/users/me", "").Refuses(403, "Maintenance mode enabled!")
	other := o.Browser()
	other.Ask("GET", "/available", "").Is(200).Same(t, `{"app_version":"6.5.0"}`)
	other.Ask("POST", "/signin", `{"username": "emma", "password": "`+apitest.Password+`", "fingerprint": "f"}`).Refuses(403, "Maintenance mode enabled!")
	other.Ask("POST", "/signin", `{"username": "boss", "password": "`+apitest.Password+`", "fingerprint": "f"}`).Is(201)
}

func TestFailedSignInsLock(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	b.Ask("GET", "/signshow", "").Is(200)
	o.Exec(`UPDATE users SET login_failed = 5 WHERE login = 'david'`)
	started := time.Now()
	b.Ask("POST", "/signin", `{"username": "david", "password": "wrong"}`).Refuses(401, wrong)
	if took := time.Since(started); took < time.Second {
		t.Errorf("a failure took %s", took)
	}
	b.Ask("POST", "/signin", `{"username": "david", "password": "`+apitest.Password+`"}`).Refuses(401, wrong)
	o.Exec(`UPDATE users SET login_failed = 5 WHERE login = 'david'`)
	b.Ask("POST", "/signin", `{"username": "david", "password": "`+apitest.Password+`"}`).Is(201)
	var failed int
	o.One(&failed, `SELECT login_failed FROM users WHERE login = 'david'`)
	if failed != 0 {
		t.Errorf("%d failures are remembered after a success", failed)
	}
}

func TestChangesNeedTheToken(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const refused = "CSRF token verification failed!"
	b, other := o.Browser(), o.Browser()
	signIn := `{"username": "emma", "password": "` + apitest.Password + `", "fingerprint": "f"}`
	b.Ask("POST", "/signin", signIn).Refuses(401, refused) // no token at all
	b.SignIn("emma")
	mine := b.CSRF
	other.SignIn("david")
	article := `{"title": "Printer", "group": "Users", "customer": "david", "article": {"body": "on fire"}}`
	for name, token := range map[string]string{
		"none": "", "somebody else's": other.CSRF, "odd": "x", "cut": mine[:40], "changed": "A" + mine[1:] + "A",
	} {
		b.CSRF = token
		if a := b.Ask("POST", "/tickets", article, "X-CSRF-Token", token); a.Status != 401 || a.Object()["error"] != refused {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	b.CSRF = ""
	b.Ask("POST", "/tickets", article[:len(article)-1]+`, "authenticity_token": "`+mine+`"}`, "X-CSRF-Token", "").Is(201)
	b.CSRF = ""
	b.Ask("POST", "/tickets?authenticity_token="+mine, article, "X-CSRF-Token", "").Is(201)
	b.CSRF = mine
	b.Ask("POST", "/tickets", article).Is(201)
	b.CSRF = ""
	b.Ask("GET", "/tickets", "", "X-CSRF-Token", "").Is(200)
	b.CSRF = "" // the cookie of a session counts first, so that a token beside it changes nothing
	b.Ask("POST", "/tickets", article, "X-CSRF-Token", "", "Authorization", "Token token of boss").Refuses(401, refused)
	if me := b.Ask("GET", "/users/me", "", "Authorization", "Token token of boss").Is(200).Object(); me["login"] != "emma" {
		t.Errorf("session and token together are %v", me["login"])
	}
	o.Post("emma", "/tickets", article).Is(201) // whoever brings a token each time needs none of ours
}

func TestTokensProveOneBadge(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, tc := range []struct {
		name, secret, other string
		age                 time.Duration
		signedIn, want      bool
	}{
		{"a stranger's", "s", "badge", time.Hour, false, true},
		{"a stranger's, too old", "s", "badge", 2*time.Hour + time.Second, false, false},
		{"that of a session lasts as long as it", "s", "badge", 1000 * time.Hour, true, true},
		{"another badge", "s", "other", 0, true, false},
		{"no badge", "s", "", 0, true, false},
		{"another installation", "t", "badge", 0, true, false},
	} {
		if got := signin.Proves(tc.secret, "badge", now.Add(-tc.age), tc.other, now, tc.signedIn); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	b.SignIn("emma")
	o.Setting("session_timeout", map[string]any{"default": "60", "ticket.agent": "7200"})
	idle := func(span string) { o.Exec(`UPDATE sessions SET updated_at = now() - $1::interval`, span) }
	forget := func() { o.Put("boss", "/users/"+id(o, "emma"), `{}`).Is(200) } // a change to people: callers are looked up again
	idle("1 hour 59 minutes")
	forget()
	b.Ask("GET", "/users/me", "").Is(200)
	var fresh bool
	o.One(&fresh, `SELECT updated_at > now() - interval '1 minute' AND expires_at > now() + interval '1 hour' FROM sessions`)
	if !fresh {
		t.Error("using the session did not prolong it")
	}
	idle("2 hours 1 minute")
	forget()
	b.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
	b.SignIn("emma")
	o.Setting("session_timeout", map[string]any{"default": "0"})
	idle("59 days")
	forget()
	b.Ask("GET", "/users/me", "").Is(200)
	idle("60 days 1 minute")
	forget()
	b.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
	b.SignIn("emma")
	o.Put("boss", "/users/"+id(o, "emma"), `{"active": false}`).Is(200)
	b.Ask("GET", "/users/me", "").Refuses(401, wrong)
}

func TestSSO(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t, func(needs *api.Needs) { needs.Proxies = proxies("127.0.0.1/32") })
	b := o.Browser()
	ask := func(headers ...string) apitest.Answer {
		return b.Send(o.Request("GET", "/auth/sso", ""), headers...)
	}
	ask("X-Forwarded-User", "emma").Refuses(403, "SSO authentication disabled!")
	o.Setting("auth_sso", true)
	ask().Refuses(401, "Neither an SSO environment variable 'REMOTE_USER' nor a 'X-Forwarded-User' header could be found.")
	ask("X-Forwarded-User", "Zoe").Refuses(401, "User 'Zoe' could not be found.")
	ask("X-Forwarded-User", "emma@desk.example.com").Refuses(401, "User 'emma@desk.example.com' could not be found.")
	o.Exec(`UPDATE users SET active = false WHERE login = 'dora'`)
	ask("X-Forwarded-User", "dora").Refuses(401, wrong)
	for _, header := range []string{"X-Forwarded-User", "Remote-User"} {
		a := ask(header, "EMMA")
		if a.Status != 302 || a.Header.Get("Location") != "/#" {
			t.Errorf("%s: %d, to %q", header, a.Status, a.Header.Get("Location"))
		}
		if me := b.Ask("GET", "/users/me", "").Is(200).Object(); me["login"] != "emma" {
			t.Errorf("%s: signed in as %v", header, me["login"])
		}
	}
	o.Setting("maintenance_mode", true)
	ask("X-Forwarded-User", "emma").Refuses(403, "Maintenance mode enabled!")
}

func TestSSOBelievesNobodyElse(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t, func(needs *api.Needs) { needs.Proxies = proxies("192.0.2.0/24") })
	o.Setting("auth_sso", true)
	b := o.Browser()
	b.Send(o.Request("GET", "/auth/sso", ""), "X-Forwarded-User", "emma", "X-Forwarded-For", "192.0.2.1").
		Refuses(401, "Neither an SSO environment variable 'REMOTE_USER' nor a 'X-Forwarded-User' header could be found.")
	b.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
}

// wizardFile is an auto wizard that waits in a file.
type wizardFile struct{ setup.AutoWizard }

func (w wizardFile) Waiting() bool { return w.Pending() }
func (w wizardFile) Apply(ctx context.Context, token string) (desk.UserID, error) {
	return w.AutoWizard.Apply(ctx, token)
}

func TestAutoWizardSignsItsFirstUserIn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "auto_wizard.json")
	wizard := `{"Token": "s3cret", "Users": [{"login": "first", "email": "first@example.org"}, {"login": "next", "email": "next@example.org"}]}`
	if err := os.WriteFile(file, []byte(wizard), 0o600); err != nil {
		t.Fatal(err)
	}
	o := apitest.Open(t, func(needs *api.Needs) {
		needs.AutoWizard = wizardFile{setup.AutoWizard{Store: needs.Store, File: file, Log: needs.Log}}
	})
	o.Exec(`TRUNCATE users CASCADE`)
	o.Exec(`INSERT INTO users (id, login, updated_by_id, created_by_id) VALUES (1, '-', 1, 1)`)
	o.Exec(`INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (1, 'Users', 'Users', 1, 1) ON CONFLICT DO NOTHING`)
	b := o.Browser()
	b.Ask("GET", "/getting_started/auto_wizard/guess", "").Is(200)
	b.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
	b.Ask("GET", "/getting_started/auto_wizard/s3cret", "").Is(200).Same(t, `{"auto_wizard":true,"auto_wizard_success":true}`)
	if me := b.Ask("GET", "/users/me", "").Is(200).Object(); me["login"] != "first" {
		t.Errorf("signed in as %v, want the first user", me["login"])
	}
	other := o.Browser()
	other.Ask("GET", "/getting_started/auto_wizard/s3cret", "").Is(200)
	other.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
}
