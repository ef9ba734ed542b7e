package elastic_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/devstack/searchengine"
	"postroom/internal/elastic"
)

// guarded is the real engine behind a certificate of an authority of its own, for those who say who they are.
func guarded(t *testing.T) *httptest.Server {
	t.Helper()
	target, err := url.Parse(searchengine.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	engine := httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if (user != "postroom" || password != "s3cret") && !strings.EqualFold(r.Header.Get("Authorization"), "ApiKey a2V5") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":{"type":"security_exception","reason":"missing authentication credentials"},"status":401}`))
			return
		}
		r.Header.Del("Authorization")
		engine.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestEveryWayToARealEngine writes and reads through it. OpenSearch answers without the header by which
// Elastic's own client knows its products: nobody looks for it here.
func TestEveryWayToARealEngine(t *testing.T) {
	t.Parallel()
	engine := guarded(t)
	chosen, err := searchengine.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: engine.Certificate().Raw})
	password := []string{"es_user", `"postroom"`, "es_password", `"s3cret"`}
	inAddress := strings.Replace(engine.URL, "https://", "https://postroom:s3cret@", 1)
	namespace := searchengine.Namespace(t)
	for i, tc := range []struct {
		name     string
		keys     elastic.Keys
		url      string
		settings []string
		open     bool
	}{
		{"our own authority and a password", elastic.Keys{CA: ca}, engine.URL, password, true},
		{"our own authority and a key", elastic.Keys{CA: ca, APIKey: "a2V5"}, engine.URL, nil, true},
		{"a password in the address", elastic.Keys{CA: ca}, inAddress, nil, true},
		{"a certificate that is not looked at", elastic.Keys{}, engine.URL, append([]string{"es_ssl_verify", "false"}, password...), true},
		{"a certificate that nobody knows", elastic.Keys{}, engine.URL, password, false},
		{"a wrong password", elastic.Keys{CA: ca}, engine.URL, []string{"es_user", `"postroom"`, "es_password", `"guess"`}, false},
		{"a wrong key", elastic.Keys{CA: ca, APIKey: "bm8="}, engine.URL, password, false},
		{"nothing", elastic.Keys{CA: ca}, engine.URL, nil, false},
		{"without encryption", elastic.Keys{CA: ca}, strings.Replace(engine.URL, "https:", "http:", 1), password, false},
	} {
		prefix := fmt.Sprintf("%q", namespace+string(rune('a'+i)))
		c := client(t, tc.keys, settings(tc.url, append([]string{"es_index", prefix}, tc.settings...)...))
		info, err := c.Info(t.Context())
		if !tc.open {
			if !errors.Is(err, desk.ErrUnavailable) {
				t.Errorf("%s: %+v, %v, want an engine that is not to be had", tc.name, info, err)
			}
			continue
		}
		if want := chosen.Product + " " + chosen.Major + "."; err != nil || !strings.HasPrefix(info.Product+" "+info.Version, want) {
			t.Errorf("%s: %+v, %v, want %s", tc.name, info, err, chosen.Name)
			continue
		}
		roundTrip(t, tc.name, c)
	}
}

func roundTrip(t *testing.T, name string, c *elastic.Client) {
	t.Helper()
	index := c.Alias(elastic.Ticket) + "-1"
	if err := c.Create(t.Context(), index, elastic.Ticket, nil); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	outcomes, err := c.Bulk(t.Context(), []elastic.Op{{Index: index, ID: 1, Version: 1, Document: json.RawMessage(`{"title":"toner"}`)}})
	if err != nil || outcomes[0].Fate != elastic.Written {
		t.Errorf("%s: %v, %v", name, outcomes, err)
	}
	if err := errors.Join(c.Open(t.Context(), index), c.Switch(t.Context(), elastic.Ticket, index, false)); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if serves, err := c.Serves(t.Context(), elastic.Ticket, index); !serves || err != nil {
		t.Errorf("%s: the index serves: %v, %v", name, serves, err)
	}
	if serves, err := c.Serves(t.Context(), elastic.Ticket, index+"0"); serves || err != nil {
		t.Errorf("%s: another index serves: %v, %v", name, serves, err)
	}
	found, err := c.Search(t.Context(), []string{elastic.Ticket}, map[string]any{"query": map[string]any{"match": map[string]any{"title": "toner"}}})
	if err != nil || found.Total != 1 {
		t.Errorf("%s: %+v, %v", name, found, err)
	}
}
