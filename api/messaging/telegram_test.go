package messaging_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/channels/telegram"
	"postroom/channels/telegram/telegramtest"
	"postroom/internal/desk"
	"postroom/internal/messenger"
	sendmessages "postroom/jobs/messenger"
)

// bots is an office with a Telegram.
type bots struct {
	*apitest.Office
	telegram *telegramtest.Server
	client   *telegram.Client
	hook     string // where Telegram calls, with token and bot
	secret   string
	channel  int
	updates  int
}

func openBots(t *testing.T) *bots {
	t.Helper()
	server := telegramtest.New(t)
	client := telegram.NewClient(server.URL, http.DefaultClient)
	o := apitest.Open(t, func(needs *api.Needs) {
		needs.Messaging.Telegram = client
	})
	return &bots{Office: o, telegram: server, client: client, updates: 1000}
}

const newBot = `{"api_token": "` + telegramtest.Token + `", "group_id": 1, "welcome": "Hi there", "goodbye": "Bye then"}`

// connect sets the bot up and takes from Telegram where it is to call.
func (b *bots) connect() *bots {
	b.T.Helper()
	b.channel = int(b.Post("boss", "/channels_telegram", newBot).Is(200).Object()["id"].(float64))
	b.hooked()
	return b
}

func (b *bots) hooked() {
	b.T.Helper()
	calls := b.telegram.Calls("setWebhook")
	last := calls[len(calls)-1].Params
	at, err := url.Parse(last["url"])
	if err != nil {
		b.T.Fatal(err)
	}
	b.hook, b.secret = at.RequestURI(), last["secret_token"]
}

// work starts what makes tickets of updates and messages of answers.
func (b *bots) work() (spooled func() []string) {
	b.T.Helper()
	return b.Messengers(
		map[string]messenger.Kind{telegram.Kind: {Read: b.client.Read, Type: desk.ArticleTelegram}},
		sendmessages.Ways{desk.ArticleTelegram: {Sender: telegram.NewSender(b.client), Area: desk.AreaTelegram, Failure: "Unable to send telegram message"}},
	)
}

// calls is Telegram calling with an update.
func (b *bots) calls(update string) apitest.Answer {
	b.T.Helper()
	req := b.Request(http.MethodPost, b.hook, update)
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", b.secret)
	return b.Send(req)
}

// ada is who writes.
const ada = `"chat": {"id": 777, "type": "private", "first_name": "Ada", "last_name": "Lovelace", "username": "Ada_L"},
	"from": {"id": 777, "is_bot": false, "first_name": "Ada", "last_name": "Lovelace", "username": "Ada_L", "language_code": "en"}`

// says sends an update of a kind: a message of ada with this content.
func (b *bots) says(kind string, message int, content string) {
	b.T.Helper()
	b.updates++
	b.calls(fmt.Sprintf(`{"update_id": %d, %q: {"message_id": %d, "date": 1700000000, %s, %s}}`, b.updates, kind, message, ada, content)).
		Is(200).Same(b.T, `{}`)
}

// processed waits until everything that was received is processed.
func (b *bots) processed() {
	b.T.Helper()
	b.Eventually("messages processed", func() bool {
		var left int
		b.One(&left, `SELECT count(*) FROM inbound_messages WHERE state = 'received'`)
		return left == 0
	})
}

// ticket returns ada's newest ticket with its articles.
func (b *bots) ticket() (ticket map[string]any, articles []map[string]any) {
	b.T.Helper()
	var id int
	b.One(&id, `SELECT max(t.id) FROM tickets t JOIN messenger_accounts a ON a.user_id = t.customer_id WHERE a.uid = '777'`)
	ticket = b.Get("emma", apitest.TicketPath(id)).Is(200).Object()
	b.InOrder("ticket_articles")
	return ticket, b.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", id)).Is(200).List()
}

