package twofactor_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"postroom/api/apitest"
	"postroom/internal/credential"
)

// code is what an authenticator app shows, so many steps from now.
func code(t testing.TB, secret string, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, time.Now().Unix()/30+steps)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&0xf:])&0x7fffffff%1_000_000)
}

// checked is the token of somebody who just typed the own password.
func checked(o *apitest.Office, login string) string {
	o.T.Helper()
	token := "checked " + login
	o.Exec(`INSERT INTO tokens (user_id, action, token_hash, persistent) SELECT id, 'PasswordCheck', $1, false FROM users WHERE login = $2`,
		credential.HashToken(token), login)
	return token
}

// office is one where authenticator apps may be used.
func office(t *testing.T) *apitest.Office {
	t.Helper()
	o := apitest.Open(t)
	o.Setting("two_factor_authentication_method_authenticator_app", true)
	return o
}

const own = "/users/two_factor/"

// setUp sets an authenticator app up. It returns the secret, the code that was used up, and the
// recovery codes.
func setUp(o *apitest.Office, login string) (secret, used string, codes []any) {
	o.T.Helper()
	token := checked(o, login)
	begun := o.Post(login, own+"authentication_method_initiate_configuration/authenticator_app", `{"token": "`+token+`"}`).Is(200)
	configuration := begun.Object()["configuration"].(map[string]any)
	secret = configuration["secret"].(string)
	uri, err := url.Parse(configuration["provisioning_uri"].(string))
	if err != nil || uri.Scheme != "otpauth" || uri.Query().Get("secret") != secret {
		o.T.Errorf("the app is given %s", begun.Body)
	}
	verify := func(payload string) apitest.Answer {
		return o.Post(login, own+"verify_configuration", fmt.Sprintf(`{"token": %q, "method": "authenticator_app", "payload": %q, "configuration": {"secret": %q}}`,
			token, payload, secret)).Is(200)
	}
	verify("000000x").Same(o.T, `{"verified":false}`)
	used = code(o.T, secret, 0)
	done := verify(used).Object()
	if done["verified"] != true {
		o.T.Fatalf("verified: %v", done)
	}
	codes, _ = done["recovery_codes"].([]any)
	return secret, used, codes
}

func TestSecondFactorIsAskedFor(t *testing.T) {
	t.Parallel()
	o := office(t)
	b := o.Browser()
	b.SignIn("emma")
	secret, used, recovery := setUp(o, "emma")
	if len(recovery) != 10 {
		t.Fatalf("recovery codes: %v", recovery)
	}
	signIn := func(more string) apitest.Answer {
		t.Helper()
		return b.Ask("POST", "/signin", `{"username": "emma", "password": "`+apitest.Password+`", "fingerprint": "f"`+more+`}`)
	}
	by := func(method, payload string) string {
		return fmt.Sprintf(`, "two_factor_method": %q, "two_factor_payload": %q`, method, payload)
	}
	signIn("").Is(422).Same(t, `{"two_factor_required":{"default_two_factor_authentication_method":"authenticator_app",`+
		`"available_two_factor_authentication_methods":["authenticator_app"],"recovery_codes_available":true}}`)
	const failed = "Login failed. Please double-check your two-factor authentication method."
	signIn(by("authenticator_app", "12")).Refuses(401, failed)
	signIn(by("authenticator_app", used)).Refuses(401, failed) // to set the app up
	var count int
	o.One(&count, `SELECT login_failed FROM users WHERE login = 'emma'`)
	if count != 2 {
		t.Errorf("%d failures are counted, want 2", count)
	}
	now := code(t, secret, 1)
	signIn(by("authenticator_app", now)).Is(201)
	signIn(by("authenticator_app", now)).Refuses(401, failed) // nobody who looks over a shoulder can use it
	first := recovery[0].(string)
	signIn(by("recovery_codes", strings.ToUpper(first))).Is(201)
	signIn(by("recovery_codes", first)).Refuses(401, failed)
	signIn(by("security_keys", first)).Refuses(401, failed)
	o.With(apitest.Basic("emma", apitest.Password)).Refuses(401, "Two-factor authentication is not supported with HTTP BasicAuth.")
	o.With("Token token of emma").Is(200)
	o.Exec(`UPDATE users SET login_failed = 6 WHERE login = 'emma'`)
	signIn(by("recovery_codes", recovery[1].(string))).Is(401)
	o.Exec(`UPDATE users SET login_failed = 0 WHERE login = 'emma'`)
	o.Setting("two_factor_authentication_recovery_codes", false)
	signIn(by("recovery_codes", recovery[1].(string))).Refuses(401, failed)
	o.Setting("two_factor_authentication_method_authenticator_app", false) // whom nothing is asked for needs nothing
	signIn("").Is(201)
	o.With(apitest.Basic("emma", apitest.Password)).Is(200)
}

