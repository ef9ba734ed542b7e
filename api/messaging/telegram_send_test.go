package messaging_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"postroom/channels/telegram/telegramtest"
)

// asked is a bot to which somebody wrote, and the ticket.
func asked(t *testing.T) (b *bots, id int) {
	t.Helper()
	b = openBots(t).connect()
	b.work()
	b.says("message", 1, `"text": "Is anybody there?"`)
	b.processed()
	ticket, _ := b.ticket()
	return b, int(ticket["id"].(float64))
}

// answers writes as an agent, and returns the article's address.
func (b *bots) answers(id int, more string) string {
	b.T.Helper()
	article := b.Post("emma", "/ticket_articles",
		fmt.Sprintf(`{"ticket_id": %d, "type": "telegram personal-message", "sender": "Agent", "internal": false, %s}`, id, more)).Is(201).Object()
	return fmt.Sprintf("/ticket_articles/%v", article["id"])
}

func preferences(article map[string]any) map[string]any {
	kept, _ := article["preferences"].(map[string]any)
	return kept
}

func TestAnswersGoOutWithTheirFiles(t *testing.T) {
	t.Parallel()
	b, id := asked(t)
	file := base64.StdEncoding.EncodeToString([]byte("the manual"))
	path := b.answers(id, `"body": "<p>Yes, <b>here</b> we are</p>", "content_type": "text/html",
		"attachments": [{"filename": "manual.txt", "data": "`+file+`", "mime-type": "text/plain"}]`)
	var article map[string]any
	b.Eventually("delivery", func() bool {
		article = b.Get("emma", path).Is(200).Object()
		return preferences(article)["delivery_status"] == "success"
	})
	texts, documents := b.telegram.Calls("sendMessage"), b.telegram.Calls("sendDocument")
	if len(texts) != 1 || texts[0].Params["chat_id"] != "777" || strings.TrimSpace(texts[0].Params["text"]) != "Yes, here we are" {
		t.Errorf("texts = %v", texts)
	}
	if len(documents) != 1 || documents[0].File != "manual.txt" || documents[0].Data != "the manual" || documents[0].Params["chat_id"] != "777" {
		t.Errorf("documents = %v", documents)
	}
	if article["from"] != "@desk_bot" || article["to"] != "@ada_l" || article["message_id"] != "telegram.501.777" {
		t.Errorf("article = %v", article)
	}
	if got := fmt.Sprint(preferences(article)["telegram"]); got != "map[chat_id:777 date:1.7e+09 from_id:123456 message_id:501]" {
		t.Errorf("preferences = %v", got)
	}
}

func TestOutagesAreOutlivedAndNothingGoesTwice(t *testing.T) {
	t.Parallel()
	b, id := asked(t)
	b.telegram.Fail("sendMessage", telegramtest.Failure{Status: 502, Body: "<html>"}, telegramtest.TooMany(1), telegramtest.Failure{Cut: true})
	b.telegram.Fail("sendDocument", telegramtest.Failure{Status: 500, Body: `{"ok":false,"error_code":500,"description":"Internal Server Error"}`})
	path := b.answers(id, `"body": "Patience", "attachments": [{"filename": "a.txt", "data": "YQ==", "mime-type": "text/plain"}]`)
	var article map[string]any
	b.Eventually("delivery in the end", func() bool {
		article = b.Get("emma", path).Is(200).Object()
		return preferences(article)["delivery_status"] == "success"
	})
	if texts, documents := len(b.telegram.Calls("sendMessage")), len(b.telegram.Calls("sendDocument")); texts != 4 || documents != 2 {
		t.Errorf("%d texts and %d documents tried, want 4 and 2: what arrived is not sent again", texts, documents)
	}
	if article["message_id"] != "telegram.501.777" || preferences(article)["delivery_retry"] != 4.0 {
		t.Errorf("article = %v", article)
	}
}

// Whoever sends a long answer may be killed at any time: what has arrived until then is known.
func TestPartsAreNotedAsTheyArrive(t *testing.T) {
	t.Parallel()
	b, id := asked(t)
	hold := make(chan struct{})
	b.telegram.Fail("sendDocument", telegramtest.Failure{}, telegramtest.Failure{Until: hold})
	file := func(name string) string {
		return `{"filename": "` + name + `", "data": "YQ==", "mime-type": "text/plain"}`
	}
	path := b.answers(id, `"body": "Two files", "attachments": [`+file("a.txt")+`, `+file("b.txt")+`]`)
	kept := func() map[string]any { return preferences(b.Get("emma", path).Is(200).Object()) }
	b.Eventually("two of three parts", func() bool { return kept()["delivery_parts"] == 2.0 })
	if got := kept(); got["delivery_status"] != nil || got["telegram"] == nil {
		t.Errorf("preferences meanwhile = %v", got)
	}
	close(hold)
	b.Eventually("delivery", func() bool { return kept()["delivery_status"] == "success" })
	if got := kept(); got["delivery_parts"] != nil {
		t.Errorf("preferences in the end = %v", got)
	}
}

