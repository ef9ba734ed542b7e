package whatsapp

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"postroom/channels"
	"postroom/internal/desk"
)

const (
	maxText    = 4096 // characters of a message
	maxCaption = 1024 // characters beside a file
	// Window is how long after somebody wrote they may be answered. Meta refuses what comes later.
	Window = 24 * time.Hour
)

// Sender sends articles to the numbers that their tickets came from. It is a channels.Messenger.
type Sender struct{ client *Client }

// NewSender returns a Sender.
func NewSender(client *Client) *Sender { return &Sender{client} }

// Place is what a ticket remembers of whom it came from.
type Place struct {
	Number string // with +
	Name   string
	Since  string // when they last wrote, as Meta tells it: seconds since 1970
}

// PlaceOf reads it.
func PlaceOf(t desk.Ticket) Place {
	about, _ := t.Preferences["whatsapp"].(map[string]any)
	from, _ := about["from"].(map[string]any)
	var p Place
	p.Number, _ = from["phone_number"].(string)
	p.Name, _ = from["display_name"].(string)
	p.Since, _ = about["timestamp_incoming"].(string)
	return p
}

// Way returns the channel that the customer wrote to. Who may not be answered any more isn't.
func (s *Sender) Way(c *desk.Catalog, l channels.Letter) (desk.Channel, error) {
	channel, there := c.Channels[channels.ChannelOf(l.Ticket.Preferences)]
	if !there || channel.Area != desk.AreaWhatsApp {
		return desk.Channel{}, &desk.ConfigError{Reason: fmt.Sprintf("No WhatsApp channel found for ticket with id '%d'!", l.Ticket.ID)}
	}
	// What was written before the ticket was closed, or together with that, still goes out.
	closed := l.Ticket.LastCloseAt
	if c.StateType(l.Ticket.StateID) == desk.StateTypeClosed && closed != nil && l.Article.CreatedAt.Sub(*closed) > time.Second {
		return desk.Channel{}, &desk.InvalidError{Field: "state", Reason: "The ticket is closed: WhatsApp messages can't be sent any more."}
	}
	return channel, nil
}

// open refuses what comes after the window.
func (p Place) open(now time.Time) error {
	since, err := strconv.ParseInt(p.Since, 10, 64)
	if err != nil || p.Number == "" {
		return &desk.InvalidError{Field: "to", Reason: "The ticket has no WhatsApp number that could be answered."}
	}
	if now.Sub(time.Unix(since, 0)) >= Window {
		return &desk.InvalidError{Field: "to", Reason: "The customer service window has closed: WhatsApp allows answers within 24 hours after the customer's last message."}
	}
	return nil
}

// piece is one message of a letter: a text, or a file with a caption.
type piece struct {
	text string
	file *channels.LetterFile
}

// piecesOf are the messages that a letter becomes. A text that fits goes with the file.
func piecesOf(l channels.Letter) ([]piece, error) {
	text := strings.TrimSpace(l.Text)
	if len(l.Files) > 1 {
		return nil, &desk.InvalidError{Field: "attachments", Reason: "A WhatsApp message can have one attachment only."}
	}
	if len(l.Files) == 0 && text == "" {
		return nil, &desk.InvalidError{Field: "body", Reason: "The message has no text and no attachment."}
	}
	var all []piece
	if len(l.Files) == 1 {
		f := &l.Files[0]
		kind := kindOf(f.ContentType)
		if limit := limits[kind]; f.Size > limit {
			return nil, &desk.InvalidError{Field: "attachments", Reason: fmt.Sprintf("The file '%s' is larger than %s, which WhatsApp does not take for type %s.", f.Filename, amount(limit), kind)}
		}
		if (kind == "audio" || kind == "sticker") && text != "" {
			return nil, &desk.InvalidError{Field: "body", Reason: fmt.Sprintf("A WhatsApp message with an attachment of type %s can't have a text.", kind)}
		}
		if utf8.RuneCountInString(text) <= maxCaption {
			return []piece{{text, f}}, nil
		}
		all = append(all, piece{file: f})
	}
	for _, chunk := range channels.Pieces(text, maxText) {
		all = append(all, piece{text: chunk})
	}
	return all, nil
}

// Send sends a letter. Its id is that of its first message: what becomes of that is reported.
func (s *Sender) Send(ctx context.Context, by desk.Channel, l channels.Letter) (channels.Sent, error) {
	o, to := OptionsOf(by), PlaceOf(l.Ticket)
	sent := channels.Sent{Parts: l.Done}
	if err := to.open(time.Now()); err != nil {
		return sent, err
	}
	pieces, err := piecesOf(l)
	if err != nil {
		return sent, err
	}
	for part := l.Done; part < len(pieces); part++ {
		id, err := s.send(ctx, o, to.Number, pieces[part])
		if err != nil {
			return sent, err
		}
		if sent.Parts++; part == 0 {
			sent.Preferences = map[string]any{"whatsapp": map[string]any{"message_id": id}}
		}
		l.Note(ctx, sent, len(pieces))
	}
	about, _ := l.Article.Preferences["whatsapp"].(map[string]any) // of an earlier attempt
	if now, ok := sent.Preferences["whatsapp"].(map[string]any); ok {
		about = now
	}
	sent.MessageID, _ = about["message_id"].(string)
	sent.From, sent.To = called(o.Name, o.PhoneNumber), called(to.Name, to.Number)
	return sent, nil
}

// send sends one message and returns its id.
func (s *Sender) send(ctx context.Context, o Options, to string, p piece) (string, error) {
	body := map[string]any{
		"messaging_product": "whatsapp", "recipient_type": "individual", "to": strings.TrimPrefix(to, "+"),
		"type": "text", "text": map[string]any{"body": p.text},
	}
	if p.file != nil {
		id, err := s.client.upload(ctx, o, *p.file)
		if err != nil {
			return "", err
		}
		kind, what := kindOf(p.file.ContentType), map[string]any{"id": id}
		if p.text != "" {
			what["caption"] = p.text
		}
		if kind == "document" {
			what["filename"] = p.file.Filename
		}
		delete(body, "text")
		body["type"], body[kind] = kind, what
	}
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	if err := s.client.post(ctx, o.AccessToken, url.PathEscape(o.PhoneNumberID)+"/messages", body, &answer); err != nil {
		return "", err
	}
	if len(answer.Messages) == 0 {
		return "", nil // it is on its way, under a name that we don't know
	}
	return answer.Messages[0].ID, nil
}

// Tell sends a text that is no article.
func (s *Sender) Tell(ctx context.Context, by desk.Channel, to, text string) (rest string, err error) {
	first, rest := channels.Piece(text, maxText)
	if first != "" {
		_, err = s.send(ctx, OptionsOf(by), to, piece{text: first})
	}
	return rest, err
}
