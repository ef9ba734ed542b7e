package messaging_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/channels/whatsapp"
	"postroom/channels/whatsapp/whatsapptest"
	"postroom/internal/desk"
	"postroom/internal/messenger"
	sendmessages "postroom/jobs/messenger"
	"postroom/jobs/reminder"
)

// line is an office with a number at WhatsApp.
type line struct {
	*apitest.Office
	meta    *whatsapptest.Server
	channel int
	hook    string // path that Meta calls
	verify  string
}

const newNumber = `{"group_id": 1, "business_id": "` + whatsapptest.Business + `", "access_token": "` + whatsapptest.Token + `", "app_secret": "` + whatsapptest.Secret +
	`", "phone_number_id": "` + whatsapptest.NumberID + `", "welcome": "Welcome!", "reminder_active": false, "reminder_message": ""}`

func openLine(t *testing.T) *line {
	t.Helper()
	meta := whatsapptest.New(t)
	o := apitest.Open(t, func(needs *api.Needs) { needs.Messaging.WhatsApp = meta.Client() })
	l := &line{Office: o, meta: meta}
	made := l.Post("boss", "/channels/admin/whatsapp", newNumber).Is(200).Object()
	options := made["options"].(map[string]any)
	l.channel, l.verify = int(made["id"].(float64)), options["verify_token"].(string)
	l.hook = "/api/v1/channels_whatsapp_webhook/" + options["callback_url_uuid"].(string)
	return l
}

func (l *line) work() *line {
	l.T.Helper()
	client := l.meta.Client()
	l.Messengers(
		map[string]messenger.Kind{whatsapp.Kind: {Read: client.Read, Type: desk.ArticleWhatsApp}},
		sendmessages.Ways{desk.ArticleWhatsApp: {Sender: whatsapp.NewSender(client), Area: desk.AreaWhatsApp, Failure: "Unable to send WhatsApp message"}},
	)
	return l
}

// calls is Meta calling with a body, signed with a secret.
func (l *line) calls(body, secret string) apitest.Answer {
	l.T.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(body))
	req := l.Request(http.MethodPost, l.hook, body)
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return l.Send(req)
}

// brings is Meta bringing messages, or what became of ours.
func (l *line) brings(what string, items ...string) {
	l.T.Helper()
	l.calls(notification(whatsapptest.NumberID, what, items...), whatsapptest.Secret).Is(200).Same(l.T, `{}`)
}

func notification(number, what string, items ...string) string {
	return fmt.Sprintf(`{"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": {
		"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550253483", "phone_number_id": %q},
		"contacts": [{"profile": {"name": "Ada Lovelace"}, "wa_id": "491711234567"}], %q: [%s]}}]}]}`, number, what, strings.Join(items, ","))
}

// says is a message of Ada's.
func says(id, kind, content string) string {
	return fmt.Sprintf(`{"from": "491711234567", "id": "wamid.%s", "timestamp": "%d", "type": %q, %q: %s}`, id, time.Now().Unix(), kind, kind, content)
}

func (l *line) settled() (ticket map[string]any, articles []map[string]any) {
	l.T.Helper()
	l.Eventually("messages processed", func() bool {
		var left int
		l.One(&left, `SELECT count(*) FROM inbound_messages WHERE state = 'received'`)
		return left == 0
	})
	var ids []int
	l.One(&ids, `SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM tickets WHERE create_article_type_id = 14`)
	if len(ids) != 1 {
		l.T.Fatalf("tickets = %v, want one", ids)
	}
	l.InOrder("ticket_articles")
	return l.Get("emma", apitest.TicketPath(ids[0])).Is(200).Object(), l.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", ids[0])).Is(200).List()
}

