package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/internal/credential"
)

func TestWaysToSignIn(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const token = "token of emma"
	oneWord := credential.NewToken()
	o.exec(`INSERT INTO tokens (user_id, action, token_hash) SELECT id, 'api', $1 FROM users WHERE login = 'emma'`, credential.HashToken(oneWord))
	for _, tc := range []struct{ name, authorization string }{
		{"login", basic("emma", password)},
		{"login in capitals, with blanks", basic(" EMMA ", password)},
		{"mail address", basic("Emma@desk.example.com", password)},
		{"scheme in capitals", "BASIC " + encoded("emma:"+password)},
		{"token=", "Token token=" + token},
		{"quoted", `Token token="` + token + `"`},
		{"quoted with a further attribute", `Token token="` + token + `", realm=x`},
		{"bare", "Token " + oneWord},
		{"bearer", "Bearer " + oneWord},
	} {
		a := o.with(tc.authorization).is(http.StatusOK)
		if got := a.object()["login"]; got != "emma" {
			t.Errorf("%s: signed in as %v, want emma", tc.name, got)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: headers %v, want CORS and no cookie", tc.name, a.header)
		}
	}
}

func TestWaysNotToSignIn(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.exec(`UPDATE users SET active = false WHERE login = 'dora'`)
	o.exec(`UPDATE users SET source = 'signup', verified = false WHERE login = 'single'`)
	o.exec(`UPDATE users SET password = NULL WHERE login = 'lone'`)
	o.exec(`UPDATE tokens SET expires_at = now() - interval '1 second' WHERE token_hash = sha256('token of lars')`)
	o.exec(`UPDATE tokens SET action = 'PasswordReset' WHERE token_hash = sha256('token of both')`)
	const inactive = "Login failed. Have you double-checked your credentials and completed the email verification step?"
	var all sync.WaitGroup // failures take a second each
	for _, tc := range []struct {
		name, authorization string
		status              int
		text                string
	}{
		{"nothing", "", 403, "Authentication required"},
		{"unknown scheme", "Digest abc", 403, "Authentication required"},
		{"wrong password", basic("emma", "wrong"), 401, "Invalid BasicAuth credentials"},
		{"unknown name", basic("nobody", password), 401, "Invalid BasicAuth credentials"},
		{"system user", basic("-", password), 401, "Invalid BasicAuth credentials"},
		{"no password set", basic("lone", password), 401, "Invalid BasicAuth credentials"},
		{"empty password", basic("lone", ""), 401, "Invalid BasicAuth credentials"},
		{"not base64", "Basic !!!", 401, "Invalid BasicAuth credentials"},
		{"not text", "Basic " + encoded("\xff\x00:x"), 401, "Invalid BasicAuth credentials"},
		{"unverified", basic("single", password), 401, "Invalid BasicAuth credentials"},
		{"inactive, right password", basic("dora", password), 401, inactive},
		{"inactive, token", "Token token of dora", 401, inactive},
		{"unknown token", "Token token=nope", 401, "Can't find User for Token"},
		{"empty token", "Token token=", 401, "Can't find User for Token"},
		{"token of another kind", "Token token of both", 401, "Can't find User for Token"},
		{"expired token", "Token token of lars", 401, "Not authorized (token expired)!"},
		{"unknown bearer", "Bearer nope", 401, "Can't find User for Token, The provided token is invalid."},
	} {
		all.Go(func() {
			a := o.with(tc.authorization)
			a.refuses(tc.status, tc.text)
			if got := a.object()["error_human"]; got != tc.text {
				t.Errorf("%s: error_human %v, want the same as error", tc.name, got)
			}
			if got := a.header.Get("X-Failure"); got != tc.text {
				t.Errorf("%s: X-Failure %q, want %q", tc.name, got, tc.text)
			}
		})
	}
	all.Wait()
}

func TestSwitchesOfSignIn(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setting("api_token_access", false)
	o.with("Token token of emma").refuses(403, "API token access disabled!")
	o.with("Bearer token of emma").refuses(403, "API token access disabled!")
	o.with(basic("emma", password)).is(http.StatusOK)
	o.setting("api_token_access", true)
	o.setting("api_password_access", false)
	o.with(basic("emma", password)).refuses(403, "API password access disabled!")
	o.with("Token token of emma").is(http.StatusOK)
	o.setting("maintenance_mode", true)
	o.with("Token token of emma").refuses(403, "Maintenance mode enabled!")
	o.with("Token token of chris").is(http.StatusOK)
}

func TestLock(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	fail := func(times int) time.Duration {
		started := time.Now()
		var all sync.WaitGroup
		for range times {
			all.Go(func() { o.with(basic("emma", "guess")).is(http.StatusUnauthorized) })
		}
		all.Wait()
		return time.Since(started)
	}
	if took := fail(5); took < time.Second {
		t.Errorf("a failed attempt took %s, want at least a second", took)
	}
	o.with(basic("emma", password)).is(http.StatusOK) // the fifth does not lock, and success forgets all
	failed := 0
	if o.one(&failed, `SELECT login_failed FROM users WHERE login = 'emma'`); failed != 0 {
		t.Errorf("failed logins after a success: %d, want 0", failed)
	}
	fail(6)
	o.with(basic("emma", password)).refuses(401, "Invalid BasicAuth credentials")
	o.with("Token token of emma").is(http.StatusOK) // tokens are not guessed
	o.put("emma", "/users/unlock/"+idOf(o, "emma"), "").refuses(403, "User authorization failed.")
	if got := o.put("chris", "/users/unlock/"+idOf(o, "emma"), "").is(http.StatusOK).object()["message"]; got != "ok" {
		t.Errorf("unlock answers %v, want ok", got)
	}
	o.with(basic("emma", password)).is(http.StatusOK)
}

func TestChangedPasswordCountsAtOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.with(basic("emma", password)).is(http.StatusOK) // remembered for a minute
	o.put("chris", "/users/"+idOf(o, "emma"), `{"password": "Another horse 8"}`).is(http.StatusOK)
	o.with(basic("emma", password)).refuses(401, "Invalid BasicAuth credentials")
	o.with(basic("emma", "Another horse 8")).is(http.StatusOK)
}

func TestTokenKnowsItsLastUse(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	now := time.Now()
	o.server.AtTime(func() time.Time { return now })
	used := func() (at *time.Time) {
		o.one(&at, `SELECT last_used_at FROM tokens WHERE token_hash = sha256('token of emma')`)
		return at
	}
	o.with("Token token of emma").is(http.StatusOK)
	first := used()
	if first == nil {
		t.Fatal("a used token says it never was")
	}
	now = now.Add(30 * time.Second)
	if o.with("Token token of emma").is(http.StatusOK); !used().Equal(*first) {
		t.Error("a second use within a minute was written")
	}
	o.exec(`UPDATE tokens SET last_used_at = last_used_at - interval '2 minutes'`)
	now = now.Add(2 * time.Minute)
	if o.with("Token token of emma").is(http.StatusOK); used().Before(*first) {
		t.Error("a use after more than a minute was not written")
	}
}

func TestTokenCanDoNoMoreThanBoth(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	now := time.Now()
	limit := func(permissions string) {
		o.exec(`UPDATE tokens SET preferences = jsonb_build_object('permission', $1::jsonb) WHERE token_hash = sha256('token of chris')`, permissions)
		// What another process does is seen after a second; here nobody waits for that.
		now = now.Add(time.Minute)
		later := now
		o.server.AtTime(func() time.Time { return later })
	}
	o.get("chris", "/users/search?query=emma").is(http.StatusOK)
	limit(`["user_preferences"]`)
	o.get("chris", "/users/search?query=emma").refuses(403, "Token authorization failed.")
	o.get("chris", "/users/me").is(http.StatusOK)
	limit(`[]`)
	o.get("chris", "/users/me").is(http.StatusOK)
	o.get("chris", "/version").refuses(403, "Token authorization failed.")
	limit(`["admin.user"]`)
	o.get("chris", "/users/search?query=emma").is(http.StatusOK)
	o.get("chris", "/version").refuses(403, "Token authorization failed.")
	o.get("emma", "/version").refuses(403, "User authorization failed.")
}

func TestImpersonation(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const admin, agent = "Token token of chris", "Token token of emma"
	david := idOf(o, "david")
	for _, tc := range []struct{ header, value string }{
		{"From", "david"}, {"From", " DAVID@example.com "}, {"X-On-Behalf-Of", "david"}, {"From", david},
	} {
		if got := o.with(admin, tc.header, tc.value).is(http.StatusOK).object()["login"]; got != "david" {
			t.Errorf("%s: %s acts for %v, want david", tc.header, tc.value, got)
		}
	}
	if got := o.with(admin, "From", "emma", "X-On-Behalf-Of", "david").object()["login"]; got != "emma" {
		t.Errorf("with both headers one acts for %v, want emma", got)
	}
	o.with(admin, "From", "Nobody").refuses(403, "No such user 'Nobody'")
	o.with(admin, "From", "999999999").refuses(403, "No such user '999999999'")
	o.with(agent, "From", "david").refuses(403, "Current user has no permission to use 'From'/'X-On-Behalf-Of'!")
	o.with("", "From", "david").refuses(403, "Authentication required")
	o.exec(`UPDATE users SET active = false WHERE login = 'david'`)
	o.with(admin, "From", "david").is(http.StatusOK)

	// The person named decides what may be done, whatever the token's own limit says.
	req := o.request(http.MethodGet, "/api/v1/users/search?query=emma", "")
	req.Header.Set("Authorization", admin)
	req.Header.Set("From", "dora")
	o.send(req).refuses(403, "User authorization failed.")
	o.exec(`UPDATE tokens SET preferences = '{"permission": []}' WHERE token_hash = sha256('token of boss')`)
	req = o.request(http.MethodPost, "/api/v1/users", `{"firstname": "Made", "lastname": "Forhim"}`)
	req.Header.Set("Authorization", "Token token of boss")
	req.Header.Set("From", "emma")
	made := o.send(req).is(http.StatusCreated).object()
	if got := made["created_by_id"]; got != float64(o.userID("emma")) {
		t.Errorf("created by %v, want emma", got)
	}
}

func TestGuessesAreBounded(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 120 {
		all.Go(func() {
			a := o.with(basic("nobody", "guess"))
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
			if a.status == http.StatusTooManyRequests && strings.TrimSpace(string(a.body)) != "Retry later" {
				t.Errorf("turned away with %q, want Retry later", a.body)
			}
		})
	}
	all.Wait()
	if statuses[401]+statuses[429] != 120 || statuses[429] == 0 || statuses[401] == 0 {
		t.Errorf("120 guesses at once: %v, want some refused and some turned away", statuses)
	}
	o.with("Token token of emma").is(http.StatusOK)
}

func TestManyRequestsOfOneClientAtOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			if a := o.with(basic("emma", password)); a.status != http.StatusOK {
				t.Errorf("one of many requests with the right password: %d %s", a.status, a.body)
			}
		})
	}
	all.Wait()
}

func idOf(o *office, login string) string { return itoa(o.userID(login)) }
