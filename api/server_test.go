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
	"postroom/api/apitest"
	"postroom/api/mail"
	"postroom/channels"
)

// heldWizard keeps a request in hand until the test lets it go.
type heldWizard struct {
	mail.Wizard
	entered, leave chan struct{}
}

func (w *heldWizard) CheckInbound(context.Context, map[string]any) (channels.Mailbox, error) {
	close(w.entered)
	<-w.leave
	return channels.Mailbox{Messages: 1}, nil
}

func TestRequestsInHandAreFinished(t *testing.T) {
	t.Parallel()
	held := &heldWizard{entered: make(chan struct{}), leave: make(chan struct{})}
	o := apitest.Open(t, func(needs *api.Needs) { needs.Wizard = held })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- o.Server.Serve(ctx, listener, time.Minute) }()
	o.URL = "http://" + listener.Addr().String()
	answered := make(chan int, 1)
	go func() {
		req := o.Request(http.MethodPost, "/api/v1/channels_email_inbound", inbound)
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
type brokenWizard struct{ mail.Wizard }

func (brokenWizard) CheckInbound(context.Context, map[string]any) (channels.Mailbox, error) {
	panic("at a secret place")
}

var errorID = regexp.MustCompile(`^Error ID [A-Za-z0-9_-]{8}: Please contact your administrator\.$`)

func TestOurFaultsAreNotShown(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t, func(needs *api.Needs) { needs.Wizard = brokenWizard{} })
	for _, who := range []string{"chris", "admin.channel_email"} {
		if who != "chris" {
			limited(o, who)
		}
		a := o.Post(who, "/channels_email_inbound", inbound).Is(http.StatusInternalServerError)
		if strings.Contains(string(a.Body), "secret place") {
			t.Errorf("the cause is shown to %s: %s", who, a.Body)
		}
		if got := fmt.Sprint(a.Object()["error"]); !errorID.MatchString(got) {
			t.Errorf("a panic is answered to %s with %q", who, got)
		}
	}
	o.Get("chris", "/users/me").Is(http.StatusOK)
}

func TestDatabaseThatIsGoneIsNobodysFault(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Get("chris", "/users/me").Is(http.StatusOK)
	o.Store.Close()
	a := o.Get("chris", "/users").Is(http.StatusServiceUnavailable)
	if a.Header.Get("Retry-After") == "" || strings.Contains(string(a.Body), "pool") {
		t.Errorf("answered %v %s", a.Header, a.Body)
	}
}
