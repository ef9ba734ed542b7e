package account_test

import (
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
	"postroom/internal/credential"
	"postroom/internal/store/signin"
)

func TestOwnPreferencesAndAbsence(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Put("david", "/users/preferences", `{"locale": "de-de", "tests": {"a": 1}}`).Is(200).Same(t, `{"message":"ok"}`)
	o.Put("david", "/users/preferences", `{"theme": "dark"}`).Is(200)
	preferences := o.Get("david", "/users/me").Object()["preferences"].(map[string]any)
	if preferences["locale"] != "de-de" || preferences["theme"] != "dark" || preferences["tests"] == nil {
		t.Errorf("preferences are %v", preferences)
	}
	o.Put("david", "/users/preferences", `{}`).Is(422)
	o.Put("david", "/users/preferences", `{"x": "`+strings.Repeat("a", 20000)+`"}`).Is(422)
	o.Post("emma", "/users/preferences_notifications_reset", "").Is(200)

	emma, chris := o.UserID("emma"), o.UserID("chris")
	away := func(body string) apitest.Answer { return o.Put("emma", "/users/out_of_office", body) }
	away(`{"out_of_office": true, "out_of_office_start_at": "2026-12-20", "out_of_office_end_at": "2026-12-31", "out_of_office_replacement_id": ` +
		itoa(chris) + `, "out_of_office_text": "Skiing"}`).Is(200)
	me := o.Get("emma", "/users/me").Object()
	if me["out_of_office"] != true || me["out_of_office_end_at"] != "2026-12-31" || me["preferences"].(map[string]any)["out_of_office_text"] != "Skiing" {
		t.Errorf("emma is %v", me)
	}
	away(`{"out_of_office_end_at": "2026-12-01"}`).Is(422)
	away(`{"out_of_office_replacement_id": ` + itoa(emma) + `}`).Is(422)
	away(`{"out_of_office_replacement_id": 4711}`).Is(422)
}

func TestChangingTheOwnPassword(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	browser, other := o.Browser(), o.Browser()
	browser.SignIn("david")
	other.SignIn("david")
	change := func(before, after string) apitest.Answer {
		return browser.Ask(http.MethodPost, "/users/password_change", `{"password_old": "`+before+`", "password_new": "`+after+`"}`)
	}
	for _, tc := range []struct{ before, after, notice string }{
		{"", "x", "Please provide your current password."},
		{apitest.Password, "", "Please provide your new password."},
		{"wrong", "Another Horse 8", "The current password you provided is incorrect."},
		{apitest.Password, "Short1", "Invalid password, it must be at least %s characters long!"},
		{apitest.Password, "alllowercase1", "Invalid password, it must contain at least 2 lowercase and 2 uppercase characters!"},
		{apitest.Password, "No Digits Here", "Invalid password, it must contain at least 1 digit!"},
	} {
		answer := change(tc.before, tc.after).Is(422).Object()
		if notice, _ := answer["notice"].([]any); answer["message"] != "failed" || len(notice) == 0 || notice[0] != tc.notice {
			t.Errorf("%q to %q: %v, want %q", tc.before, tc.after, answer, tc.notice)
		}
	}
	change(apitest.Password, "Another Horse 8").Is(200).Same(t, `{"message":"ok","user_login":"david"}`)
	browser.Ask(http.MethodGet, "/users/me", "").Is(200) // this session goes on
	other.Ask(http.MethodGet, "/users/me", "").Is(403)   // the others have ended
	o.With(apitest.Basic("david", "Another Horse 8")).Is(200)
	var told int
	if o.One(&told, `SELECT count(*) FROM outbox WHERE kind = 'account.mail' AND payload->>'about' = 'password_changed'`); told != 1 {
		t.Errorf("%d mails tell of the change", told)
	}
	checked := o.Post("david", "/users/password_check", `{"password": "Another Horse 8"}`).Is(200).Object()
	if checked["success"] != true || len(checked["token"].(string)) < 40 {
		t.Errorf("the right password: %v", checked)
	}
	o.Post("david", "/users/password_check", `{"password": "no"}`).Is(200).Same(t, `{"success":false}`)
}

func TestLostPassword(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	page := o.Browser()
	page.Ask(http.MethodGet, "/signshow", "").Is(200)
	ask := func(name string) apitest.Answer {
		return page.Ask(http.MethodPost, "/users/password_reset", `{"username": "`+name+`"}`)
	}
	ask("david").Is(200).Same(t, `{"message":"ok"}`)
	ask("nobody@example.com").Is(200).Same(t, `{"message":"ok"}`)
	var mails int
	if o.One(&mails, `SELECT count(*) FROM outbox WHERE kind = 'account.mail'`); mails != 1 {
		t.Errorf("%d mails for one account", mails)
	}
	ask("lars").Is(200)
	if a := ask("dora"); a.Status != http.StatusTooManyRequests || string(a.Body) != "Retry later" {
		t.Errorf("the fourth within a minute: %d %s", a.Status, a.Body)
	}
	token := credential.NewToken()
	if err := o.Store.ReplaceToken(t.Context(), userID(o, "david"), signin.TokenPasswordReset, credential.HashToken(token)); err != nil {
		t.Fatal(err)
	}
	verify := func(body string) apitest.Answer {
		return page.Ask(http.MethodPost, "/users/password_reset_verify", body)
	}
	verify(`{"token": "nonsense"}`).Is(200).Same(t, `{"message":"failed"}`)
	verify(`{"token": "`+token+`"}`).Is(200).Same(t, `{"message":"ok","user_login":"david"}`)
	if weak := verify(`{"token": "` + token + `", "password": "weak"}`).Is(200).Object(); weak["message"] != "failed" || weak["notice"] == nil {
		t.Errorf("a weak password: %v", weak)
	}
	verify(`{"token": "`+token+`", "password": "Fresh Horse 99"}`).Is(200).Same(t, `{"message":"ok","user_login":"david"}`)
	verify(`{"token": "`+token+`", "password": "Fresh Horse 98"}`).Is(200).Same(t, `{"message":"failed"}`)
	o.With(apitest.Basic("david", "Fresh Horse 99")).Is(200)
}