func TestWhatsAppMessagesOfEveryKindAreKept(t *testing.T) {
	t.Parallel()
	l := openLine(t).work()
	l.meta.HasFile("picture", picture(t))
	l.meta.HasFile("huge", make([]byte, 500<<10+1))
	l.meta.HasFile("bill", []byte("the bill"))
	first := says("1", "text", `{"body": "My printer is on fire"}`)
	l.brings("messages", first, says("2", "image", `{"id": "picture", "mime_type": "image/jpeg", "sha256": "x", "caption": "<b>Look</b>"}`))
	l.brings("messages", first) // Meta repeats itself
	l.brings("messages",
		says("3", "document", `{"id": "bill", "mime_type": "application/pdf", "filename": "bill.pdf", "sha256": "x"}`),
		says("4", "audio", `{"id": "bill", "mime_type": "audio/ogg; codecs=opus", "voice": true}`),
		says("5", "video", `{"id": "bill", "mime_type": "video/mp4"}`),
		says("6", "sticker", `{"id": "huge", "mime_type": "image/webp", "animated": false}`),
		says("7", "location", `{"latitude": 52.5, "longitude": 13.4, "name": "Office", "address": "Street 1"}`),
		says("8", "reaction", `{"message_id": "wamid.1", "emoji": "👍"}`),
		says("9", "contacts", `[{"name": {"formatted_name": "Grace Hopper"}, "phones": [{"phone": "+1 555", "type": "CELL"}]}]`),
		says("10", "unsupported", `{}`),
		says("11", "interactive", `{"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}`),
	)
	ticket, articles := l.settled()
	if ticket["title"] != "Ada Lovelace (+491711234567) via WhatsApp" || ticket["group_id"] != 1.0 {
		t.Errorf("ticket = %v", ticket)
	}
	kept := preferences(ticket)
	if kept["channel_area"] != "WhatsApp::Business" || kept["channel_id"] != float64(l.channel) ||
		fmt.Sprint(kept["whatsapp"].(map[string]any)["from"]) != "map[display_name:Ada Lovelace phone_number:+491711234567]" {
		t.Errorf("preferences = %v", kept)
	}
	got := map[string]string{}
	for _, a := range articles {
		if a["sender"] == "System" {
			if a["body"] != "Welcome!" || a["type"] != "whatsapp message" {
				t.Errorf("welcome = %v", a)
			}
			continue
		}
		if a["from"] != "Ada Lovelace (+491711234567)" || a["to"] != "Desk (+1 555-025-3483)" {
			t.Errorf("article = %v", a)
		}
		files := []string{}
		for _, f := range a["attachments"].([]any) {
			files = append(files, f.(map[string]any)["filename"].(string))
		}
		got[strings.TrimPrefix(a["message_id"].(string), "wamid.")] = fmt.Sprint(a["body"], files, preferences(a)["media_error"])
	}
	for id, want := range map[string]string{
		"1": "My printer is on fire[] <nil>", "2": "&lt;b&gt;Look&lt;/b&gt;[image-picture.jpg] <nil>", "3": "[bill.pdf] <nil>",
		"4": "[audio-bill.ogg] <nil>", "5": "[video-bill.mp4] <nil>", "6": "[] true",
		"7": "Office\nStreet 1\n52.5, 13.4\nhttps://www.openstreetmap.org/?mlat=52.5&mlon=13.4[] <nil>", "8": "👍[] <nil>",
		"9": "Grace Hopper\n+1 555[] <nil>", "11": "Yes[] <nil>",
	} {
		if got[id] != want {
			t.Errorf("message %s = %q, want %q", id, got[id], want)
		}
	}
	if len(got) != 10 {
		t.Errorf("%d messages, want 10", len(got))
	}

	// The file that could not be had is fetched again.
	var lost int
	l.One(&lost, `SELECT id FROM ticket_articles WHERE message_id = 'wamid.6'`)
	retry := fmt.Sprintf("/ticket_articles/%d/retry_whatsapp_attachment_download", lost)
	l.Post("emma", retry, "").Refuses(422, "Retrying to download the sent media via WhatsApp failed.")
	l.Post("stranger", retry, "").Is(403)
	l.meta.HasFile("huge", []byte("smaller"))
	l.Post("emma", retry, "").Is(200)
	article := l.Get("emma", fmt.Sprintf("/ticket_articles/%d", lost)).Is(200).Object()
	if len(article["attachments"].([]any)) != 1 || preferences(article)["media_error"] != false {
		t.Errorf("article = %v", article)
	}
	l.Post("emma", retry, "").Refuses(422, "Retrying to download the sent media via WhatsApp failed. The given article is not a media article.")
}

