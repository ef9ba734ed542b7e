package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"postroom/channels"
	"postroom/internal/desk"
)

// maxText is how long one message may be, in characters: what Twilio takes, and what phones put together
// again of its parts. Longer texts go out as several.
const maxText = 1600

// A Book knows who wants no messages.
type Book interface {
	// RefusedSMS returns those of the numbers, as Digits writes them, that want no messages.
	RefusedSMS(ctx context.Context, numbers []string) (map[string]bool, error)
}

// Sender sends articles as text messages. It is a channels.Messenger.
type Sender struct {
	client *Client
	book   Book
}

// NewSender returns a Sender.
func NewSender(client *Client, book Book) *Sender { return &Sender{client, book} }

// Way returns the channel that the customer wrote to, or for what rules write, the one they chose.
func (s *Sender) Way(c *desk.Catalog, l channels.Letter) (desk.Channel, error) {
	from := l.Ticket.Preferences
	if l.System {
		from = l.Article.Preferences
	}
	channel, there := c.Channels[channels.ChannelOf(from)]
	if !there || channel.Area != desk.AreaSMSAccount && channel.Area != desk.AreaSMSNotification {
		return desk.Channel{}, &desk.ConfigError{Reason: fmt.Sprintf("No SMS channel found for ticket with id '%d'!", l.Ticket.ID)}
	}
	return channel, nil
}

// recipients are the numbers that a letter goes to.
func recipients(l channels.Letter) (all []string) {
	if l.System {
		numbers, _ := l.Article.Preferences["sms_recipients"].([]any)
		for _, number := range numbers {
			if text, ok := number.(string); ok && text != "" {
				all = append(all, text)
			}
		}
		return all
	}
	if l.Article.To != nil {
		for number := range strings.SplitSeq(*l.Article.To, ",") {
			if number = strings.TrimSpace(number); number != "" {
				all = append(all, number)
			}
		}
	}
	return all
}

// Send sends every message to every recipient, except for those who want none.
func (s *Sender) Send(ctx context.Context, by desk.Channel, l channels.Letter) (channels.Sent, error) {
	sent := channels.Sent{Parts: l.Done}
	to, texts := recipients(l), channels.Pieces(l.Text, maxText)
	if len(to) == 0 || len(texts) == 0 {
		return sent, &desk.InvalidError{Field: "to", Reason: "The message has no recipient or no text."}
	}
	refused, err := s.refused(ctx, to)
	if err != nil {
		return sent, err
	}
	first, _ := l.Article.Preferences["sms"].(map[string]any) // of an earlier attempt
	sent.MessageID, _ = first["message_id"].(string)
	if len(refused) > 0 {
		sent.Preferences = map[string]any{"sms_refused": refused}
		if len(refused) == len(to) {
			return sent, &desk.InvalidError{Field: "to", Reason: "The recipient wants no text messages."}
		}
	}
	o := OptionsOf(by)
	for part := l.Done; part < len(to)*len(texts); part++ {
		number, text := to[part/len(texts)], texts[part%len(texts)]
		if refused[number] {
			sent.Parts++
			continue
		}
		id, err := s.client.Send(ctx, o, number, text)
		if err != nil {
			return sent, err
		}
		sent.Parts++
		if sent.MessageID == "" && id != "" { // what becomes of the first is reported
			sent.MessageID = id
			sent.Preferences = with(sent.Preferences, "sms", map[string]any{"message_id": id})
		}
		l.Note(ctx, sent, len(to)*len(texts))
	}
	sent.From = o.Sender
	return sent, nil
}

func with(preferences map[string]any, name string, value any) map[string]any {
	if preferences == nil {
		preferences = map[string]any{}
	}
	preferences[name] = value
	return preferences
}

func (s *Sender) refused(ctx context.Context, to []string) (map[string]bool, error) {
	digits := make([]string, len(to))
	for i, number := range to {
		digits[i] = Digits(number)
	}
	known, err := s.book.RefusedSMS(ctx, digits)
	refused := map[string]bool{}
	for i, number := range to {
		if known[digits[i]] {
			refused[number] = true
		}
	}
	return refused, err
}

// Tell sends a text that is no article.
func (s *Sender) Tell(ctx context.Context, by desk.Channel, to, text string) (rest string, err error) {
	piece, rest := channels.Piece(text, maxText)
	if piece != "" {
		_, err = s.client.Send(ctx, OptionsOf(by), to, piece)
	}
	return rest, err
}

