package system_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestFirstThingsAnAdministratorIsAskedFor(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const path = "/getting_started/base"
	value := func(name string) string {
		var text string
		o.One(&text, `SELECT state_current->>'value' FROM settings WHERE name = $1`, name)
		return text
	}
	before := value("fqdn")
	for _, body := range []string{`{}`, `{"url": "help", "organization": "Acme"}`, `{"url": "javascript://x", "organization": "Acme"}`,
		`{"url": "https://a.example.com"}`, `{"url": "https://a.example.com", "organization": "Acme", "timezone_default": "../x"}`} {
		if got := o.Post("chris", path, body).Is(200).Object(); got["result"] != "invalid" || len(got["messages"].(map[string]any)) == 0 {
			t.Errorf("%s: %v", body, got)
		}
	}
	if now := value("fqdn"); now != before {
		t.Errorf("fqdn %s, was %s", now, before)
	}
	done := o.Post("chris", path, `{"url": "https://a.example.com:8443/x", "organization": " Acme ", "timezone_default": "Europe/Berlin"}`).Is(200).Object()
	got := fmt.Sprint(done["result"], " ", value("fqdn"), " ", value("http_type"), " ", value("organization"), " ", value("timezone_default"))
	if got != "ok a.example.com:8443 https Acme Europe/Berlin" {
		t.Errorf("set: %s", got)
	}
	o.Post("emma", path, `{"url": "https://a.example.com", "organization": "Acme"}`).Is(403)
}
