package e2e

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
)

// reported is what another system got of us.
type reported struct {
	header http.Header
	body   []byte
}

// otherSystem takes reports.
type otherSystem struct {
	*httptest.Server
	mu  sync.Mutex
	got []reported
}

// newOtherSystem refuses the first reports, as a system does that is just starting.
func newOtherSystem(t *testing.T, refused int) *otherSystem {
	o := &otherSystem{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.got = append(o.got, reported{r.Header, body}); len(o.got) <= refused {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *otherSystem) reports() []reported {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]reported{}, o.got...)
}

// TestAMailSetsOffRules is what administrators automate, from end to end: a customer's mail gets its
// confirmation, a trigger sorts it and reports it to another system, signed and until that takes it.
func TestAMailSetsOffRules(t *testing.T) {
	t.Parallel()
	box := mailbox(t)
	if err := box.AddUser(customerAddress, customerPassword); err != nil {
		t.Fatal(err)
	}
	mta, other := mailserver.NewMTA(t, box), newOtherSystem(t, 1)
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.env = append(in.env, "OUTGOING_ALLOW=127.0.0.0/8")
	in.start()
	in.connectAccount(box, mta)
	in.reportTo(other.URL, "s3cret")

	send(t, mta, customerAddress, supportAddress, "Subject: Invoice <42> is wrong\r\nMessage-ID: <rules@customer.example.net>\r\n", "Please look. Carla")
	opened := in.waitForTicket("Invoice <42> is wrong")
	in.waitForMail(box, customerAddress, 1)
	var got []reported
	in.waitUntil(90*time.Second, "the other system took the report", func() error {
		if got = other.reports(); len(got) < 2 {
			return fmt.Errorf("%d reports", len(got))
		}
		return nil
	})
	for _, r := range got {
		sum := hmac.New(sha1.New, []byte("s3cret"))
		sum.Write(r.body)
		if want := "sha1=" + hex.EncodeToString(sum.Sum(nil)); r.header.Get("X-Hub-Signature") != want {
			t.Errorf("signature %q, want %q", r.header.Get("X-Hub-Signature"), want)
		}
		if first := got[0].header.Get("X-Zammad-Delivery"); r.header.Get("X-Zammad-Delivery") != first || first == "" {
			t.Errorf("delivery %q, want %q again", r.header.Get("X-Zammad-Delivery"), first)
		}
	}
	var sent struct {
		Ticket struct {
			ID       int64
			Priority struct{ Name string }
			Customer struct{ Email string }
		}
		Article struct{ Body string }
	}
	if err := json.Unmarshal(got[1].body, &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Ticket.ID != opened.ID || sent.Ticket.Priority.Name != "3 high" || sent.Ticket.Customer.Email != customerAddress || sent.Article.Body == "" {
		t.Errorf("reported %s", got[1].body)
	}
	in.stop()
}

// reportTo makes a trigger that sorts invoices and reports them to another system.
func (in *instance) reportTo(url, token string) {
	in.t.Helper()
	var webhook struct{ ID int64 }
	if err := in.post("/api/v1/webhooks", map[string]any{"name": "Books", "endpoint": url, "signature_token": token}, &webhook); err != nil {
		in.t.Fatal(err)
	}
	err := in.post("/api/v1/triggers", map[string]any{
		"name": "invoices", "active": true,
		"condition": map[string]any{
			"ticket.action": map[string]any{"operator": "is", "value": "create"},
			"ticket.title":  map[string]any{"operator": "contains", "value": "invoice"},
		},
		"perform": map[string]any{
			"ticket.priority_id":   map[string]any{"value": "3"},
			"notification.webhook": map[string]any{"webhook_id": fmt.Sprint(webhook.ID)},
		},
	}, nil)
	if err != nil {
		in.t.Fatal(err)
	}
}