func TestWhatsAppIsAnswered(t *testing.T) {
	t.Parallel()
	l := openLine(t)
	l.Put("boss", fmt.Sprintf("/channels/admin/whatsapp/%d", l.channel), `{"welcome": ""}`).Is(200)
	l.work()
	l.brings("messages", says("1", "text", `{"body": "Hello"}`))
	ticket, _ := l.settled()
	answer := func(body, files string) map[string]any {
		t.Helper()
		made := l.Post("emma", "/ticket_articles", fmt.Sprintf(
			`{"ticket_id": %v, "type": "whatsapp message", "sender": "Agent", "internal": false, "body": %q, "attachments": [%s]}`, ticket["id"], body, files)).Is(201).Object()
		path := fmt.Sprintf("/ticket_articles/%v", made["id"])
		l.Eventually("delivery of "+body, func() bool {
			made = l.Get("emma", path).Is(200).Object()
			status := preferences(made)["delivery_status"]
			return status == "success" || status == "fail" && preferences(made)["delivery_retry"] == 1.0
		})
		return made
	}
	l.meta.Fail(whatsapptest.Failure{Status: 429, Code: 130429, Text: "Rate limit hit"})
	file := fmt.Sprintf(`{"filename": "manual.pdf", "data": %q, "mime-type": "application/pdf"}`, base64.StdEncoding.EncodeToString([]byte("the manual")))
	sent := answer("Here it is", file)
	if sent["from"] != "Desk (+1 555-025-3483)" || sent["to"] != "Ada Lovelace (+491711234567)" || !strings.HasPrefix(sent["message_id"].(string), "wamid.out") {
		t.Errorf("article = %v", sent)
	}
	all := l.meta.Sent()
	last, upload := all[len(all)-1], all[len(all)-2]
	if upload.Data != "the manual" || upload.Type != "application/pdf" || last.Message["to"] != "491711234567" ||
		fmt.Sprint(last.Message["document"]) != "map[caption:Here it is filename:manual.pdf id:media2]" {
		t.Errorf("sent = %v", all)
	}

	// What becomes of it is reported.
	id := sent["message_id"].(string)
	status := `{"id": %q, "status": %q, "timestamp": "1700000000", "recipient_id": "491711234567" %s}`
	l.brings("statuses", fmt.Sprintf(status, id, "delivered", ""), fmt.Sprintf(status, id, "read", ""))
	l.settled()
	article := l.Get("emma", fmt.Sprintf("/ticket_articles/%v", sent["id"])).Is(200).Object()
	about := preferences(article)["whatsapp"].(map[string]any)
	if about["timestamp_delivered"] != "1700000000" || about["timestamp_read"] != "1700000000" || about["message_id"] != id {
		t.Errorf("preferences = %v", about)
	}
	l.brings("statuses", fmt.Sprintf(status, id, "failed", `, "errors": [{"code": 131026, "title": "Message undeliverable"}]`))
	l.settled()
	article = l.Get("emma", fmt.Sprintf("/ticket_articles/%v", sent["id"])).Is(200).Object()
	if preferences(article)["delivery_status"] != "fail" || preferences(article)["delivery_status_message"] != "(#131026) Message undeliverable" {
		t.Errorf("preferences = %v", preferences(article))
	}

	refused := func(reason, body, files string) {
		t.Helper()
		if got := preferences(answer(body, files)); got["delivery_status"] != "fail" || got["delivery_status_message"] != reason {
			t.Errorf("%s: preferences = %v", body, got)
		}
	}
	refused("A WhatsApp message can have one attachment only.", "Two", file+","+file)
	refused("A WhatsApp message with an attachment of type audio can't have a text.", "Listen", `{"filename": "a.mp3", "data": "YQ==", "mime-type": "audio/mpeg"}`)
	l.meta.Fail(whatsapptest.Failure{Status: 400, Code: 131030, Text: "Recipient phone number not in allowed list"})
	refused("WhatsApp: (#131030) Recipient phone number not in allowed list", "Nobody", "")
	l.Exec(`UPDATE tickets SET preferences = jsonb_set(preferences, '{whatsapp,timestamp_incoming}', '"1700000000"') WHERE id = $1`, int(ticket["id"].(float64)))
	refused("The customer service window has closed: WhatsApp allows answers within 24 hours after the customer's last message.", "Late", "")
	l.Exec(`UPDATE tickets SET state_id = 4, last_close_at = now() - interval '1 hour' WHERE id = $1`, int(ticket["id"].(float64)))
	refused("The ticket is closed: WhatsApp messages can't be sent any more.", "Closed", "")
}

