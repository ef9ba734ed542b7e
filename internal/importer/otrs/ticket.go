package otrs

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"postroom/internal/importer/source"
)

type ticket struct {
	TicketID       source.ID
	TicketNumber   source.ID
	Title          string
	QueueID        source.ID
	State          string
	Priority       string
	OwnerID        source.ID
	Owner          string
	CustomerUserID string
	CustomerID     source.ID
	Type           string
	Created        source.Time
	CreateTime     source.Time
	Changed        source.Time
	Closed         source.Time
	// RealTillTimeNotUsed is until when a ticket waits, in seconds of Unix; 0: it does not.
	RealTillTimeNotUsed source.ID
	Articles            []json.RawMessage
}

// root is the id of the user who is the system in OTRS.
const root = "1"

func addTicket(page *source.Page) func(json.RawMessage) (string, error) {
	return func(row json.RawMessage) (string, error) {
		var t ticket
		if err := json.Unmarshal(row, &t); err != nil {
			return "", err
		}
		made := source.Ticket{
			ID: t.TicketID.String(), Number: t.TicketNumber.String(), Title: t.Title, Group: t.QueueID.String(), State: t.State,
			Priority: t.Priority, Customer: customerKey(t.CustomerUserID), Organization: t.CustomerID.String(), Type: t.Type,
			Closed: t.Closed.Time, Created: first(t.Created, t.CreateTime), Changed: t.Changed.Time, Custom: dynamicValues(row),
		}
		if t.CustomerUserID == "" {
			made.Customer = ""
		} else { // the list of customers may lack whoever was deleted
			made.People = []source.User{{ID: made.Customer, Login: t.CustomerUserID, Email: t.CustomerUserID, Organization: t.CustomerID.String()}}
		}
		if t.OwnerID != root {
			made.Owner = agentKey(t.OwnerID)
		}
		if seconds, err := strconv.ParseInt(t.RealTillTimeNotUsed.String(), 10, 64); err == nil && seconds > 0 {
			made.Pending = time.Unix(seconds, 0).UTC()
		}
		for _, broken := range source.Rows(t.Articles, func(a article) (string, error) {
			made.Articles = append(made.Articles, a.record(&made))
			return a.ArticleID.String(), nil
		}) {
			return made.ID, &source.Unreadable{Reason: "article " + broken.ID + ": " + broken.Reason}
		}
		page.Tickets = append(page.Tickets, made)
		return made.ID, nil
	}
}

func first(times ...source.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.Time
		}
	}
	return time.Time{}
}

// dynamicValues are the values of fields, which stand between the attributes of a ticket.
func dynamicValues(row json.RawMessage) map[string]any {
	const prefix = "DynamicField_"
	var all map[string]any
	values := map[string]any{}
	if json.Unmarshal(row, &all) != nil {
		return values
	}
	for key, value := range all {
		if name, is := strings.CutPrefix(key, prefix); is && value != nil {
			values["ticket:"+name] = value
		}
	}
	return values
}

type article struct {
	ArticleID      source.ID
	ArticleType    string
	SenderType     string
	From           string
	To             string
	Cc             string
	Subject        string
	Body           string
	ContentType    string
	MessageID      string
	InReplyTo      string
	CreatedBy      source.ID
	Created        source.Time
	CreateTime     source.Time
	Changed        source.Time
	IsVisible      *source.ID `json:"IsVisibleForCustomer"` // of newer versions, which have no types
	Communication  string     `json:"CommunicationChannel"`
	Attachments    []attachment
	CustomerUserID string
}

// articleTypes are what types of articles are here, and whether customers see them.
var articleTypes = map[string]struct {
	kind     string
	internal bool
}{
	"email-external": {"email", false}, "email-internal": {"email", true}, "email-notification-ext": {"email", false},
	"email-notification-int": {"email", true}, "phone": {"phone", false}, "fax": {"fax", false}, "sms": {"sms", false},
	"webrequest": {"web", false}, "note-internal": {"note", true}, "note-external": {"note", false}, "note-report": {"note", true},
	"chat-external": {"chat", false}, "chat-internal": {"chat", true},
}

var channels = map[string]string{"Email": "email", "Phone": "phone", "Internal": "note", "Chat": "chat", "SMS": "sms"}

func (a article) record(t *source.Ticket) source.Article {
	made := source.Article{
		ID: a.ArticleID.String(), Type: "note", Internal: true, From: a.From, To: a.To, Cc: a.Cc, Subject: a.Subject, Body: a.Body,
		MessageID: a.MessageID, InReplyTo: a.InReplyTo, HTML: strings.HasPrefix(strings.ToLower(a.ContentType), "text/html"),
		Created: first(a.Created, a.CreateTime), Changed: first(a.Changed, a.Created, a.CreateTime),
	}
	if kind, known := articleTypes[a.ArticleType]; known {
		made.Type, made.Internal = kind.kind, kind.internal
	} else if a.IsVisible != nil {
		made.Internal = *a.IsVisible != "1"
		if made.Type = channels[a.Communication]; made.Type == "" {
			made.Type = "note"
		}
	}
	switch a.SenderType {
	case "agent":
		made.Sender = source.ByAgent
	case "system":
		made.Sender = source.BySystem
	}
	switch {
	case made.Sender == source.ByCustomer:
		made.Author = t.Customer
	case a.CreatedBy != root:
		made.Author = agentKey(a.CreatedBy)
	}
	for i, f := range a.Attachments {
		file := f.file()
		file.ID = a.ArticleID.String() + "." + strconv.Itoa(i+1)
		made.Files = append(made.Files, file)
	}
	return made
}

type attachment struct {
	Filename    string
	Content     string // base64
	ContentType string
	ContentID   string
	Disposition string
}

// file is a file with its bytes. One whose bytes can't be read has the address of a broken one: it
// fails when it is to be downloaded, and the ticket goes on without it.
func (f attachment) file() source.File {
	made := source.File{
		Name: f.name(), Type: f.ContentType, ContentID: strings.Trim(f.ContentID, "<>"),
		Inline: strings.EqualFold(f.Disposition, "inline") && f.ContentID != "",
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(f.Content), ""))
	if err != nil {
		made.URL = broken
		return made
	}
	made.Data, made.Size = data, int64(len(data))
	return made
}

// broken is the address of files whose bytes can't be read.
const broken = "data:,"

// name is the name of a file. The plugin encodes it; what holds a dot can't be encoded.
func (f attachment) name() string {
	if strings.Contains(f.Filename, ".") {
		return f.Filename
	}
	plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(f.Filename), ""))
	if err != nil || len(plain) == 0 || !utf8.Valid(plain) {
		return f.Filename
	}
	return string(plain)
}
