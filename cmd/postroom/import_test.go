package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestImportVerb(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"data": []}`))
	}))
	t.Cleanup(server.Close)
	s, conn := newInstallation(t, "OUTGOING_ALLOW=127.0.0.0/8")
	wantIn(t, "import status", s.ok("import", "status"), "No helpdesk was ever imported")
	from := []string{"import", "kayako", "--url", server.URL, "--user", "kai@old.example", "--token"}
	s.fails(1, "refuses our credentials", append(from, "guessed")...)
	s.fails(1, "--token-file is missing", from[:len(from)-1]...)
	s.fails(1, "the address must begin with http", "import", "freshdesk", "--url", "yours.freshdesk.com", "--token", "x")
	wantIn(t, "import", s.ok(append(from, "s3cret")...), "goes on in the background")
	wantIn(t, "import status", s.ok("import", "status"), "Import 1 from kayako waits for a worker")
	if kinds := value(t, conn, `(SELECT string_agg(kind, ',') FROM outbox)`); kinds != "import.run" {
		t.Errorf("work: %s, want import.run", kinds)
	}
}

func TestRequestsToTheWorldGoByTheProxyOfTheSettings(t *testing.T) {
	t.Parallel()
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Host
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(proxy.Close)
	s, _ := newInstallation(t, "OUTGOING_ALLOW=127.0.0.0/8")
	s.ok("settings", "set", "proxy", strings.TrimPrefix(proxy.URL, "http://"))
	s.fails(1, "refuses our credentials", "import", "kayako", "--url", "http://yours.kayako.example", "--user", "kai@old.example", "--token", "x")
	if asked != "yours.kayako.example" {
		t.Errorf("the proxy was asked for %q, want yours.kayako.example", asked)
	}
}
