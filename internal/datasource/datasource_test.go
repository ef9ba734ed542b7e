package datasource_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"postroom/internal/datasource"
	"postroom/internal/egress"
)

// here is where the systems of these tests listen.
var here = egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func TestValuesArePickedOutOfAnAnswer(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 100)
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/text":
			fmt.Fprint(w, "no such thing")
		case "/plain":
			fmt.Fprint(w, `["a", 2, true]`)
		default:
			fmt.Fprint(w, `{"data": {"items": [{"id": 1, "name": {"full": "One"}}, {"id": "2", "name": {"full": "Two"}}, {"id": 3, "name": {"full": "Three"}}]}}`)
		}
	}))
	t.Cleanup(system.Close)
	deep := map[string]any{"search_result_list_key": "data.items", "search_result_value_key": "id", "search_result_label_key": "name.full"}
	with := func(path string, more ...string) map[string]any {
		options := map[string]any{"search_url": system.URL + path}
		for key, value := range deep {
			options[key] = value
		}
		for i := 0; i < len(more); i += 2 {
			options[more[i]] = more[i+1]
		}
		return options
	}
	for _, tc := range []struct {
		name    string
		options map[string]any
		want    string
	}{
		{"a list below keys", with("/"), "1=One 2=Two"},
		{"a list of plain values", map[string]any{"search_url": system.URL + "/plain"}, "a=a 2=2"},
		{"no list there", with("/", "search_result_list_key", "data.rows"), `Search result list key "data.rows" was not found or is no list`},
		{"no value there", with("/", "search_result_value_key", "key"), `Search result value key "key" was not found or is no text or number`},
		{"no label there", with("/", "search_result_label_key", "name"), `Search result label key "name" was not found or is no text or number`},
		{"not JSON", with("/text"), "Search result is no JSON"},
		{"not found", with("/gone"), "Search request failed with status 410"},
		{"no address", map[string]any{}, "Search URL is missing or no http or https address"},
		{"another scheme", map[string]any{"search_url": "file:///etc/passwd"}, "Search URL is missing or no http or https address"},
		{"nobody there", map[string]any{"search_url": "http://127.0.0.1:1/secret"}, "Search request failed: dial tcp"},
	} {
		found, err := datasource.New(here).Search(t.Context(), tc.options, nil, 2)
		got := ""
		for _, item := range found.Items {
			got += " " + item.Value + "=" + item.Label
		}
		if err != nil {
			got = err.Error()
		}
		if got = strings.TrimSpace(got); got != tc.want && !(strings.HasSuffix(tc.want, "dial tcp") && strings.HasPrefix(got, tc.want)) || strings.Contains(got, "secret") {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestAddressIsFilledInAndWhoAsksIsKnown(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 10)
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		fmt.Fprint(w, `[]`)
	}))
	t.Cleanup(system.Close)
	values := map[string]string{"search.term": "a&b=c/../d #{x}", "user.id": "7"}
	for _, tc := range []struct {
		options map[string]any
		query   string
		auth    string
	}{
		{map[string]any{"search_url": system.URL + "/s?q=#{search.term}&u=#{user.id}&n=#{nobody}"}, "q=a%26b%3Dc%2F..%2Fd+%23%7Bx%7D&u=7&n=", ""},
		{map[string]any{"search_url": system.URL, "http_auth_type": "basic_auth", "http_basic_auth_username": "u", "http_basic_auth_password": "p"}, "", "Basic dTpw"},
		{map[string]any{"search_url": system.URL, "http_auth_type": "bearer_token", "bearer_token_auth": "t"}, "", "Bearer t"},
	} {
		if _, err := datasource.New(here).Search(t.Context(), tc.options, values, 10); err != nil {
			t.Fatal(err)
		}
		r := <-asked
		if r.URL.RawQuery != tc.query || r.Header.Get("Authorization") != tc.auth {
			t.Errorf("asked with query %q and %q, want %q and %q", r.URL.RawQuery, r.Header.Get("Authorization"), tc.query, tc.auth)
		}
	}
}

func TestCertificatesCountUnlessAnAdministratorSaysOtherwise(t *testing.T) {
	t.Parallel()
	system := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `["a"]`) }))
	system.Config.ErrorLog = nil
	t.Cleanup(system.Close)
	if _, err := datasource.New(here).Search(t.Context(), map[string]any{"search_url": system.URL}, nil, 1); err == nil {
		t.Error("a certificate of nobody is taken")
	}
	found, err := datasource.New(here).Search(t.Context(), map[string]any{"search_url": system.URL, "verify_ssl": false}, nil, 1)
	if err != nil || len(found.Items) != 1 {
		t.Errorf("found %v (%v) without looking at the certificate", found, err)
	}
}

func TestSystemsInsideAreNotAskedUnlessAllowed(t *testing.T) {
	t.Parallel()
	system := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	defer system.Close()
	_, err := datasource.New(egress.Policy{}).Search(t.Context(), map[string]any{"search_url": system.URL}, nil, 1)
	if err == nil || !strings.Contains(err.Error(), "OUTGOING_ALLOW") {
		t.Errorf("%v, want an error that names OUTGOING_ALLOW", err)
	}
}
