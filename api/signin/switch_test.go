package signin_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestAdministratorsSeeAndEndSessions(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	admin, agent := o.Browser(), o.Browser()
	agent.SignIn("emma")
	o.Exec(`UPDATE sessions SET updated_at = updated_at - interval '1 hour'`)
	admin.SignIn("boss")
	list := admin.Ask("GET", "/sessions", "").Is(200)
	sessions := list.Object()["sessions"].([]any)
	if len(sessions) != 2 {
		t.Fatalf("sessions: %s", list.Body)
	}
	emmas := sessions[1].(map[string]any)
	data := emmas["data"].(map[string]any)
	if fmt.Sprint(data["user_id"]) != id(o, "emma") || data["remote_ip"] != "127.0.0.1" || data["user_agent"] != "Go-http-client/1.1" ||
		data["user_device_fingerprint"] != "print of emma" || data["authentication_type"] != "password" || emmas["updated_at"] == nil {
		t.Errorf("emma's session is shown as %v", emmas)
	}
	if users := list.Object()["assets"].(map[string]any)["User"].(map[string]any); users[id(o, "emma")] == nil || users[id(o, "boss")] == nil {
		t.Errorf("assets lack people: %v", users)
	}
	admin.Ask("DELETE", fmt.Sprintf("/sessions/%v", emmas["id"]), "").Is(200).Same(t, "{}")
	agent.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
	admin.Ask("DELETE", "/sessions/4711", "").Is(200).Same(t, "{}")
	for _, who := range []string{"emma", "david"} {
		o.Get(who, "/sessions").Refuses(403, "User authorization failed.")
		o.Del(who, "/sessions/1").Refuses(403, "User authorization failed.")
		o.Get(who, "/sessions/switch/1").Refuses(403, "User authorization failed.")
	}
}

func TestAdministratorsWorkAsOthers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	me := func() any { t.Helper(); return b.Ask("GET", "/users/me", "").Is(200).Object()["login"] }
	b.SignIn("boss")
	b.Ask("GET", "/sessions/switch_back", "").Refuses(403, "Not authorized")
	b.Ask("GET", "/sessions/switch/4711", "").Refuses(404, "Couldn't find User with 'id'=4711")
	b.Ask("GET", "/sessions/switch/"+id(o, "david"), "", "Sec-Fetch-Site", "cross-site").Refuses(403, "Not authorized")
	b.Ask("GET", "/sessions/switch/"+id(o, "chris"), "", "Sec-Fetch-Site", "same-origin").Is(200).Same(t, `{"success":true,"location":""}`)
	if got := me(); got != "chris" {
		t.Errorf("boss works as %v, want chris", got)
	}
	b.Ask("GET", "/sessions/switch/"+id(o, "david"), "").Is(200)
	if got := me(); got != "david" {
		t.Errorf("boss works as %v, want david", got)
	}
	if config := b.Ask("GET", "/signshow", "").Is(200).Object()["config"].(map[string]any); config["switch_back_to_possible"] != true {
		t.Error("the page isn't told that there is a way back")
	}
	b.Ask("GET", "/sessions", "").Refuses(403, "User authorization failed.") // david may not
	b.Ask("GET", "/sessions/switch_back", "").Is(200).Same(t, `{"success":true,"location":""}`)
	if got := me(); got != "boss" {
		t.Errorf("back as %v, want boss", got)
	}
	b.Ask("GET", "/sessions/switch_back", "").Refuses(403, "Not authorized")
	o.Get("boss", "/sessions/switch/"+id(o, "david")).Refuses(403, "Not authorized") // no session to switch
}

func TestDevicesOfPeople(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b, other := o.Browser(), o.Browser()
	b.SignIn("emma")
	other.Ask("GET", "/signshow", "")
	other.Ask("POST", "/signin", `{"username": "emma", "password": "`+apitest.Password+`", "fingerprint": "phone"}`, "User-Agent",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36").Is(201)
	o.Get("emma", "/users/me").Is(200) // a program, twice
	o.Get("emma", "/users/me").Is(200)
	devices := b.Ask("GET", "/user_devices", "").Is(200).List()
	byName := map[any]map[string]any{}
	for _, device := range devices {
		byName[device["name"]] = device
		for _, key := range []string{"fingerprint", "created_at", "device_details", "location_details"} {
			if _, shown := device[key]; shown {
				t.Errorf("%s is shown", key)
			}
		}
	}
	phone := byName["Android, Chrome"]
	if len(devices) != 3 || phone == nil || phone["ip"] != "127.0.0.1" || phone["current"] != nil || phone["location"] != "unknown" {
		t.Fatalf("devices = %v", devices)
	}
	o.Del("boss", fmt.Sprintf("/user_devices/%v", phone["id"])).Is(200)
	other.Ask("GET", "/users/me", "").Is(200) // it is not boss's to delete
	current := 0
	for _, device := range devices {
		if device["current"] == true {
			current++
		}
	}
	if current != 1 {
		t.Errorf("%d devices are the current one", current)
	}
	b.Ask("DELETE", fmt.Sprintf("/user_devices/%v", phone["id"]), "").Is(200).Same(t, "{}")
	other.Ask("GET", "/users/me", "").Refuses(403, "Authentication required")
	b.Ask("GET", "/users/me", "").Is(200)
	o.Get("david", "/user_devices").Refuses(403, "User authorization failed.")
}

func TestSessionsWithoutADeviceGetTheOneTheirPageNames(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	b := o.Browser()
	b.SignIn("emma")
	o.Exec(`UPDATE sessions SET device_id = NULL, fingerprint = ''`)
	o.Exec(`DELETE FROM user_devices`)
	o.Put("boss", "/users/"+id(o, "emma"), `{}`).Is(200)
	b.Ask("POST", "/signshow", `{"fingerprint": "`+"named later"+`"}`).Is(200)
	var fingerprint string
	o.One(&fingerprint, `SELECT d.fingerprint FROM sessions s JOIN user_devices d ON d.id = s.device_id`)
	if fingerprint != "named later" {
		t.Errorf("the session's device is %q", fingerprint)
	}
}