// While Meta is out of order messages wait with a status that can be seen, and nothing goes twice.
func TestWhatsAppOutagesAreOutlived(t *testing.T) {
	t.Parallel()
	l := openLine(t)
	l.Put("boss", fmt.Sprintf("/channels/admin/whatsapp/%d", l.channel), `{"welcome": ""}`).Is(200)
	l.meta.HasFile("picture", picture(t))
	down := whatsapptest.Failure{Status: 500, Code: 131000, Text: "Something went wrong"}
	l.meta.Fail(down, whatsapptest.Failure{Status: 502}) // of the file
	l.work()
	l.brings("messages", says("1", "image", `{"id": "picture", "mime_type": "image/png"}`), says("2", "text", `{"body": "Do you see it?"}`))
	ticket, articles := l.settled()
	if len(articles) != 2 || len(articles[0]["attachments"].([]any)) != 1 || articles[1]["body"] != "Do you see it?" {
		t.Fatalf("articles = %v", articles)
	}
	send := func(body, name, media string) (path string) {
		t.Helper()
		made := l.Post("emma", "/ticket_articles", fmt.Sprintf(
			`{"ticket_id": %v, "type": "whatsapp message", "sender": "Agent", "internal": false, "body": %q, "attachments": [{"filename": %q, "data": "Ynl0ZXM=", "mime-type": %q}]}`,
			ticket["id"], body, name, media)).Is(201).Object()
		return fmt.Sprintf("/ticket_articles/%v", made["id"])
	}
	ends := func(path, status string) map[string]any {
		t.Helper()
		var article map[string]any
		l.Eventually("an end", func() bool {
			article = l.Get("emma", path).Is(200).Object()
			kept := preferences(article)
			return kept["delivery_status"] == status && (status == "success" || kept["delivery_retry"] == 4.0)
		})
		return article
	}
	l.meta.Fail(down, whatsapptest.Failure{}, whatsapptest.Failure{Status: 503}) // of the upload, then of the message
	sent := ends(send("The printer", "printer.jpg", "image/jpeg"), "success")
	var steps []string
	for _, one := range l.meta.Sent() {
		steps = append(steps, one.Path)
	}
	if got := strings.Join(steps, " "); got != "refused media refused media messages" || preferences(sent)["delivery_retry"] != 3.0 {
		t.Errorf("Meta was given %s in %v attempts", got, preferences(sent)["delivery_retry"])
	}
	all := l.meta.Sent()
	if picture := all[len(all)-1].Message["image"]; fmt.Sprint(picture) != "map[caption:The printer id:media4]" || all[3].Type != "image/jpeg" || all[3].Filename != "printer.jpg" || all[3].Data != "bytes" {
		t.Errorf("sent = %v, uploaded %v", all[len(all)-1].Message, all[3])
	}
	ends(send("Watch", "printer.mp4", "video/mp4"), "success")
	all = l.meta.Sent()
	if video := all[len(all)-1].Message; video["type"] != "video" || fmt.Sprint(video["video"]) != "map[caption:Watch id:media6]" || all[5].Type != "video/mp4" {
		t.Errorf("sent = %v", video)
	}

	l.meta.Fail(down, down, down, down)
	failed := ends(send("Nobody hears this", "a.txt", "text/plain"), "fail")
	if kept := preferences(failed); kept["delivery_status_message"] != "WhatsApp: (#131000) Something went wrong" || kept["delivery_status_date"] == nil {
		t.Errorf("preferences = %v", kept)
	}
	l.Eventually("the note", func() bool {
		l.InOrder("ticket_articles")
		articles := l.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%v", ticket["id"])).Is(200).List()
		note := articles[len(articles)-1]
		return note["sender"] == "System" && note["internal"] == true && note["body"] == "Unable to send WhatsApp message: WhatsApp: (#131000) Something went wrong"
	})
}

