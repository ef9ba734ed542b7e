package messaging

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/channels/telegram"
	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

func (s *Room) telegramRoutes(t *rest.Table) {
	const all, hook = "/api/v1/channels_telegram", "/api/v1/channels_telegram_webhook/{callback_token}"
	who := rest.Needs("admin.channel_telegram")
	body := rest.Record{{"api_token", ""}, {"group_id", nil}, {"welcome", ""}, {"goodbye", ""}, {"polling", false}}
	which, sample := rest.Record{{"id", int64(0)}}, rest.ChannelRecord(desk.Channel{})
	t.Handle("POST "+hook, rest.Webhook, s.takeUpdate).Asks("bid").Takes(rest.Record{{"update_id", int64(0)}, {"message", rest.Record{}}})
	t.Handle("GET "+all, who, s.listed(desk.AreaTelegram)).Gives(rest.Record{{"assets", rest.Record{}}, {"channel_ids", []int64{}}})
	t.Handle("POST "+all, who, s.added(desk.AreaTelegram, s.writeBot)).Takes(body).Gives(sample)
	t.Handle("PUT "+all+"/{id}", who, s.changed(s.writeBot, desk.AreaTelegram)).Takes(body).Gives(sample)
	t.Handle("POST "+all+"_enable", who, s.done(rest.Record{}, s.enableBot, desk.AreaTelegram)).Takes(which)
	t.Handle("POST "+all+"_disable", who, s.done(rest.Record{}, s.disableBot, desk.AreaTelegram)).Takes(which)
	t.Handle("DELETE "+all, who, s.done(rest.Record{}, s.deleteBot, desk.AreaTelegram)).Takes(which)
	t.Handle("DELETE "+all+"/{id}", who, s.done(rest.Record{}, s.deleteBot, desk.AreaTelegram))
}

// secretHeader is where Telegram shows that it is Telegram.
const secretHeader = "X-Telegram-Bot-Api-Secret-Token"

// takeUpdate takes in what Telegram says that somebody wrote to a bot. What is nothing for us is
// answered like the rest: Telegram would go on repeating it. A bot that is switched off takes nothing,
// and gets it when it is switched on again within a day.
func (s *Room) takeUpdate(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(r.URL.Query().Get("bid"), 10, 64)
	if r.URL.Query().Get("bid") == "" {
		return rest.Invalid("bid", "bot id is missing")
	}
	channel, there := find(catalog, func(c desk.Channel) bool { return c.Active && telegram.OptionsOf(c).BotID == id }, desk.AreaTelegram)
	if !there || id == 0 {
		return rest.Invalid("bid", "bot not found")
	}
	options := telegram.OptionsOf(channel)
	if !same(r.PathValue("callback_token"), options.Callback) {
		return rest.Invalid("callback_token", "invalid callback token")
	}
	if options.HookSecret != "" && !same(r.Header.Get(secretHeader), options.HookSecret) {
		return rest.Forbidden("Not authorized")
	}
	raw, err := rest.ReadBody(r, maxMessage)
	if err != nil {
		return err
	}
	facts, err := telegram.FactsOf(raw)
	if err != nil {
		return err
	}
	if facts != nil {
		err = s.take(r.Context(), channels.Inbound{
			ChannelID: channel.ID, Kind: telegram.Kind, ExternalID: facts.UpdateID, Conversation: facts.Conversation, Raw: raw,
		})
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// same compares without telling by its time where two texts begin to differ. Nothing is the same as
// an empty one.
func same(sent, secret string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(secret)) == 1
}

// writeBot stores a new bot or a changed one, once Telegram knows where it is reached.
func (s *Room) writeBot(r *http.Request, channel *desk.Channel) error {
	ctx := r.Context()
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	sent := map[string]any{"api_token": p.Text("api_token")}
	before := telegram.OptionsOf(*channel)
	if channel.ID != 0 && p.Blank("api_token") {
		sent["api_token"] = rest.SecretMask
	}
	sent = seal.Unmask(sent, channel.Options, rest.SecretMask)
	o := telegram.Options{Token: sent["api_token"].(string), Welcome: p.Text("welcome"), Goodbye: p.Text("goodbye"), Polling: p.Flag("polling")}
	if !p.Has("polling") {
		o.Polling = before.Polling
	}
	bot, err := s.Telegram.Look(ctx, o.Token)
	if err != nil {
		s.Log.InfoContext(ctx, "telegram does not accept a bot", "error", err)
		return rest.Invalid("api_token", "invalid api token")
	}
	if err := s.onlyBot(ctx, bot, channel.ID); err != nil {
		return err
	}
	if channel.GroupID, err = groupSent(p, catalog); err != nil {
		return err
	}
	o.BotID = bot.ID
	if channel.ID == 0 || channel.Active {
		if err := s.hook(ctx, catalog, &o); err != nil {
			return err
		}
	}
	if before.Token != "" && before.BotID != bot.ID {
		s.unhook(ctx, *channel) // another bot takes its place
	}
	channel.Options = o.Values(bot)
	return s.save(r, channel)
}

// onlyBot refuses a bot that another channel has.
func (s *Room) onlyBot(ctx context.Context, bot telegram.Bot, except desk.ChannelID) error {
	all, err := s.Store.ChannelsIn(ctx, desk.AreaTelegram)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != except && telegram.OptionsOf(other).BotID == bot.ID {
			return rest.Invalid("api_token", "This bot already exists.")
		}
	}
	return nil
}

