package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/credential"
)

func TestWaysToSignIn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const token = "token of emma"
	oneWord := credential.NewToken()
	o.Exec(`INSERT INTO tokens (user_id, action, token_hash) SELECT id, 'api', $1 FROM users WHERE login = 'emma'`, credential.HashToken(oneWord))
	for _, tc := range []struct{ name, authorization string }{
		{"login", apitest.Basic("emma", apitest.Password)},
		{"login in capitals, with blanks", apitest.Basic(" EMMA ", apitest.Password)},
		{"mail address", apitest.Basic("Emma@desk.example.com", apitest.Password)},
		{"scheme in capitals", "BASIC " + apitest.Encoded("emma:"+apitest.Password)},
		{"token=", "Token token=" + token},
		{"quoted", `Token token="` + token + `"`},
		{"quoted with a further attribute", `Token token="` + token + `", realm=x`},
		{"bare", "Token " + oneWord},
		{"bearer", "Bearer " + oneWord},
	} {
		a := o.With(tc.authorization).Is(http.StatusOK)
		if got := a.Object()["login"]; got != "emma" {
			t.Errorf("%s: signed in as %v, want emma", tc.name, got)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: headers %v, want CORS and no cookie", tc.name, a.Header)
		}
	}
}

func TestWaysNotToSignIn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE users SET active = false WHERE login = 'dora'`)
	o.Exec(`UPDATE users SET source = 'signup', verified = false WHERE login = 'single'`)
	o.Exec(`UPDATE users SET password = NULL WHERE login = 'lone'`)
	o.Exec(`UPDATE tokens SET expires_at = now() - interval '1 minute' WHERE token_hash = sha256('token of lars')`)
	o.Exec(`UPDATE tokens SET action = 'PasswordReset' WHERE token_hash = sha256('token of both')`)
	const inactive = "Login failed. Have you double-checked your credentials and completed the email verification step?"
	var all sync.WaitGroup // failures take a second each
	for _, tc := range []struct {
		name, authorization string
		status              int
		text                string
	}{
		{"nothing", "", 403, "Authentication required"},
		{"unknown scheme", "Digest abc", 403, "Authentication required"},
		{"wrong password", apitest.Basic("emma", "wrong"), 401, "Invalid BasicAuth credentials"},
		{"unknown name", apitest.Basic("nobody", apitest.Password), 401, "Invalid BasicAuth credentials"},
		{"system user", apitest.Basic("-", apitest.Password), 401, "Invalid BasicAuth credentials"},
		{"no password set", apitest.Basic("lone", apitest.Password), 401, "Invalid BasicAuth credentials"},
		{"empty password", apitest.Basic("lone", ""), 401, "Invalid BasicAuth credentials"},
		{"not base64", "Basic !!!", 401, "Invalid BasicAuth credentials"},
		{"not text", "Basic " + apitest.Encoded("\xff\x00:x"), 401, "Invalid BasicAuth credentials"},
		{"unverified", apitest.Basic("single", apitest.Password), 401, "Invalid BasicAuth credentials"},
		{"inactive, right password", apitest.Basic("dora", apitest.Password), 401, inactive},
		{"inactive, token", "Token token of dora", 401, inactive},
		{"unknown token", "Token token=nope", 401, "Can't find User for Token"},
		{"empty token", "Token token=", 401, "Can't find User for Token"},
		{"token of another kind", "Token token of both", 401, "Can't find User for Token"},
		{"expired token", "Token token of lars", 401, "Not authorized (token expired)!"},
		{"unknown bearer", "Bearer nope", 401, "Can't find User for Token, The provided token is invalid."},
	} {
		all.Go(func() {
			a := o.With(tc.authorization)
			a.Refuses(tc.status, tc.text)
			if got := a.Object()["error_human"]; got != tc.text {
				t.Errorf("%s: error_human %v, want the same as error", tc.name, got)
			}
			if got := a.Header.Get("X-Failure"); got != tc.text {
				t.Errorf("%s: X-Failure %q, want %q", tc.name, got, tc.text)
			}
		})
	}
	all.Wait()
}

func TestSwitchesOfSignIn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("api_token_access", false)
	o.With("Token token of emma").Refuses(403, "API token access disabled!")
	o.With("Bearer token of emma").Refuses(403, "API token access disabled!")
	o.With(apitest.Basic("emma", apitest.Password)).Is(http.StatusOK)
	o.Setting("api_token_access", true)
	o.Setting("api_password_access", false)
	o.With(apitest.Basic("emma", apitest.Password)).Refuses(403, "API password access disabled!")
	o.With("Token token of emma").Is(http.StatusOK)
	o.Setting("maintenance_mode", true)
	o.With("Token token of emma").Refuses(403, "Maintenance mode enabled!")
	o.With("Token token of chris").Is(http.StatusOK)
}

func TestLock(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	fail := func(times int) time.Duration {
		started := time.Now()
		var all sync.WaitGroup
		for range times {
			all.Go(func() { o.With(apitest.Basic("emma", "guess")).Is(http.StatusUnauthorized) })
		}
		all.Wait()
		return time.Since(started)
	}
	if took := fail(5); took < time.Second {
		t.Errorf("a failed attempt took %s, want at least a second", took)
	}
	o.With(apitest.Basic("emma", apitest.Password)).Is(http.StatusOK) // the fifth does not lock, and success forgets all
	failed := 0
	if o.One(&failed, `SELECT login_failed FROM users WHERE login = 'emma'`); failed != 0 {
		t.Errorf("failed logins after a success: %d, want 0", failed)
	}
	fail(6)
	o.With(apitest.Basic("emma", apitest.Password)).Refuses(401, "Invalid BasicAuth credentials")
	o.With("Token token of emma").Is(http.StatusOK) // tokens are not guessed
	o.Put("emma", "/users/unlock/"+idOf(o, "emma"), "").Refuses(403, "User authorization failed.")
	if got := o.Put("chris", "/users/unlock/"+idOf(o, "emma"), "").Is(http.StatusOK).Object()["message"]; got != "ok" {
		t.Errorf("unlock answers %v, want ok", got)
	}
	o.With(apitest.Basic("emma", apitest.Password)).Is(http.StatusOK)
}

func TestChangedPasswordCountsAtOnce(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.With(apitest.Basic("emma", apitest.Password)).Is(http.StatusOK) // remembered for a minute
	o.Put("chris", "/users/"+idOf(o, "emma"), `{"password": "Another horse 8"}`).Is(http.StatusOK)
	o.With(apitest.Basic("emma", apitest.Password)).Refuses(401, "Invalid BasicAuth credentials")
	o.With(apitest.Basic("emma", "Another horse 8")).Is(http.StatusOK)
}

func TestTokenKnowsItsLastUse(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	now := time.Now()
	o.Server.AtTime(func() time.Time { return now })
	used := func() (at *time.Time) {
		o.One(&at, `SELECT last_used_at FROM tokens WHERE token_hash = sha256('token of emma')`)
		return at
	}
	o.With("Token token of emma").Is(http.StatusOK)
	first := used()
	if first == nil {
		t.Fatal("a used token says it never was")
	}
	now = now.Add(30 * time.Second)
	if o.With("Token token of emma").Is(http.StatusOK); !used().Equal(*first) {
		t.Error("a second use within a minute was written")
	}
	o.Exec(`UPDATE tokens SET last_used_at = last_used_at - interval '2 minutes'`)
	now = now.Add(2 * time.Minute)
	if o.With("Token token of emma").Is(http.StatusOK); used().Before(first.Add(-time.Minute)) {
		t.Error("a use after more than a minute was not written")
	}
}

func TestTokenCanDoNoMoreThanBoth(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	now := time.Now()
	limit := func(permissions string) {
		o.Exec(`UPDATE tokens SET preferences = jsonb_build_object('permission', $1::jsonb) WHERE token_hash = sha256('token of chris')`, permissions)
		// What another process does is seen after a second; here nobody waits for that.
		now = now.Add(time.Minute)
		later := now
		o.Server.AtTime(func() time.Time { return later })
	}
	o.Get("chris", "/users/search?query=emma").Is(http.StatusOK)
	limit(`["user_preferences"]`)
	o.Get("chris", "/users/search?query=emma").Refuses(403, "Token authorization failed.")
	o.Get("chris", "/users/me").Is(http.StatusOK)
	limit(`[]`)
	o.Get("chris", "/users/me").Is(http.StatusOK)
	o.Get("chris", "/version").Refuses(403, "Token authorization failed.")
	limit(`["admin.user"]`)
	o.Get("chris", "/users/search?query=emma").Is(http.StatusOK)
	o.Get("chris", "/version").Refuses(403, "Token authorization failed.")
	o.Get("emma", "/version").Refuses(403, "User authorization failed.")
}

func TestImpersonation(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const admin, agent = "Token token of chris", "Token token of emma"
	david := idOf(o, "david")
	for _, tc := range []struct{ header, value string }{
		{"From", "david"}, {"From", " DAVID@example.com "}, {"X-On-Behalf-Of", "david"}, {"From", david},
	} {
		if got := o.With(admin, tc.header, tc.value).Is(http.StatusOK).Object()["login"]; got != "david" {
			t.Errorf("%s: %s acts for %v, want david", tc.header, tc.value, got)
		}
	}
	if got := o.With(admin, "From", "emma", "X-On-Behalf-Of", "david").Object()["login"]; got != "emma" {
		t.Errorf("with both headers one acts for %v, want emma", got)
	}
	o.With(admin, "From", "Nobody").Refuses(403, "No such user 'Nobody'")
	o.With(admin, "From", "999999999").Refuses(403, "No such user '999999999'")
	o.With(agent, "From", "david").Refuses(403, "Current user has no permission to use 'From'/'X-On-Behalf-Of'!")
	o.With("", "From", "david").Refuses(403, "Authentication required")
	o.Exec(`UPDATE users SET active = false WHERE login = 'david'`)
	o.With(admin, "From", "david").Is(http.StatusOK)

	// The person named decides what may be done, whatever the token's own limit says.
	req := o.Request(http.MethodGet, "/api/v1/users/search?query=emma", "")
	req.Header.Set("Authorization", admin)
	req.Header.Set("From", "dora")
	o.Send(req).Refuses(403, "User authorization failed.")
	o.Exec(`UPDATE tokens SET preferences = '{"permission": []}' WHERE token_hash = sha256('token of boss')`)
	req = o.Request(http.MethodPost, "/api/v1/users", `{"firstname": "Made", "lastname": "Forhim"}`)
	req.Header.Set("Authorization", "Token token of boss")
	req.Header.Set("From", "emma")
	made := o.Send(req).Is(http.StatusCreated).Object()
	if got := made["created_by_id"]; got != float64(o.UserID("emma")) {
		t.Errorf("created by %v, want emma", got)
	}
}

func TestGuessesAreBounded(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t, func(n *api.Needs) { n.WrongPasswordTakes = 5 * time.Second }) // a busy machine is slow in asking, too
	var all sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 120 {
		all.Go(func() {
			a := o.With(apitest.Basic("nobody", "guess"))
			mu.Lock()
			defer mu.Unlock()
			statuses[a.Status]++
			if a.Status == http.StatusTooManyRequests && strings.TrimSpace(string(a.Body)) != "Retry later" {
				t.Errorf("turned away with %q, want Retry later", a.Body)
			}
		})
	}
	all.Wait()
	if statuses[401]+statuses[429] != 120 || statuses[429] == 0 || statuses[401] == 0 {
		t.Errorf("120 guesses at once: %v, want some refused and some turned away", statuses)
	}
	o.With("Token token of emma").Is(http.StatusOK)
}

func TestManyRequestsOfOneClientAtOnce(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			if a := o.With(apitest.Basic("emma", apitest.Password)); a.Status != http.StatusOK {
				t.Errorf("one of many requests with the right password: %d %s", a.Status, a.Body)
			}
		})
	}
	all.Wait()
}

func idOf(o *apitest.Office, login string) string { return itoa(o.UserID(login)) }
