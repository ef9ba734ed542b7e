package api_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
)

// hostile are values that some field will not expect: of every type, too large, and what means
// something to SQL, HTML, headers, templates and file systems.
var hostile = []string{
	`null`, `""`, `true`, `-1`, `1.5`, `9223372036854775807`, `99999999999999999999999`, `[[null]]`, `["x", 1]`, `{"a": {"b": [null]}}`,
	`"'; DROP TABLE users; -- $1 %s \\"`, `"<script>alert(1)</script>{{.}}#{config.fqdn}"`, `"\u0000\ud800\r\nX-Evil: 1"`, `"../../etc/passwd"`,
	`"9999999-02-31"`, `"` + strings.Repeat("long ", 1400) + `"`,
}

// bodies are no JSON, no object, or no object of a size that anybody needs.
var bodies = []string{
	`{`, `{"name": `, `nul`, `{"name": "x"}}`, `[]`, `[1, null, {"id": {}}]`, `"text"`, `3`, `{}`, `{"": null, "a[b][]": 1}`, "{\"name\": \"\xff\xfe\"}", "\x00",
	`{"a": 1e999}`, strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
}

// oddIDs are ids of nothing.
var oddIDs = []string{"999999999", "0", "-1", "9223372036854775808", "1.5", "x", "%00", "%ff", "%27%20OR%201=1--", "%3Cscript%3E", "..%2F..", strings.Repeat("9", 3000)}

// operation is one of the document's, with what it takes.
type operation struct {
	method, path string
	query        []string
	body         map[string]any // of the right shape; empty: it takes none
}

func (op operation) String() string { return op.method + " " + op.path }

// operationsIn reads the OpenAPI document. Deletions come last: what others ask for is there until then.
func operationsIn(data []byte) ([]operation, error) {
	var document struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	var all []operation
	for path, methods := range document.Paths {
		for method, described := range methods {
			op := operation{method: strings.ToUpper(method), path: path}
			for _, p := range described.Parameters {
				if p.In == "query" {
					op.query = append(op.query, p.Name)
				}
			}
			schema := described.RequestBody.Content["application/json"].Schema
			op.body, _ = exampleOf(schema, document.Components.Schemas, 0).(map[string]any)
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b operation) int {
		last := func(op operation) int { return strings.Count(op.method, http.MethodDelete) }
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.String(), b.String()))
	})
	return all, nil
}

// exampleOf makes a value of a schema.
func exampleOf(schema map[string]any, models map[string]map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		return exampleOf(models[ref[strings.LastIndex(ref, "/")+1:]], models, depth+1)
	}
	if shapes, ok := schema["anyOf"].([]any); ok {
		first, _ := shapes[0].(map[string]any)
		return exampleOf(first, models, depth+1)
	}
	kind := fmt.Sprint(schema["type"])
	switch {
	case depth > 6:
		return nil
	case strings.Contains(kind, "object"):
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		for name, property := range properties {
			of, _ := property.(map[string]any)
			object[name] = exampleOf(of, models, depth+1)
		}
		return object
	case strings.Contains(kind, "array"):
		items, _ := schema["items"].(map[string]any)
		return []any{exampleOf(items, models, depth+1)}
	case strings.Contains(kind, "integer"), strings.Contains(kind, "number"):
		return 1
	case strings.Contains(kind, "boolean"):
		return true
	case schema["format"] == "date-time":
		return "2024-05-06T07:08:09.000Z"
	case strings.Contains(kind, "string"):
		return "Odd"
	}
	return nil
}

// assault sends one caller's requests to an office.
type assault struct {
	*apitest.Office
	who     string
	browser *apitest.Browser // nobody who is signed in, with a CSRF token; nil: who, with a token
	ids     map[string]string
	n       int
	answers map[int]int // by status
}

// at is an operation's path with ids of what is there, or all with the same odd one.
func (a *assault) at(op operation, odd string) string {
	return placeholder.ReplaceAllStringFunc(op.path, func(name string) string {
		noun, _, _ := strings.Cut(strings.TrimPrefix(op.path, "/api/v1/"), "/")
		return cmp.Or(odd, a.ids[noun+" "+name], a.ids[noun], a.ids[name], "1")
	})
}

