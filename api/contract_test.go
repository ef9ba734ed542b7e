package api_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// contract is what existing clients were written against: the documented requests and answers.
//
//go:embed testdata/endpoints.json
var contract []byte

// endpoint is one entry of the contract.
type endpoint struct {
	ID          string
	Kind        string // endpoint, variant, derived, duplicate: a request; convention: a rule for all
	Method      string
	Path        string
	Query       map[string]string
	Headers     map[string]string
	Permissions []string // any of; "any": whoever is signed in
	Request     json.RawMessage
	Status      int             `json:"response_status"`
	AnswerKind  string          `json:"response_kind"` // json, binary, empty, none_documented
	Answer      json.RawMessage `json:"response"`
	Fragment    bool            `json:"request_is_fragment"` // of the body of another entry
}

// replay says how an entry is asked for in the tests' helpdesk: what it needs to be there, what
// has to stand in place of the sample's ids, and where what clients meet differs from the document.
type replay struct {
	of      string                       // of a fragment: the entry whose request it is part of
	prepare func(*scene)                 // makes the records it needs
	status  int                          // where the wire differs from the document
	agent   int                          // what an agent is answered; 0: as the documented permissions say
	cust    int                          // what a customer is answered; 0: as the documented permissions say
	without []string                     // keys that only older versions answer
	own     bool                         // each caller needs records of their own
	wire    string                       // what is answered on the wire instead of the sample
	empty   bool                         // nothing is answered on the wire, not even {}
	check   func(*scene, apitest.Answer) // what else must hold for the administrator
	rule    func(*scene)                 // of a convention: how it is tried
}

// scene is one helpdesk in which one entry is replayed.
type scene struct {
	*apitest.Office
	entry endpoint
	who   string            // asks
	ids   map[string]any    // for the placeholders of path and query
	query map[string]string // beside the documented one
	send  map[string]any    // in place of values of the documented body; nil: left out
}

// callers are those in whose names every entry is asked for, in this order: who is refused changes
// nothing for the next.
var callers = []string{"david", "emma", "chris"}

// held are their permissions, as far as the contract names them.
var held = map[string][]string{
	"david": {"ticket.customer"},
	"emma":  {"ticket.agent", "user_preferences.access_token"},
	"chris": {"admin", "ticket.agent", "user_preferences.access_token"},
}

func TestDocumentedRequestsAreAnsweredAsDocumented(t *testing.T) {
	t.Parallel()
	entries := readContract(t)
	left := maps.Clone(replays)
	for _, entry := range entries {
		row, known := replays[entry.ID]
		if !known {
			t.Errorf("%s: how is it replayed?", entry.ID)
			continue
		}
		delete(left, entry.ID)
		if row.of != "" {
			entry = entries[slices.IndexFunc(entries, func(e endpoint) bool { return e.ID == row.of })].with(t, entry)
		}
		t.Run(entry.ID, func(t *testing.T) {
			t.Parallel()
			entry.replay(t, row)
		})
	}
	for id := range left {
		t.Errorf("%s is not in the contract", id)
	}
}

func readContract(t *testing.T) []endpoint {
	t.Helper()
	var entries []endpoint
	if err := json.Unmarshal(contract, &entries); err != nil || len(entries) != 127 {
		t.Fatalf("%d entries of the contract, %v; want 127", len(entries), err)
	}
	return entries
}

// with adds the body of a fragment, whose name and status it takes.
func (e endpoint) with(t *testing.T, fragment endpoint) endpoint {
	t.Helper()
	body := decode(t, e.Request).(map[string]any)
	maps.Copy(body, decode(t, fragment.Request).(map[string]any))
	e.ID, e.Permissions, e.Status, e.Request = fragment.ID, fragment.Permissions, fragment.Status, encode(t, body)
	return e
}

// replay asks in everybody's name. Those who are refused and those who only read share a helpdesk.
func (e endpoint) replay(t *testing.T, row replay) {
	if row.rule != nil {
		row.rule(open(t, e))
		return
	}
	shared := e.prepared(t, row, "chris")
	for _, who := range callers {
		want := row.outcome(e, who)
		s := shared
		if changes := e.Method != http.MethodGet || row.own; changes && want < 300 && who != "chris" {
			s = e.prepared(t, row, who)
		}
		answer := s.ask(who)
		if answer.Status != want {
			t.Errorf("%s: %d %.300s, want %d", answer.Asked, answer.Status, answer.Body, want)
			continue
		}
		e.checkKind(t, row, answer)
		if who != "david" && want < 300 { // what customers see is cut: see shape_test.go
			e.checkShape(t, row, answer)
		}
		if who == "chris" && row.check != nil {
			row.check(s, answer)
		}
	}
}

