package oauth_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestAdministratorsRegisterApplications(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/applications", `{"id": 99, "name": " Robot ", "redirect_uri": "https://a.example.org/\r\n http://localhost/", "uid": "mine", "secret": "mine", "created_at": "2001-01-01"}`).Is(200)
	app := made.Object()
	path := fmt.Sprintf("/applications/%v", app["id"])
	if uid, secret := app["uid"].(string), app["secret"].(string); len(uid) < 40 || len(secret) < 40 || uid == secret || app["id"] == 99.0 ||
		app["name"] != "Robot" || app["redirect_uri"] != "https://a.example.org/\nhttp://localhost/" || app["scopes"] != "full" || app["confidential"] != true {
		t.Errorf("made %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	changed := o.Put("boss", path, `{"name": "Robot 2", "secret": "mine", "confidential": false}`).Is(200)
	if now := changed.Object(); now["name"] != "Robot 2" || now["secret"] != app["secret"] || now["confidential"] != false || now["redirect_uri"] != app["redirect_uri"] {
		t.Errorf("changed to %s", changed.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(changed.Body))
	o.Get("boss", "/applications").Is(200).Same(t, "["+string(changed.Body)+"]")
	token := o.Post("boss", "/applications/token", fmt.Sprintf(`{"id": %v}`, app["id"]))
	token.Refuses(403, "Not authorized (the access token used is limited)!") // boss's holds less than boss
	b := o.Browser()
	b.SignIn("boss")
	given := b.Ask("POST", "/applications/token", fmt.Sprintf(`{"id": %v}`, app["id"])).Is(200).Object()["token"].(string)
	if me := who(o, given).Is(200).Object(); me["login"] != "boss" {
		t.Errorf("the token is %v's", me["login"])
	}
	full := o.Get("boss", "/applications?full=true").Is(200).Object()
	shown := full["assets"].(map[string]any)["Application"].(map[string]any)[fmt.Sprint(app["id"])].(map[string]any)
	if fmt.Sprint(full["record_ids"]) != fmt.Sprintf("[%v]", app["id"]) || shown["clients"] != 1.0 {
		t.Errorf("full: %v", full)
	}
	o.Del("boss", path).Is(200).Same(t, "{}")
	who(o, given).Refuses(401, gone)
	for _, a := range []apitest.Answer{
		o.Get("boss", path), o.Put("boss", path, `{"name": "x"}`), o.Del("boss", path),
		b.Ask("POST", "/applications/token", fmt.Sprintf(`{"id": %v}`, app["id"])),
	} {
		a.Refuses(404, fmt.Sprintf("Couldn't find Doorkeeper::Application with 'id'=%v", app["id"]))
	}
}

func TestApplicationsThatCantBeRegistered(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for body, text := range map[string]string{
		`{"redirect_uri": "https://a.example.org/"}`: "Name can't be blank",
		`{"name": "x"}`: "Redirect URI can't be blank",
		`{"name": "x", "redirect_uri": "http://a.example.org/"}`:                    "Redirect URI must be an HTTPS/SSL URI.",
		`{"name": "x", "redirect_uri": "javascript:alert(1)"}`:                      "Redirect URI is forbidden by the server.",
		`{"name": "x", "redirect_uri": "https://a.example.org/", "scopes": "read"}`: "Scopes doesn't match configured on the server.",
		`{"name": {"a": 1}, "redirect_uri": "https://a.example.org/"}`:              `Invalid value for param 'name': {"a":1}`,
	} {
		o.Post("boss", "/applications", body).Refuses(422, text)
	}
	for _, who := range []string{"emma", "david"} {
		o.Get(who, "/applications").Refuses(403, "User authorization failed.")
		o.Post(who, "/applications", `{}`).Refuses(403, "User authorization failed.")
		o.Post(who, "/applications/token", `{"id": 1}`).Refuses(403, "User authorization failed.")
	}
	o.Get("boss", "/applications/x").Refuses(404, "Couldn't find Doorkeeper::Application with 'id'=x")
}
