package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postroom/internal/devstack"
)

// TestVisitorFillsTheForm sends the form in a page of another site.
func TestVisitorFillsTheForm(t *testing.T) {
	t.Parallel()
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	in.mustRun("settings", "set", "form_ticket_create", "true")
	in.waitUntil(60*time.Second, "the form is in use", func() error { // other processes read settings once a second
		var form struct{ Enabled bool }
		err := in.post("/api/v1/form_config", map[string]any{"fingerprint": strings.Repeat("f", 32)}, &form)
		if err == nil && !form.Enabled {
			err = errors.New("it is not")
		}
		return err
	})
	// Whether mail may be sent to a customer whom we know is not asked for, which needs a name server.
	if err := in.post("/api/v1/users", map[string]any{"firstname": "Nina", "email": "nina@example.com", "roles": []string{"Customer"}}, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bill.txt")
	if err := os.WriteFile(file, []byte("12 apples"), 0o600); err != nil {
		t.Fatal(err)
	}
	page := openBrowser(t, `<div id="feedback"></div>
		<script id="zammad_form_script" src="`+in.base+`/assets/form/form.js"></script>
		<script>new ZammadForm('#feedback', { showTitle: true, attachmentSupport: true })</script>`)
	page.do("send it half empty",
		chromedp.WaitVisible("#feedback form"), chromedp.SendKeys("input[name=name]", "Nina"), chromedp.Click("#feedback button[type=submit]"))
	page.says("#feedback form", "Please fill this in.")
	page.holds("the first empty field is where one can type", "document.activeElement.name === 'email' && document.activeElement.getAttribute('aria-invalid') === 'true'")
	page.do("send it with an address that is none",
		chromedp.SendKeys("input[name=email]", "nina@"), chromedp.SendKeys("input[name=title]", "My bill"),
		chromedp.SendKeys("textarea[name=body]", "Twelve apples?\nI bought <b>two</b>."), chromedp.SetUploadFiles("input[type=file]", []string{file}),
		chromedp.Click("#feedback button[type=submit]"))
	page.says("#feedback form", "This is not a mail address we can write to.")
	page.do("send it", chromedp.SendKeys("input[name=email]", "example.com"))
	page.do("send it", chromedp.Click("#feedback button[type=submit]"))
	page.says("#feedback form", "Thank you for your message (#")

	sent := in.waitForTicket("My bill")
	var articles []struct {
		ID          int64
		Type, Body  string
		Attachments []struct {
			Filename string
			Size     string
		}
	}
	if err := in.get(fmt.Sprintf("/api/v1/ticket_articles/by_ticket/%d", sent.ID), &articles); err != nil {
		t.Fatal(err)
	}
	if len(articles) != 1 || articles[0].Type != "web" || articles[0].Body != "Twelve apples?\nI bought <b>two</b>." ||
		len(articles[0].Attachments) != 1 || articles[0].Attachments[0].Filename != "bill.txt" || articles[0].Attachments[0].Size != "9" {
		t.Errorf("articles = %+v", articles)
	}
}
