package api_test

import (
	"net/http"
	"postroom/api/apitest"
	"strings"
	"testing"
)

// rights is who may call what, as the reference lists it, in its own words. A route that is not
// here fails the test.
const rights = `
GET /api/v1/getting_started: public
GET /api/v1/version: admin
GET /api/v1/users/me: login
GET|POST /api/v1/users/search: ticket.agent admin.user
GET /api/v1/users: login
GET /api/v1/users/{id}: login
POST /api/v1/users: ticket.agent admin.user
PUT /api/v1/users/{id}: ticket.agent admin.user
DELETE /api/v1/users/{id}: admin.user
PUT /api/v1/users/unlock/{id}: admin.user
GET|POST /api/v1/user_access_token: user_preferences.access_token
DELETE /api/v1/user_access_token/{id}: user_preferences.access_token
GET|POST /api/v1/organizations/search: ticket.agent admin.organization
GET /api/v1/organizations: login
GET /api/v1/organizations/{id}: login
POST /api/v1/organizations: ticket.agent admin.organization
PUT|DELETE /api/v1/organizations/{id}: ticket.agent admin.organization
GET|POST /api/v1/groups/search: admin.group
GET /api/v1/groups: ticket.agent admin.group ticket.customer
GET /api/v1/groups/{id}: ticket.agent admin.group ticket.customer
POST /api/v1/groups: admin.group
PUT|DELETE /api/v1/groups/{id}: admin.group
GET|POST /api/v1/roles/search: admin.role
GET /api/v1/roles: ticket.agent admin.role ticket.customer
GET /api/v1/roles/{id}: ticket.agent admin.role ticket.customer
POST /api/v1/roles: admin.role
PUT /api/v1/roles/{id}: admin.role
GET /api/v1/ticket_states: ticket.agent admin.ticket_state ticket.customer
GET /api/v1/ticket_states/{id}: ticket.agent admin.ticket_state ticket.customer
POST /api/v1/ticket_states: admin.ticket_state
PUT|DELETE /api/v1/ticket_states/{id}: admin.ticket_state
GET /api/v1/ticket_priorities: ticket.agent admin.ticket_priority ticket.customer
GET /api/v1/ticket_priorities/{id}: ticket.agent admin.ticket_priority ticket.customer
POST /api/v1/ticket_priorities: admin.ticket_priority
PUT|DELETE /api/v1/ticket_priorities/{id}: admin.ticket_priority
GET /api/v1/email_addresses: ticket.agent admin.channel_email
GET /api/v1/email_addresses/{id}: ticket.agent admin.channel_email
POST /api/v1/email_addresses: admin.channel_email
PUT|DELETE /api/v1/email_addresses/{id}: admin.channel_email
GET /api/v1/signatures: ticket.agent admin.channel_email
GET /api/v1/signatures/{id}: ticket.agent admin.channel_email
POST /api/v1/signatures: admin.channel_email
PUT|DELETE /api/v1/signatures/{id}: admin.channel_email
GET|DELETE /api/v1/channels_email: admin.channel_email
POST /api/v1/channels_email_probe: admin.channel_email
POST /api/v1/channels_email_inbound: admin.channel_email
POST /api/v1/channels_email_outbound: admin.channel_email
POST /api/v1/channels_email_verify: admin.channel_email
POST /api/v1/channels_email_notification: admin.channel_email
POST /api/v1/channels_email_enable: admin.channel_email
POST /api/v1/channels_email_disable: admin.channel_email
POST /api/v1/channels_email_group/{id}: admin.channel_email
GET|POST /api/v1/settings: admin.any
GET /api/v1/settings/area/{area}: admin.any
GET|PUT|DELETE /api/v1/settings/{id}: admin.any
POST /api/v1/settings/reset/{id}: admin.any
GET /api/v1/monitoring/health_check: admin.monitoring
GET /api/v1/monitoring/status: admin.monitoring
GET /api/v1/monitoring/amount_check: admin.monitoring
POST /api/v1/monitoring/token: admin.monitoring
POST /api/v1/monitoring/restart_failed_jobs: admin.monitoring
GET /api/v1/getting_started/auto_wizard: public
GET /api/v1/getting_started/auto_wizard/{token}: public
GET /api/v1/tickets: login
POST /api/v1/tickets: ticket.agent ticket.customer
GET|POST /api/v1/tickets/search: login
GET|PUT|DELETE /api/v1/tickets/{id}: login
GET /api/v1/ticket_history/{id}: ticket.agent
GET /api/v1/ticket_articles: admin
GET|PUT|DELETE /api/v1/ticket_articles/{id}: login
GET /api/v1/ticket_articles/by_ticket/{id}: login
POST /api/v1/ticket_articles: login
GET /api/v1/ticket_article_plain/{id}: login
GET /api/v1/ticket_attachment/{ticket_id}/{article_id}/{id}: login
GET /api/v1/attachments/{id}: login
`