// Send sends one message and returns its id at the gateway, if that gives one.
func (c *Client) Send(ctx context.Context, o Options, to, text string) (id string, err error) {
	req, err := c.request(ctx, o, to, text)
	if err != nil {
		return "", err
	}
	body, err := c.do(req, maxAnswer)
	if err != nil {
		return "", err
	}
	switch o.Adapter {
	case Massenversand:
		if !strings.Contains(string(body), "OK") {
			return "", &refusedError{http.StatusOK, reason(body)}
		}
	case HTTP:
		if o.Success != "" && !strings.Contains(string(body), o.Success) {
			return "", &refusedError{http.StatusOK, reason(body)}
		}
	}
	var told struct {
		Sid string `json:"sid"`
		ID  any    `json:"id"`
	}
	_ = json.Unmarshal(body, &told) // many gateways answer in another form
	if name, ok := told.ID.(string); ok && told.Sid == "" {
		return name, nil
	}
	return told.Sid, nil
}

// reference is what MessageBird calls our messages by, beside its own ids.
const reference = "postroom"

func (c *Client) request(ctx context.Context, o Options, to, text string) (*http.Request, error) {
	switch o.Adapter {
	case Twilio:
		form := url.Values{"From": {o.Sender}, "To": {to}, "Body": {text}}
		if o.Callback != "" {
			form.Set("StatusCallback", o.Callback)
		}
		req, err := post(ctx, c.TwilioAPI+"/2010-04-01/Accounts/"+url.PathEscape(o.Account)+"/Messages.json", "application/x-www-form-urlencoded", form.Encode())
		if err == nil {
			req.SetBasicAuth(o.Account, o.Token)
		}
		return req, err
	case MessageBird:
		form := url.Values{"originator": {o.Sender}, "recipients": {to}, "body": {text}}
		if o.Callback != "" {
			form.Set("reportUrl", o.Callback)
			form.Set("reference", reference) // without one nothing is reported
		}
		req, err := post(ctx, c.MessageBirdAPI+"/messages", "application/x-www-form-urlencoded", form.Encode())
		if err == nil {
			req.Header.Set("Authorization", "AccessKey "+o.Token)
		}
		return req, err
	case Massenversand:
		query := url.Values{"authToken": {o.Token}, "getID": {"1"}, "msg": {text}, "msgtype": {"c"}, "receiver": {Digits(to)}, "sender": {o.Sender}}
		return plainRequest(ctx, http.MethodGet, o.Gateway+"?"+query.Encode(), "")
	case HTTP:
		return templated(ctx, o, to, text)
	}
	return nil, &desk.ConfigError{Reason: fmt.Sprintf("Unknown SMS adapter '%s'!", o.Adapter)}
}

// templated is the request to a gateway that only its administrator knows. What is put into the templates
// is escaped for where it stands: in the address, in JSON, in a form.
func templated(ctx context.Context, o Options, to, text string) (*http.Request, error) {
	fill := func(template string, escape func(string) string) string {
		return strings.NewReplacer("{{to}}", escape(to), "{{text}}", escape(text), "{{sender}}", escape(o.Sender), "{{token}}", escape(o.Token)).Replace(template)
	}
	escape := func(text string) string { return text }
	switch {
	case strings.Contains(o.ContentType, "json"):
		escape = func(text string) string {
			quoted, _ := json.Marshal(text)
			return string(quoted[1 : len(quoted)-1])
		}
	case strings.Contains(o.ContentType, "urlencoded"):
		escape = url.QueryEscape
	}
	req, err := plainRequest(ctx, o.Method, fill(o.Gateway, url.QueryEscape), fill(o.Body, escape))
	if err == nil && o.Body != "" {
		req.Header.Set("Content-Type", o.ContentType)
	}
	return req, err
}

func post(ctx context.Context, address, media, body string) (*http.Request, error) {
	req, err := plainRequest(ctx, http.MethodPost, address, body)
	if err == nil {
		req.Header.Set("Content-Type", media)
	}
	return req, err
}

func plainRequest(ctx context.Context, method, address, body string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil || req.URL.Host == "" {
		return nil, &desk.ConfigError{Reason: "The address of the SMS gateway can't be used."}
	}
	return req, nil
}
