package messaging_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/channels/telegram"
	"postroom/channels/telegram/telegramtest"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/jobs/poll"
)

// An installation that Telegram can't call asks for updates instead.
func TestBotThatAsksForUpdates(t *testing.T) {
	t.Parallel()
	b := openBots(t)
	b.Setting("http_type", "http")
	made := b.Post("boss", "/channels_telegram", strings.Replace(newBot, "{", `{"polling": true, `, 1)).Is(200).Object()
	options := made["options"].(map[string]any)
	if options["polling"] != true || options["callback_url"] != "" || len(b.telegram.Calls("setWebhook")) != 0 || len(b.telegram.Calls("deleteWebhook")) != 1 {
		t.Errorf("options = %v, webhooks %v", options, b.telegram.Calls("setWebhook"))
	}
	b.work()
	rota := poll.New(poll.Options{
		Store: b.Store, Log: slog.New(slog.DiscardHandler), Concurrency: 1,
		Receive: intake.New(b.Store, blob.New(t.TempDir()), slog.New(slog.DiscardHandler)).Receive,
		Open: func(channel desk.Channel, _ *desk.Catalog) (channels.Poller, error) {
			return telegram.NewPoller(b.client, channel)
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- rota.Run(ctx) }()
	for i, text := range []string{"First", "Second", "Third"} {
		b.telegram.Writes(fmt.Sprintf(`{"message_id": %d, "date": 1, %s, "text": %q}`, i+1, ada, text))
	}
	b.Eventually("three messages", func() bool {
		var bodies string
		b.One(&bodies, `SELECT coalesce(string_agg(body, ' ' ORDER BY id), '') FROM ticket_articles WHERE type_id = $1`, desk.ArticleTelegram)
		return bodies == "First Second Third"
	})
	b.Eventually("the status", func() bool {
		var status string
		b.One(&status, `SELECT coalesce(status_in, '') FROM channels WHERE area = 'Telegram::Bot'`)
		return status == "ok"
	})
	b.telegram.Fail("getUpdates", telegramtest.Refusal(401, "Unauthorized")) // somebody made a new token
	b.telegram.Writes(`{"message_id": 9, "date": 1, ` + ada + `, "text": "This ends the wait"}`)
	b.Eventually("the trouble", func() bool {
		var last string
		b.One(&last, `SELECT coalesce(last_log_in, '') FROM channels WHERE area = 'Telegram::Bot'`)
		return last == "telegram: getUpdates: Unauthorized"
	})
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
}
