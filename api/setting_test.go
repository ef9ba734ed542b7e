package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func settingID(o *apitest.Office, name string) (id int) {
	o.T.Helper()
	o.One(&id, `SELECT id FROM settings WHERE name = $1`, name)
	return id
}

func settingPath(o *apitest.Office, name string) string {
	return fmt.Sprintf("/settings/%d", settingID(o, name))
}

// limited gives chris's token nothing but these permissions.
func limited(o *apitest.Office, permission string) {
	o.T.Helper()
	o.Exec(`
		INSERT INTO tokens (user_id, action, token_hash, preferences)
		SELECT id, 'api', sha256(convert_to('token of ' || $1, 'UTF8')), jsonb_build_object('permission', ARRAY[$1])
		FROM users WHERE login = 'chris'`, permission)
}

func TestSettingsNeedTheirOwnPermission(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	limited(o, "admin.system")
	for _, setting := range o.Get("admin.system", "/settings").Is(200).List() {
		permissions := fmt.Sprint(setting["preferences"].(map[string]any)["permission"])
		if !strings.Contains(permissions, "admin.system") {
			t.Errorf("with admin.system one sees %v, which asks for %s", setting["name"], permissions)
		}
	}
	o.Get("admin.system", settingPath(o, "fqdn")).Is(200)
	o.Get("admin.system", settingPath(o, "product_name")).Refuses(403, "Not authorized")
	o.Put("admin.system", settingPath(o, "product_name"), `{"state_current": {"value": "x"}}`).Refuses(403, "Not authorized")
	o.Get("chris", settingPath(o, "application_secret")).Refuses(403, "Not authorized")
	o.Put("chris", settingPath(o, "application_secret"), `{"state_current": {"value": "x"}}`).Refuses(403, "Not authorized")
	o.Get("chris", "/settings/99999").Refuses(404, "Couldn't find Setting with 'id'=99999")
	o.Post("chris", "/settings", `{}`).Refuses(403, "Not authorized (feature not possible)!")
	o.Del("chris", settingPath(o, "fqdn")).Refuses(403, "Not authorized (feature not possible)!")
	var secret string
	o.One(&secret, `SELECT state_current->>'value' FROM settings WHERE name = 'application_secret'`)
	if body := string(o.Get("chris", "/settings").Body); strings.Contains(body, secret) || strings.Contains(body, "application_secret") {
		t.Error("the application secret is shown")
	}
	for _, setting := range o.Get("chris", "/settings/area/Ticket::Base").Is(200).List() {
		if setting["area"] != "Ticket::Base" {
			t.Errorf("%v of area %v among those of Ticket::Base", setting["name"], setting["area"])
		}
	}
}

func TestSettingsAreChanged(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	value := func(name string) any {
		return o.Get("chris", settingPath(o, name)).Is(200).Object()["state_current"].(map[string]any)["value"]
	}
	change := func(name, body string) apitest.Answer { return o.Put("chris", settingPath(o, name), body) }
	change("ticket_hook", `{"state_current": {"value": "Case#"}, "name": "other", "area": "x", "frontend": false}`).Is(200)
	if got := value("ticket_hook"); got != "Case#" {
		t.Errorf("ticket_hook = %v", got)
	}
	change("ticket_hook", `{"state": "Ticket#"}`).Is(200)
	if got := value("ticket_hook"); got != "Ticket#" {
		t.Errorf("in its short form: %v", got)
	}
	change("api_token_access", `{"state_current": {"value": false}}`).Is(200)
	o.With("Token token of emma").Refuses(403, "API token access disabled!") // seen at once
	o.Setting("api_token_access", true)
	change("http_type", `{"state_current": {"value": "http"}}`).Is(200)
	o.Post("chris", fmt.Sprintf("/settings/reset/%d", settingID(o, "ticket_hook")), "").Is(200)
	for _, taken := range []string{`"as_sender_of_email"`, `["as_sender_of_email"]`, `""`, `[]`} {
		change("postmaster_sender_based_on_reply_to", `{"state_current": {"value": `+taken+`}}`).Is(200)
	}
	for name, refused := range map[string]string{
		"postmaster_sender_based_on_reply_to": `"somehow"`, "import_backends": `"Import::Ldap"`,
		"http_type": `"gopher"`, "storage_provider": `"Cloud"`, "api_token_access": `"yes"`, "ticket_hook": `{"a": 1}`,
		"ticket_hook_position": `["left"]`, "password_max_login_failed": `"many"`, "system_id": `null, "x": [`,
	} {
		status := http.StatusUnprocessableEntity
		if strings.HasSuffix(refused, "[") {
			status = http.StatusBadRequest
		}
		change(name, `{"state_current": {"value": `+refused+`}}`).Is(status)
	}
	change("storage_provider", `{"state_current": {"value": "S3"}}`).Refuses(422, "Unknown storage provider 'S3', known are DB and File")
	change("http_type", `{"state_current": {"value": "gopher"}}`).Refuses(422, `Invalid value "gopher" for setting 'http_type'`)
	if got := value("http_type"); got != "http" {
		t.Errorf("a refused value was kept: %v", got)
	}
}

func TestSecretsOfSettings(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const secret = "hidden horse 5"
	path := settingPath(o, "proxy_password")
	a := o.Put("chris", path, `{"state_current": {"value": "`+secret+`"}}`).Is(200)
	for _, shown := range []apitest.Answer{a, o.Get("chris", path), o.Get("chris", "/settings")} {
		if strings.Contains(string(shown.Body), secret) {
			t.Errorf("%s shows the secret", shown.Asked)
		}
	}
	stored := ""
	o.One(&stored, `SELECT state_current->>'value' FROM settings WHERE name = 'proxy_password'`)
	if strings.Contains(stored, secret) || !strings.HasPrefix(stored, "sealed:") {
		t.Errorf("stored as %q, want it sealed", stored)
	}
	mask := a.Object()["state_current"].(map[string]any)["value"].(string)
	o.Put("chris", path, `{"state_current": {"value": "`+mask+`"}}`).Is(200)
	catalog, err := o.Store.Catalog(t.Context())
	if err != nil || catalog.Settings.String("proxy_password") != secret {
		t.Errorf("the mask sent back made it %q (%v), want it as it was", catalog.Settings.String("proxy_password"), err)
	}
	shown := o.Get("chris", settingPath(o, "monitoring_token")).Object()["state_current"].(map[string]any)["value"]
	if shown != catalog.Settings.String("monitoring_token") || shown == "" {
		t.Errorf("the monitoring token, which is typed into other programs, is shown as %v", shown)
	}
}

func TestOnlineServiceKeepsItsSettings(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("system_online_service", true)
	o.Put("chris", settingPath(o, "fqdn"), `{"state_current": {"value": "evil.example.com"}}`).Refuses(403, "Not authorized (service disabled)!")
	o.Get("chris", settingPath(o, "fqdn")).Is(200)
}
