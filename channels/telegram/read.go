package telegram

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	api "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"postroom/channels"
	"postroom/internal/desk"
)

// What people are told by the bot itself.
const (
	defaultWelcome = "Welcome! Just write what we can help you with."
	noGroups       = "I only talk to one person at a time. Please write to me in a private chat."
	lostFile       = "Sorry, we could not take over the file that you sent. It may be too large: files must be smaller than 20 MB."
)

// Facts are what has to be known of an update to receive it.
type Facts struct {
	UpdateID     string
	Conversation string // the chat's id
}

// FactsOf reads what has to be known of an update. None are returned for what is nothing for us, such
// as a vote; an error for what is no update. One that nobody can read is received all the same: it
// fails where people look for it.
func FactsOf(raw []byte) (*Facts, error) {
	type chat struct {
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	}
	var update struct {
		ID                int64 `json:"update_id"`
		Message           *chat `json:"message"`
		EditedMessage     *chat `json:"edited_message"`
		ChannelPost       *chat `json:"channel_post"`
		EditedChannelPost *chat `json:"edited_channel_post"`
	}
	if err := json.Unmarshal(raw, &update); err != nil && update.ID == 0 {
		return nil, &desk.InvalidError{Field: "update", Reason: "invalid update"}
	} else if err != nil {
		return &Facts{UpdateID: strconv.FormatInt(update.ID, 10)}, nil
	}
	message := cmp.Or(update.Message, update.EditedMessage, update.ChannelPost, update.EditedChannelPost)
	if update.ID == 0 || message == nil {
		return nil, nil
	}
	return &Facts{strconv.FormatInt(update.ID, 10), strconv.FormatInt(message.Chat.ID, 10)}, nil
}

// messageOf returns the message of an update, and whether it is an edited one or one of a channel.
func messageOf(u api.Update) (message *api.Message, edited, post bool) {
	switch {
	case u.Message != nil:
		return u.Message, false, false
	case u.EditedMessage != nil:
		return u.EditedMessage, true, false
	case u.ChannelPost != nil:
		return u.ChannelPost, false, true
	case u.EditedChannelPost != nil:
		return u.EditedChannelPost, true, true
	}
	return nil, false, false
}

// thumbnails have two names, of which the library knows the older one. Inside of texts quotes are
// escaped, so this is a key wherever it occurs.
func thumbnails(raw []byte) []byte {
	return bytes.ReplaceAll(raw, []byte(`"thumbnail":`), []byte(`"thumb":`))
}

// Read makes sense of an update. It is a channels.Reader.
func (c *Client) Read(_ context.Context, channel desk.Channel, raw []byte) (*channels.Written, error) {
	var update api.Update
	if err := json.Unmarshal(thumbnails(raw), &update); err != nil {
		return nil, &desk.InvalidError{Field: "update", Reason: "invalid telegram message: " + err.Error()}
	}
	message, edited, post := messageOf(update)
	if message == nil || message.Chat == nil || !post && (message.From == nil || message.From.IsBot) {
		return nil, nil
	}
	r := &reading{client: c, update: update, message: message, options: OptionsOf(channel), post: post}
	chat := strconv.FormatInt(message.Chat.ID, 10)
	w := &channels.Written{
		ID: r.id(), By: r.writer(), To: "@" + r.options.Username, ReplyTo: chat, Lost: lostFile,
		Ticket: map[string]any{"telegram": map[string]any{"bid": r.options.BotID, "chat_id": message.Chat.ID}},
	}
	w.From = cmp.Or(w.By.Username, strings.TrimSpace(w.By.Firstname+" "+w.By.Lastname), w.By.UID)
	switch {
	case !post && !message.Chat.IsPrivate():
		return r.refuseGroup(w, edited), nil
	case !edited && strings.HasPrefix(message.Text, "/start"):
		w.Act, w.Reply = channels.Greets, cmp.Or(r.options.Welcome, defaultWelcome)
		return w, nil
	case !edited && strings.HasPrefix(message.Text, "/end"):
		w.Act, w.Reply = channels.Ends, r.options.Goodbye
		return w, nil
	}
	if !r.content(w) {
		return nil, nil
	}
	key := "message"
	if edited {
		w.Act, key = channels.Edits, "edited_message"
	}
	w.Article = map[string]any{key: r.facts(), "update_id": update.UpdateID}
	return w, nil
}

// reading is an update that is being read.
type reading struct {
	client  *Client
	update  api.Update
	message *api.Message
	options Options
	post    bool
}

// id is the article's message id, the same for a message and its edited forms.
func (r *reading) id() string {
	if r.message.MessageID == 0 {
		return fmt.Sprintf("%d@telegram", r.update.UpdateID)
	}
	return fmt.Sprintf("%d.%d@telegram", r.message.MessageID, r.message.Chat.ID)
}

// writer is who wrote: a person or, in a channel, the channel.
func (r *reading) writer() desk.Writer {
	if r.post {
		chat := r.message.Chat
		uid := strconv.FormatInt(chat.ID, 10)
		name := "channel" + uid
		return desk.Writer{
			Provider: provider, UID: uid, Username: name, Login: name, Firstname: chat.Title, Lastname: "Channel",
			Note: "Telegram @" + name,
		}
	}
	from := r.message.From
	uid := strconv.FormatInt(from.ID, 10)
	w := desk.Writer{
		Provider: provider, UID: uid, Username: from.UserName, Login: cmp.Or(from.UserName, uid),
		Firstname: from.FirstName, Lastname: from.LastName, Rename: true,
	}
	if from.UserName != "" {
		w.Note = "Telegram @" + from.UserName
	}
	return w
}

// refuseGroup answers in a group who speaks to the bot. Everything else there is nothing for us.
func (r *reading) refuseGroup(w *channels.Written, edited bool) *channels.Written {
	said := r.message.Text + r.message.Caption
	if edited || !strings.HasPrefix(said, "/") && !strings.Contains(said, "@"+r.options.Username) {
		return nil
	}
	w.Act, w.Reply = channels.Greets, noGroups
	return w
}

// facts are what the article keeps of the message.
func (r *reading) facts() map[string]any {
	from := map[string]any{"id": r.message.Chat.ID, "username": "channel" + strconv.FormatInt(r.message.Chat.ID, 10), "first_name": r.message.Chat.Title}
	if user := r.message.From; user != nil && !r.post {
		from = map[string]any{"id": user.ID, "username": user.UserName, "first_name": user.FirstName, "last_name": user.LastName}
	}
	return map[string]any{"created_at": r.message.Date, "message_id": r.message.MessageID, "from": from}
}
