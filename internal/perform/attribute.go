package perform

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/attribute"
	"postroom/internal/desk"
)

// setAttributes writes the values of actions into the ticket. Texts are filled in first.
func (r *run) setAttributes(values map[string]any) error {
	_, organizationSent := values["organization_id"]
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if text, isText := value.(string); isText {
			value = r.fill(text)
		}
		if err := r.set(name, value); err != nil {
			return err
		}
	}
	if r.after.CustomerID == r.Ticket.CustomerID || organizationSent {
		return nil
	}
	r.after.OrganizationID = nil
	if customer, known := r.records.User(r.after.CustomerID); known {
		r.after.OrganizationID = customer.OrganizationID
	}
	return nil
}

func (r *run) set(name string, value any) error {
	t, c, text := &r.after, r.Catalog, strings.TrimSpace(textOf(value))
	switch name {
	case "group_id":
		return setID(&t.GroupID, name, text, func(id desk.GroupID) bool { _, known := c.Groups[id]; return known })
	case "state_id":
		return setID(&t.StateID, name, text, func(id desk.StateID) bool { _, known := c.States[id]; return known })
	case "priority_id":
		return setID(&t.PriorityID, name, text, func(id desk.PriorityID) bool { _, known := c.Priorities[id]; return known })
	case "owner_id":
		return setID(&t.OwnerID, name, text, r.isUser)
	case "customer_id":
		return setID(&t.CustomerID, name, text, r.isUser)
	case "organization_id":
		return r.setOrganization(text)
	case "title":
		if text != "" {
			t.Title = desk.Cut(text, desk.MaxTitle)
		}
		return nil
	case "note":
		t.Note = orNone(desk.Cut(text, maxNote))
		return nil
	case "type":
		t.Type = orNone(desk.Cut(text, desk.MaxTitle))
		return nil
	case "pending_time":
		return setTime(&t.PendingTime, name, text)
	case "time_unit":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n < 0 || n > 1<<31 {
			return unusable(name, text)
		}
		t.TimeUnit = new(strconv.FormatFloat(n, 'f', 2, 64))
		return nil
	}
	return r.setCustom(name, value)
}

const maxNote = 250 // characters

func (r *run) isUser(id desk.UserID) bool {
	_, known := r.records.User(id)
	return known
}

func setID[T ~int64](field *T, name, text string, known func(T) bool) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !known(T(id)) {
		return unusable(name, text)
	}
	*field = T(id)
	return nil
}

func (r *run) setOrganization(text string) error {
	if text == "" {
		r.after.OrganizationID = nil
		return nil
	}
	var id desk.OrganizationID
	err := setID(&id, "organization_id", text, func(id desk.OrganizationID) bool {
		_, known := r.records.Organization(id)
		return known
	})
	if err == nil {
		r.after.OrganizationID = &id
	}
	return err
}

func setTime(field **time.Time, name, text string) error {
	if text == "" {
		*field = nil
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 MST", time.DateTime, "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			*field = new(at.UTC().Truncate(time.Minute))
			return nil
		}
	}
	return unusable(name, text)
}

// setCustom writes an attribute that an administrator added.
func (r *run) setCustom(name string, value any) error {
	custom := r.Catalog.CustomAttributes("Ticket")
	at := slices.IndexFunc(custom, func(a desk.Attribute) bool { return a.Name == name })
	if at < 0 {
		return &desk.InvalidError{Field: "perform", Reason: fmt.Sprintf("A ticket has no attribute '%s'.", name)}
	}
	kept, usable := attribute.Cut(&custom[at], value)
	if !usable {
		return unusable(name, textOf(value))
	}
	r.after.Custom = desk.WithCustom(r.after.Custom, name, kept)
	return nil
}

func unusable(name, text string) error {
	return &desk.InvalidError{Field: "perform", Reason: fmt.Sprintf("'%s' is no value for attribute '%s'.", desk.Cut(text, 100), name)}
}

func orNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
