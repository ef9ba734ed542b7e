package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func (o *office) settingID(name string) (id int) {
	o.t.Helper()
	o.one(&id, `SELECT id FROM settings WHERE name = $1`, name)
	return id
}

func (o *office) settingPath(name string) string {
	return fmt.Sprintf("/settings/%d", o.settingID(name))
}

// limited gives chris's token nothing but these permissions.
func (o *office) limited(permission string) {
	o.t.Helper()
	o.exec(`
		INSERT INTO tokens (user_id, action, token_hash, preferences)
		SELECT id, 'api', sha256(convert_to('token of ' || $1, 'UTF8')), jsonb_build_object('permission', ARRAY[$1])
		FROM users WHERE login = 'chris'`, permission)
}

func TestSettingsNeedTheirOwnPermission(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.limited("admin.system")
	for _, setting := range o.get("admin.system", "/settings").is(200).list() {
		permissions := fmt.Sprint(setting["preferences"].(map[string]any)["permission"])
		if !strings.Contains(permissions, "admin.system") {
			t.Errorf("with admin.system one sees %v, which asks for %s", setting["name"], permissions)
		}
	}
	o.get("admin.system", o.settingPath("fqdn")).is(200)
	o.get("admin.system", o.settingPath("product_name")).refuses(403, "Not authorized")
	o.put("admin.system", o.settingPath("product_name"), `{"state_current": {"value": "x"}}`).refuses(403, "Not authorized")
	o.get("chris", o.settingPath("application_secret")).refuses(403, "Not authorized")
	o.put("chris", o.settingPath("application_secret"), `{"state_current": {"value": "x"}}`).refuses(403, "Not authorized")
	o.get("chris", "/settings/99999").refuses(404, "Couldn't find Setting with 'id'=99999")
	o.post("chris", "/settings", `{}`).refuses(403, "Not authorized (feature not possible)!")
	o.del("chris", o.settingPath("fqdn")).refuses(403, "Not authorized (feature not possible)!")
	var secret string
	o.one(&secret, `SELECT state_current->>'value' FROM settings WHERE name = 'application_secret'`)
	if body := string(o.get("chris", "/settings").body); strings.Contains(body, secret) || strings.Contains(body, "application_secret") {
		t.Error("the application secret is shown")
	}
	for _, setting := range o.get("chris", "/settings/area/Ticket::Base").is(200).list() {
		if setting["area"] != "Ticket::Base" {
			t.Errorf("%v of area %v among those of Ticket::Base", setting["name"], setting["area"])
		}
	}
}

func TestSettingsAreChanged(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	value := func(name string) any {
		return o.get("chris", o.settingPath(name)).is(200).object()["state_current"].(map[string]any)["value"]
	}
	change := func(name, body string) answer { return o.put("chris", o.settingPath(name), body) }
	change("ticket_hook", `{"state_current": {"value": "Case#"}, "name": "other", "area": "x", "frontend": false}`).is(200)
	if got := value("ticket_hook"); got != "Case#" {
		t.Errorf("ticket_hook = %v", got)
	}
	change("ticket_hook", `{"state": "Ticket#"}`).is(200)
	if got := value("ticket_hook"); got != "Ticket#" {
		t.Errorf("in its short form: %v", got)
	}
	change("api_token_access", `{"state_current": {"value": false}}`).is(200)
	o.with("Token token of emma").refuses(403, "API token access disabled!") // seen at once
	o.setting("api_token_access", true)
	change("http_type", `{"state_current": {"value": "http"}}`).is(200)
	o.post("chris", fmt.Sprintf("/settings/reset/%d", o.settingID("ticket_hook")), "").is(200)
	for name, refused := range map[string]string{
		"http_type": `"gopher"`, "storage_provider": `"Cloud"`, "api_token_access": `"yes"`, "ticket_hook": `{"a": 1}`,
		"ticket_hook_position": `["left"]`, "password_max_login_failed": `"many"`, "system_id": `null, "x": [`,
	} {
		status := http.StatusUnprocessableEntity
		if strings.HasSuffix(refused, "[") {
			status = http.StatusBadRequest
		}
		change(name, `{"state_current": {"value": `+refused+`}}`).is(status)
	}
	change("storage_provider", `{"state_current": {"value": "S3"}}`).refuses(422, "Unknown storage provider 'S3', known are DB and File")
	change("http_type", `{"state_current": {"value": "gopher"}}`).refuses(422, `Invalid value "gopher" for setting 'http_type'`)
	if got := value("http_type"); got != "http" {
		t.Errorf("a refused value was kept: %v", got)
	}
}

func TestSecretsOfSettings(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const secret = "hidden horse 5"
	path := o.settingPath("proxy_password")
	a := o.put("chris", path, `{"state_current": {"value": "`+secret+`"}}`).is(200)
	for _, shown := range []answer{a, o.get("chris", path), o.get("chris", "/settings")} {
		if strings.Contains(string(shown.body), secret) {
			t.Errorf("%s shows the secret", shown.asked)
		}
	}
	stored := ""
	o.one(&stored, `SELECT state_current->>'value' FROM settings WHERE name = 'proxy_password'`)
	if strings.Contains(stored, secret) || !strings.HasPrefix(stored, "sealed:") {
		t.Errorf("stored as %q, want it sealed", stored)
	}
	mask := a.object()["state_current"].(map[string]any)["value"].(string)
	o.put("chris", path, `{"state_current": {"value": "`+mask+`"}}`).is(200)
	catalog, err := o.store.Catalog(t.Context())
	if err != nil || catalog.Settings.String("proxy_password") != secret {
		t.Errorf("the mask sent back made it %q (%v), want it as it was", catalog.Settings.String("proxy_password"), err)
	}
	shown := o.get("chris", o.settingPath("monitoring_token")).object()["state_current"].(map[string]any)["value"]
	if shown != catalog.Settings.String("monitoring_token") || shown == "" {
		t.Errorf("the monitoring token, which is typed into other programs, is shown as %v", shown)
	}
}

func TestOnlineServiceKeepsItsSettings(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setting("system_online_service", true)
	o.put("chris", o.settingPath("fqdn"), `{"state_current": {"value": "evil.example.com"}}`).refuses(403, "Not authorized (service disabled)!")
	o.get("chris", o.settingPath("fqdn")).is(200)
}
