package whatsapp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// Part is one message, or one word about a message of ours, of all that Meta brings at once.
type Part struct {
	ID           string // by which repeats are recognised
	Conversation string // messages of one keep their order
	Raw          []byte
}

// envelope is a Part's Raw: a message or a status, with what was said about all of them.
type envelope struct {
	Entry    string          `json:"entry_id"`
	Contacts []contact       `json:"contacts,omitempty"`
	Message  json.RawMessage `json:"message,omitempty"`
	Status   json.RawMessage `json:"status,omitempty"`
}

type contact struct {
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
	Number string `json:"wa_id"`
}

// notification is what Meta calls us with.
type notification struct {
	Entry []struct {
		ID      string `json:"id"`
		Changes []struct {
			Value struct {
				Metadata struct {
					PhoneNumberID string `json:"phone_number_id"`
				} `json:"metadata"`
				Contacts []contact         `json:"contacts"`
				Messages []json.RawMessage `json:"messages"`
				Statuses []json.RawMessage `json:"statuses"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

// Split takes apart what Meta brings. What is about another phone number of the same app is left out.
// A message that nobody can read is kept all the same: it fails where people look for it.
func Split(o Options, body []byte) ([]Part, error) {
	var all notification
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, &desk.InvalidError{Field: "body", Reason: "What WhatsApp brought can't be read: " + err.Error()}
	}
	var parts []Part
	for _, entry := range all.Entry {
		for _, change := range entry.Changes {
			if change.Value.Metadata.PhoneNumberID != o.PhoneNumberID {
				continue
			}
			for _, message := range change.Value.Messages {
				parts = append(parts, partOf(envelope{Entry: entry.ID, Contacts: change.Value.Contacts, Message: message}))
			}
			for _, status := range change.Value.Statuses {
				parts = append(parts, partOf(envelope{Entry: entry.ID, Status: status}))
			}
		}
	}
	return parts, nil
}

func partOf(e envelope) Part {
	raw, _ := json.Marshal(e) // all of it came as JSON
	var facts struct {
		ID     string `json:"id"`
		From   string `json:"from"`
		Status string `json:"status"`
	}
	if json.Unmarshal(either(e.Message, e.Status), &facts) != nil || facts.ID == "" {
		sum := sha256.Sum256(raw)
		return Part{ID: hex.EncodeToString(sum[:]), Raw: raw}
	}
	if e.Message == nil {
		return Part{ID: facts.ID + ":" + facts.Status, Conversation: "status:" + facts.ID, Raw: raw}
	}
	return Part{ID: facts.ID, Conversation: facts.From, Raw: raw}
}

func either(one, other json.RawMessage) json.RawMessage {
	if one != nil {
		return one
	}
	return other
}

// Read makes sense of a Part. It is a channels.Reader.
func (c *Client) Read(_ context.Context, channel desk.Channel, raw []byte) (*channels.Written, error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, unreadable(err)
	}
	if e.Message == nil {
		return readStatus(e.Status)
	}
	var m message
	if err := json.Unmarshal(e.Message, &m); err != nil {
		return nil, unreadable(err)
	}
	o := OptionsOf(channel)
	w := &channels.Written{ID: m.ID, To: called(o.Name, o.PhoneNumber), ReplyTo: m.From, Welcome: o.Welcome}
	kept := map[string]any{"entry_id": e.Entry, "message_id": m.ID, "type": m.Type}
	if m.Context.ID != "" {
		kept["context_id"] = m.Context.ID
	}
	if m.From == "" || !c.content(o, m, w, kept) {
		return nil, nil
	}
	name := e.nameOf(m.From)
	mobile := "+" + strings.TrimPrefix(m.From, "+")
	first, last, _ := strings.Cut(name, " ")
	w.By = desk.Writer{Mobile: mobile, Login: mobile, Firstname: cmp.Or(first, mobile), Lastname: strings.TrimSpace(last)}
	w.From = called(name, mobile)
	w.Title = w.From + " via WhatsApp"
	w.Ticket = map[string]any{"channel_area": desk.AreaWhatsApp, "whatsapp": map[string]any{
		"from": map[string]any{"phone_number": mobile, "display_name": name}, "timestamp_incoming": m.Timestamp,
	}}
	w.Article = map[string]any{"whatsapp": kept}
	return w, nil
}

func unreadable(err error) error {
	return &desk.InvalidError{Field: "message", Reason: "What WhatsApp brought can't be read: " + err.Error()}
}

// nameOf is what somebody calls themselves; empty: Meta doesn't tell.
func (e envelope) nameOf(number string) string {
	for _, c := range e.Contacts {
		if c.Number == number {
			return strings.TrimSpace(c.Profile.Name)
		}
	}
	if len(e.Contacts) == 1 { // numbers have two forms in some countries
		return strings.TrimSpace(e.Contacts[0].Profile.Name)
	}
	return ""
}

// readStatus reads what became of a message of ours.
func readStatus(raw []byte) (*channels.Written, error) {
	var s struct {
		ID        string    `json:"id"`
		Status    string    `json:"status"`
		Timestamp string    `json:"timestamp"`
		Errors    []problem `json:"errors"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, unreadable(err)
	}
	w := &channels.Written{Act: channels.Reports, ID: s.ID}
	switch s.Status {
	case "sent", "delivered", "read":
	case "failed":
		reason := "WhatsApp could not deliver the message."
		if len(s.Errors) > 0 {
			reason = cmp.Or(s.Errors[0].text(), reason)
		}
		w.Article = map[string]any{"delivery_status": "fail", "delivery_status_message": reason, "delivery_status_date": date(s.Timestamp)}
	default:
		return nil, nil
	}
	if w.Article == nil {
		w.Article = map[string]any{}
	}
	w.Article["whatsapp"] = map[string]any{"timestamp_" + s.Status: s.Timestamp}
	return w, nil
}

// date writes seconds since 1970 as preferences of articles have dates.
func date(seconds string) string {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return ""
	}
	return time.Unix(n, 0).UTC().Format("2006-01-02T15:04:05.000Z")
}

// message is what somebody wrote.
type message struct {
	ID        string `json:"id"`
	From      string `json:"from"`
	Timestamp string `json:"timestamp"` // seconds since 1970
	Type      string `json:"type"`
	Context   struct {
		ID string `json:"id"` // of the message that is answered
	} `json:"context"`
	Text struct {
		Body string `json:"body"`
	} `json:"text"`
	Image    *medium `json:"image"`
	Document *medium `json:"document"`
	Audio    *medium `json:"audio"`
	Video    *medium `json:"video"`
	Sticker  *medium `json:"sticker"`
	Location *struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
		Name      string  `json:"name"`
		Address   string  `json:"address"`
	} `json:"location"`
	Reaction struct {
		Emoji string `json:"emoji"` // empty: taken back
	} `json:"reaction"`
	Contacts []card `json:"contacts"`
	Button   struct {
		Text string `json:"text"`
	} `json:"button"`
	Interactive struct {
		Button choice `json:"button_reply"`
		List   choice `json:"list_reply"`
	} `json:"interactive"`
}

