package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"postroom/api"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestPathsAsClientsWriteThem(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, path := range []string{"/users/me", "/users/me/", "/users/me.json", "/users/me.json/", "/users/me?expand=true"} {
		o.get("emma", path).is(http.StatusOK)
	}
	o.get("emma", "/nosuch").refuses(404, "No route matches [GET] /api/v1/nosuch")
	o.get("emma", "/nosuch/").refuses(404, "No route matches [GET] /api/v1/nosuch/")
	o.post("emma", "/version", "{}").refuses(404, "No route matches [POST] /api/v1/version")
	o.ask("emma", http.MethodPatch, "/users/3", "{}").refuses(404, "No route matches [PATCH] /api/v1/users/3")
	o.get("emma", "/users/abc").refuses(404, "Couldn't find User with 'id'=abc")
	o.get("emma", "/users/99999999999999999999").refuses(404, "Couldn't find User with 'id'=99999999999999999999")
	o.get("emma", "/users/4711").refuses(404, "Couldn't find User with 'id'=4711")
}

func TestHeadersOfAnswers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	a := o.get("emma", "/users/me").is(http.StatusOK)
	if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "max-age=0, private, must-revalidate" {
		t.Errorf("Cache-Control %q", got)
	}
	if len(a.header.Get("X-Request-Id")) < 16 {
		t.Errorf("X-Request-Id %q", a.header.Get("X-Request-Id"))
	}
	req := o.request(http.MethodGet, "/api/v1/users/me", "")
	req.Header.Set("Authorization", "Token token of emma")
	req.Header.Set("If-None-Match", a.header.Get("ETag"))
	req.Header.Set("X-Request-Id", "from-the-proxy-1")
	again := o.send(req).is(http.StatusNotModified)
	if len(again.body) > 0 || again.header.Get("X-Request-Id") != "from-the-proxy-1" {
		t.Errorf("unchanged answer: body %q, id %q", again.body, again.header.Get("X-Request-Id"))
	}
	req = o.request(http.MethodGet, "/api/v1/users/me", "")
	req.Header.Set("X-Request-Id", `evil"><script>`)
	if got := o.send(req).header.Get("X-Request-Id"); strings.ContainsAny(got, `"<>`) {
		t.Errorf("id of a stranger answered as it came: %q", got)
	}
}

func TestOptionsNeedNoLogin(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	a := o.send(o.request(http.MethodOptions, "/api/v1/tickets", "")).is(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type":                 "text/plain",
		"Access-Control-Allow-Origin":  "*",
		"Access-Control-Allow-Methods": "POST, GET, PUT, DELETE, PATCH, OPTIONS",
		"Access-Control-Max-Age":       "1728000",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(a.body) != 0 {
		t.Errorf("body %q, want none", a.body)
	}
	if got := o.with("").header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("an anonymous answer is shared with %q, want nobody", got)
	}
}

func TestBrowsersGetPages(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	a := o.with("", "Accept", "text/html,application/xhtml+xml").is(http.StatusForbidden)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(string(a.body), "Authentication required") {
		t.Errorf("a browser got %s: %s", a.header.Get("Content-Type"), a.body)
	}
	for _, accept := range []string{"*/*", "application/json", "application/json, text/plain, */*"} {
		o.with("", "Accept", accept).refuses(403, "Authentication required")
	}
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	send := func(contentType, body string) answer {
		req := o.request(http.MethodPost, "/api/v1/organizations", body)
		req.Header.Set("Authorization", "Token token of chris")
		req.Header.Set("Content-Type", contentType)
		return o.send(req)
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
			a.is(tc.status)
			continue
		}
		a.refuses(tc.status, tc.text)
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
		made := send(sent[0], sent[1]).is(http.StatusCreated).object()
		if made["name"] != "From a form" || made["vip"] != true || made["id"] == float64(77) || made["created_by_id"] == float64(1) {
			t.Errorf("%s: made %v", name, made)
		}
		o.del("chris", "/organizations/"+itoa(int(made["id"].(float64)))).is(http.StatusOK)
	}
}

func TestWireFormOfValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 18, 23, 43, 2, 700_000_000, time.FixedZone("CET", 3600))
	for _, tc := range []struct {
		value any
		want  string
	}{
		{at, `"2024-03-18T22:43:02.700Z"`},
		{&at, `"2024-03-18T22:43:02.700Z"`},
		{(*time.Time)(nil), `null`},
		{api.RecordOf("b", 1, "a", []string(nil), "m", map[int64][]string{2: {"full"}, 1: nil}), `{"b":1,"a":[],"m":{"1":[],"2":["full"]}}`},
		{map[string]any{"at": at, "x": nil, "l": []any{1.5, true, "<&>"}}, `{"at":"2024-03-18T22:43:02.700Z","l":[1.5,true,"\u003c\u0026\u003e"],"x":null}`},
		{"line\u2028break \"quoted\"", `"line\u2028break \"quoted\""`},
	} {
		if got := api.EncodeJSON(tc.value); got != tc.want {
			t.Errorf("%v = %s, want %s", tc.value, got, tc.want)
		}
	}
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{`{"a": 1}`, `[[]]`, `{"a\u0000": "\u0000"}`, `{"a": {"b": [1e999]}}`, `"`, "{\"\xff\": 1}", strings.Repeat("[", 70)} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		values, err := api.DecodeJSON(body)
		if err == nil && strings.Contains(api.EncodeJSON(values), `\u0000`) {
			t.Errorf("a NUL came through %q", body)
		}
	})
}
