package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestPathsAsClientsWriteThem(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, path := range []string{"/users/me", "/users/me/", "/users/me.json", "/users/me.json/", "/users/me?expand=true", "//users///me"} {
		o.Get("emma", path).Is(http.StatusOK)
	}
	o.Post("emma", "//tickets", `{"title": "t", "group": "Users", "customer": "david"}`).Is(http.StatusCreated)
	o.Get("emma", "/nosuch").Refuses(404, "No route matches [GET] /api/v1/nosuch")
	o.Get("emma", "/nosuch/").Refuses(404, "No route matches [GET] /api/v1/nosuch/")
	o.Post("emma", "/version", "{}").Refuses(404, "No route matches [POST] /api/v1/version")
	o.Ask("emma", http.MethodPatch, "/users/3", "{}").Refuses(404, "No route matches [PATCH] /api/v1/users/3")
	o.Get("emma", "/users/abc").Refuses(404, "Couldn't find User with 'id'=abc")
	o.Get("emma", "/users/99999999999999999999").Refuses(404, "Couldn't find User with 'id'=99999999999999999999")
	o.Get("emma", "/users/4711").Refuses(404, "Couldn't find User with 'id'=4711")
}

func TestHeadersOfAnswers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := o.Get("emma", "/users/me").Is(http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.Header.Get("Cache-Control"); got != "max-age=0, private, must-revalidate" {
		t.Errorf("Cache-Control %q", got)
	}
	if len(a.Header.Get("X-Request-Id")) < 16 {
		t.Errorf("X-Request-Id %q", a.Header.Get("X-Request-Id"))
	}
	req := o.Request(http.MethodGet, "/api/v1/users/me", "")
	req.Header.Set("Authorization", "Token token of emma")
	req.Header.Set("If-None-Match", a.Header.Get("ETag"))
	req.Header.Set("X-Request-Id", "from-the-proxy-1")
	again := o.Send(req).Is(http.StatusNotModified)
	if len(again.Body) > 0 || again.Header.Get("X-Request-Id") != "from-the-proxy-1" {
		t.Errorf("unchanged answer: body %q, id %q", again.Body, again.Header.Get("X-Request-Id"))
	}
	req = o.Request(http.MethodGet, "/api/v1/users/me", "")
	req.Header.Set("X-Request-Id", `evil"><script>`)
	if got := o.Send(req).Header.Get("X-Request-Id"); strings.ContainsAny(got, `"<>`) {
		t.Errorf("id of a stranger answered as it came: %q", got)
	}
}

func TestOptionsNeedNoLogin(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := o.Send(o.Request(http.MethodOptions, "/api/v1/tickets", "")).Is(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type":                 "text/plain",
		"Access-Control-Allow-Origin":  "*",
		"Access-Control-Allow-Methods": "POST, GET, PUT, DELETE, PATCH, OPTIONS",
		"Access-Control-Max-Age":       "1728000",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(a.Body) != 0 {
		t.Errorf("body %q, want none", a.Body)
	}
	if got := o.With("").Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("an anonymous answer is shared with %q, want nobody", got)
	}
}

func TestBrowsersGetPages(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a := o.With("", "Accept", "text/html,application/xhtml+xml").Is(http.StatusForbidden)
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(a.Body), "Authentication required") {
		t.Errorf("a browser got %s: %s", a.Header.Get("Content-Type"), a.Body)
	}
	for _, accept := range []string{"*/*", "application/json", "application/json, text/plain, */*"} {
		o.With("", "Accept", accept).Refuses(403, "Authentication required")
	}
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	send := func(contentType, body string) apitest.Answer {
		req := o.Request(http.MethodPost, "/api/v1/organizations", body)
		req.Header.Set("Authorization", "Token token of chris")
		req.Header.Set("Content-Type", contentType)
		return o.Send(req)
	}
	const asJSON = "application/json"
	for _, tc := range []struct {
		name, contentType, body string
		status                  int
		text                    string
	}{
		{"cut off", asJSON, "{\n \"name\": \"A\",", 400, "Malformed JSON at line 2, column 13: unexpected EOF"},
		{"garbage", asJSON, "{name}", 400, "Malformed JSON at line 1, column 2: invalid character 'n' looking for beginning of object key string"},
		{"two values", asJSON, "{} {}", 400, ""},
		{"deep", asJSON, strings.Repeat("[", 100) + strings.Repeat("]", 100), 400, "The JSON body is nested more than 64 levels deep"},
		{"not UTF-8", asJSON, "{\"name\": \"\xff\xfe\"}", 400, "The request body is not valid UTF-8"},
		{"form, not UTF-8", "application/x-www-form-urlencoded", "name=%ff%fe", 400, "The parameters are not valid UTF-8"},
		{"form, bad escape", "application/x-www-form-urlencoded", "name=%zz", 400, "Invalid form body"},
		{"multipart, no boundary", "multipart/form-data", "x", 400, "Invalid multipart body"},
		{"a list", asJSON, `[1, 2]`, 422, "Name can't be blank"},
		{"null", asJSON, `null`, 422, "Name can't be blank"},
		{"nothing", asJSON, ``, 422, "Name can't be blank"},
		{"huge", asJSON, `{"name": "` + strings.Repeat("x", 1<<20) + `"}`, 413, "The request is larger than the allowed 1048576 bytes."},
	} {
		a := send(tc.contentType, tc.body)
		if tc.text == "" {
			a.Is(tc.status)
			continue
		}
		a.Refuses(tc.status, tc.text)
	}
	for name, sent := range map[string][2]string{
		"form":            {"application/x-www-form-urlencoded", "name=From+a+form&vip=1"},
		"JSON as form":    {"application/x-www-form-urlencoded", `{"name": "From a form", "vip": "True"}`},
		"JSON, NULs":      {asJSON, `{"name": "From\u0000 a form", "vip": true}`},
		"JSON, no type":   {"", `{"name": "From a form", "vip": 1}`},
		"charset":         {"application/json; charset=utf-8", `{"name": "From a form", "vip": "true"}`},
		"multipart":       {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nFrom a form\r\n--b\r\nContent-Disposition: form-data; name=\"vip\"\r\n\r\nyes\r\n--b--\r\n"},
		"over-long, cut":  {asJSON, `{"name": "From a form` + strings.Repeat(" ", 200) + `", "vip": 1}`},
		"unknown ignored": {asJSON, `{"id": 77, "created_at": "1999-01-01", "created_by_id": 1, "nosuch": {"a": []}, "name": "From a form", "vip": 1}`},
	} {
		made := send(sent[0], sent[1]).Is(http.StatusCreated).Object()
		if made["name"] != "From a form" || made["vip"] != true || made["id"] == float64(77) || made["created_by_id"] == float64(1) {
			t.Errorf("%s: made %v", name, made)
		}
		o.Del("chris", "/organizations/"+itoa(int(made["id"].(float64)))).Is(http.StatusOK)
	}
}
