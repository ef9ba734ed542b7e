package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"postroom/api"
)

// heldWizard keeps a request in hand until the test lets it go.
type heldWizard struct {
	api.MailWizard
	entered, leave chan struct{}
}

func (w *heldWizard) CheckInbound(context.Context, map[string]any) (int, error) {
	close(w.entered)
	<-w.leave
	return 1, nil
}

func TestRequestsInHandAreFinished(t *testing.T) {
	t.Parallel()
	held := &heldWizard{entered: make(chan struct{}), leave: make(chan struct{})}
	o := openOffice(t, func(needs *api.Needs) { needs.Wizard = held })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- o.server.Serve(ctx, listener, 10*time.Second) }()
	o.url = "http://" + listener.Addr().String()
	answered := make(chan int, 1)
	go func() {
		req := o.request(http.MethodPost, "/api/v1/channels_email_inbound", inbound)
		req.Header.Set("Authorization", "Token token of chris")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			answered <- 0
			return
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		answered <- resp.StatusCode
	}()
	<-held.entered
	stop()
	select {
	case err := <-served:
		t.Fatalf("the server ended (%v) while a request was in hand", err)
	default:
	}
	close(held.leave)
	if got := <-answered; got != http.StatusOK {
		t.Errorf("the request in hand got %d, want 200", got)
	}
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// brokenWizard has a bug.
type brokenWizard struct{ api.MailWizard }

func (brokenWizard) CheckInbound(context.Context, map[string]any) (int, error) {
	panic("at a secret place")
}

var errorID = regexp.MustCompile(`^Error ID [A-Za-z0-9_-]{8}: Please contact your administrator\.$`)

func TestOurFaultsAreNotShown(t *testing.T) {
	t.Parallel()
	o := openOffice(t, func(needs *api.Needs) { needs.Wizard = brokenWizard{} })
	for _, who := range []string{"chris", "admin.channel_email"} {
		if who != "chris" {
			o.limited(who)
		}
		a := o.post(who, "/channels_email_inbound", inbound).is(http.StatusInternalServerError)
		if strings.Contains(string(a.body), "secret place") {
			t.Errorf("the cause is shown to %s: %s", who, a.body)
		}
		if got := fmt.Sprint(a.object()["error"]); !errorID.MatchString(got) {
			t.Errorf("a panic is answered to %s with %q", who, got)
		}
	}
	o.get("chris", "/users/me").is(http.StatusOK)
}

func TestDatabaseThatIsGoneIsNobodysFault(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.get("chris", "/users/me").is(http.StatusOK)
	o.store.Close()
	a := o.get("chris", "/users").is(http.StatusServiceUnavailable)
	if a.header.Get("Retry-After") == "" || strings.Contains(string(a.body), "pool") {
		t.Errorf("answered %v %s", a.header, a.body)
	}
}
