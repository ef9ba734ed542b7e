package messaging_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"postroom/api/apitest"
	"postroom/channels/sms/smstest"
	"postroom/channels/whatsapp/whatsapptest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// birdKey is with what MessageBird signs.
const birdKey = "a signing key of thirty-two bytes"

// birdCalls is MessageBird calling, signed with a key.
func (p *phones) birdCalls(method, key string, form url.Values) apitest.Answer {
	p.T.Helper()
	path, body := "/api/v1/sms_webhook/"+p.token, form.Encode()
	if method == http.MethodGet {
		path, body = path+"?"+body, ""
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, nil)
	if err != nil {
		p.T.Fatal(err)
	}
	sum := func(text string) string {
		hash := sha256.Sum256([]byte(text))
		return hex.EncodeToString(hash[:])
	}
	claims := map[string]any{"url_hash": sum("https://desk.example.com" + path)}
	if body != "" {
		claims["payload_hash"] = sum(body)
	}
	now := time.Now()
	signature, err := jwt.Signed(signer).Claims(jwt.Claims{Issuer: "MessageBird", NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)), Expiry: jwt.NewNumericDate(now.Add(time.Minute))}).
		Claims(claims).Serialize()
	if err != nil {
		p.T.Fatal(err)
	}
	req := p.Request(method, path, body)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("MessageBird-Signature-JWT", signature)
	return p.Send(req)
}

// answers writes as an agent and waits until the message is delivered, or was given up.
func (p *phones) answers(ticket int, to, body string) (article map[string]any, path string) {
	p.T.Helper()
	made := p.Post("emma", "/ticket_articles", fmt.Sprintf(
		`{"ticket_id": %d, "type": "sms", "sender": "Agent", "internal": false, "to": %q, "body": %q}`, ticket, to, body)).Is(201).Object()
	path = fmt.Sprintf("/ticket_articles/%v", made["id"])
	p.Eventually("an end of "+body, func() bool {
		article = p.Get("emma", path).Is(200).Object()
		kept := preferences(article)
		return kept["delivery_status"] == "success" || kept["delivery_status"] == "fail" && kept["delivery_retry"] == 4.0
	})
	return article, path
}

func TestMessageBirdThereAndBack(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/message_bird", "token": "bird token", "sender": "4930123", "signing_key": "` + birdKey + `"}}`)
	p.work()
	if all := fmt.Sprint(p.Get("boss", "/channels_sms").Is(200).Object()); strings.Contains(all, birdKey) || strings.Contains(all, "bird token") {
		t.Errorf("secrets are shown: %s", all)
	}
	said := url.Values{
		"id": {"a1"}, "message_id": {"mb1"}, "originator": {"491711234567"}, "recipient": {"4930123"}, "incomingMessage": {"Is anybody there?"},
		"reference": {"r1"}, "createdDatetime": {"2026-11-22T08:00:00+00:00"},
	}
	p.birdCalls(http.MethodPost, strings.Repeat("x", 32), said).Refuses(403, "Not authorized")
	p.brings("/api/v1/sms_webhook/"+p.token, said).Refuses(403, "Not authorized")
	p.birdCalls(http.MethodPost, birdKey, said).Is(200).Same(t, `{}`)
	p.birdCalls(http.MethodGet, birdKey, said).Is(200).Same(t, `{}`) // the same, in the other form that it has
	ticket := p.settled()[0]
	articles := p.articles(ticket)
	if len(articles) != 1 || articles[0]["from"] != "491711234567" || fmt.Sprint(preferences(articles[0])["sms"]) != "map[reference:r1]" {
		t.Errorf("articles = %v", articles)
	}

	p.gateway.Fail(500, 502)
	p.gateway.Answer(`{"id": "e8077d803532c0b5937c639b60216938", "href": "https://rest.messagebird.com/messages/e8077d803532c0b5937c639b60216938", "direction": "mt"}`)
	article, path := p.answers(ticket, "+491711234567", "Yes")
	calls := p.gateway.Calls()
	last := calls[len(calls)-1]
	if len(calls) != 3 || last.Authorization != "AccessKey bird token" || last.Form.Get("originator") != "4930123" || last.Form.Get("recipients") != "+491711234567" ||
		last.Form.Get("body") != "Yes" || last.Form.Get("reportUrl") != "https://desk.example.com/api/v1/sms_webhook/"+p.token || last.Form.Get("reference") == "" {
		t.Errorf("%d calls, the last %v", len(calls), last.Form)
	}
	report := url.Values{"id": {article["message_id"].(string)}, "reference": {"postroom"}, "recipient": {"491711234567"}, "status": {"delivered"}, "statusDatetime": {"2026-11-22T08:01:00+00:00"}}
	p.birdCalls(http.MethodGet, birdKey, report).Is(200).Same(t, `{}`)
	p.settled()
	if kept := preferences(p.Get("emma", path).Is(200).Object()); kept["delivery_status"] != "success" || kept["sms"].(map[string]any)["status"] != "delivered" {
		t.Errorf("preferences = %v", kept)
	}
	report.Set("status", "delivery_failed")
	report.Set("statusErrorCode", "104")
	p.birdCalls(http.MethodGet, birdKey, report).Is(200)
	p.settled()
	if kept := preferences(p.Get("emma", path).Is(200).Object()); kept["delivery_status"] != "fail" ||
		kept["delivery_status_message"] != "The gateway could not deliver the message: delivery_failed (104)" {
		t.Errorf("preferences = %v", kept)
	}
}