// send makes a request and looks at what came back. It returns false where the caller is refused
// whatever is sent.
func (a *assault) send(op operation, path, body string, headers ...string) (open bool) {
	a.T.Helper()
	a.n++
	req := a.Request(op.method, path, body)
	if a.browser == nil {
		req.Header.Set("Authorization", "Token token=token of "+a.who)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	var got apitest.Answer
	if a.browser != nil {
		got = a.browser.Send(req)
	} else {
		got = a.Send(req)
	}
	a.answers[got.Status]++
	if fault := faultOf(op, got.Status, got.Header, got.Body); fault != "" {
		a.T.Errorf("%s: %s: %s\n\tfor %.80s %.300s: %.300s", a.who, op, fault, path, body, got.Body)
	}
	refused := strings.Contains(string(got.Body), "authorization failed") || strings.Contains(string(got.Body), "Authentication required")
	return got.Status != http.StatusForbidden || !refused
}

// faultOf says what is wrong about an answer to whatever was asked; "": nothing.
func faultOf(op operation, status int, header http.Header, body []byte) string {
	switch {
	case status >= 500:
		return fmt.Sprint("status ", status)
	case strings.Contains(string(body), "SQLSTATE"):
		return "the database speaks"
	case status < 400 || !strings.HasPrefix(op.path, "/api/v1/"):
		return "" // OAuth refuses in its own words
	case header.Get("X-Evil") != "":
		return "a header of the client's"
	}
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	if len(body) > 0 && (kind == "application/xml" || kind == "text/plain" && status == http.StatusTooManyRequests) {
		return "" // telephone systems speak XML; whoever asks too often is told in plain text
	}
	var refusal struct{ Error, Notice, Message any } // passwords are refused with a notice, gateways of text messages with a message
	if err := json.Unmarshal(body, &refusal); err != nil || (refusal.Error == nil || refusal.Error == "") && refusal.Notice == nil && refusal.Message == nil {
		return fmt.Sprintf("status %d without an error", status)
	}
	return ""
}

// slowToRefuse are addresses that make whoever guesses a password wait.
var slowToRefuse = regexp.MustCompile("/(signin|password_check|password_change|oauth)")

// everyField sends a right body with each field left out, and with hostile values in it: every
// sixth one, which are others for the next field. The fuzzer sends all of them.
func (a *assault) everyField(op operation) {
	a.T.Helper()
	step := 6
	if slowToRefuse.MatchString(op.path) {
		step = len(hostile)
	}
	for i, field := range slices.Sorted(maps.Keys(op.body)) {
		odd := maps.Clone(op.body)
		delete(odd, field)
		a.send(op, a.at(op, ""), encoded(odd))
		for j := i % step; j < len(hostile); j += step {
			odd[field] = json.RawMessage(hostile[j])
			a.send(op, a.at(op, ""), encoded(odd))
		}
	}
	for i, name := range op.query {
		for j := i % 8; j < len(hostile); j += 8 {
			a.send(op, a.at(op, "")+"?"+url.Values{name: {strings.Trim(hostile[j], `"`)}}.Encode(), "")
		}
	}
	if op.method != http.MethodGet {
		a.send(op, a.at(op, ""), encoded(map[string]any{"name": strings.Repeat("x", 2<<20)}))
	}
}

// outline sends what is wrong whatever the operation takes.
func (a *assault) outline(op operation) {
	a.T.Helper()
	if !a.send(op, a.at(op, ""), encoded(op.body)) {
		return // nothing of what follows is read
	}
	if strings.Contains(op.path, "{") {
		for _, id := range oddIDs {
			a.send(op, a.at(op, id), encoded(op.body))
		}
	}
	for _, name := range append(op.query, "page", "per_page", "x[") {
		a.send(op, a.at(op, "")+"?"+name+"=%ff", "")
		a.send(op, a.at(op, "")+"?"+name+"[a][]=99999999999999999999&"+name+"[]=%00", "")
	}
	if op.method == http.MethodGet {
		return
	}
	for _, body := range bodies {
		a.send(op, a.at(op, ""), body)
	}
	for _, value := range hostile {
		odd := map[string]any{}
		for field := range op.body {
			odd[field] = json.RawMessage(value)
		}
		a.send(op, a.at(op, ""), encoded(odd))
	}
	a.send(op, a.at(op, ""), "a=1;b=%zz&c[d]=%ff", "Content-Type", "application/x-www-form-urlencoded")
	a.send(op, a.at(op, ""), "--x\r\nno end", "Content-Type", "multipart/form-data; boundary=x")
}

func encoded(body map[string]any) string {
	if len(body) == 0 {
		return ""
	}
	text, err := json.Marshal(body)
	if err != nil {
		return "{" // a lone surrogate is no valid RawMessage: not the case of any value above
	}
	return string(text)
}

// TestNothingThatIsSentIsOurFault: whatever anybody sends to any address, the answer is a success
// or a refusal as the document describes it.
func TestNothingThatIsSentIsOurFault(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"chris", "emma", "david", "nobody"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			o := apitest.Open(t, func(n *api.Needs) { n.WrongPasswordTakes = time.Millisecond })
			operations, err := operationsIn(o.Send(o.Request("GET", "/api/v1/openapi.json", "")).Is(200).Body)
			if err != nil {
				t.Fatal(err)
			}
			ticket := fmt.Sprint(o.NewTicket(1, "david", "Odd"))
			a := assault{Office: o, who: who, answers: map[int]int{}, ids: map[string]string{
				"tickets": ticket, "{ticket_id}": ticket, "users": fmt.Sprint(o.UserID("single")), "sessions": "999", "roles": "100", "groups": "3", "settings": "17",
				"user_access_token": "999", "{object}": "Ticket", "{objects}": "Ticket-User-Organization", "{year}": "2024", "{month}": "5",
			}}
			if who == "nobody" {
				a.browser = o.Browser()
				a.browser.Ask("GET", "/signshow", "")
			}
			for _, op := range operations {
				a.outline(op)
				if who == "chris" {
					a.everyField(op)
				}
			}
			o.Get("chris", "/users/me").Is(http.StatusOK)
			o.Get("chris", "/users").Is(http.StatusOK) // still an administrator
			t.Log(a.n, "requests; answers by status:", a.answers)
			if a.n < 3*len(operations) || who == "chris" && a.answers[200] < 1000 || len(operations) < 200 {
				t.Errorf("%d requests to %d operations", a.n, len(operations))
			}
		})
	}
}

