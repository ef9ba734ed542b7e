package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Writes is what the actions of a rule write to a ticket in somebody's name.
type Writes struct {
	Attributes  map[string]any // by name, as a client would send them
	AddTags     []string
	RemoveTags  []string
	Subscribe   []desk.UserID
	Unsubscribe []desk.UserID
	Quiet       bool // nobody hears of the ticket any more
	Note        *NoteWrite
	Delete      bool // the ticket itself: the rest then means nothing
}

// NoteWrite is a note that a rule adds.
type NoteWrite struct {
	Subject  string
	Body     string // HTML
	Internal bool
}

// Actor is in whose name, and when, actions are taken.
type Actor struct {
	User desk.User
	Now  time.Time
}

// WritesOf reads the actions of a macro (reference/rules.md 4). It refuses an action that it can't
// take: a macro that does half of what it says would be worse than one that does nothing.
func WritesOf(perform map[string]any, by Actor) (Writes, error) {
	w := Writes{Attributes: map[string]any{}}
	for _, key := range slices.Sorted(maps.Keys(perform)) {
		action, _ := perform[key].(map[string]any)
		if err := w.add(key, action, by); err != nil {
			return Writes{}, err
		}
	}
	return w, nil
}

func (w *Writes) add(key string, action map[string]any, by Actor) error {
	attribute, ofTicket := strings.CutPrefix(key, "ticket.")
	switch {
	case key == "article.note":
		subject, _ := action["subject"].(string)
		body, _ := action["body"].(string)
		w.Note = &NoteWrite{Subject: subject, Body: body, Internal: switchedOn(action["internal"])}
	case key == "ticket.action" && action["value"] == "delete":
		w.Delete = true
	case key == "ticket.tags":
		list, _ := action["value"].(string)
		if action["operator"] == "remove" {
			w.RemoveTags = desk.TagNames(list)
		} else {
			w.AddTags = desk.TagNames(list)
		}
	case key == "ticket.subscribe":
		w.Subscribe = usersOf(action, by)
	case key == "ticket.unsubscribe":
		w.Quiet = action["pre_condition"] == "not_set"
		w.Unsubscribe = usersOf(action, by)
	case ofTicket && key != "ticket.action":
		value, err := writtenValue(action, by)
		if err != nil {
			return err
		}
		w.Attributes[attribute] = value
	default:
		return &desk.InvalidError{Field: "perform", Reason: "The action '" + key + "' can't be taken here."}
	}
	return nil
}

// usersOf are the users that an action names.
func usersOf(action map[string]any, by Actor) []desk.UserID {
	switch action["pre_condition"] {
	case "current_user.id":
		return []desk.UserID{by.User.ID}
	case "not_set":
		return nil
	}
	id, err := strconv.ParseInt(fmt.Sprint(action["value"]), 10, 64)
	if err != nil {
		return nil
	}
	return []desk.UserID{desk.UserID(id)}
}

// writtenValue is what an action sets an attribute to. Ids are written as text, as clients may do.
func writtenValue(action map[string]any, by Actor) (any, error) {
	switch action["pre_condition"] {
	case "not_set":
		return strconv.Itoa(int(desk.SystemUser)), nil
	case "current_user.id":
		return strconv.FormatInt(int64(by.User.ID), 10), nil
	case "current_user.organization_id":
		if by.User.OrganizationID == nil {
			return nil, nil
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
	span, ok := readSpan(fmt.Sprint(action["value"]), unit)
	if !ok {
		return nil, &desk.InvalidError{Field: "perform", Reason: "A relative time needs a number and a range."}
	}
	return span.after(by.Now, 1).Truncate(time.Minute).Format(time.RFC3339), nil
}

// switchedOn reads a switch: forms send it as text.
func switchedOn(value any) bool { return value == true || value == "true" }