func TestAnyGatewayThereAndBack(t *testing.T) {
	t.Parallel()
	p := openPhones(t)
	p.connect(`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/http", "gateway": "` + p.gateway.URL + `/send?key={{token}}", "token": "k&y", "sender": "Desk",
		"body": "{\"to\": \"{{to}}\", \"text\": \"{{text}}\", \"from\": \"{{sender}}\"}", "success": "accepted"}}`)
	p.work()
	hook := "/api/v1/sms_webhook/" + p.token
	bring := func(body string) { p.Send(p.Request(http.MethodPost, hook, body)).Is(200).Same(t, `{}`) }
	bring(`{"from": "+491711234567", "to": "4930", "text": "One", "id": 7}`)
	bring(`{"from": "+491711234567", "to": "4930", "text": "One", "id": 7}`)
	p.brings(hook, url.Values{"from": {"00491711234567"}, "text": {"Two"}}).Is(200) // a form, and without an id
	tickets := p.settled()
	if len(tickets) != 1 || len(p.articles(tickets[0])) != 2 {
		t.Fatalf("tickets = %v", tickets)
	}
	p.gateway.Fail(503)
	p.gateway.Answer(`{"state": "accepted"}`)
	p.answers(tickets[0], "+491711234567", `He said "no"`)
	calls := p.gateway.Calls()
	if last := calls[len(calls)-1]; len(calls) != 2 || last.Query.Get("key") != "k&y" || last.Body != `{"to": "+491711234567", "text": "He said \"no\"", "from": "Desk"}` {
		t.Errorf("%d calls, the last %+v", len(calls), last)
	}
	p.gateway.Answer(`{"state": "no credit"}`)
	article, _ := p.answers(tickets[0], "+491711234567", "Hello?")
	if kept := preferences(article); kept["delivery_status_message"] != `{"state": "no credit"} (status 200)` || len(p.gateway.Calls()) != 6 {
		t.Errorf("preferences = %v after %d calls", kept, len(p.gateway.Calls()))
	}
}

// What rules write goes out by a channel that only sends.
func TestMassenversandSendsWhatRulesWrite(t *testing.T) {
	t.Parallel()
	p := openPhones(t)
	p.gateway.Answer("OK (17)")
	p.gateway.Fail(500)
	channel := p.Post("boss", "/channels_sms", `{"area": "Sms::Notification", "options": {"adapter": "sms/massenversand", "gateway": "`+p.gateway.URL+`/gate", "token": "m token", "sender": "Desk"}}`).Is(200).ID()
	p.work()
	ticket := p.NewTicket(1, "david", "A question")
	write := func(body string) string {
		t.Helper()
		subject, to := "SMS notification", "David (+49 171 1), Dora (+49 171 2)"
		a := desk.Article{
			TicketID: desk.TicketID(ticket), TypeID: desk.ArticleSMS, SenderID: desk.SenderSystem, ContentType: "text/plain", Subject: &subject, To: &to, Body: body,
			Preferences: map[string]any{"sms_recipients": []any{"+49 171 1", "+49 171 2"}, "channel_id": channel},
		}
		a.CreatedByID, a.UpdatedByID = desk.SystemUser, desk.SystemUser
		err := p.Store.InTx(t.Context(), func(tx *store.Store) error {
			if err := tx.InsertArticle(t.Context(), &a); err != nil {
				return err
			}
			return tx.Announce(t.Context(), task.Delivery(a))
		})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("/ticket_articles/%d", a.ID)
	}
	path := write("Your ticket is open")
	p.Eventually("delivery", func() bool { return preferences(p.Get("emma", path).Is(200).Object())["delivery_status"] == "success" })
	var sent []string
	for _, call := range p.gateway.Calls() {
		sent = append(sent, call.Method+" "+call.Path+" "+call.Query.Encode())
	}
	const form = "GET /gate authToken=m+token&getID=1&msg=Your+ticket+is+open&msgtype=c&receiver=%s&sender=Desk"
	if want := fmt.Sprintf(form+", "+form+", "+form, "491711", "491711", "491712"); strings.Join(sent, ", ") != want {
		t.Errorf("sent %s\nwant %s", strings.Join(sent, ", "), want)
	}
	var told string
	p.One(&told, `SELECT value_from || '|' || value_to FROM history WHERE type = 'sms'`)
	if told != "SMS notification|David (+49 171 1), Dora (+49 171 2)" {
		t.Errorf("the history tells %q", told)
	}
	p.gateway.Answer("ERROR 3 - no credit")
	write("Another")
	p.Eventually("the note", func() bool {
		articles := p.articles(ticket)
		return articles[len(articles)-1]["body"] == "Unable to send SMS message: ERROR 3 - no credit (status 200)"
	})
}

