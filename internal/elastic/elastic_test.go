package elastic_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/elastic"
)

// settings are those of an engine at url.
func settings(url string, more ...string) desk.Settings {
	s := desk.Settings{}
	for i := 0; i+1 < len(more); i += 2 {
		s[more[i]] = json.RawMessage(more[i+1])
	}
	for name, value := range map[string]string{"es_url": url, "es_index": "zammad"} {
		if s[name] == nil {
			s[name], _ = json.Marshal(value)
		}
	}
	return s
}

func client(t *testing.T, keys elastic.Keys, s desk.Settings) *elastic.Client {
	t.Helper()
	c, err := elastic.NewEngine(keys).Client(s)
	if err != nil || c == nil {
		t.Fatalf("client %v, %v", c, err)
	}
	return c
}

// fake answers as an engine does on the wire: no plugin and no certificate can be had for the real one.
type fake struct {
	*httptest.Server
	requests []*http.Request
	bodies   []string
}

func newFake(t *testing.T, secure bool, answer func(r *http.Request) (int, string)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.requests, f.bodies = append(f.requests, r), append(f.bodies, string(body))
		status, text := answer(r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	if secure {
		f.StartTLS()
	} else {
		f.Start()
	}
	t.Cleanup(f.Close)
	return f
}

func counts(*http.Request) (int, string) { return 200, `{"count":7}` }

func TestClientsAreWhomTheSettingsSay(t *testing.T) {
	t.Parallel()
	engine := newFake(t, true, counts)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: engine.Certificate().Raw})
	for _, tc := range []struct {
		name          string
		keys          elastic.Keys
		settings      []string
		authorization string // empty: the server is not trusted
	}{
		{"a certificate that nobody knows", elastic.Keys{}, nil, ""},
		{"a certificate that is not looked at", elastic.Keys{}, []string{"es_ssl_verify", "false", "es_user", `"u"`, "es_password", `"p"`}, "Basic dTpw"},
		{"as the original's console is told", elastic.Keys{}, []string{"es_ssl_verify", `"false"`, "es_user", `"u"`, "es_password", `"p"`}, "Basic dTpw"},
		{"an authority of our own", elastic.Keys{CA: ca}, []string{"es_user", `"u"`, "es_password", `"p"`}, "Basic dTpw"},
		{"a key instead of a password", elastic.Keys{CA: ca, APIKey: "a2V5"}, []string{"es_user", `"u"`, "es_password", `"p"`}, "APIKey a2V5"},
	} {
		n, err := client(t, tc.keys, settings(engine.URL, tc.settings...)).Count(t.Context(), elastic.User, nil)
		if tc.authorization == "" {
			if !errors.Is(err, desk.ErrUnavailable) {
				t.Errorf("%s: %v, want one that says unavailable", tc.name, err)
			}
			continue
		}
		if err != nil || n != 7 {
			t.Fatalf("%s: %d, %v", tc.name, n, err)
		}
		last := engine.requests[len(engine.requests)-1]
		if got := last.Header.Get("Authorization"); !strings.EqualFold(got, tc.authorization) {
			t.Errorf("%s: Authorization %q, want %q", tc.name, got, tc.authorization)
		}
		if accept := last.Header.Get("Accept"); strings.Contains(accept, "vnd.elasticsearch") {
			t.Errorf("%s: Accept %q is not known to OpenSearch", tc.name, accept)
		}
		if last.URL.Path != "/zammad_user/_count" {
			t.Errorf("%s: path %s", tc.name, last.URL.Path)
		}
	}
}

func TestSettingsThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]desk.Settings{
		"no address":     settings("localhost:9200"),
		"another scheme": settings("ftp://localhost"),
		"no scheme":      settings("elastic:s3cret@localhost:9200"),
		"no prefix":      settings("http://localhost", "es_index", `""`),
		"a wild prefix":  settings("http://localhost", "es_index", `"a*"`),
	} {
		_, err := elastic.NewEngine(elastic.Keys{}).Client(s)
		if _, ok := errors.AsType[*desk.ConfigError](err); !ok {
			t.Errorf("%s: %v, want a ConfigError", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v tells the password", name, err)
		}
	}
	if c, err := elastic.NewEngine(elastic.Keys{}).Client(settings("")); c != nil || err != nil {
		t.Errorf("without an address: %v, %v, want none", c, err)
	}
	e := elastic.NewEngine(elastic.Keys{})
	first, _ := e.Client(settings("http://localhost:1"))
	same, _ := e.Client(settings("http://localhost:1"))
	other, _ := e.Client(settings("http://localhost:2"))
	if first != same || first == other {
		t.Error("a client lives as long as its settings, and no longer")
	}
}

func TestProductsAreTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ version, want, fails string }{
		{`{"version":{"number":"8.17.1"}}`, "Elasticsearch 8.17.1", ""},
		{`{"version":{"number":"9.1.0","build_flavor":"default"}}`, "Elasticsearch 9.1.0", ""},
		{`{"version":{"number":"2.15.0","distribution":"opensearch"}}`, "OpenSearch 2.15.0", ""},
		{`{"version":{"number":"3.1.0","distribution":"opensearch"}}`, "OpenSearch 3.1.0", ""},
		{`{"version":{"number":"6.8.0"}}`, "", "too old"},
		{`{"hello":"world"}`, "", "neither"},
	} {
		engine := newFake(t, false, func(r *http.Request) (int, string) {
			if r.URL.Path == "/" {
				return 200, tc.version
			}
			return 200, `{"status":"green"}`
		})
		info, err := client(t, elastic.Keys{}, settings(engine.URL)).Info(t.Context())
		switch {
		case tc.fails != "":
			if err == nil || !strings.Contains(err.Error(), tc.fails) {
				t.Errorf("%s: %v, want an error that says %q", tc.version, err, tc.fails)
			}
		case err != nil || info.Product+" "+info.Version != tc.want || info.Health != "green":
			t.Errorf("%s: %+v, %v", tc.version, info, err)
		}
	}
}

func TestFatesOfWhatIsWritten(t *testing.T) {
	t.Parallel()
	engine := newFake(t, false, func(*http.Request) (int, string) {
		return 200, `{"errors":true,"items":[
			{"index":{"status":201}},
			{"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"newer"}}},
			{"delete":{"status":404,"result":"not_found"}},
			{"index":{"status":404,"error":{"type":"index_not_found_exception","reason":"gone"}}},
			{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}},
			{"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"bad","caused_by":{"type":"x","reason":"not a number"}}}}]}`
	})
	document := json.RawMessage(`{}`)
	ops := []elastic.Op{
		{Index: "i", ID: 1, Version: 9, Document: document}, {Index: "i", ID: 2, Document: document}, {Index: "i", ID: 3},
		{Index: "i", ID: 4, Document: document}, {Index: "i", ID: 5, Document: document}, {Index: "i", ID: 6, Document: document},
	}
	outcomes, err := client(t, elastic.Keys{}, settings(engine.URL)).Bulk(t.Context(), ops)
	if err != nil {
		t.Fatal(err)
	}
	want := []elastic.Fate{elastic.Written, elastic.Written, elastic.Written, elastic.NoIndex, elastic.Again, elastic.Rejected}
	for i, outcome := range outcomes {
		if outcome.Fate != want[i] {
			t.Errorf("op %d: fate %d (%s), want %d", i, outcome.Fate, outcome.Reason, want[i])
		}
	}
	if !strings.Contains(outcomes[5].Reason, "not a number") {
		t.Errorf("reason %q does not name the root", outcomes[5].Reason)
	}
	first, _, _ := strings.Cut(engine.bodies[0], "\n")
	if first != `{"index":{"_index":"i","_id":"1","version":9,"version_type":"external_gte"}}` {
		t.Errorf("first line %s", first)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		later  bool
	}{
		{500, `{"error":{"type":"x","reason":"y"}}`, true},
		{503, `<html>proxy</html>`, true},
		{404, "default backend - 404", true}, // nor is the index gone
		{400, `<html>proxy</html>`, true},
		{429, `{}`, true},
		{401, `{"error":"who are you"}`, true},
		{200, `<html>`, true},
		{400, `{"error":{"type":"parsing_exception","reason":"what?"}}`, false},
	} {
		engine := newFake(t, false, func(*http.Request) (int, string) { return tc.status, tc.body })
		_, err := client(t, elastic.Keys{}, settings(engine.URL)).Search(t.Context(), []string{elastic.Ticket}, map[string]any{})
		if _, invalid := errors.AsType[*desk.InvalidError](err); invalid == tc.later || errors.Is(err, desk.ErrUnavailable) != tc.later {
			t.Errorf("%d %s: %v, want one that may be gone later: %v", tc.status, tc.body, err, tc.later)
		}
	}
}

func TestPipelineIsPutWhereThePluginIs(t *testing.T) {
	t.Parallel()
	engine := newFake(t, false, func(r *http.Request) (int, string) {
		if strings.HasPrefix(r.URL.Path, "/_nodes") {
			return 200, `{"nodes":{"a":{"ingest":{"processors":[{"type":"set"},{"type":"attachment"}]}}}}`
		}
		if r.URL.Path == "/_bulk" {
			return 200, `{"items":[{"index":{"status":200}}]}`
		}
		return 200, `{"acknowledged":true}`
	})
	c := client(t, elastic.Keys{}, settings(engine.URL))
	if reads, err := c.ReadsAttachments(t.Context()); !reads || err != nil {
		t.Fatalf("reads attachments %v, %v", reads, err)
	}
	put := engine.requests[1]
	if put.Method != http.MethodPut || put.URL.Path != "/_ingest/pipeline/zammad_attachments" {
		t.Errorf("%s %s", put.Method, put.URL.Path)
	}
	for _, part := range []string{`"foreach"`, `"field":"article"`, `"field":"_ingest._value._content"`, `"remove"`} {
		if !strings.Contains(engine.bodies[1], part) {
			t.Errorf("the pipeline does not say %s: %s", part, engine.bodies[1])
		}
	}
	if _, err := c.Bulk(t.Context(), []elastic.Op{{Index: "i", ID: 1, Document: json.RawMessage(`{}`)}}); err != nil {
		t.Fatal(err)
	}
	if got := engine.requests[2].URL.Query().Get("pipeline"); got != "zammad_attachments" {
		t.Errorf("bulk goes through pipeline %q", got)
	}
}
