// Package telegram speaks to Telegram's Bot API: it sets bots up, reads what people wrote to them,
// fetches files and sends answers.
//
// Updates come by webhook or, where Telegram can't reach us, by asking for them. What becomes of a
// message is decided elsewhere.
package telegram

import (
	"fmt"
	"strconv"

	"postroom/internal/desk"
)

// Kind is what received updates are called.
const Kind = "telegram"

// provider is what accounts of people are linked under.
const provider = "telegram"

// Options are those of a channel, read once.
type Options struct {
	Token       string // of the bot; whoever has it is the bot
	BotID       int64
	Username    string // of the bot, without @
	Welcome     string // answer to /start
	Goodbye     string // answer to /end; empty: none
	Polling     bool   // we ask for updates; otherwise Telegram calls us
	Callback    string // token in the address that Telegram calls
	HookSecret  string // what Telegram shows with every call; empty: a webhook that others have set
	CallbackURL string
}

// OptionsOf reads the options of a channel.
func OptionsOf(c desk.Channel) Options {
	bot, _ := c.Options["bot"].(map[string]any)
	text := func(from map[string]any, name string) string {
		value, _ := from[name].(string)
		return value
	}
	polling, _ := c.Options["polling"].(bool)
	return Options{
		Token: text(c.Options, "api_token"), BotID: idOf(bot["id"]), Username: text(bot, "username"),
		Welcome: text(c.Options, "welcome"), Goodbye: text(c.Options, "goodbye"), Polling: polling,
		Callback: text(c.Options, "callback_token"), HookSecret: text(c.Options, "webhook_secret"), CallbackURL: text(c.Options, "callback_url"),
	}
}

// Values are the options as the channel keeps them.
func (o Options) Values(bot Bot) map[string]any {
	return map[string]any{
		"bot": map[string]any{
			"id": bot.ID, "username": bot.Username, "first_name": bot.FirstName, "last_name": bot.LastName,
		},
		"api_token": o.Token, "welcome": o.Welcome, "goodbye": o.Goodbye, "polling": o.Polling,
		"callback_token": o.Callback, "callback_url": o.CallbackURL, "webhook_secret": o.HookSecret,
	}
}

// idOf reads an id that went through JSON, where large numbers have other forms.
func idOf(value any) int64 {
	switch v := value.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	id, _ := strconv.ParseInt(fmt.Sprint(value), 10, 64)
	return id
}

// Bot is who a token belongs to.
type Bot struct {
	ID        int64
	Username  string
	FirstName string
	LastName  string
}
