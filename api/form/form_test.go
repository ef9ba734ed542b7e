package form_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
)

const fingerprint = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// names knows every domain but two.
type names struct{}

func (names) LookupMX(_ context.Context, domain string) ([]*net.MX, error) {
	switch domain {
	case "nowhere.example":
		return nil, &net.DNSError{Err: "no such host", Name: domain, IsNotFound: true}
	case "nomail.example":
		return []*net.MX{{Host: "."}}, nil
	case "asleep.example":
		return nil, &net.DNSError{Err: "server misbehaving", Name: domain, IsTemporary: true}
	}
	return []*net.MX{{Host: "mail." + domain, Pref: 10}}, nil
}

func (names) LookupHost(_ context.Context, domain string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", Name: domain, IsNotFound: true}
}

// page is an installation with its form switched on, and a page that has a token.
func page(t *testing.T) (o *apitest.Office, token string) {
	t.Helper()
	o = apitest.Open(t, func(n *api.Needs) { n.Resolver = names{} })
	o.Setting("form_ticket_create", true)
	o.Setting("form_ticket_create_group_id", 2)
	return o, configure(o, `{"fingerprint": "`+fingerprint+`"}`).Is(200).Object()["token"].(string)
}

func configure(o *apitest.Office, body string) apitest.Answer {
	return o.Send(o.Request(http.MethodPost, "/api/v1/form_config", body))
}

func submit(o *apitest.Office, body string) apitest.Answer {
	return o.Send(o.Request(http.MethodPost, "/api/v1/form_submit", body))
}

func filled(token, email string) string {
	return fmt.Sprintf(`{"fingerprint": %q, "token": %q, "name": "Nina Neumann", "email": %q, "title": "A question", "body": "How do I ...?\r\nAnd why?"}`, fingerprint, token, email)
}

func TestFormBecomesATicket(t *testing.T) {
	t.Parallel()
	o, token := page(t)
	answer := submit(o, filled(token, " Nina@Example.org ")).Is(200)
	if origin := answer.Header.Get("Access-Control-Allow-Origin"); origin != "*" {
		t.Errorf("pages of other sites can't read the answer: %q", origin)
	}
	made := answer.Object()["ticket"].(map[string]any)
	ticket := o.Get("chris", fmt.Sprintf("/tickets/%v?expand=true", made["id"])).Is(200).Object()
	if ticket["number"] != made["number"] || ticket["title"] != "A question" || ticket["group"] != "Sales" ||
		ticket["customer"] != "nina@example.org" || ticket["state"] != "new" || ticket["create_article_type"] != "web" {
		t.Errorf("ticket = %v", ticket)
	}
	form := ticket["preferences"].(map[string]any)["form"].(map[string]any)
	if form["remote_ip"] != "127.0.0.1" || len(form["fingerprint_md5"].(string)) != 32 {
		t.Errorf("preferences = %v", form)
	}
	articles := o.Get("chris", fmt.Sprintf("/ticket_articles/by_ticket/%v", made["id"])).Is(200).List()
	if len(articles) != 1 || articles[0]["type"] != "web" || articles[0]["sender"] != "Customer" || articles[0]["internal"] != false ||
		articles[0]["subject"] != "A question" || articles[0]["body"] != "How do I ...?\nAnd why?" || articles[0]["from"] != "Nina Neumann <nina@example.org>" {
		t.Errorf("articles = %v", articles)
	}
	again := submit(o, filled(token, "david@example.com")).Is(200).Object()["ticket"].(map[string]any)
	known := o.Get("chris", fmt.Sprintf("/tickets/%v?expand=true", again["id"])).Is(200).Object()
	if known["customer"] != "david@example.com" && known["customer"] != "david" || known["organization"] != "Acme" {
		t.Errorf("a customer that we know: %v", known)
	}
}