// hook tells Telegram where a bot is reached, under tokens that are new each time. Where we ask for
// updates it must call nobody.
func (s *Room) hook(ctx context.Context, c *desk.Catalog, o *telegram.Options) error {
	o.Callback, o.HookSecret, o.CallbackURL = randomToken(10), "", ""
	var err error
	if o.Polling {
		err = s.Telegram.Unhook(ctx, o.Token)
	} else {
		if c.Settings.String("http_type") != "https" {
			return rest.Invalid("http_type", "The Telegram integration can only be configured on systems using the HTTPS protocol.")
		}
		o.HookSecret = randomToken(24)
		o.CallbackURL = "https://" + c.Settings.String("fqdn") + "/api/v1/channels_telegram_webhook/" + url.PathEscape(o.Callback) +
			"?bid=" + strconv.FormatInt(o.BotID, 10)
		err = s.Telegram.Hook(ctx, o.Token, o.CallbackURL, o.HookSecret)
	}
	if err != nil {
		s.Log.InfoContext(ctx, "telegram does not take a webhook", "error", err)
		return rest.Invalid("callback_url", "The webhook could not be saved by Telegram, seems to be an invalid URL.")
	}
	return nil
}

// unhook makes Telegram call nobody for a bot any more. Whether it hears that or not, nothing it says
// about the bot is taken from now on.
func (s *Room) unhook(ctx context.Context, channel desk.Channel) {
	if err := s.Telegram.Unhook(ctx, telegram.OptionsOf(channel).Token); err != nil {
		s.Log.WarnContext(ctx, "telegram was not told that a bot is gone", "channel_id", channel.ID, "error", err)
	}
}

// randomToken returns so many random bytes in a form that addresses can hold.
func randomToken(bytes int) string {
	token := make([]byte, bytes)
	_, _ = rand.Read(token) // crypto/rand never fails
	return base64.RawURLEncoding.EncodeToString(token)
}

// enableBot lets Telegram call again. What people wrote meanwhile comes then.
func (s *Room) enableBot(r *http.Request, channel *desk.Channel) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if !channel.Active {
		options := telegram.OptionsOf(*channel)
		if err := s.hook(r.Context(), catalog, &options); err != nil {
			return err
		}
		channel.Options["callback_token"], channel.Options["callback_url"] = options.Callback, options.CallbackURL
		channel.Options["webhook_secret"] = options.HookSecret
	}
	return s.switched(true)(r, channel)
}

func (s *Room) disableBot(r *http.Request, channel *desk.Channel) error {
	if err := s.switched(false)(r, channel); err != nil {
		return err
	}
	s.unhook(r.Context(), *channel)
	return nil
}

func (s *Room) deleteBot(r *http.Request, channel *desk.Channel) error {
	if err := s.removed(r, channel); err != nil {
		return err
	}
	s.unhook(r.Context(), *channel)
	return nil
}
