package sms

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"postroom/channels"
	"postroom/internal/desk"
)

// Facts are what has to be known of what a gateway brings before it is kept.
type Facts struct {
	ID string // by which repeats are recognised; empty: the gateway gives none
	// Conversation orders the messages of one writer. Reports about a message of ours have their own:
	// one about a message that nobody knows must not keep its recipient's messages waiting.
	Conversation string
}

// notice is what a gateway brought: a message, or what became of one of ours.
type notice struct {
	id, from, to, text string
	status             string // of a message of ours; empty: this is a message to us
	lost               bool   // it says that the message did not arrive
	code               string // of the gateway, why
	media              []medium
	ticket, article    map[string]any // kept in preferences.sms
}

// medium is a picture or another file of a message.
type medium struct{ address, kind string }

// FactsOf looks at what a gateway brought. Its error is desk.Permanent.
func FactsOf(o Options, params map[string]string) (Facts, error) {
	n := noticeOf(o, params)
	switch {
	case n.status != "" && n.id == "":
		return Facts{}, missing(o, "id")
	case n.status != "":
		return Facts{ID: n.id + ":" + n.status, Conversation: "report " + n.id}, nil
	case n.from == "":
		return Facts{}, missing(o, "from")
	}
	return Facts{ID: n.id, Conversation: Digits(n.from)}, nil
}

// missing names the parameter that a gateway left out, as the gateway calls it.
func missing(o Options, what string) error {
	names := map[string]map[string]string{
		Twilio:      {"from": "From", "id": "MessageSid"},
		MessageBird: {"from": "originator", "id": "id"},
		HTTP:        {"from": o.Fields.from, "id": o.Fields.id},
	}
	name := cmp.Or(names[o.Adapter][what], what)
	return &desk.InvalidError{Field: name, Reason: fmt.Sprintf("The required parameter '%s' is missing.", name)}
}

func noticeOf(o Options, p map[string]string) notice {
	switch o.Adapter {
	case Twilio:
		return ofTwilio(p)
	case MessageBird:
		return ofMessageBird(p)
	}
	return notice{id: p[o.Fields.id], from: p[o.Fields.from], to: p[o.Fields.to], text: p[o.Fields.text]}
}

// Status callbacks and messages come to the same address; only a message has SmsStatus received.
func ofTwilio(p map[string]string) notice {
	if status := p["MessageStatus"]; status != "" && p["SmsStatus"] != "received" {
		return notice{
			id: cmp.Or(p["MessageSid"], p["SmsSid"]), to: p["To"], status: status, article: present(p, "MessageStatus", "ErrorCode"),
			lost: status == "failed" || status == "undelivered", code: p["ErrorCode"],
		}
	}
	about := map[string]any{"AccountSid": p["AccountSid"], "From": p["From"], "To": p["To"]}
	n := notice{id: cmp.Or(p["SmsMessageSid"], p["MessageSid"]), from: p["From"], to: p["To"], text: p["Body"], ticket: about, article: maps.Clone(about)}
	n.article["NumMedia"] = cmp.Or(p["NumMedia"], "0")
	count, _ := strconv.Atoi(p["NumMedia"])
	for i := range min(count, maxMedia) {
		if address := p["MediaUrl"+strconv.Itoa(i)]; address != "" {
			n.media = append(n.media, medium{address, p["MediaContentType"+strconv.Itoa(i)]})
		}
	}
	return n
}

// maxMedia is how many pictures a message has at most.
const maxMedia = 10

func ofMessageBird(p map[string]string) notice {
	if status := p["status"]; status != "" && p["incomingMessage"] == "" && p["statusDatetime"] != "" {
		return notice{
			id: p["id"], to: p["recipient"], status: status, article: present(p, "status", "statusDatetime", "statusErrorCode"),
			lost: status == "delivery_failed" || status == "expired", code: p["statusErrorCode"],
		}
	}
	return notice{
		id: p["message_id"], from: p["originator"], to: p["recipient"], text: p["incomingMessage"],
		ticket:  map[string]any{"originator": p["originator"], "recipient": p["recipient"]},
		article: map[string]any{"reference": p["reference"]},
	}
}

