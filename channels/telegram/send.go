package telegram

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	api "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"postroom/channels"
	"postroom/internal/desk"
)

// maxText is how long one message may be, in UTF-16 code units.
const maxText = 4096

// Sender sends articles to the chats that their tickets came from. It is a channels.Messenger.
type Sender struct{ client *Client }

// NewSender returns a Sender.
func NewSender(client *Client) *Sender { return &Sender{client} }

// place is what a ticket remembers of its chat.
func place(t desk.Ticket) (bot, chat int64) {
	at, _ := t.Preferences["telegram"].(map[string]any)
	return idOf(at["bid"]), idOf(at["chat_id"])
}

// Way returns the channel of the bot that the customer wrote to, or else the ticket's.
func (s *Sender) Way(c *desk.Catalog, l channels.Letter) (desk.Channel, error) {
	bot, _ := place(l.Ticket)
	var found desk.Channel
	for _, channel := range c.Channels {
		if channel.Area == desk.AreaTelegram && bot != 0 && OptionsOf(channel).BotID == bot && (found.ID == 0 || channel.Active && !found.Active) {
			found = channel
		}
	}
	if found.ID != 0 {
		return found, nil
	}
	channel, there := c.Channels[channels.ChannelOf(l.Ticket.Preferences)]
	if !there || channel.Area != desk.AreaTelegram {
		return desk.Channel{}, &desk.ConfigError{Reason: fmt.Sprintf("No Telegram channel found for ticket with id '%d'!", l.Ticket.ID)}
	}
	return channel, nil
}

// Send sends the text, in as many messages as it needs, and then every file.
func (s *Sender) Send(ctx context.Context, by desk.Channel, l channels.Letter) (channels.Sent, error) {
	o := OptionsOf(by)
	sent := channels.Sent{Parts: l.Done}
	_, chat := place(l.Ticket)
	if chat == 0 {
		return sent, &desk.InvalidError{Field: "chat_id", Reason: fmt.Sprintf("Ticket with id '%d' has no Telegram chat!", l.Ticket.ID)}
	}
	texts := chunks(l.Text)
	for part := l.Done; part < len(texts)+len(l.Files); part++ {
		var message api.Message
		var err error
		if part < len(texts) {
			err = s.client.call(ctx, o.Token, "sendMessage", api.Params{"chat_id": strconv.FormatInt(chat, 10), "text": texts[part]}, &message)
		} else {
			message, err = s.document(ctx, o.Token, chat, l.Files[part-len(texts)])
		}
		if err != nil {
			return sent, err
		}
		if sent.Parts++; part == 0 {
			from := o.BotID
			if message.From != nil {
				from = message.From.ID
			}
			sent.Preferences = map[string]any{"telegram": map[string]any{
				"date": message.Date, "from_id": from, "chat_id": chat, "message_id": message.MessageID,
			}}
		}
		if message.Chat != nil {
			sent.To = called(*message.Chat)
		}
		l.Note(ctx, sent, len(texts)+len(l.Files))
	}
	first := l.Article.Preferences["telegram"] // of an earlier attempt
	if now, ok := sent.Preferences["telegram"]; ok {
		first = now
	}
	if known, ok := first.(map[string]any); ok {
		sent.MessageID = fmt.Sprintf("telegram.%d.%d", idOf(known["message_id"]), chat)
	}
	sent.From = "@" + o.Username
	return sent, nil
}

// called is how a chat is named; empty: it has no name.
func called(chat api.Chat) string {
	switch {
	case chat.IsChannel():
		return chat.Title + " Channel"
	case chat.UserName != "":
		return "@" + chat.UserName
	}
	return strings.TrimSpace(chat.FirstName + " " + chat.LastName)
}

func (s *Sender) document(ctx context.Context, token string, chat int64, f channels.LetterFile) (message api.Message, err error) {
	if f.Size > maxUpload {
		return message, &desk.InvalidError{Field: "file", Reason: fmt.Sprintf("The file '%s' is larger than %d MB, which Telegram does not take.", f.Filename, maxUpload>>20)}
	}
	data, err := f.Read(ctx)
	if err != nil {
		return message, fmt.Errorf("file %s: %w", f.Filename, err)
	}
	file := api.RequestFile{Name: "document", Data: api.FileBytes{Name: f.Filename, Bytes: data}}
	err = s.client.upload(ctx, token, "sendDocument", api.Params{"chat_id": strconv.FormatInt(chat, 10)}, file, &message)
	return message, err
}

// Tell sends a text that is no article.
func (s *Sender) Tell(ctx context.Context, by desk.Channel, to, text string) (rest string, err error) {
	all := chunks(text)
	if len(all) == 0 {
		return "", nil
	}
	err = s.client.call(ctx, OptionsOf(by).Token, "sendMessage", api.Params{"chat_id": to, "text": all[0]}, nil)
	return strings.TrimPrefix(strings.TrimSpace(text), all[0]), err
}

// chunks cuts a text into messages, where possible between lines.
func chunks(text string) (all []string) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end := fitting(text)
		if end < len(text) {
			if line := strings.LastIndexByte(text[:end], '\n'); line > end/2 {
				end = line
			}
		}
		all, text = append(all, text[:end]), text[end:]
	}
	return all
}

// fitting is how many bytes of a text fit into one message.
func fitting(text string) int {
	units := 0
	for at, r := range text {
		if units += max(utf16.RuneLen(r), 1); units > maxText {
			return at
		}
	}
	return len(text)
}