func TestWhatsAppRemindsOnceBeforeTheWindowEnds(t *testing.T) {
	t.Parallel()
	l := openLine(t)
	path := fmt.Sprintf("/channels/admin/whatsapp/%d", l.channel)
	l.Put("boss", path, `{"welcome": ""}`).Is(200)
	l.work()
	l.brings("messages", says("1", "text", `{"body": "Hello"}`))
	ticket, _ := l.settled()
	wrote := func(ago time.Duration) {
		l.Exec(`UPDATE tickets SET preferences = jsonb_set(preferences, '{whatsapp,timestamp_incoming}', to_jsonb($1::text)) WHERE id = $2`,
			fmt.Sprint(time.Now().Add(-ago).Unix()), int(ticket["id"].(float64)))
	}
	reminds := func(what string, want int) {
		t.Helper()
		l.Store.ForgetCatalog()
		if n, err := reminder.New(l.Store).Remind(t.Context()); err != nil || n != want {
			t.Errorf("%s: %d reminders, %v, want %d", what, n, err, want)
		}
	}
	wrote(23*time.Hour + time.Minute)
	reminds("not wanted", 0)
	l.Put("boss", path, `{"reminder_active": true, "reminder_message": "Still there?"}`).Is(200)
	reminds("an hour left", 1)
	reminds("reminded already", 0)
	wrote(time.Hour)
	reminds("time enough", 0)
	wrote(25 * time.Hour)
	reminds("too late", 0)
	wrote(23*time.Hour + 2*time.Minute)
	reminds("another message", 1)
	l.Exec(`UPDATE tickets SET state_id = 4 WHERE id = $1`, int(ticket["id"].(float64)))
	wrote(23*time.Hour + 3*time.Minute)
	reminds("closed", 0)
	l.Eventually("the reminder", func() bool {
		all := l.meta.Sent()
		return len(all) > 0 && fmt.Sprint(all[0].Message["text"]) == "map[body:Still there?]"
	})
}

func TestWhatsAppWebhookKnowsMeta(t *testing.T) {
	t.Parallel()
	l := openLine(t)
	verify := func(path, query string) apitest.Answer { return l.Send(l.Request(http.MethodGet, path+query, "")) }
	query := "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
	if got := verify(l.hook, query+l.verify).Is(200); string(got.Body) != "1158201444" || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("challenge = %q, %s", got.Body, got.Header.Get("Content-Type"))
	}
	verify(l.hook, query+"guess").Is(422)
	verify(l.hook, "?hub.mode=other&hub.challenge=1&hub.verify_token="+l.verify).Is(422)
	verify("/api/v1/channels_whatsapp_webhook/other", query+l.verify).Is(422)
	body := notification(whatsapptest.NumberID, "messages", says("1", "text", `{"body": "Hello"}`))
	l.calls(body, "guess").Refuses(403, "Not authorized")
	l.Send(l.Request(http.MethodPost, l.hook, body)).Refuses(403, "Not authorized")
	l.calls(strings.Repeat(" ", 1<<20+1), whatsapptest.Secret).Is(413)
	l.calls(notification("another number", "messages", says("1", "text", `{"body": "Hello"}`)), whatsapptest.Secret).Is(200)
	l.calls(`{"object": "page"}`, whatsapptest.Secret).Is(200)
	l.calls(`[not json`, whatsapptest.Secret).Is(200)
	var n int
	if l.One(&n, `SELECT count(*) FROM inbound_messages`); n != 0 {
		t.Errorf("%d messages taken", n)
	}
}