// holds is what people of the tests hold, as far as the rights above name it.
var holds = map[string][]string{
	"david":    {"ticket.customer"},
	"reporter": {},
	"emma":     {"ticket.agent", "user_preferences.access_token"},
	"boss":     {"admin", "admin.any", "user_preferences.access_token"},
}

func TestEveryRouteKeepsItsRights(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`
		INSERT INTO tokens (user_id, action, token_hash, preferences)
		SELECT id, 'api', sha256('token of nothing'), '{"permission": []}' FROM users WHERE login = 'chris'`)
	wanted := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(rights)) {
		route, who, _ := strings.Cut(strings.TrimSpace(line), ": ")
		methods, path, _ := strings.Cut(route, " ")
		for method := range strings.SplitSeq(methods, "|") {
			wanted[method+" "+path] = who
		}
	}
	for _, pattern := range o.Server.Patterns() {
		right, known := wanted[pattern]
		if !known {
			t.Errorf("%s: who may call it?", pattern)
			continue
		}
		delete(wanted, pattern)
		method, path, _ := strings.Cut(pattern, " ")
		for _, name := range []string{"{id}", "{ticket_id}", "{article_id}"} {
			path = strings.ReplaceAll(path, name, "4711")
		}
		checkRight(o, method, path, right)
	}
	for pattern := range wanted {
		t.Errorf("%s: no such route", pattern)
	}
}

func checkRight(o *apitest.Office, method, path, right string) {
	o.T.Helper()
	body := ""
	if method != http.MethodGet {
		body = "{}"
	}
	refused := func(a apitest.Answer) bool {
		return a.Status == 403 && (strings.Contains(string(a.Body), "authorization failed") || strings.Contains(string(a.Body), "Authentication required"))
	}
	if a := o.Send(o.Request(method, path, body)); refused(a) != (right != "public") {
		o.T.Errorf("nobody: %s %s: %d %.100s, open to %s", method, path, a.Status, a.Body, right)
	}
	path = strings.TrimPrefix(path, "/api/v1")
	for who, held := range holds {
		a := o.Ask(who, method, path, body)
		if may := mayCall(right, held); refused(a) == may || a.Status >= 500 {
			o.T.Errorf("%s: %s %s: %d %.100s, open to %s", who, method, path, a.Status, a.Body, right)
		}
	}
	a := o.Ask("", method, path, body)
	if right != "public" && a.Status != http.StatusUnauthorized {
		o.T.Errorf("unknown token: %s %s: %d", method, path, a.Status)
	}
	req := o.Request(method, "/api/v1"+path, body)
	req.Header.Set("Authorization", "Token token of nothing")
	if a := o.Send(req); refused(a) != (right != "public" && right != "login") {
		o.T.Errorf("token without permissions: %s %s: %d %.100s, open to %s", method, path, a.Status, a.Body, right)
	}
}

// mayCall reads a line of the rights.
func mayCall(right string, held []string) bool {
	if right == "public" || right == "login" {
		return true
	}
	for permission := range strings.SplitSeq(right, " ") {
		for _, h := range held {
			if h == permission || strings.HasPrefix(permission, h+".") {
				return true
			}
		}
	}
	return false
}