func TestSigningUp(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	page := o.Browser()
	page.Ask(http.MethodGet, "/signshow", "").Is(200)
	signUp := func(body string) apitest.Answer { return page.Ask(http.MethodPost, "/users", body) }
	const good = `{"signup": true, "firstname": "Nora", "lastname": "New", "email": "nora@example.com", "password": "Correct Horse 9", "role_ids": [1], "note": "x"}`
	signUp(good).Is(201).Same(t, `{"message":"ok"}`)
	var role string
	o.One(&role, `SELECT string_agg(r.name, ',') FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN roles r ON r.id = ru.role_id
		WHERE u.email = 'nora@example.com' AND u.source = 'signup' AND NOT u.verified`)
	if role != "Customer" {
		t.Errorf("who signed up is %q, want Customer", role)
	}
	o.With(apitest.Basic("nora@example.com", "Correct Horse 9")).Is(401) // not before the address is proven
	token := credential.NewToken()
	if err := o.Store.ReplaceToken(t.Context(), userID(o, "nora@example.com"), signin.TokenSignup, credential.HashToken(token)); err != nil {
		t.Fatal(err)
	}
	page.Ask(http.MethodPost, "/users/email_verify", `{"token": "`+token+`"}`).Is(200).Same(t, `{"message":"ok"}`)
	page.Ask(http.MethodPost, "/users/email_verify", `{"token": "`+token+`"}`).Is(200).Same(t, `{"message":"failed"}`)
	o.With(apitest.Basic("nora@example.com", "Correct Horse 9")).Is(200)

	signUp(good).Is(201).Same(t, `{"message":"ok"}`) // nobody learns that the address is known
	signUp(`{"signup": true}`).Refuses(422, "The required attribute 'email' is missing.")
	if weak := signUp(`{"signup": true, "email": "w@example.com", "password": "x"}`).Is(422).Object(); weak["message"] != "failed" {
		t.Errorf("a weak password: %v", weak)
	}
	signUp(`{"email": "admin@example.com", "password": "Correct Horse 9"}`).
		Refuses(422, "This system has already been configured and an administrator account exists.")
	o.Setting("user_create_account", false)
	signUp(good).Refuses(422, "Feature not enabled!")
	o.Post("stranger", "/users", `{"email": "made@example.com", "invite": true}`).Is(201)
	o.Post("david", "/users", `{"email": "no@example.com"}`).Refuses(403, "User authorization failed.")
}

// A red dot.
const dot = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=="

func TestPicturesOfPeople(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	added := o.Post("emma", "/users/avatar", `{"avatar_full": "`+dot+`", "avatar_resize": "`+dot+`"}`).Is(200).Object()["avatar"].(map[string]any)
	hash := added["store_hash"].(string)
	if added["default"] != true || added["deletable"] != true || !strings.HasPrefix(added["content"].(string), "data:image/png;base64,") {
		t.Errorf("the avatar is %v", added)
	}
	if me := o.Get("emma", "/users/me").Object(); me["image"] != hash {
		t.Errorf("image of emma is %v, want %s", me["image"], hash)
	}
	image := o.Send(o.Request(http.MethodGet, "/api/v1/users/image/"+hash, "")).Is(200)
	if image.Header.Get("Content-Type") != "image/png" || !strings.Contains(image.Header.Get("Cache-Control"), "31536000") {
		t.Errorf("the picture comes with %v", image.Header)
	}
	nothing := o.Send(o.Request(http.MethodGet, "/api/v1/users/image/nosuch", "")).Is(200)
	if nothing.Header.Get("Content-Type") != "image/gif" {
		t.Errorf("no picture comes with %v", nothing.Header)
	}
	avatars := o.Get("emma", "/users/avatar").Is(200).Object()["avatars"].([]any)
	if len(avatars) != 2 {
		t.Fatalf("%d avatars, want the initials and one picture", len(avatars))
	}
	initials := int(avatars[0].(map[string]any)["id"].(float64))
	o.Post("emma", "/users/avatar/set", `{"id": `+itoa(initials)+`}`).Is(200).Same(t, `{}`)
	if me := o.Get("emma", "/users/me").Object(); me["image"] != nil {
		t.Errorf("with the initials emma's image is %v", me["image"])
	}
	o.Post("david", "/users/avatar/set", `{"id": `+itoa(initials)+`}`).Is(404)
	o.Ask("emma", http.MethodDelete, "/users/avatar", `{"id": `+itoa(int(added["id"].(float64)))+`}`).Is(200).Same(t, `{}`)
	for _, bad := range []string{"", "data:text/html;base64,PGI+", "data:image/png;base64,!!!", "data:image/png;base64,aGVsbG8="} {
		o.Post("emma", "/users/avatar", `{"avatar_full": "`+bad+`"}`).Is(422)
	}
}
