package system_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestReportHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("monitoring_token", "very secret token")
	for _, path := range []string{"/system_report", "/system_report/download", "/system_report/plugins", "/packages"} {
		o.Get("emma", path).Is(403)
		answer := o.Get("chris", path).Is(200)
		if strings.Contains(string(answer.Body), "very secret") {
			t.Errorf("%s: %s", path, answer.Body)
		}
	}
	report := o.Get("chris", "/system_report").Object()["fetch"].(map[string]any)
	if !strings.Contains(fmt.Sprint(report["Settings"]), "monitoring_token") || report["Version"].(map[string]any)["api"] != "6.5.0" {
		t.Errorf("report %v", report)
	}
	if file := o.Get("chris", "/system_report/download"); !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment; filename=") {
		t.Errorf("download %v", file.Header)
	}
	for _, method := range []string{"POST", "DELETE"} {
		o.Ask("chris", method, "/packages", `{"id": 1}`).Refuses(422, "Packages can't be installed or removed: this helpdesk runs no code but its own.")
	}
}

func TestAllAgentsAreGivenTheDefaultNotifications(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("ticket_agent_default_notifications", map[string]any{"create": map[string]any{"channel": map[string]any{"email": false}}})
	path := "/settings/ticket_agent_default_notifications/apply_to_all"
	o.Post("emma", path, "").Is(403)
	o.Post("chris", path, "").Is(200)
	given := func(who string) string {
		preferences := o.Get(who, "/users/me").Is(200).Object()["preferences"].(map[string]any)
		return fmt.Sprint(preferences["notification_config"])
	}
	if got := given("emma"); got != "map[matrix:map[create:map[channel:map[email:false]]]]" {
		t.Errorf("an agent: %s", got)
	}
	if got := given("single"); got != "<nil>" {
		t.Errorf("a customer: %s", got)
	}
}

func TestLogoIsAPicture(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var logo, other int
	o.One(&logo, `SELECT id FROM settings WHERE name = 'product_logo'`)
	o.One(&other, `SELECT id FROM settings WHERE name = 'organization'`)
	const dot = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
	path := func(id int) string { return fmt.Sprintf("/settings/image/%d", id) }
	body := func(url string) string { return fmt.Sprintf(`{"logo_resize": %q}`, url) }
	set := o.Put("chris", path(logo), body("data:image/png;base64,"+dot)).Is(200).Object()
	if got := set["state_current"].(map[string]any)["value"]; got != "data:image/gif;base64,"+dot {
		t.Errorf("logo %v", got)
	}
	o.Put("chris", path(other), body("data:image/gif;base64,"+dot)).Refuses(422, "Setting 'organization' holds no image.")
	o.Put("chris", path(logo), body("data:image/svg+xml;base64,PHN2Zy8+")).Refuses(422, "The image is invalid: it is no PNG, JPEG or GIF")
	o.Put("chris", path(logo), body("javascript:alert(1)")).Refuses(422, "The image is invalid: a data URL with an image is needed")
	o.Put("emma", path(logo), body("data:image/gif;base64,"+dot)).Is(403)
	o.Put("chris", path(99999), body("data:image/gif;base64,"+dot)).Is(404)
}

func TestNothingFollowsAndNothingIsLinked(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Get("emma", "/users/after_auth").Is(200).Same(t, "{}")
	o.Ask("emma", "DELETE", "/users/account", `{"uid": "1"}`).Refuses(422, "The required parameter 'provider' is missing.")
	o.Ask("emma", "DELETE", "/users/account", `{"provider": "x", "uid": "1"}`).Refuses(422, "No record found.")
}
