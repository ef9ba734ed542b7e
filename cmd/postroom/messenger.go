package main

import (
	"cmp"

	"postroom/api/messaging"
	"postroom/channels/sms"
	"postroom/channels/telegram"
	"postroom/channels/whatsapp"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/intake"
	"postroom/internal/messenger"
	sendmessages "postroom/jobs/messenger"
)

// telegram is the Bot API, which TELEGRAM_API_URL names.
func (h *house) telegram() *telegram.Client {
	return telegram.NewClient(cmp.Or(h.cfg.TelegramAPI, telegram.PublicAPI), h.outgoing().Client(egress.Options{Timeout: telegram.RequestWithin}))
}

// sms is a client of the gateways of text messages.
func (h *house) sms() *sms.Client {
	return &sms.Client{
		HTTP:      h.outgoing().Client(egress.Options{Timeout: sms.RequestWithin, Redirects: 3}),
		TwilioAPI: sms.PublicTwilio, MessageBirdAPI: sms.PublicMessageBird,
	}
}

// whatsApp is a client of Meta's Graph API.
func (h *house) whatsApp() *whatsapp.Client {
	return &whatsapp.Client{
		HTTP: h.outgoing().Client(egress.Options{Timeout: whatsapp.RequestWithin, Redirects: 3}), API: whatsapp.PublicAPI,
	}
}

// messengers ties what messengers send to those who can read it, by the names of their kinds.
func (h *house) messengers() *messenger.Messenger {
	return messenger.New(h.store, h.blobs, map[string]messenger.Kind{
		telegram.Kind: {Read: h.telegram().Read, Type: desk.ArticleTelegram},
		sms.Kind:      {Read: h.sms().Read, Type: desk.ArticleSMS, ByType: true},
		whatsapp.Kind: {Read: h.whatsApp().Read, Type: desk.ArticleWhatsApp},
	}, h.log)
}

// ways ties articles to the messengers that send them.
func (h *house) ways() sendmessages.Ways {
	return sendmessages.Ways{
		desk.ArticleTelegram: {Sender: telegram.NewSender(h.telegram()), Area: desk.AreaTelegram, Failure: "Unable to send telegram message"},
		desk.ArticleSMS:      {Sender: sms.NewSender(h.sms(), h.store), Area: desk.AreaSMSAccount, Failure: "Unable to send SMS message", History: "sms"},
		desk.ArticleWhatsApp: {Sender: whatsapp.NewSender(h.whatsApp()), Area: desk.AreaWhatsApp, Failure: "Unable to send WhatsApp message"},
	}
}

// messaging is what the API works with when it takes messages in and sets channels up.
func (h *house) messaging() messaging.Needs {
	return messaging.Needs{
		Receive:  intake.New(h.store, h.blobs, h.log).Receive,
		Telegram: h.telegram(),
		SMS:      h.sms(),
		WhatsApp: h.whatsApp(),
	}
}