func TestSecondFactorsOfOnesOwn(t *testing.T) {
	t.Parallel()
	o := office(t)
	show := func() string { t.Helper(); return string(o.Get("emma", own+"personal_configuration").Is(200).Body) }
	if got := show(); got != `{"enabled_authentication_methods":[{"method":"authenticator_app","configured":false,"default":false}],"recovery_codes_exist":false}` {
		t.Errorf("at first: %s", got)
	}
	_, _, before := setUp(o, "emma")
	if got := show(); got != `{"enabled_authentication_methods":[{"method":"authenticator_app","configured":true,"default":true}],"recovery_codes_exist":true}` {
		t.Errorf("set up: %s", got)
	}
	o.Post("emma", own+"enabled_authentication_methods", "{}").Is(200).Same(t, `[{"method":"authenticator_app","configured":true,"default":true}]`)
	me := o.Get("emma", "/users/me?expand=true").Is(200).Object()
	if _, named := me["two_factor_preferences"]; named || len(me["two_factor_preference_ids"].([]any)) != 2 ||
		fmt.Sprint(me["preferences"].(map[string]any)["two_factor_authentication"]) != "map[default:authenticator_app]" {
		t.Errorf("emma is shown as %v", me)
	}
	o.Exec(`DELETE FROM tokens WHERE action = 'PasswordCheck'`)
	token := checked(o, "emma")
	var codes []string
	o.Post("emma", own+"recovery_codes_generate", `{"token": "`+token+`"}`).Is(200).Into(&codes)
	if len(codes) != 10 || codes[0] == before[0] {
		t.Errorf("new recovery codes: %v", codes)
	}
	o.Post("emma", own+"authentication_method_configuration/authenticator_app", `{"token": "`+token+`"}`).Is(200).Same(t, `{"configuration":{}}`)
	o.Post("emma", own+"default_authentication_method", `{"method": "authenticator_app"}`).Is(200).Same(t, "{}")
	o.Post("emma", own+"default_authentication_method", `{"method": "x"}`).Refuses(422, "The two-factor authentication method is not enabled.")
	o.Ask("emma", "DELETE", own+"remove_authentication_method", `{"token": "`+token+`"}`).Refuses(422, "The required parameter 'method' is missing.")
	o.Ask("emma", "DELETE", own+"remove_authentication_method", `{"token": "`+token+`", "method": "authenticator_app"}`).Is(200).Same(t, "{}")
	if ids := o.Get("emma", "/users/me").Is(200).Object()["two_factor_preference_ids"].([]any); len(ids) != 0 {
		t.Errorf("left are %v", ids)
	}
	o.Post("emma", own+"recovery_codes_generate", `{"token": "`+token+`"}`).
		Refuses(422, "Recovery codes can't be used without another two-factor authentication method.")
}