// maxTitle is how much of a text becomes the title of a ticket, in characters.
const maxTitle = 40

// Read makes sense of what a gateway brought. It is a channels.Reader.
func (c *Client) Read(_ context.Context, channel desk.Channel, raw []byte) (*channels.Written, error) {
	var params map[string]string
	if err := json.Unmarshal(raw, &params); err != nil {
		return nil, &desk.InvalidError{Field: "body", Reason: "What the gateway brought can't be read: " + err.Error()}
	}
	o := OptionsOf(channel)
	n := noticeOf(o, params)
	if n.status != "" {
		return n.report(), nil
	}
	if n.text == "" && len(n.media) == 0 {
		return nil, nil // nothing was written
	}
	w := &channels.Written{
		ID: n.id, From: n.from, To: n.to, Title: channels.Title(n.text, maxTitle), ContentType: "text/plain", Body: n.text,
		By:      desk.Writer{Mobile: international(n.from), Firstname: n.from},
		Ticket:  map[string]any{"sms": n.ticket},
		Article: map[string]any{"sms": n.article, "channel_id": channel.ID},
		ReplyTo: n.from,
	}
	if o.Adapter == HTTP && n.id != "" { // may be no more than a number, which another gateway has given, too
		w.ID = fmt.Sprintf("%s@sms.%d", n.id, channel.ID)
	}
	for i, m := range n.media {
		w.Files = append(w.Files, c.remote(o, m, i))
	}
	if refused, said := consentOf(n.text); said {
		w.Consent = &channels.Consent{Number: Digits(n.from), Refused: refused}
	}
	return w, nil
}

// report is what a gateway says about a message of ours.
func (n notice) report() *channels.Written {
	w := &channels.Written{Act: channels.Reports, ID: n.id, Article: map[string]any{"sms": n.article}}
	if n.lost {
		reason := "The gateway could not deliver the message: " + n.status
		if n.code != "" {
			reason += " (" + n.code + ")"
		}
		w.Article["delivery_status"], w.Article["delivery_status_message"] = "fail", reason
	}
	return w
}

// present are those of some parameters that were sent.
func present(p map[string]string, names ...string) map[string]any {
	kept := map[string]any{}
	for _, name := range names {
		if p[name] != "" {
			kept[name] = p[name]
		}
	}
	return kept
}

// consentOf recognises the words that people end and begin messages with, as carriers have agreed on them
// (CTIA Messaging Principles and Best Practices, 5.1).
func consentOf(text string) (refused, said bool) {
	switch strings.ToUpper(strings.Trim(strings.TrimSpace(text), ".!\"'")) {
	case "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE":
		return true, true
	case "START", "UNSTOP":
		return false, true
	}
	return false, false
}

// international writes a number with its +, where it is one and not the name of a sender.
func international(number string) string {
	digits := Digits(number)
	if len(digits) < 6 || strings.ContainsFunc(number, func(r rune) bool { return r >= 'A' }) {
		return number
	}
	return "+" + digits
}

// Digits are what makes a number: however it is written, they are the same.
func Digits(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	return strings.TrimPrefix(digits, "00")
}

// remote is a file that lies at the gateway.
func (c *Client) remote(o Options, m medium, at int) channels.RemoteFile {
	f := channels.RemoteFile{File: channels.File{Filename: fmt.Sprintf("media-%d%s", at+1, channels.Ending(m.kind)), ContentType: m.kind}}
	f.Fetch = func(ctx context.Context) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.address, nil)
		if err != nil {
			return nil, &desk.InvalidError{Field: "MediaUrl", Reason: "The address of a file can't be used."}
		}
		if strings.HasPrefix(m.address, c.TwilioAPI+"/") { // nobody else gets to know the token
			req.SetBasicAuth(o.Account, o.Token)
		}
		return c.download(req)
	}
	return f
}
