package api_test

import (
	_ "embed"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// rights is the table of authorization: for every route who may call it, as the reference lists it,
// in its own words. A line is METHOD|METHOD path: any of these permissions; "login" is whoever is
// signed in, "public" is anybody; "unknown" before permissions lets in who is not signed in, too. A
// route that is not there fails the test.
//
//go:embed testdata/rights.txt
var rights string

// holds is what people of the tests hold, as far as the rights above name it.
var holds = map[string][]string{
	"david":    {"ticket.customer", "user_preferences.two_factor_authentication"},
	"reporter": {"report"},
	"emma":     {"ticket.agent", "user_preferences"},
	"boss":     {"admin", "admin.any", "report", "user_preferences"},
}

// placeholder is what a pattern leaves open.
var placeholder = regexp.MustCompile(`\{[^}]*\}`)

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
		path = placeholder.ReplaceAllString(path, "4711")
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
		return (a.Status == 403 || a.Header.Get("WWW-Authenticate") != "") && (strings.Contains(string(a.Body), "authorization failed") || strings.Contains(string(a.Body), "Authentication required"))
	}
	right, forUnknown := strings.CutPrefix(right, "unknown ")
	if a := o.Send(o.Request(method, path, body)); refused(a) != (right != "public" && !forUnknown) {
		o.T.Errorf("nobody: %s %s: %d %.100s, open to %s", method, path, a.Status, a.Body, right)
	}
	if right == "public" && !strings.HasPrefix(path, "/api/v1/") {
		return // a page, which knows people by their cookies
	}
	ask := func(token string) apitest.Answer {
		req := o.Request(method, path, body)
		req.Header.Set("Authorization", "Token token="+token)
		return o.Send(req)
	}
	for who, held := range holds {
		a := ask("token of " + who)
		if may := mayCall(right, held); refused(a) == may || a.Status >= 500 {
			o.T.Errorf("%s: %s %s: %d %.100s, open to %s", who, method, path, a.Status, a.Body, right)
		}
	}
	if a := ask("token of nobody"); right != "public" && a.Status != http.StatusUnauthorized {
		o.T.Errorf("unknown token: %s %s: %d", method, path, a.Status)
	}
	if a := ask("token of nothing"); refused(a) != (right != "public" && right != "login") {
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
