package agents

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/notify"
	"postroom/internal/store/automation"
)

// seenChanges are the attributes among changes that agents see in forms, in the order of the forms.
// Deadlines and the like are derived from others and no news.
func seenChanges(changes desk.AttributeChanges, c *desk.Catalog) []desk.Attribute {
	var seen []desk.Attribute
	for _, attribute := range c.Attributes[desk.ObjectTicket] {
		if _, changed := changes[attribute.Name]; changed && attribute.Active && !attribute.ToCreate {
			seen = append(seen, attribute)
		}
	}
	return seen
}

// peopleIn and organizationsIn are those that changes speak of.
func peopleIn(changes desk.AttributeChanges) []desk.UserID {
	return idsIn[desk.UserID](changes, "owner_id", "customer_id")
}

func organizationsIn(changes desk.AttributeChanges) []desk.OrganizationID {
	return idsIn[desk.OrganizationID](changes, "organization_id")
}

func idsIn[T ~int64](changes desk.AttributeChanges, names ...string) []T {
	var ids []T
	for _, name := range names {
		for _, value := range changes[name] {
			if id := numberOf(value); id != 0 && !slices.Contains(ids, T(id)) {
				ids = append(ids, T(id))
			}
		}
	}
	return ids
}

// numberOf reads a number as JSON has it.
func numberOf(value any) int64 {
	switch v := value.(type) {
	case float64:
		return int64(v)
	case json.Number:
		n, _ := v.Int64()
		return n
	case int64:
		return v
	}
	return 0
}

// reader writes values as somebody reads them.
type reader struct {
	catalog *desk.Catalog
	about   automation.MailAbout
	locale  string
	zone    *time.Location
}

func (r reader) changes(changes desk.AttributeChanges) []notify.Change {
	var read []notify.Change
	for _, attribute := range seenChanges(changes, r.catalog) {
		pair := changes[attribute.Name]
		read = append(read, notify.Change{
			Label: notify.Word(attribute.Display, r.locale), From: r.value(attribute, pair[0]), To: r.value(attribute, pair[1]),
		})
	}
	return read
}

func (r reader) value(a desk.Attribute, value any) string {
	id := numberOf(value)
	switch a.Name {
	case "group_id":
		return r.catalog.Groups[desk.GroupID(id)].Name
	case "state_id":
		return notify.Word(r.catalog.States[desk.StateID(id)].Name, r.locale)
	case "priority_id":
		return notify.Word(r.catalog.Priorities[desk.PriorityID(id)].Name, r.locale)
	case "owner_id":
		if desk.UserID(id) == desk.SystemUser {
			return ""
		}
		return r.about.Names[desk.UserID(id)]
	case "customer_id":
		return r.about.Names[desk.UserID(id)]
	case "organization_id":
		return r.about.Companies[desk.OrganizationID(id)]
	}
	return r.plain(a, value)
}

func (r reader) plain(a desk.Attribute, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return notify.Word("yes", r.locale)
		}
		return notify.Word("no", r.locale)
	case []any:
		labels := make([]string, len(v))
		for i, one := range v {
			labels[i] = r.plain(a, one)
		}
		return strings.Join(labels, ", ")
	case map[string]any:
		return fmt.Sprint(v["label"])
	case float64:
		return fmt.Sprintf("%g", v)
	case string:
		if at, err := time.Parse(desk.TimeForm, v); err == nil {
			return notify.Moment(at, r.zone, r.locale)
		}
		if options, ok := a.DataOption["options"].(map[string]any); ok {
			if label, ok := options[v].(string); ok {
				return label
			}
		}
		return v
	}
	return fmt.Sprint(value)
}