func TestBotIsSetUp(t *testing.T) {
	t.Parallel()
	b := openBots(t)
	b.Post("emma", "/channels_telegram", newBot).Is(403)
	b.Post("boss", "/channels_telegram", `{"api_token": "1:wrong", "group_id": 1}`).Refuses(422, "invalid api token")
	b.Post("boss", "/channels_telegram", `{"api_token": "`+telegramtest.Token+`"}`).Refuses(422, "The required parameter 'group_id' is missing.")
	b.Post("boss", "/channels_telegram", `{"api_token": "`+telegramtest.Token+`", "group_id": 999}`).Refuses(422, "The required parameter 'group_id' is invalid.")
	b.telegram.Fail("setWebhook", telegramtest.Refusal(400, "Bad Request: bad webhook"))
	b.Post("boss", "/channels_telegram", newBot).Refuses(422, "The webhook could not be saved by Telegram, seems to be an invalid URL.")
	b.Setting("http_type", "http")
	b.Post("boss", "/channels_telegram", newBot).Refuses(422, "The Telegram integration can only be configured on systems using the HTTPS protocol.")
	b.Setting("http_type", "https")

	made := b.Post("boss", "/channels_telegram", newBot).Is(200).Object()
	options := made["options"].(map[string]any)
	bot := options["bot"].(map[string]any)
	if made["area"] != "Telegram::Bot" || made["active"] != true || made["group_id"] != 1.0 || bot["id"] != float64(telegramtest.BotID) ||
		bot["username"] != telegramtest.Username || options["welcome"] != "Hi there" {
		t.Errorf("channel = %v", made)
	}
	if strings.Contains(fmt.Sprint(made), telegramtest.Token) {
		t.Errorf("the token is shown: %v", made)
	}
	b.hooked()
	if want := fmt.Sprintf("/api/v1/channels_telegram_webhook/%s?bid=%d", options["callback_token"], telegramtest.BotID); b.hook != want || b.secret == "" {
		t.Errorf("Telegram calls %s with secret %q, want %s", b.hook, b.secret, want)
	}
	var stored string
	b.One(&stored, `SELECT options::text FROM channels WHERE area = 'Telegram::Bot'`)
	if strings.Contains(stored, telegramtest.Token) || strings.Contains(stored, b.secret) {
		t.Errorf("secrets are stored in clear: %s", stored)
	}
	b.Post("boss", "/channels_telegram", newBot).Refuses(422, "This bot already exists.")

	id := int(made["id"].(float64))
	changed := b.Put("boss", fmt.Sprintf("/channels_telegram/%d", id),
		fmt.Sprintf(`{"api_token": %q, "group_id": 2, "welcome": "Hello"}`, options["api_token"])).Is(200).Object()
	again := changed["options"].(map[string]any)
	if changed["group_id"] != 2.0 || again["welcome"] != "Hello" || again["callback_token"] == options["callback_token"] {
		t.Errorf("changed = %v", changed)
	}
	list := b.Get("boss", "/channels_telegram").Is(200).Object()
	if fmt.Sprint(list["channel_ids"]) != fmt.Sprintf("[%d]", id) || len(list["assets"].(map[string]any)["Channel"].(map[string]any)) != 1 {
		t.Errorf("list = %v", list)
	}
}

func TestBotIsSwitchedOffAndDeleted(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	which := fmt.Sprintf(`{"id": %d}`, b.channel)
	b.Post("boss", "/channels_telegram_disable", which).Is(200).Same(t, `{}`)
	if n := len(b.telegram.Calls("deleteWebhook")); n != 1 {
		t.Errorf("Telegram was told %d times to call nobody", n)
	}
	b.calls(`{"update_id": 5, "message": {"message_id": 1, "date": 1, `+ada+`, "text": "hi"}}`).Refuses(422, "bot not found")
	b.Post("boss", "/channels_telegram_enable", which).Is(200)
	b.hooked()
	b.calls(`{"update_id": 5, "message": {"message_id": 1, "date": 1, ` + ada + `, "text": "hi"}}`).Is(200)
	b.telegram.Fail("deleteWebhook", telegramtest.Failure{Cut: true}) // whether it hears that or not
	b.Ask("boss", http.MethodDelete, "/channels_telegram", which).Is(200)
	b.Get("boss", "/channels_telegram").Is(200).Same(t, `{"assets":{"Channel":{}},"channel_ids":[]}`)
}

func TestOnlyTelegramMayCall(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	update := `{"update_id": 9, "message": {"message_id": 1, "date": 1, ` + ada + `, "text": "hi"}}`
	right, secret := b.hook, b.secret
	path, query, _ := strings.Cut(right, "?")
	for _, tc := range []struct {
		hook, secret, body string
		status             int
		text               string
	}{
		{path, secret, update, 422, "bot id is missing"},
		{path + "?bid=42", secret, update, 422, "bot not found"},
		{"/api/v1/channels_telegram_webhook/guess?" + query, secret, update, 422, "invalid callback token"},
		{right, "guess", update, 403, "Not authorized"},
		{right, "", update, 403, "Not authorized"},
		{right, secret, "no update", 422, "invalid update"},
		{right, secret, `{"update_id": 9, "message": {"text": "` + strings.Repeat("x", 1<<20) + `"}}`, 413, "The request is larger than the allowed 1048576 bytes."},
	} {
		b.hook, b.secret = tc.hook, tc.secret
		b.calls(tc.body).Refuses(tc.status, tc.text)
	}
	b.hook, b.secret = right, secret
	for _, nothing := range []string{`{"update_id": 10, "poll": {"id": "1", "question": "?"}}`, `{"update_id": 11, "callback_query": {"id": "2"}}`, `{}`} {
		b.calls(nothing).Is(200).Same(t, `{}`)
	}
	var received int
	if b.One(&received, `SELECT count(*) FROM inbound_messages`); received != 0 {
		t.Errorf("%d messages received", received)
	}
	b.calls(update).Is(200)
	b.calls(update).Is(200) // Telegram repeats what it believes unanswered
	if b.One(&received, `SELECT count(*) FROM inbound_messages`); received != 1 {
		t.Errorf("%d messages received, want the same one once", received)
	}
}
