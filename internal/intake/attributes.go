package intake

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Where attributes of a trusted mail go: x-zammad-ticket-priority to a new ticket,
// x-zammad-ticket-followup-priority to an existing one.
const (
	forNewTicket = "ticket-"
	forFollowUp  = "ticket-followup-"
	forArticle   = "article-"
)

// applyTicketAttributes sets what the mail's headers, or a filter, want of the ticket: relations
// by name, login or mail address, everything by its column. What can't be found is left alone.
func applyTicketAttributes(ctx context.Context, tx *store.Store, m *mail, prefix string, t *desk.Ticket) error {
	for _, name := range slices.Sorted(maps.Keys(m.attributes)) { // priority before priority_id: the id wins
		attribute, ok := strings.CutPrefix(name, prefix)
		if !ok || prefix == forNewTicket && strings.HasPrefix(name, forFollowUp) {
			continue
		}
		value := m.attributes[name]
		if setFromCatalog(t, attribute, value, m.catalog) || setValue(t, attribute, value) || setCustom(t, attribute, m.sent(name), m.catalog) {
			continue
		}
		if err := setUser(ctx, tx, t, attribute, value); err != nil {
			return err
		}
	}
	return nil
}

// setFromCatalog sets relations to what the catalog holds. It reports whether there is such a one.
func setFromCatalog(t *desk.Ticket, attribute, value string, c *desk.Catalog) bool {
	switch attribute {
	case "group":
		for id, group := range c.Groups {
			if group.Name == value {
				t.GroupID = id
			}
		}
	case "state":
		for id, state := range c.States {
			if state.Name == value {
				t.StateID = id
			}
		}
	case "priority":
		for id, priority := range c.Priorities {
			if priority.Name == value {
				t.PriorityID = id
			}
		}
	case "group_id":
		setKnown(&t.GroupID, value, c.Groups)
	case "state_id":
		setKnown(&t.StateID, value, c.States)
	case "priority_id":
		setKnown(&t.PriorityID, value, c.Priorities)
	default:
		return false
	}
	return true
}

func setKnown[K ~int64, V any](field *K, value string, all map[K]V) {
	if id, err := strconv.ParseInt(value, 10, 64); err == nil {
		if _, known := all[K(id)]; known {
			*field = K(id)
		}
	}
}

// setValue sets columns that hold values. It reports whether there is such a one.
func setValue(t *desk.Ticket, attribute, value string) bool {
	switch attribute {
	case "title":
		if title := oneLine(value); strings.TrimSpace(title) != "" {
			t.Title = desk.Cut(title, desk.MaxTitle)
		}
	case "note":
		t.Note = optional(value, maxNote)
	case "type":
		t.Type = optional(value, desk.MaxTitle)
	case "pending_time":
		if at, ok := moment(value); ok {
			t.PendingTime = &at
		}
	case "created_at":
		if at, ok := moment(value); ok {
			t.CreatedAt = at
		}
	case "time_unit":
		if n, err := strconv.ParseFloat(value, 64); err == nil && n >= 0 && n < maxTimeUnit {
			t.TimeUnit = new(strconv.FormatFloat(n, 'f', 2, 64))
		}
	default:
		return false
	}
	return true
}

// sent is the value of an attribute as it was given.
func (m *mail) sent(name string) any {
	if value, full := m.values[name]; full {
		return value
	}
	return m.attributes[name]
}

// setCustom sets attributes that administrators added. It reports whether there is such a one.
func setCustom(t *desk.Ticket, name string, value any, c *desk.Catalog) bool {
	custom := c.CustomAttributes("Ticket")
	at := slices.IndexFunc(custom, func(a desk.Attribute) bool { return a.Name == name })
	if at < 0 {
		return false
	}
	if kept, usable := attribute.Cut(&custom[at], value); usable {
		t.Custom = desk.WithCustom(t.Custom, name, kept)
	}
	return true
}

const (
	maxNote     = 250     // characters
	maxTimeUnit = 1 << 31 // the column holds more
)

// setUser sets relations to users, and to the organization of one. Names that fit nobody change nothing.
func setUser(ctx context.Context, tx *store.Store, t *desk.Ticket, attribute, value string) error {
	base, isID := strings.CutSuffix(attribute, "_id")
	if base == "organization" && value != "" {
		return setOrganization(ctx, tx, t, value, isID)
	}
	if base != "owner" && base != "customer" || value == "" {
		return nil
	}
	user, err := userNamed(ctx, tx, value, isID)
	if err != nil || user == nil {
		return err
	}
	if base == "owner" {
		t.OwnerID = user.ID
		return nil
	}
	t.CustomerID, t.OrganizationID = user.ID, user.OrganizationID
	return nil
}

// setOrganization takes one of those that the customer belongs to: in the order of the attributes, the
// customer is known by then.
func setOrganization(ctx context.Context, tx *store.Store, t *desk.Ticket, value string, isID bool) error {
	var id desk.OrganizationID
	if isID {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil // names none
		}
		id, value = desk.OrganizationID(n), ""
	}
	found, err := tx.OrganizationOfMember(ctx, t.CustomerID, id, value)
	if err == nil && found != 0 {
		t.OrganizationID = &found
	}
	return err
}

// moment reads a time of day and date in one of the ways in which headers give it.
func moment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.RFC3339, "2006-01-02 15:04:05 MST", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// userNamed returns the user that a header names, by login or mail address, or by id; nil: none.
func userNamed(ctx context.Context, tx *store.Store, name string, isID bool) (*desk.User, error) {
	if isID || name == "" {
		return userByID(ctx, tx, name)
	}
	found, err := tx.UsersByAddress(ctx, []string{name})
	if user, known := found[name]; known {
		return &user, err
	}
	return nil, err
}
