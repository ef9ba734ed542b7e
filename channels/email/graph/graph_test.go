package graph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email/cloudtest"
	"postroom/channels/email/graph"
)

type token string

func (t token) Token(context.Context) (string, error) { return string(t), nil }
func (token) Refused(context.Context, string) error   { return nil }

// odd is a server that answers everything with the same.
func odd(t *testing.T, answer http.HandlerFunc) *graph.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client := graph.New(server.URL+"/v1.0/", nil, "me@example.com", token("t"))
	t.Cleanup(client.Close)
	return client
}

func all(graph.Message) bool { return true }

// A token goes to nobody but Microsoft, whatever an answer says.
func TestNextPageIsOnTheSameServer(t *testing.T) {
	t.Parallel()
	asked := 0
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(thief.Close)
	client := odd(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"value": [{"id": "a"}], "@odata.nextLink": %q}`, thief.URL+"/v1.0/more")
	})
	if err := client.Messages(t.Context(), "", false, all); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("Messages = %v, want it to stop", err)
	}
	if _, err := client.Folders(t.Context()); err == nil || asked > 0 {
		t.Errorf("Folders = %v, and the other server was asked %d times", err, asked)
	}
}

func TestPagesThatNeverEnd(t *testing.T) {
	t.Parallel()
	client := odd(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"value": [{"id": "a"}], "@odata.nextLink": "http://%s%s"}`, r.Host, r.URL.RequestURI())
	})
	if err := client.Messages(t.Context(), "", true, all); err == nil {
		t.Error("a page that follows itself is no error")
	}
	deep := odd(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"value": [{"id": "a", "displayName": "A", "childFolderCount": 1}]}`)
	})
	folders, err := deep.Folders(t.Context())
	depth := 0
	for ; len(folders) > 0; folders = folders[0].Children {
		depth++
	}
	if err != nil || depth != 10 {
		t.Errorf("folders in folders without end: %d deep, %v; want ten", depth, err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		says   string
	}{
		{200, "<html>sign in</html>", "no JSON"},
		{200, "", "no JSON"},
		{500, "<html>oops</html>", "status 500"},
		{403, `{"error": {"code": "ErrorAccessDenied", "message": "Access\r\nis denied."}}`, "ErrorAccessDenied (Access is denied.)"},
		{401, `{"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}`, "log in: "},
		{404, `{"error": {"code": "ErrorItemNotFound", "message": "gone"}}`, "ErrorItemNotFound"},
	} {
		client := odd(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
		})
		_, err := client.Count(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "me@example.com") {
			t.Errorf("status %d, %q: %v, want an error that says %q and not whose mailbox it is", tc.status, tc.body, err, tc.says)
		}
	}
}

func TestHowLongToWait(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		after    string
		min, max time.Duration
	}{
		{"300", 300 * time.Second, 300 * time.Second},
		{"999999999", time.Hour, time.Hour},
		{"99999999999999999999", 10 * time.Second, 10 * time.Second}, // no number that anybody means
		{time.Now().Add(5 * time.Minute).UTC().Format(http.TimeFormat), 4 * time.Minute, 6 * time.Minute},
	} {
		client := odd(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tc.after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		if tc.max <= 10*time.Second { // it would wait itself
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := client.Count(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Retry-After %s: %v, want to be waiting", tc.after, err)
			}
			cancel()
			continue
		}
		_, err := client.Count(t.Context(), "")
		later, ok := errors.AsType[*channels.LaterError](err)
		if !ok || later.After < tc.min || later.After > tc.max {
			t.Errorf("Retry-After %s: %v, want to come back in %s to %s", tc.after, err, tc.min, tc.max)
		}
	}
}

func TestSizesOfMessages(t *testing.T) {
	t.Parallel()
	provider := cloudtest.Start(t)
	server := cloudtest.StartGraph(t, provider)
	server.AddBox("me@example.com")
	server.Deliver("me@example.com", "", []byte("Subject: x\r\n\r\nbody\r\n"))
	access, _ := provider.Grant("me@example.com")
	client := graph.New(server.URL, nil, "me@example.com", token(access))
	t.Cleanup(client.Close)
	var found []graph.Message
	err := client.Messages(t.Context(), "", false, func(m graph.Message) bool { found = append(found, m); return true })
	if err != nil || len(found) != 1 || found[0].Size != 20 {
		t.Fatalf("%v, %v; want one of 20 bytes", found, err)
	}
	if _, err := client.Raw(t.Context(), found[0].ID, 19); err == nil {
		t.Error("a message of more bytes than asked for is read")
	}
	if raw, err := client.Raw(t.Context(), found[0].ID, 20); err != nil || len(raw) != 20 {
		t.Errorf("%d bytes, %v; want 20", len(raw), err)
	}
}