func TestFilesComeAlong(t *testing.T) {
	t.Parallel()
	o, token := page(t)
	send := func(files int) apitest.Answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for name, value := range map[string]string{
			"fingerprint": fingerprint, "token": token, "name": "Nina", "email": "nina@example.org", "title": "Files", "body": "See there",
		} {
			_ = form.WriteField(name, value)
		}
		for i := range files {
			part, _ := form.CreateFormFile("file[]", fmt.Sprintf("note %d.txt", i))
			_, _ = fmt.Fprintf(part, "note %d", i)
		}
		_ = form.Close()
		req := o.Request(http.MethodPost, "/api/v1/form_submit", body.String())
		req.Header.Set("Content-Type", form.FormDataContentType())
		return o.Send(req)
	}
	id := send(2).Is(200).Object()["ticket"].(map[string]any)["id"]
	article := o.Get("chris", fmt.Sprintf("/ticket_articles/by_ticket/%v", id)).Is(200).List()[0]
	files := article["attachments"].([]any)
	if len(files) != 2 {
		t.Fatalf("attachments = %v", files)
	}
	second := files[1].(map[string]any)
	got := o.Get("chris", fmt.Sprintf("/ticket_attachment/%v/%v/%v", id, article["id"], second["id"])).Is(200)
	if string(got.Body) != "note 1" || second["filename"] != "note 1.txt" {
		t.Errorf("file %v = %q", second, got.Body)
	}
	send(11).Refuses(422, "Too many files: 10 at most.")
}

func TestWhoMayNotSend(t *testing.T) {
	t.Parallel()
	o, token := page(t)
	configure(o, `{}`).Refuses(403, "Not authorized")
	configure(o, `{"fingerprint": "`+fingerprint[:30]+`"}`).Refuses(403, "Not authorized")
	submit(o, filled("", "nina@example.org")).Refuses(403, "Not authorized")
	for name, forged := range map[string]string{
		"made up":   "abc",
		"damaged":   strings.Replace(token, token[20:21], string(token[20]^1), 1),
		"too short": token[:8],
	} {
		if got := submit(o, filled(forged, "nina@example.org")); got.Status != 401 {
			t.Errorf("%s: status %d, want 401", name, got.Status)
		}
	}
	other := strings.Replace(filled(token, "nina@example.org"), fingerprint, strings.Repeat("a", 40), 1)
	submit(o, other).Refuses(401, "Authorization failed")
	o.Setting("fqdn", "other.example.com")
	submit(o, filled(token, "nina@example.org")).Refuses(401, "Authorization failed")

	large := `{"fingerprint": "` + strings.Repeat("x", 2<<20) + `"}`
	configure(o, large).Is(413)
	o.Setting("form_ticket_create", false)
	configure(o, large).Refuses(403, "Not authorized")
	configure(o, `{"fingerprint": "`+fingerprint+`"}`).Refuses(403, "Not authorized")
	configure(o, `{"fingerprint": "`+fingerprint+`", "test": true}`).Refuses(403, "Not authorized")
	o.Post("emma", "/form_config", `{"fingerprint": "`+fingerprint+`", "test": true}`).Refuses(403, "Not authorized")
	trial := o.Post("boss", "/form_config", `{"fingerprint": "`+fingerprint+`", "test": true}`).Is(200).Object()
	if trial["enabled"] != true || trial["endpoint"] != "https://other.example.com/api/v1/form_submit" {
		t.Errorf("trial = %v", trial)
	}
}

func TestWhatIsWrongWithAForm(t *testing.T) {
	t.Parallel()
	o, token := page(t)
	blank := fmt.Sprintf(`{"fingerprint": %q, "token": %q, "name": " "}`, fingerprint, token)
	submit(o, blank).Is(200).Same(t, `{"errors":{"body":"required","email":"required","name":"required","title":"required"}}`)
	for email, fine := range map[string]bool{
		"nina":                 false,
		"nina@":                false,
		"nina@localhost":       false,
		"n i n a@example.org":  false,
		"nina@nowhere.example": false,
		"nina@nomail.example":  false,
		"nina@asleep.example":  true, // whose name server can't be asked
		"nina@example.org":     true,
	} {
		answer := submit(o, filled(token, email)).Is(200).Object()
		if _, made := answer["ticket"]; made != fine {
			t.Errorf("%s: %v", email, answer)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for setting, text := range map[string]string{
		"form_ticket_create_by_ip_per_hour": "an hour", "form_ticket_create_by_ip_per_day": "a day", "form_ticket_create_per_day": "a day for all",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			o, token := page(t)
			o.Setting(setting, 2)
			for range 2 {
				submit(o, filled(token, "nina@example.org")).Is(200)
			}
			submit(o, filled(token, "nina@example.org")).Refuses(429, "Too many requests. Please try again later.")
			o.Setting(setting, 3)
			submit(o, filled(token, "nina@nowhere.example")).Is(200) // no ticket, and so it doesn't count
			submit(o, filled(token, "nina@example.org")).Is(200)
			submit(o, filled(token, "nina@example.org")).Refuses(429, "Too many requests. Please try again later.")
		})
	}
}
