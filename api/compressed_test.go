package api_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"testing"

	"postroom/api/apitest"
)

func TestLargeAnswersAreCompressed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ask := func(method, path, accept string) *http.Response {
		req := o.Request(method, "/api/v1"+path, "")
		req.Header.Set("Authorization", "Token token of boss")
		req.Header.Set("Accept-Encoding", accept)
		answer, err := http.DefaultTransport.RoundTrip(req) // which leaves it as it comes
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer
	}
	for _, tc := range []struct {
		method, path, accept string
		want                 bool
	}{
		{"GET", "/settings", "gzip", true},
		{"GET", "/settings", "br;q=1.0, GZIP;q=0.5", true},
		{"GET", "/settings", "identity", false},
		{"GET", "/settings", "gzip;q=0", false},
		{"GET", "/settings", "br, deflate", false},
		{"HEAD", "/settings", "gzip", false},
		{"GET", "/version", "gzip", false},  // small
		{"GET", "/signshow", "gzip", false}, // secret
	} {
		answer := ask(tc.method, tc.path, tc.accept)
		if got := answer.Header.Get("Content-Encoding") == "gzip"; got != tc.want || answer.StatusCode != http.StatusOK {
			t.Errorf("%s %s, taking %q: %d, compressed: %v, want %v", tc.method, tc.path, tc.accept, answer.StatusCode, got, tc.want)
		}
	}
	answer := ask("GET", "/settings", "gzip")
	zip, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	if plain := o.Get("boss", "/settings"); string(plain.Body) != string(body) || plain.Header.Get("ETag") != answer.Header.Get("ETag") {
		t.Errorf("compressed are %d bytes with ETag %s, as they are %d with %s", len(body), answer.Header.Get("ETag"), len(plain.Body), plain.Header.Get("ETag"))
	}
	if answer.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("Vary: %q", answer.Header.Get("Vary"))
	}
}
