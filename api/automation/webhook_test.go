package automation_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestWebhooks(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/webhooks", `{"name": "Hook", "endpoint": " https://example.com/in ", "signature_token": "hush", "basic_auth_username": "me",
		"basic_auth_password": "quiet", "custom_payload": "unused", "preferences": {"pre_defined_webhook": {"messaging_channel": "#desk"}}}`).Is(201)
	path := at("webhooks", made.ID())
	if got := made.Object(); facts(got["endpoint"], got["signature_token"], got["ssl_verify"], got["basic_auth_username"], got["basic_auth_password"], got["customized_payload"], got["custom_payload"], got["active"]) !=
		"https://example.com/in ********** true me ********** false <nil> true" {
		t.Errorf("made %s", made.Body)
	}
	if strings.Contains(string(made.Body), "hush") || strings.Contains(string(made.Body), "sealed") {
		t.Errorf("a secret is shown: %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	o.Put("boss", path, string(made.Body)).Is(200)
	stored := func() string {
		t.Helper()
		v, err := o.Store.Webhook(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(*v.SignatureToken, " ", *v.BasicAuthPassword)
	}
	if got := stored(); got != "hush quiet" {
		t.Errorf("secrets are %s after the record was sent back, want them as they were", got)
	}
	o.Put("boss", path, `{"signature_token": "louder", "basic_auth_password": ""}`).Is(200)
	if got := stored(); got != "louder " {
		t.Errorf("secrets are %s after they were changed", got)
	}
	for body, want := range map[string]string{
		`{"endpoint": "https://example.com"}`:         "Name can't be blank",
		`{"name": "x"}`:                               "Endpoint can't be blank",
		`{"name": "x", "endpoint": "example.com/in"}`: "Endpoint The provided endpoint is invalid, no http or https protocol was specified.",
		`{"name": "x", "endpoint": "ftp://a/b"}`:      "Endpoint The provided endpoint is invalid, no http or https protocol was specified.",
		`{"name": "x", "endpoint": "https:///in"}`:    "Endpoint The provided endpoint is invalid, no hostname was specified.",
		`{"name": "x", "endpoint": "https://[in"}`:    "Endpoint The provided endpoint is invalid.",
		`{"name": "x", "endpoint": "https://a/", "customized_payload": true, "custom_payload": "{"}`:  "Custom payload The provided payload is invalid. Please check your syntax.",
		`{"name": "x", "endpoint": "https://a/", "customized_payload": true, "custom_payload": "[]"}`: "Custom payload The provided payload is invalid. Please check your syntax.",
	} {
		o.Post("boss", "/webhooks", body).Refuses(422, want)
	}
	custom := o.Put("boss", path, `{"customized_payload": true, "custom_payload": "{\"text\": \"#{ticket.title}\"}"}`).Is(200).Object()
	if custom["custom_payload"] != `{"text": "#{ticket.title}"}` {
		t.Errorf("custom payload = %v", custom["custom_payload"])
	}
	o.Post("boss", "/triggers", fmt.Sprintf(`{"name": "Tell", %s, "perform": {"notification.webhook": {"webhook_id": "%d"}}}`, created, made.ID())).Is(201)
	o.Del("boss", path).Refuses(422, "Cannot delete! This webhook is referenced by Trigger: Tell")
	o.Exec(`DELETE FROM triggers WHERE name = 'Tell'`)
	o.Del("boss", path).Is(200)
}

func TestWhatWebhooksSend(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Get("boss", "/webhooks/preview").Is(200).Same(t, `{"article":{},"ticket":{}}`) // sees no ticket
	o.Exec(`
		INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (101, 'Hooks', 1, 1);
		INSERT INTO permissions_roles SELECT 101, id FROM permissions WHERE name = 'admin.webhook';
		INSERT INTO roles_users SELECT id, 101 FROM users WHERE login = 'emma'`)
	preview := o.Get("emma", "/webhooks/preview").Is(200).Object()
	ticket, article := preview["ticket"].(map[string]any), preview["article"].(map[string]any)
	if got := facts(ticket["id"], ticket["group"].(map[string]any)["name"], ticket["customer"].(map[string]any)["login"], article["ticket_id"], article["sender"]); got != "1 Users nicole.braun@zammad.org 1 Customer" {
		t.Errorf("preview is %s", got)
	}
	definitions := o.Get("boss", "/webhooks/pre_defined").Is(200).List()
	var names []any
	for _, d := range definitions {
		names = append(names, d["id"])
	}
	if fmt.Sprint(names) != "[Mattermost MicrosoftTeams RocketChat Slack]" {
		t.Errorf("definitions are %v", names)
	}
	fields := o.Get("boss", "/webhooks/payload/replacements?pre_defined_webhook_type=RocketChat").Is(200).Object()
	if fmt.Sprint(fields["webhook"]) != "[messaging_channel messaging_icon_url messaging_username]" || len(fields["ticket"].([]any)) < 100 {
		t.Errorf("placeholders are %v", fields)
	}
}

func TestHTTPLogs(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Get("boss", "/http_logs").Is(200).Same(t, "[]")
	made := o.Post("boss", "/http_logs", `{"direction": "out", "facility": "cti", "method": "POST", "url": "https://example.com", "status": 200, "ip": null,
		"request": {"content": "<x>"}, "response": {"code": 200}}`).Is(201).Object()
	if facts(made["status"], made["ip"], made["request"], made["response"], made["created_by_id"]) != facts("200", nil, "map[content:<x>]", "map[code:200]", o.UserID("boss")) {
		t.Errorf("made %v", made)
	}
	for body, want := range map[string]string{
		`{"facility": "cti", "method": "POST", "url": "x"}`:     "Attribute 'direction' required!",
		`{"direction": "in", "method": "POST", "url": "x"}`:     "Attribute 'facility' required!",
		`{"direction": "in", "facility": "cti", "url": "x"}`:    "Attribute 'method' required!",
		`{"direction": "in", "facility": "cti", "method": "x"}`: "Attribute 'url' required!",
	} {
		o.Post("boss", "/http_logs", body).Refuses(422, want)
	}
	o.Exec(`INSERT INTO http_logs (direction, facility, method, url, created_at)
		SELECT 'in', 'webhook', 'GET', n::text, now() + n * interval '1 second' FROM generate_series(1, 60) n`)
	for path, want := range map[string]int{"/http_logs": 50, "/http_logs?limit=100": 61, "/http_logs/cti": 1, "/http_logs/webhook?limit=7": 7, "/http_logs/nothing": 0} {
		if got := len(o.Get("boss", path).Is(200).List()); got != want {
			t.Errorf("%s: %d logs, want %d", path, got, want)
		}
	}
	if got := o.Get("boss", "/http_logs").List()[0]["url"]; got != "60" {
		t.Errorf("the first is %v, want the newest", got)
	}
	if got := o.Get("boss", "/http_logs/cti?expand=true").List()[0]["created_by"]; got != "boss" {
		t.Errorf("expanded: made by %v", got)
	}
	o.Get("boss", "/http_logs?limit=-1").Refuses(422, "Invalid value for param 'limit': \"-1\"")
}