func TestPicturesByTwilio(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(newTwilio)
	p.work()
	form := message("MM1", "+491711234567", "")
	form.Set("NumMedia", "2")
	form.Set("MediaUrl0", p.gateway.URL+"/2010-04-01/Accounts/AC/Messages/MM1/Media/ME1")
	form.Set("MediaContentType0", "image/jpeg")
	form.Set("MediaUrl1", p.gateway.URL+"/2010-04-01/Accounts/AC/Messages/MM1/Media/ME2")
	form.Set("MediaContentType1", "text/vcard")
	p.gateway.Fail(503) // the files are late, and so is the message
	p.gateway.Answer("bytes of a file")
	p.calls(form).Is(200)
	article := p.articles(p.settled()[0])[0]
	var files []string
	for _, f := range article["attachments"].([]any) {
		file := f.(map[string]any)
		files = append(files, fmt.Sprintf("%v %v %v", file["filename"], file["preferences"].(map[string]any)["Content-Type"], file["size"]))
	}
	if got := strings.Join(files, ", "); !strings.HasPrefix(got, "media-1.jpg image/jpeg 15, media-2") || !strings.HasSuffix(got, " text/vcard 15") {
		t.Errorf("files %s", got)
	}
	if call := p.gateway.Calls()[0]; !strings.Contains(decoded(t, call.Authorization), smstest.Token) {
		t.Errorf("the gateway is asked with %q", call.Authorization)
	}

	// One that the gateway doesn't have any more is noted, and the message stays.
	p.gateway.Fail(404)
	form.Set("NumMedia", "1")
	form.Set("SmsMessageSid", "MM2")
	form.Set("Body", "See there")
	p.calls(form).Is(200)
	articles := p.articles(p.settled()[0])
	if last := articles[len(articles)-1]; len(articles) != 2 || last["body"] != "See there" || preferences(last)["media_error"] != true {
		t.Errorf("articles = %v", articles)
	}
}

// While the database can't keep messages no provider is told that we have them: they repeat, and then one article comes of it.
func TestNothingIsAcknowledgedThatIsNotKept(t *testing.T) {
	t.Parallel()
	away := func(o *apitest.Office, during func()) {
		o.Exec(`ALTER TABLE inbound_messages RENAME TO inbound_messages_away`)
		during()
		o.Exec(`ALTER TABLE inbound_messages_away RENAME TO inbound_messages`)
	}
	keeps := func(o *apitest.Office, call func() apitest.Answer) {
		t.Helper()
		away(o, func() {
			if a := call(); a.Status < 500 {
				t.Errorf("%s is answered %d, and nothing is kept", a.Asked, a.Status)
			}
		})
		call().Is(200)
		call().Is(200)
		var kept int
		if o.One(&kept, `SELECT count(*) FROM inbound_messages`); kept != 1 {
			t.Errorf("%d messages kept, want one", kept)
		}
	}
	b := openBots(t).connect()
	keeps(b.Office, func() apitest.Answer {
		return b.calls(`{"update_id": 9, "message": {"message_id": 1, "date": 1, ` + ada + `, "text": "hi"}}`)
	})
	p := openPhones(t).connect(newTwilio)
	keeps(p.Office, func() apitest.Answer { return p.calls(message("SM1", "+491711234567", "hi")) })
	l := openLine(t)
	said := says("1", "text", `{"body": "hi"}`)
	keeps(l.Office, func() apitest.Answer {
		return l.calls(notification(whatsapptest.NumberID, "messages", said), whatsapptest.Secret)
	})
}
