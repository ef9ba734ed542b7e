package telegram_test

import (
	"errors"
	"net/http"
	"testing"

	"postroom/channels/telegram"
	"postroom/internal/desk"
)

// Whatever is said to come from Telegram is read, is nothing for us, or is refused for good.
func FuzzUpdates(f *testing.F) {
	for _, seed := range []string{
		`{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":5,"first_name":"A"},"text":"/start"}}`,
		`{"update_id":2,"edited_message":{"message_id":1,"chat":{"id":5,"type":"private"},"from":{"id":5},"photo":[{"file_id":"a","width":1301}],"caption":"<"}}`,
		`{"update_id":3,"channel_post":{"chat":{"id":-5,"type":"channel","title":"T"},"sticker":{"file_id":"s","thumbnail":{"file_id":"t"}}}}`,
		`{"update_id":4,"message":{"message_id":1,"chat":{"id":5,"type":"group"},"from":{"id":5},"text":"@bot"}}`,
		`{"update_id":5,"message":{"chat":null,"from":null,"audio":{"title":" - "},"venue":{}}}`,
		`{"update_id":"6"}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(seed))
	}
	client := telegram.NewClient(telegram.PublicAPI, http.DefaultClient) // nothing is fetched by reading
	channel := desk.Channel{Options: map[string]any{"bot": map[string]any{"id": 1.0, "username": "bot"}}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		facts, err := telegram.FactsOf(raw)
		if err != nil || facts == nil {
			return // it does not come in
		}
		written, err := client.Read(t.Context(), channel, raw)
		if _, refused := errors.AsType[*desk.InvalidError](err); err != nil && !refused {
			t.Fatalf("read = %v, which says nothing about another attempt", err)
		}
		if written == nil {
			return
		}
		if written.By.UID == "" || written.ID == "" || written.ReplyTo == "" {
			t.Fatalf("%s is written by nobody: %+v", raw, written)
		}
	})
}
