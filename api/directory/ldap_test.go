package directory_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/desk"
	"postroom/internal/devstack/ldapserver"
	"postroom/internal/directorysync"
	"postroom/internal/egress"
)

const people = `dn: uid=nina,dc=example,dc=org
objectClass: inetOrgPerson
uid: nina
cn: Nina
sn: Mueller
givenName: Nina
mail: nina@example.org
userPassword: password of nina

dn: cn=agents,dc=example,dc=org
objectClass: groupOfNames
cn: agents
member: uid=nina,dc=example,dc=org

`

var beside = egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func body(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func open(t *testing.T) (*apitest.Office, map[string]any) {
	t.Helper()
	server := ldapserver.New(t, people)
	o := apitest.Open(t, func(needs *api.Needs) { needs.Egress = beside })
	return o, map[string]any{
		"host": fmt.Sprintf("%s:%d", server.Host(), server.Port), "ssl": "off", "base_dn": ldapserver.Base,
		"bind_user": ldapserver.Admin, "bind_pw": ldapserver.AdminPassword,
	}
}

func TestLDAPSources(t *testing.T) {
	t.Parallel()
	o, preferences := open(t)
	first := o.Post("boss", "/ldap_sources", body(t, map[string]any{"name": "Office", "preferences": preferences})).Is(201).Object()
	if got := fmt.Sprint(first["name"], first["active"], first["prio"], first["preferences"].(map[string]any)["bind_pw"]); got != "Officetrue 1**********" {
		t.Errorf("created: %s", got)
	}
	second := o.Post("boss", "/ldap_sources", `{"name": "Branch", "active": false, "preferences": {"host": "ldap.example.org"}}`).Is(201).Object()
	o.Post("boss", "/ldap_sources", `{"name": " "}`).Refuses(422, "Name can't be blank")
	o.Post("boss", "/ldap_sources", `{"name": "x", "preferences": {"user_filter": "(a"}}`).Is(422)
	o.Post("emma", "/ldap_sources", `{"name": "x"}`).Is(403)
	o.Get("emma", "/ldap_sources").Is(403)

	// The mask stands for the password that is there.
	path := fmt.Sprintf("/ldap_sources/%v", first["id"])
	changed := first["preferences"].(map[string]any)
	changed["base_dn"] = "dc=example,dc=net"
	o.Put("boss", path, body(t, map[string]any{"preferences": changed})).Is(200)
	stored, err := o.Store.LDAPSource(t.Context(), desk.LDAPSourceID(first["id"].(float64)))
	if err != nil || stored.Preferences["bind_pw"] != ldapserver.AdminPassword || stored.Preferences["base_dn"] != "dc=example,dc=net" {
		t.Errorf("stored %v (%v)", stored.Preferences, err)
	}
	for key, value := range map[string]any{"host": "ldap.elsewhere.example", "ssl": "starttls", "ssl_verify": false} {
		moved := maps.Clone(changed)
		moved[key] = value
		o.Put("boss", path, body(t, map[string]any{"preferences": moved})).Refuses(422, "The password has to be typed in again when the server changes.")
	}
	o.Post("boss", "/ldap_sources_prio", body(t, map[string]any{"prios": [][]any{{first["id"], 2}, {second["id"], 1}}})).Is(200)
	if got := o.Get("boss", path).Is(200).Object()["prio"]; got != 2.0 {
		t.Errorf("prio %v, want 2", got)
	}
	o.Del("boss", path).Is(200)
	if got := len(o.Get("boss", "/ldap_sources").Is(200).List()); got != 1 {
		t.Errorf("%d sources, want 1", got)
	}
}

func TestLookingIntoLDAP(t *testing.T) {
	t.Parallel()
	o, preferences := open(t)
	got := o.Post("boss", "/integration/ldap/discover", body(t, map[string]any{"host": preferences["host"]})).Is(200).Object()
	if got["result"] != "ok" || fmt.Sprint(got["attributes"].(map[string]any)["namingcontexts"]) != "["+ldapserver.Base+"]" {
		t.Errorf("discover: %v", got)
	}
	got = o.Post("boss", "/integration/ldap/bind", body(t, preferences)).Is(200).Object()
	if got["result"] != "ok" || got["user_uid"] != "entryuuid" || got["user_attributes"].(map[string]any)["mail"] != "mail (e. g. nina@example.org)" ||
		fmt.Sprint(got["groups"]) != "map[cn=agents,dc=example,dc=org:cn=agents,dc=example,dc=org]" {
		t.Errorf("bind: %v", got)
	}
	preferences["bind_pw"] = "wrong"
	got = o.Post("boss", "/integration/ldap/bind", body(t, preferences)).Is(200).Object()
	if got["result"] != "failed" || got["message"] != "the directory refuses the user or the password" {
		t.Errorf("bind with a wrong password: %v", got)
	}
	got = o.Post("boss", "/integration/ldap/discover", `{"host": "10.255.255.1"}`).Is(200).Object()
	if got["result"] != "failed" || !strings.Contains(fmt.Sprint(got["message"]), "OUTGOING_ALLOW") {
		t.Errorf("discover inside: %v", got)
	}
	o.Post("emma", "/integration/ldap/bind", `{}`).Is(403)
}

func TestReadingsOfLDAP(t *testing.T) {
	t.Parallel()
	o, preferences := open(t)
	base := "/integration/ldap/"
	if got := o.Get("boss", base+"job_try").Is(200).Object(); len(got) != 0 {
		t.Errorf("before any: %v", got)
	}
	o.Post("boss", base+"job_try", body(t, map[string]any{"ldap_config": preferences})).Is(200)
	job := o.Get("boss", base+"job_try").Is(200).Object()
	shown := job["payload"].(map[string]any)["ldap_config"].(map[string]any)
	if job["name"] != "Import::Ldap" || job["dry_run"] != true || job["started_at"] != nil || shown["bind_pw"] != "**********" {
		t.Errorf("try: %v", job)
	}
	o.Post("boss", base+"job_start", "").Is(200)
	o.Post("boss", base+"job_start", "").Is(200)
	if got := o.Get("boss", base+"job_start?finished=true").Is(200).Object(); got["dry_run"] != false || got["finished_at"] != nil {
		t.Errorf("start: %v", got)
	}
	var announced int
	o.One(&announced, `SELECT count(*) FROM outbox WHERE kind = 'directory.read'`)
	if announced != 2 {
		t.Errorf("%d readings are announced, want 2", announced)
	}
	o.Exec(`UPDATE import_jobs SET finished_at = now()`)
	if got := o.Get("boss", base+"job_start?finished=false").Is(200).Object(); len(got) != 0 {
		t.Errorf("none goes on: %v", got)
	}

	// Monitoring says what is wrong, while directories are read at all.
	o.Exec(`UPDATE import_jobs SET result = '{"error": "Office: the directory is away"}' WHERE NOT dry_run`)
	for _, tc := range []struct {
		on             bool
		change, issues string
	}{
		{false, `SELECT`, ""},
		{true, `SELECT`, "Failed to run import backend 'Import::Ldap'. Cause: Office: the directory is away"},
		{true, `UPDATE import_jobs SET finished_at = NULL WHERE NOT dry_run`, ""},
		{true, `UPDATE import_jobs SET updated_at = now() - interval '6 minutes' WHERE NOT dry_run`, "Stuck import backend 'Import::Ldap' detected."},
		{false, `SELECT`, ""},
	} {
		o.Setting("ldap_integration", tc.on)
		o.Exec(tc.change)
		got := fmt.Sprint(o.Get("boss", "/monitoring/health_check").Is(200).Object()["issues"])
		if strings.Contains(got, "import backend") != (tc.issues != "") || !strings.Contains(got, tc.issues) {
			t.Errorf("issues %s, want %q", got, tc.issues)
		}
	}
	o.Get("emma", base+"job_try").Is(403)
}

func TestPeopleOfLDAPSignIn(t *testing.T) {
	t.Parallel()
	o, preferences := open(t)
	o.Setting("ldap_integration", true)
	preferences["user_attributes"] = map[string]any{"uid": "login", "mail": "email", "sn": "lastname"}
	o.Post("boss", "/ldap_sources", body(t, map[string]any{"name": "Office", "preferences": preferences})).Is(201)
	service := directorysync.New(o.Store, beside, nil, slog.New(slog.DiscardHandler))
	note := func(directorysync.Result) error { return nil }
	if _, err := service.Read(t.Context(), desk.ImportJob{Name: desk.ImportLDAP}, note); err != nil {
		t.Fatal(err)
	}
	signIn := func(password string) apitest.Answer {
		t.Helper()
		browser := o.Browser()
		browser.Ask("GET", "/signshow", "")
		return browser.Ask("POST", "/signin", body(t, map[string]any{"username": "Nina", "password": password, "fingerprint": "x"}))
	}
	signIn("password of nina").Is(201)
	signIn("password of omar").Is(401)
	signIn("").Is(401)
	var failures int
	o.One(&failures, `SELECT login_failed FROM users WHERE login = 'nina'`)
	if failures != 1 {
		t.Errorf("%d failed attempts are counted, want 1", failures)
	}
	o.Exec(`UPDATE users SET login_failed = 99 WHERE login = 'nina'`)
	signIn("password of nina").Is(401)
	o.Exec(`UPDATE users SET login_failed = 0 WHERE login = 'nina'`)
	o.Setting("ldap_integration", false)
	signIn("password of nina, but later").Is(401)
}
