package tracker_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/tracker"
)

func TestLinksThatAreNoIssues(t *testing.T) {
	t.Parallel()
	for kind, endpoint := range map[tracker.Kind]string{tracker.GitHub: "https://api.github.com/graphql", tracker.GitLab: "https://gitlab.example.com/api/graphql"} {
		opened, err := tracker.Open(kind, nobody(t), endpoint, "t")
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range []string{
			"", "acme/shop#7", "https://github.com/acme/shop/pull/7", "https://github.com/acme/issues/7", "https://github.com.evil.example/acme/shop/issues/7",
			"https://gitlab.example.com/acme/issues/7x", "javascript:alert(1)", "https://gitlab.example.com/../issues/1", "ftp://github.com/acme/shop/issues/7",
			"https://example.org/acme/shop/issues/7",
		} {
			_, err := opened.Issues(t.Context(), []string{link})
			if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Field != "links" {
				t.Errorf("%s: %q: %v, want a refusal of links", kind, link, err)
			}
		}
	}
}

func TestOpenNamesTheField(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ endpoint, token, field string }{
		{"", "t", "endpoint"}, {"gopher://h/x", "t", "endpoint"}, {"https://user:pass@h/x", "t", "endpoint"}, {"https://h/graphql", " ", "api_token"},
	} {
		_, err := tracker.Open(tracker.GitHub, http.DefaultClient, tc.endpoint, tc.token)
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Field != tc.field {
			t.Errorf("%q %q: %v, want a refusal of %s", tc.endpoint, tc.token, err, tc.field)
		}
	}
}

// question is what a GraphQL server is asked.
type question struct {
	Query     string
	Variables map[string]any
}

// serve answers every question with the same data and keeps the last one.
func serve(t *testing.T, answer string) (*httptest.Server, *question) {
	last := &question{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(last); err != nil {
			t.Error(err)
		}
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server, last
}

func nobody(t *testing.T) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", r.URL)
		return nil, errors.New("nobody is to be asked")
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestIssuesOfGitHub(t *testing.T) {
	t.Parallel()
	server, asked := serve(t, `{"data":{
		"i0":{"issue":{"title":"Checkout fails","url":"https://x/acme/shop/issues/7","state":"CLOSED","milestone":{"title":"2.0"},
			"assignees":{"nodes":[{"login":"emma","name":"Emma Taylor"},{"login":"bot","name":""}]},
			"labels":{"nodes":[{"name":"bug","color":"d73a4a"},{"name":"easy","color":"fef2c0"}]}}},
		"i1":null},
		"errors":[{"message":"Could not resolve to a Repository"}]}`)
	opened, err := tracker.Open(tracker.GitHub, server.Client(), server.URL+"/graphql", "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	link := server.URL + "/acme/shop/issues/7"
	issues, err := opened.Issues(t.Context(), []string{link, link + "/", server.URL + "/acme/gone/issues/1"})
	want := []tracker.Issue{{
		ID: "acme/shop#7", Title: "Checkout fails", URL: "https://x/acme/shop/issues/7", State: "closed", Milestone: "2.0",
		Assignees: []string{"Emma Taylor", "bot"},
		Labels:    []tracker.Label{{Title: "bug", Color: "#d73a4a", TextColor: "#FFFFFF"}, {Title: "easy", Color: "#fef2c0", TextColor: "#000000"}},
	}}
	if err != nil || !reflect.DeepEqual(issues, want) {
		t.Errorf("%+v, %v, want %+v", issues, err, want)
	}
	values := map[string]any{"o0": "acme", "r0": "shop", "n0": 7.0, "o1": "acme", "r1": "gone", "n1": 1.0}
	if !reflect.DeepEqual(asked.Variables, values) || strings.Contains(asked.Query, "shop") {
		t.Errorf("asked %+v, want values %v and none of them in the query", asked, values)
	}
}

func TestIssuesOfGitLab(t *testing.T) {
	t.Parallel()
	server, asked := serve(t, `{"data":{"i0":{"issue":{"title":"Slow","webUrl":"https://g/a/b/c/-/issues/3","state":"opened","milestone":null,
		"assignees":{"nodes":[{"name":"","username":"emma"}]},"labels":{"nodes":[{"title":"perf","color":"#112233","textColor":"#ffffff"}]}}}}}`)
	opened, err := tracker.Open(tracker.GitLab, server.Client(), server.URL+"/api/graphql", "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	issues, err := opened.Issues(t.Context(), []string{server.URL + "/a/b/c/-/issues/3"})
	want := []tracker.Issue{{
		ID: "a/b/c#3", Title: "Slow", URL: "https://g/a/b/c/-/issues/3", State: "open", Assignees: []string{"emma"},
		Labels: []tracker.Label{{Title: "perf", Color: "#112233", TextColor: "#ffffff"}},
	}}
	if err != nil || !reflect.DeepEqual(issues, want) {
		t.Errorf("%+v, %v, want %+v", issues, err, want)
	}
	if values := map[string]any{"p0": "a/b/c", "n0": "3"}; !reflect.DeepEqual(asked.Variables, values) {
		t.Errorf("asked with %v, want %v", asked.Variables, values)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"data":{"viewer":{"login":"bot"}}}`:                       "",
		`{"data":{"currentUser":null}}`:                             "Invalid API token",
		`{"data":null,"errors":[{"message":"Something is wrong"}]}`: "Something is wrong",
		`<html>`: "the answer is no JSON: the endpoint is not that of a GraphQL interface",
		`{}`:     "the answer holds no data",
	} {
		server, _ := serve(t, answer)
		opened, err := tracker.Open(tracker.GitHub, server.Client(), server.URL, "s3cret")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := opened.Verify(t.Context()); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
	server, _ := serve(t, `{}`)
	opened, err := tracker.Open(tracker.GitLab, server.Client(), server.URL, "wrong")
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v, want a refusal that names the status and not the token", err)
	}
}
