package e2e

import (
	"fmt"
	"testing"
	"time"

	"postroom/channels/telegram/telegramtest"
	"postroom/internal/devstack"
)

// TestTelegramThereAndBack lets somebody write to a bot, by asking for updates, while the product
// stops and starts again, and an agent answer.
func TestTelegramThereAndBack(t *testing.T) {
	t.Parallel()
	telegram := telegramtest.New(t)
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.env = append(in.env, "TELEGRAM_API_URL="+telegram.URL, "OUTGOING_ALLOW=127.0.0.0/8")
	in.start()
	if err := in.post("/api/v1/channels_telegram", map[string]any{"api_token": telegramtest.Token, "group_id": 1, "polling": true}, nil); err != nil {
		t.Fatal(err)
	}
	const ada = `"chat": {"id": 777, "type": "private"}, "from": {"id": 777, "first_name": "Ada", "last_name": "Lovelace"}`
	telegram.Writes(`{"message_id": 1, "date": 1, ` + ada + `, "text": "Is anybody there?"}`)
	question := in.waitForTicket("Is anybody there?")

	in.stop()
	for n := 2; n < 12; n++ {
		telegram.Writes(fmt.Sprintf(`{"message_id": %d, "date": 1, %s, "text": "Part %d"}`, n, ada, n))
	}
	in.start()
	in.waitUntil(60*time.Second, "what was written meanwhile", func() error {
		var said []struct{ Body string }
		if err := in.get(fmt.Sprintf("/api/v1/ticket_articles/by_ticket/%d", question.ID), &said); err != nil {
			return err
		}
		for n := 2; n < 12; n++ {
			if len(said) != 11 || said[n-1].Body != fmt.Sprintf("Part %d", n) {
				return fmt.Errorf("articles = %v", said)
			}
		}
		return nil
	})

	answer := map[string]any{"ticket_id": question.ID, "type": "telegram personal-message", "body": "Here we are."}
	if err := in.post("/api/v1/ticket_articles", answer, nil); err != nil {
		t.Fatal(err)
	}
	in.waitUntil(60*time.Second, "the answer", func() error {
		sent := telegram.Calls("sendMessage")
		if len(sent) != 1 || sent[0].Params["text"] != "Here we are." || sent[0].Params["chat_id"] != "777" {
			return fmt.Errorf("sent %v", sent)
		}
		return nil
	})
}