func TestWhatsAppChannelsAreSetUp(t *testing.T) {
	t.Parallel()
	l := openLine(t)
	const all = "/channels/admin/whatsapp"
	index := l.Get("boss", all).Is(200).Object()
	if fmt.Sprint(index["channel_ids"]) != fmt.Sprintf("[%d]", l.channel) {
		t.Errorf("index = %v", index)
	}
	path := fmt.Sprintf("%s/%d", all, l.channel)
	changed := l.Put("boss", path, `{"welcome": "Hi", "access_token": "`+mask(index)+`", "app_secret": ""}`).Is(200).Object()["options"].(map[string]any)
	if changed["name"] != "Desk" || changed["phone_number"] != "+1 555-025-3483" || changed["welcome"] != "Hi" || changed["verify_token"] != l.verify ||
		changed["access_token"] == whatsapptest.Token || changed["app_secret"] == whatsapptest.Secret {
		t.Errorf("options = %v", changed)
	}
	var stored string
	l.One(&stored, `SELECT options::text FROM channels WHERE id = $1`, l.channel)
	if strings.Contains(stored, whatsapptest.Token) || strings.Contains(stored, whatsapptest.Secret) {
		t.Errorf("secrets are stored as they are: %s", stored)
	}
	patched := l.Ask("boss", http.MethodPatch, path, `{"goodbye": "x", "reminder_active": true, "group_id": 2}`).Is(200).Object()
	if options := patched["options"].(map[string]any); patched["group_id"] != 2.0 || options["reminder_active"] != true || options["welcome"] != "Hi" ||
		options["callback_url_uuid"] != changed["callback_url_uuid"] {
		t.Errorf("patched = %v", patched)
	}
	l.meta.Fail(whatsapptest.Failure{Status: 503, Text: "Service temporarily unavailable"})
	l.Put("boss", path, `{"welcome": "Lost"}`).Is(422)
	if options := l.Get("boss", all).Is(200).Object()["assets"].(map[string]any)["Channel"].(map[string]any)[fmt.Sprint(l.channel)].(map[string]any)["options"]; options.(map[string]any)["welcome"] != "Hi" {
		t.Errorf("options that nobody could check are kept: %v", options)
	}
	l.Post("boss", all, newNumber).Refuses(422, "The phone number is already in use by another WhatsApp channel.")
	l.Post("boss", all, `{"group_id": 1}`).Refuses(422, "The required parameter 'business_id' is missing.")
	l.Post("emma", all, newNumber).Is(403)
	l.Post("boss", all+"/preload", `{"business_id": "`+whatsapptest.Business+`", "access_token": "`+whatsapptest.Token+`"}`).Is(200).
		Same(t, `{"data":{"phone_numbers":[{"label":"Desk (+1 555-025-3483)","value":"`+whatsapptest.NumberID+`"}]}}`)
	l.Post("boss", all+"/preload", `{"business_id": "1", "access_token": "x"}`).Is(422)
	l.Post("boss", path+"/disable", "").Is(200).Same(t, `{"status":"ok"}`)
	l.calls("{}", whatsapptest.Secret).Is(422)
	l.Post("boss", path+"/enable", "").Is(200)
	l.calls("{}", whatsapptest.Secret).Is(200)
	l.Del("boss", path).Is(200).Same(t, `{"status":"ok"}`)
	l.calls("{}", whatsapptest.Secret).Is(422)
}

// mask is how the index shows a secret.
func mask(index map[string]any) string {
	for _, channel := range index["assets"].(map[string]any)["Channel"].(map[string]any) {
		return channel.(map[string]any)["options"].(map[string]any)["access_token"].(string)
	}
	return ""
}

func TestClosedNetworksSayThatTheyAreClosed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var id int
	o.One(&id, `INSERT INTO channels (area, options, active, updated_by_id, created_by_id) VALUES ('Twitter::Account', '{}', true, 1, 1) RETURNING id`)
	index := o.Get("boss", "/channels_twitter").Is(200).Object()
	if fmt.Sprint(index["channel_ids"]) != fmt.Sprintf("[%d]", id) || !strings.HasSuffix(index["callback_url"].(string), "/api/v1/external_credentials/twitter/callback") {
		t.Errorf("index = %v", index)
	}
	o.Post("boss", "/channels_facebook_disable", fmt.Sprintf(`{"id": %d}`, id)).Is(404)
	o.Post("boss", "/channels_twitter_disable", fmt.Sprintf(`{"id": %d}`, id)).Is(200)
	o.Post("boss", fmt.Sprintf("/channels_twitter/%d", id), `{}`).Refuses(422, "Twitter is not supported.")
	o.Post("boss", "/channels_facebook/1", `{}`).Refuses(422, "Facebook is not supported.")
	o.Send(o.Request(http.MethodGet, "/api/v1/channels_twitter_webhook?crc_token=1", "")).Is(422)
	o.Send(o.Request(http.MethodPost, "/api/v1/channels_twitter_webhook", "{}")).Is(422)
	o.Del("boss", fmt.Sprintf("/channels_twitter?id=%d", id)).Is(200)
	if ids := o.Get("boss", "/channels_twitter").Is(200).Object()["channel_ids"]; fmt.Sprint(ids) != "[]" {
		t.Errorf("channels = %v", ids)
	}
}
