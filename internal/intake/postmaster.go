package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/teamwork"
	"postroom/internal/rules"
	"postroom/internal/store"
)

// postmasterFilter is a filter of an administrator, ready to be asked.
type postmasterFilter struct {
	desk.PostmasterFilter
	match *rules.MailFilter
}

// postmaster are the filters of one version of the catalog.
type postmaster struct {
	version int64
	filters []postmasterFilter
}

// postmaster reads the filters of administrators once for as long as they stay the same.
func (in *Intake) postmaster(c *desk.Catalog) []postmasterFilter {
	known := in.filters.Load()
	if known == nil || known.version != c.Version {
		known = &postmaster{version: c.Version}
		for _, f := range c.MailFilters {
			known.filters = append(known.filters, postmasterFilter{f, rules.NewMailFilter(f.Match)})
		}
		in.filters.Store(known) // another worker may have done the same
	}
	return known.filters
}

// applyPostmaster lets the filters of administrators act, each on what the former ones left.
func applyPostmaster(ctx context.Context, tx *store.Store, m *mail) error {
	for _, f := range m.postmaster {
		if !f.match.Matches(m.header) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(f.Perform)) {
			name, ours := strings.CutPrefix(strings.ToLower(key), "x-zammad-")
			action, _ := f.Perform[key].(map[string]any)
			if !ours || action == nil {
				continue
			}
			if err := m.perform(ctx, tx, name, action, desk.ChangeSource{Type: "PostmasterFilter", ID: int64(f.ID), Name: f.Name}); err != nil {
				return fmt.Errorf("postmaster filter %d: %w", f.ID, err)
			}
		}
	}
	return nil
}

// header is what a filter sees of a mail under a name.
func (m *mail) header(name string) (value string, present bool) {
	switch name {
	case "from":
		return m.From, m.From != ""
	case "to":
		return m.To, m.To != ""
	case "cc":
		return m.Cc, m.Cc != ""
	case "subject":
		return m.Subject, m.Subject != ""
	case "body":
		return m.Body, true
	}
	if attribute, ours := strings.CutPrefix(name, "x-zammad-"); ours {
		value, present = m.attributes[attribute]
		return value, present
	}
	value, present = m.Header[name]
	return value, present
}

// perform takes one action of a filter.
func (m *mail) perform(ctx context.Context, tx *store.Store, name string, action map[string]any, source desk.ChangeSource) error {
	value := action["value"]
	switch {
	case strings.HasSuffix(name, "-tags"):
		m.attributes[name] = changedTags(m.attributes[name], action)
		return nil
	case strings.HasSuffix(name, "_id"):
		there, err := m.namesRecord(ctx, tx, name, textOf(value))
		if err != nil || !there {
			return err
		}
	case action["operator"] == "relative":
		at, ok := rules.RelativeTime(action, m.known.Now)
		if !ok {
			return nil
		}
		value = m.timeFor(name, at)
	}
	m.attributes[name], m.values[name] = textOf(value), value
	m.sources[name] = source
	if name == "ticket-id" {
		return m.follow(ctx, tx, m.attributes[name])
	}
	return nil
}

// changedTags adds names to a list with commas between them, or takes them out.
func changedTags(list string, action map[string]any) string {
	names, named := teamwork.TagNames(list), teamwork.TagNames(textOf(action["value"]))
	if action["operator"] == "remove" {
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(named, name) })
	} else {
		names = append(names, named...)
	}
	return strings.Join(names, ",")
}

// namesRecord reports whether an attribute such as ticket-owner_id names a record.
func (m *mail) namesRecord(ctx context.Context, tx *store.Store, name, id string) (bool, error) {
	if !m.refers(name, id) {
		return false, nil
	}
	if !strings.HasSuffix(name, "owner_id") && !strings.HasSuffix(name, "customer_id") {
		return true, nil
	}
	user, err := userByID(ctx, tx, id)
	return user != nil, err
}

// timeFor is a moment as the attribute holds it: some hold days.
func (m *mail) timeFor(name string, at time.Time) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, forNewTicket), "followup-")
	for _, a := range m.catalog.Attributes["Ticket"] {
		if a.Name == name && a.Kind() == desk.AttributeDate {
			return at.Format(desk.DateForm)
		}
	}
	return at.UTC().Format(time.RFC3339)
}

// textOf is a value of an action as a header would have it.
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

// credit names the filter behind each line of history that one has caused.
func (m *mail) credit(changes []desk.Change, prefix string) []desk.Change {
	for i := range changes {
		name := prefix + changes[i].Attribute
		source, ok := m.sources[name+"_id"]
		if !ok {
			source = m.sources[name]
		}
		changes[i].Source = source
	}
	return changes
}

// setByFilters are the lines of history about what filters made different of a new ticket.
func (m *mail) setByFilters(t desk.Ticket) []desk.Change {
	if len(m.sources) == 0 {
		return nil
	}
	changes := m.credit(history.TicketChanges(m.initial, t, m.catalog, m.session.ID), forNewTicket)
	changes = slices.DeleteFunc(changes, func(c desk.Change) bool { return c.Source == desk.ChangeSource{} })
	for i := range changes {
		changes[i].Type, changes[i].ValueFrom, changes[i].IDFrom = "set", "", nil
	}
	return changes
}
