package perform

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/rules"
)

// Writes is what the actions of a rule do to a ticket in somebody's name.
type Writes struct {
	Attributes  map[string]any // by name, as a client would send them
	AddTags     []string
	RemoveTags  []string
	Subscribe   []desk.UserID
	Unsubscribe []desk.UserID
	Quiet       bool // nobody hears of the ticket any more
	Delete      bool // the ticket itself: the rest then means nothing
	Forget      bool // the ticket is deleted as an order about personal data
	Note        *NoteWrite
	Email       *EmailWrite
	SMS         *SMSWrite
	Webhook     desk.WebhookID // 0: none
	Unknown     []string       // actions that nobody knows, such as those of newer programs
}

// NoteWrite is a note that a rule adds.
type NoteWrite struct {
	Subject  string
	Body     string // HTML
	Internal bool
}

// EmailWrite is a mail that a rule sends.
type EmailWrite struct {
	Recipients  []string // article_last_sender, ticket_customer, userid_7 …
	Subject     string
	Body        string // HTML
	Internal    bool
	Attachments bool   // those of the last article
	Sign        string // always, discard: see secmail.ForRule
	Encrypt     string
}

// SMSWrite is a text message that a rule sends.
type SMSWrite struct {
	Recipients []string
	Body       string
}

// Leaves reports whether anything leaves the house, or is about the ticket as a whole, which only
// rules do that act by themselves.
func (w Writes) Leaves() bool {
	return w.Email != nil || w.SMS != nil || w.Webhook != 0 || w.Forget
}

// saves reports whether the ticket itself is to be written, as it is with every article.
func (w Writes) saves() bool {
	return len(w.Attributes) > 0 || w.Note != nil || w.Email != nil || w.SMS != nil
}

// Actor is in whose name, and when, actions are taken. Without a user, nobody does it: actions that
// ask for the current user then can't be taken.
type Actor struct {
	User desk.User
	Now  time.Time
}

// WritesOf reads actions (reference/rules.md 4). It refuses one that it can't take: a rule that does
// half of what it says would be worse than one that does nothing. Those that nobody knows are left
// out, unless there are no others.
func WritesOf(perform map[string]any, by Actor) (Writes, error) {
	w := Writes{Attributes: map[string]any{}}
	for _, key := range slices.Sorted(maps.Keys(perform)) {
		action, _ := perform[key].(map[string]any)
		switch err := w.add(key, action, by); {
		case errors.Is(err, errUnknown):
			w.Unknown = append(w.Unknown, key)
		case err != nil:
			return Writes{}, err
		}
	}
	if len(w.Unknown) > 0 && len(w.Unknown) == len(perform) {
		return Writes{}, &desk.InvalidError{Field: "perform", Reason: "The action '" + w.Unknown[0] + "' can't be taken here."}
	}
	return w, nil
}

var errUnknown = errors.New("unknown action")

func (w *Writes) add(key string, action map[string]any, by Actor) (err error) {
	attribute, ofTicket := strings.CutPrefix(key, "ticket.")
	switch {
	case key == "ticket.action" && action["value"] == "delete":
		w.Delete = true
	case key == "ticket.action" && action["value"] == "data_privacy_deletion_task":
		w.Forget = true
	case key == "ticket.tags":
		names := teamwork.TagNames(textOf(action["value"]))
		if action["operator"] == "remove" {
			w.RemoveTags = names
		} else {
			w.AddTags = names
		}
	case key == "ticket.subscribe":
		w.Subscribe, err = usersOf(action, by)
	case key == "ticket.unsubscribe":
		w.Quiet = action["pre_condition"] == "not_set"
		w.Unsubscribe, err = usersOf(action, by)
	case ofTicket && key != "ticket.action":
		w.Attributes[attribute], err = Value(action, by)
	default:
		return w.addMessage(key, action)
	}
	return err
}

func (w *Writes) addMessage(key string, action map[string]any) error {
	switch key {
	case "article.note":
		w.Note = &NoteWrite{Subject: textOf(action["subject"]), Body: textOf(action["body"]), Internal: switchedOn(action["internal"])}
	case "notification.email":
		w.Email = &EmailWrite{
			Recipients: textsOf(action["recipient"]), Subject: textOf(action["subject"]), Body: textOf(action["body"]),
			Internal: switchedOn(action["internal"]), Attachments: switchedOn(action["include_attachments"]),
			Sign: textOf(action["sign"]), Encrypt: textOf(action["encryption"]),
		}
	case "notification.sms":
		w.SMS = &SMSWrite{Recipients: textsOf(action["recipient"]), Body: textOf(action["body"])}
	case "notification.webhook":
		id, err := strconv.ParseInt(textOf(action["webhook_id"]), 10, 64)
		if err != nil {
			return &desk.InvalidError{Field: "perform", Reason: "The action 'notification.webhook' names no webhook."}
		}
		w.Webhook = desk.WebhookID(id)
	default:
		return errUnknown
	}
	return nil
}

// usersOf are the users that an action names.
func usersOf(action map[string]any, by Actor) ([]desk.UserID, error) {
	switch action["pre_condition"] {
	case "current_user.id":
		return []desk.UserID{by.User.ID}, by.known()
	case "not_set":
		return nil, nil
	}
	var ids []desk.UserID
	for _, text := range textsOf(action["value"]) {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, desk.UserID(id))
		}
	}
	return ids, nil
}

func (a Actor) known() error {
	if a.User.ID == 0 {
		return &desk.InvalidError{Field: "perform", Reason: "An action asks for the current user, and there is none."}
	}
	return nil
}

// Value is what an action sets an attribute to. Ids are written as text, as clients may do.
func Value(action map[string]any, by Actor) (any, error) {
	switch action["pre_condition"] {
	case "not_set":
		return strconv.Itoa(int(desk.SystemUser)), nil
	case "current_user.id":
		return strconv.FormatInt(int64(by.User.ID), 10), by.known()
	case "current_user.organization_id":
		if by.User.OrganizationID == nil {
			return nil, by.known()
		}
		return strconv.FormatInt(int64(*by.User.OrganizationID), 10), nil
	}
	if number, ok := action["value"].(float64); ok && action["operator"] != "relative" {
		return strconv.FormatFloat(number, 'f', -1, 64), nil
	}
	if action["operator"] != "relative" {
		return action["value"], nil
	}
	unit, _ := action["range"].(string)
	at, ok := rules.After(by.Now, textOf(action["value"]), unit)
	if !ok {
		return nil, &desk.InvalidError{Field: "perform", Reason: "A relative time needs a number and a range."}
	}
	return at.Truncate(time.Minute).Format(time.RFC3339), nil
}

// textOf is a single value as text; forms and clients send numbers either way.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// textsOf is a value, or a list of them.
func textsOf(value any) []string {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	var all []string
	for _, one := range list {
		if text := strings.TrimSpace(textOf(one)); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// switchedOn reads a switch: forms send it as text.
func switchedOn(value any) bool { return value == true || value == "true" }