type choice struct {
	Title string `json:"title"`
}

type medium struct {
	ID       string `json:"id"`
	MimeType string `json:"mime_type"`
	Filename string `json:"filename"`
	Caption  string `json:"caption"`
}

type card struct {
	Name struct {
		Formatted string `json:"formatted_name"`
	} `json:"name"`
	Phones []struct {
		Phone string `json:"phone"`
	} `json:"phones"`
	Emails []struct {
		Email string `json:"email"`
	} `json:"emails"`
}

// noText is the body of a file without words.
const noText = "&nbsp;"

// content reads what was written, and reports whether there is anything.
func (c *Client) content(o Options, m message, w *channels.Written, kept map[string]any) bool {
	file := cmp.Or(m.Image, m.Document, m.Audio, m.Video, m.Sticker)
	if file == nil || file.ID == "" {
		w.ContentType, w.Body = "text/plain", m.words()
		return strings.TrimSpace(w.Body) != ""
	}
	kept["media_id"], kept["mime_type"], kept["filename"] = file.ID, file.MimeType, file.Filename
	w.ContentType, w.Body = "text/html", noText
	if file.Caption != "" {
		w.Body = richtext.FromText(file.Caption)
	}
	w.Files = append(w.Files, c.Remote(o, Medium{Kind: m.Type, ID: file.ID, MimeType: file.MimeType, Filename: file.Filename}))
	return true
}

// words puts into words what is no file; empty: nothing for us.
func (m message) words() string {
	switch m.Type {
	case "text":
		return m.Text.Body
	case "reaction":
		return m.Reaction.Emoji
	case "button":
		return m.Button.Text
	case "interactive":
		return cmp.Or(m.Interactive.Button.Title, m.Interactive.List.Title)
	case "location":
		return m.place()
	case "contacts":
		var lines []string
		for _, card := range m.Contacts {
			lines = append(lines, card.Name.Formatted)
			for _, p := range card.Phones {
				lines = append(lines, p.Phone)
			}
			for _, e := range card.Emails {
				lines = append(lines, e.Email)
			}
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// place is where somebody is, and where it can be looked at.
func (m message) place() string {
	at := m.Location
	if at == nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimSpace(at.Name+"\n"+at.Address) + "\n" + channels.Place(at.Latitude, at.Longitude))
}