func TestFailureIsVisibleAndToldToAgents(t *testing.T) {
	t.Parallel()
	b, id := asked(t)
	for range 4 {
		b.telegram.Fail("sendMessage", telegramtest.Failure{Status: 503})
	}
	path := b.answers(id, `"body": "Nobody hears this"`)
	var articles []map[string]any
	b.Eventually("giving up", func() bool {
		_, articles = b.ticket()
		return len(articles) == 3
	})
	kept := preferences(b.Get("emma", path).Is(200).Object())
	if kept["delivery_status"] != "fail" || kept["delivery_status_message"] != "telegram: sendMessage: status 503" || kept["delivery_retry"] != 4.0 || kept["delivery_status_date"] == nil {
		t.Errorf("preferences = %v", kept)
	}
	note := articles[2]
	if note["body"] != "Unable to send telegram message: telegram: sendMessage: status 503" || note["internal"] != true || note["sender"] != "System" ||
		preferences(note)["delivery_message"] != true || fmt.Sprint("/ticket_articles/", preferences(note)["delivery_article_id_related"]) != path {
		t.Errorf("note = %v", note)
	}
	if n := len(b.telegram.Calls("sendMessage")); n != 4 {
		t.Errorf("%d attempts, want 4", n)
	}

	// Whoever blocked the bot is not asked again.
	b.telegram.Fail("sendMessage", telegramtest.Refusal(403, "Forbidden: bot was blocked by the user"))
	b.answers(id, `"body": "Hello?"`)
	b.Eventually("giving up at once", func() bool {
		_, articles = b.ticket()
		return len(articles) == 5
	})
	if body := articles[4]["body"]; body != "Unable to send telegram message: telegram: sendMessage: Forbidden: bot was blocked by the user" {
		t.Errorf("note = %v", body)
	}
	if n := len(b.telegram.Calls("sendMessage")); n != 5 {
		t.Errorf("%d attempts, want one more", n)
	}
}

func TestLongAnswersGoInParts(t *testing.T) {
	t.Parallel()
	b, id := asked(t)
	body := strings.Repeat("A line of forty characters, to be sure.\\n", 250) // 10,000 characters
	b.answers(id, `"body": "`+body+`"`)
	b.Eventually("all parts", func() bool { return len(b.telegram.Calls("sendMessage")) == 3 })
	for _, call := range b.telegram.Calls("sendMessage") {
		if text := call.Params["text"]; len(text) > 4096 || !strings.HasSuffix(text, "to be sure.") {
			t.Errorf("a part of %d bytes ends with %q", len(text), text[max(0, len(text)-20):])
		}
	}
}

func TestLongRepliesAreToldOnce(t *testing.T) {
	t.Parallel()
	b := openBots(t)
	welcome := strings.TrimSpace(strings.Repeat("A line of forty characters, to be sure.\n", 250)) // 10,000 characters
	b.channel = int(b.Post("boss", "/channels_telegram", fmt.Sprintf(`{"api_token": %q, "group_id": 1, "welcome": %q}`, telegramtest.Token, welcome)).
		Is(200).Object()["id"].(float64))
	b.hooked()
	b.work()
	b.telegram.Fail("sendMessage", telegramtest.Failure{}, telegramtest.Failure{Status: 502}, telegramtest.Failure{Cut: true})
	b.says("message", 1, `"text": "/start"`)
	b.Eventually("all parts", func() bool { return len(b.telegram.Calls("sendMessage")) == 5 })
	var texts []string
	for _, call := range b.telegram.Calls("sendMessage") {
		texts = append(texts, call.Params["text"])
	}
	if texts[1] != texts[2] || texts[2] != texts[3] || strings.Join([]string{texts[0], texts[3], texts[4]}, "\n") != welcome {
		t.Errorf("parts of %d, %d, %d, %d and %d characters: the second was to be tried three times, the others once",
			len(texts[0]), len(texts[1]), len(texts[2]), len(texts[3]), len(texts[4]))
	}
}