// FuzzRoutes is for go test -fuzz: one request at a time to an office that stays the same.
func FuzzRoutes(f *testing.F) {
	o := apitest.Open(f, func(n *api.Needs) { n.Log = slog.New(slog.DiscardHandler) }) // a fuzz target may not log in f's name
	operations, err := operationsIn(o.Send(o.Request("GET", "/api/v1/openapi.json", "")).Is(200).Body)
	if err != nil {
		f.Fatal(err)
	}
	callers := []string{"chris", "emma", "david", ""}
	for i, op := range operations {
		f.Add(uint16(i), uint8(0), "1", "", encoded(op.body))
		f.Add(uint16(i), uint8(i), oddIDs[i%len(oddIDs)], "page=-1&x[y][]=%00", bodies[i%len(bodies)])
	}
	f.Fuzz(func(t *testing.T, which uint16, who uint8, id, query, body string) {
		op := operations[int(which)%len(operations)]
		req := httptest.NewRequestWithContext(t.Context(), op.method, "/", strings.NewReader(body))
		req.URL.Path, req.URL.RawQuery = placeholder.ReplaceAllLiteralString(op.path, strings.ReplaceAll(id, "/", "")), query
		req.Header.Set("Content-Type", "application/json")
		if caller := callers[int(who)%len(callers)]; caller != "" {
			req.Header.Set("Authorization", "Token token=token of "+caller)
		}
		answer := httptest.NewRecorder()
		o.Server.ServeHTTP(answer, req)
		if fault := faultOf(op, answer.Code, answer.Header(), answer.Body.Bytes()); fault != "" {
			t.Errorf("%s %s?%s with %.300q: %s: %.300s", op.method, req.URL.Path, query, body, fault, answer.Body)
		}
	})
}