func TestChangesOfSecondFactorsNeedThePassword(t *testing.T) {
	t.Parallel()
	o := office(t)
	old, others := checked(o, "emma"), checked(o, "david")
	o.Exec(`UPDATE tokens SET created_at = now() - interval '61 minutes' WHERE token_hash = $1`, credential.HashToken(old))
	for _, token := range []string{"", "x", old, others, "token of emma"} {
		for path, method := range map[string]string{
			"authentication_method_initiate_configuration/authenticator_app": "POST", "authentication_method_configuration/authenticator_app": "POST",
			"verify_configuration": "POST", "recovery_codes_generate": "POST", "remove_authentication_method": "DELETE",
			"authentication_remove_credentials/security_keys": "DELETE",
		} {
			o.Ask("emma", method, own+path, `{"method": "authenticator_app", "token": "`+token+`"}`).Is(200).Same(t, `{"invalid_password_token":true}`)
		}
	}
	o.Exec(`UPDATE tokens SET created_at = now()`)
	o.Setting("two_factor_authentication_method_authenticator_app", false)
	o.Post("emma", own+"authentication_method_initiate_configuration/authenticator_app", `{"token": "`+old+`"}`).
		Refuses(422, "The two-factor authentication method is not enabled.")
	o.Get("reporter", own+"personal_configuration").Refuses(403, "User authorization failed.")
}

func TestAdministratorsTakeSecondFactorsAway(t *testing.T) {
	t.Parallel()
	o := office(t)
	emma := fmt.Sprintf("/users/%d/admin_two_factor/", o.UserID("emma"))
	list := func() string {
		t.Helper()
		return string(o.Get("boss", emma+"enabled_authentication_methods").Is(200).Body)
	}
	for _, remove := range []struct{ path, body string }{
		{"remove_authentication_method", `{"method": "authenticator_app"}`}, {"remove_all_authentication_methods", "{}"},
	} {
		setUp(o, "emma")
		o.Exec(`DELETE FROM tokens WHERE action = 'PasswordCheck'`)
		if got := list(); got != `[{"method":"authenticator_app","configured":true,"default":true}]` {
			t.Errorf("before: %s", got)
		}
		o.Ask("emma", "DELETE", emma+remove.path, remove.body).Refuses(403, "User authorization failed.")
		o.Ask("boss", "DELETE", emma+remove.path, remove.body).Is(200).Same(t, "{}")
		if got := list(); got != `[{"method":"authenticator_app","configured":false,"default":false}]` {
			t.Errorf("after %s: %s", remove.path, got)
		}
		o.With(apitest.Basic("emma", apitest.Password)).Is(200)
	}
	o.Ask("boss", "DELETE", emma+"remove_authentication_method", `{"method": "x"}`).Refuses(422, "The required parameter 'method' is missing.")
	for _, method := range []string{"GET /enabled_authentication_methods", "DELETE /remove_all_authentication_methods"} {
		verb, path, _ := strings.Cut(method, " ")
		o.Ask("boss", verb, "/users/4711/admin_two_factor"+path, "").Refuses(404, "Couldn't find User with 'id'=4711")
	}
}

func TestPeopleOfSomeRolesAreAskedToSetOneUp(t *testing.T) {
	t.Parallel()
	o := office(t)
	b := o.Browser()
	after := func(login string) string { return fmt.Sprint(b.SignIn(login).Object()["after_auth"]) }
	if got := after("emma"); got != "map[data:map[] type:TwoFactorConfiguration]" {
		t.Errorf("agents are asked for %s", got)
	}
	if got := after("david"); got != "<nil>" {
		t.Errorf("customers are asked for %s", got)
	}
	o.Setting("two_factor_authentication_enforce_role_ids", []int{3})
	if got := after("david"); got == "<nil>" {
		t.Error("customers are not asked")
	}
	public := b.Ask("POST", "/auth/two_factor_initiate_authentication/authenticator_app", "{}")
	public.Is(200).Same(t, "{}")
	b.Ask("POST", "/auth/two_factor_initiate_authentication/security_keys", "{}").Refuses(422, "The two-factor authentication method is not enabled.")
}

func TestSecondFactorOnOurOwnPage(t *testing.T) {
	t.Parallel()
	o := office(t)
	secret, _, recovery := setUp(o, "emma")
	for _, tc := range []struct {
		code   string
		status int
	}{{"", 401}, {code(t, secret, 1), 303}, {recovery[0].(string), 303}, {recovery[0].(string), 401}} {
		b := o.Browser()
		b.Ask("GET", "/signshow", "").Is(200)
		b.Submit("/oauth/sign_in", url.Values{
			"username": {"emma"}, "password": {apitest.Password}, "code": {tc.code}, "next": {"/oauth/authorize?client_id=x"},
		}).Is(tc.status)
	}
}
