package source_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"postroom/internal/importer/source"
)

func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func client(t *testing.T, base string) *source.Client {
	t.Helper()
	c, err := source.NewClient(http.DefaultClient, base, func(r *http.Request) { r.SetBasicAuth("name", "s3cret") })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		header string
		want   string
	}{
		{429, "7", "the helpdesk wants to be asked again in 7s"},
		{429, "", "the helpdesk wants to be asked again in 1m0s"},
		{429, "Wed, 21 Oct 2015 07:28:00 GMT", "the helpdesk wants to be asked again in 1m0s"},
		{429, "9000000", "the helpdesk wants to be asked again in 1h0m0s"},
		{503, "2", "the helpdesk wants to be asked again in 2s"},
		{503, "", "the helpdesk answers with status 503"},
		{401, "", "the helpdesk refuses our credentials (status 401)"},
		{403, "", "the helpdesk refuses our credentials (status 403)"},
		{404, "", "unreadable answer: status 404"},
		{302, "", "unreadable answer: status 302"},
		{200, "", "unreadable answer: invalid character 'h' looking for beginning of value"},
	} {
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if tc.header != "" {
				w.Header().Set("Retry-After", tc.header)
			}
			w.WriteHeader(tc.status)
			_, _ = w.Write([]byte("hello"))
		})
		var answer any
		if _, err := client(t, at).Get(t.Context(), "/x", nil, &answer); err == nil || err.Error() != "/x: "+tc.want {
			t.Errorf("%d %s: %v, want %s", tc.status, tc.header, err, tc.want)
		}
	}
}

func TestCredentialsStayWithTheirHost(t *testing.T) {
	t.Parallel()
	sees := func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		_, _ = w.Write([]byte(password))
	}
	ours, theirs := serve(t, sees), serve(t, sees)
	for address, want := range map[string]string{ours + "/file": "s3cret", theirs + "/file": ""} {
		if got, err := client(t, ours).Fetch(t.Context(), address); err != nil || string(got) != want {
			t.Errorf("%s was given %q, %v; want %q", address, got, err, want)
		}
	}
	closed := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	for what, address := range map[string]string{"is gone": "http://127.0.0.1:1/gone", "lets us not in": closed + "/file"} {
		_, err := client(t, ours).Fetch(t.Context(), address)
		if _, unreadable := errors.AsType[*source.Unreadable](err); !unreadable {
			t.Errorf("another host %s: %v, want something that harms one file only", what, err)
		}
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int32
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		cancel()
		w.WriteHeader(http.StatusBadGateway)
	})
	var answer any
	if _, err := client(t, at).Get(ctx, "/x", nil, &answer); err == nil || asked.Load() != 1 {
		t.Errorf("%v after %d attempts, want an error after one", err, asked.Load())
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://yours.zendesk.com": true, " http://desk.example/otrs/public.pl?Action=x ": true, "yours.zendesk.com": false,
		"ftp://yours.zendesk.com": false, "https://": false, "https://name:secret@host": false, "": false, "https://%zz": false,
	} {
		if _, err := source.Address(address); (err == nil) != want {
			t.Errorf("%q: %v, want usable %t", address, err, want)
		}
	}
}

func TestBrokenRecordsHarmOnlyThemselves(t *testing.T) {
	t.Parallel()
	rows := []json.RawMessage{[]byte(`{"id": 1, "name": "a"}`), []byte(`{"id": 2, "name": []}`), []byte(`null`), []byte(`[]`), []byte(`{"id": "x7", "name": "b", "at": "no time"}`)}
	var names []string
	broken := source.Rows(rows, func(row struct {
		ID   source.ID   `json:"id"`
		Name string      `json:"name"`
		At   source.Time `json:"at"`
	}) (string, error) {
		if row.ID == "" {
			return "", errors.New("no id")
		}
		names = append(names, row.ID.String()+row.Name)
		return row.ID.String(), nil
	})
	if got := strings.Join(names, " "); got != "1a x7b" {
		t.Errorf("read %s, want 1a x7b", got)
	}
	var bad []string
	for _, b := range broken {
		bad = append(bad, b.ID)
	}
	if got := strings.Join(bad, " "); got != "2 ? ?" {
		t.Errorf("broken %s, want 2 ? ?", got)
	}
}