func (e endpoint) prepared(t *testing.T, row replay, who string) *scene {
	t.Helper()
	s := open(t, e)
	s.who = who
	if row.prepare != nil {
		row.prepare(s)
	}
	return s
}

func open(t *testing.T, e endpoint) *scene {
	t.Helper()
	return &scene{Office: apitest.Open(t), entry: e, ids: map[string]any{}, query: map[string]string{}, send: map[string]any{}}
}

// outcome is the status that somebody is to be answered.
func (r replay) outcome(e endpoint, who string) int {
	success := e.Status
	if r.status != 0 {
		success = r.status
	}
	switch {
	case who == "emma" && r.agent != 0:
		return r.agent
	case who == "david" && r.cust != 0:
		return r.cust
	case len(e.Permissions) == 0:
		return success
	}
	for _, permission := range e.Permissions {
		for _, h := range held[who] {
			if permission == "any" || permission == h || strings.HasPrefix(permission, h+".") {
				return success
			}
		}
	}
	return http.StatusForbidden
}

// ask sends the documented request, with the ids of this helpdesk.
func (s *scene) ask(who string) apitest.Answer {
	s.T.Helper()
	path := strings.TrimPrefix(s.fill(s.entry.Path), "/api/v1")
	query := url.Values{}
	for _, pairs := range []map[string]string{s.entry.Query, s.query} {
		for key, value := range pairs {
			query.Set(key, s.fill(value))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return s.Ask(who, s.entry.Method, path, s.body())
}

// body is the documented body with what has to be sent in place of it.
func (s *scene) body() string {
	s.T.Helper()
	if len(s.entry.Request) == 0 || string(s.entry.Request) == "null" {
		return ""
	}
	body, ok := decode(s.T, s.entry.Request).(map[string]any)
	if !ok {
		return string(s.entry.Request)
	}
	for key, value := range s.send {
		if value == nil {
			delete(body, key)
		} else {
			body[key] = value
		}
	}
	return string(encode(s.T, body))
}

// fill puts ids in the place of {id} and the like.
func (s *scene) fill(text string) string {
	for name, value := range s.ids {
		text = strings.ReplaceAll(text, "{"+name+"}", fmt.Sprint(value))
	}
	if placeholder.MatchString(text) {
		s.T.Fatalf("%s: what stands for it in %s?", s.entry.ID, text)
	}
	return text
}

func (e endpoint) checkKind(t *testing.T, row replay, a apitest.Answer) {
	t.Helper()
	media := a.Header.Get("Content-Type")
	switch {
	case a.Status >= 300 && a.Status < 400, e.AnswerKind == "none_documented" && a.Status < 300:
	case a.Status < 300 && (row.empty || e.AnswerKind == "empty" && row.wire == ""):
		if len(a.Body) > 0 {
			t.Errorf("%s: %.100s, want an empty body", a.Asked, a.Body)
		}
	case a.Status < 300 && e.AnswerKind == "binary":
		if strings.HasPrefix(media, "application/json") || len(a.Body) == 0 {
			t.Errorf("%s: %s of %d bytes, want a file", a.Asked, media, len(a.Body))
		}
	default:
		if !strings.HasPrefix(media, "application/json;") || !json.Valid(a.Body) {
			t.Errorf("%s: %s %.100s, want JSON", a.Asked, media, a.Body)
		}
	}
}

func (e endpoint) checkShape(t *testing.T, row replay, a apitest.Answer) {
	t.Helper()
	if row.wire != "" {
		a.Same(t, row.wire)
		return
	}
	if e.AnswerKind != "json" || row.empty {
		return
	}
	for _, difference := range differences(decode(t, e.Answer), decode(t, a.Body), row.without) {
		t.Errorf("%s: %s", a.Asked, difference)
	}
}

func decode(t testing.TB, data []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("%v: %.200s", err, data)
	}
	return value
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
