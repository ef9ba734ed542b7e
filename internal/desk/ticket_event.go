package desk

import (
	"encoding/json"
	"reflect"
	"time"
)

// What happens to a ticket, as conditions and notifications name it.
const (
	EventCreate            = "create"
	EventUpdate            = "update"
	EventMergedInto        = "update.merged_into"    // the ticket that is left empty
	EventReceivedMerge     = "update.received_merge" // the ticket that grew
	EventReminderReached   = "reminder_reached"
	EventEscalation        = "escalation"
	EventEscalationWarning = "escalation_warning"
)

// Ways by which somebody changes a ticket. Who does it by ByAPI knows of it already.
const (
	ByAPI       = "application_server"
	ByMail      = "postmaster"
	ByScheduler = "scheduler"
)

// TicketEvent is what one unit of work did to one ticket: a request, a mail, a step of a scheduler.
type TicketEvent struct {
	TicketID  TicketID         `json:"ticket_id"`
	Type      string           `json:"type"`
	ArticleID ArticleID        `json:"article_id,omitzero"` // the last one that was written; 0: none
	Changes   AttributeChanges `json:"changes,omitempty"`
	By        UserID           `json:"user_id"`
	Interface string           `json:"interface,omitempty"`
	Quiet     bool             `json:"disable_notification,omitzero"` // agents are not told
	// StateMoved says that triggers changed the state. What they change is not among the changes.
	StateMoved bool `json:"state_moved,omitzero"`
}

// AttributeChanges are attributes that changed, each with its value before and after, by the names
// that clients know: owner_id. Values are as JSON has them; times are in UTC.
type AttributeChanges map[string][2]any

// ByTime reports whether a point in time was reached, and nobody did anything.
func (e TicketEvent) ByTime() bool {
	return e.Type == EventReminderReached || e.Type == EventEscalation || e.Type == EventEscalationWarning
}

// Matters reports whether anything happened at all: an update without changes and without an
// article is none.
func (e TicketEvent) Matters() bool {
	return e.TicketID != 0 && (e.Type != EventUpdate || e.ArticleID != 0 || len(e.Changes) > 0)
}

// MovesState reports whether the ticket's state is another one now, by the event or what it set off.
func (e TicketEvent) MovesState() bool {
	_, moved := e.Changes["state_id"]
	return moved || e.StateMoved
}

// Names are the attributes that changed.
func (c AttributeChanges) Names() []string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	return names
}

// Merge adds later changes: an attribute that changed twice changed from its first to its last value.
func (c AttributeChanges) Merge(later AttributeChanges) AttributeChanges {
	merged := AttributeChanges{}
	for name, pair := range c {
		merged[name] = pair
	}
	for name, pair := range later {
		if first, twice := merged[name]; twice {
			pair[0] = first[0]
		}
		merged[name] = pair
	}
	return merged
}

// Differences compares two states of a ticket. Stamps, counters and what the first article was are
// no changes that anybody acts on. What is in preferences is left out: they may be large.
func Differences(before, after Ticket, c *Catalog) AttributeChanges {
	d := AttributeChanges{}
	compare(d, "group_id", &before.GroupID, &after.GroupID)
	compare(d, "priority_id", &before.PriorityID, &after.PriorityID)
	compare(d, "state_id", &before.StateID, &after.StateID)
	compare(d, "owner_id", &before.OwnerID, &after.OwnerID)
	compare(d, "customer_id", &before.CustomerID, &after.CustomerID)
	compare(d, "organization_id", before.OrganizationID, after.OrganizationID)
	compare(d, "number", &before.Number, &after.Number)
	compare(d, "title", &before.Title, &after.Title)
	compare(d, "note", before.Note, after.Note)
	compare(d, "type", before.Type, after.Type)
	compare(d, "time_unit", before.TimeUnit, after.TimeUnit)
	if !sameJSON(before.Preferences, after.Preferences) {
		d["preferences"] = [2]any{}
	}
	d.times(before, after)
	d.minutes(before.Deadlines, after.Deadlines)
	for _, a := range c.CustomAttributes("Ticket") {
		if was, is := a.Of(before.Custom), a.Of(after.Custom); !reflect.DeepEqual(was, is) {
			d[a.Name] = [2]any{was, is}
		}
	}
	return d
}

func (d AttributeChanges) times(before, after Ticket) {
	for name, pair := range map[string][2]*time.Time{
		"pending_time":                 {before.PendingTime, after.PendingTime},
		"last_contact_at":              {before.LastContactAt, after.LastContactAt},
		"last_contact_agent_at":        {before.LastContactAgentAt, after.LastContactAgentAt},
		"last_contact_customer_at":     {before.LastContactCustomerAt, after.LastContactCustomerAt},
		"last_owner_update_at":         {before.LastOwnerUpdateAt, after.LastOwnerUpdateAt},
		"escalation_at":                {before.EscalationAt, after.EscalationAt},
		"first_response_at":            {before.FirstResponseAt, after.FirstResponseAt},
		"first_response_escalation_at": {before.FirstResponseEscalationAt, after.FirstResponseEscalationAt},
		"close_at":                     {before.CloseAt, after.CloseAt},
		"close_escalation_at":          {before.CloseEscalationAt, after.CloseEscalationAt},
		"last_close_at":                {before.LastCloseAt, after.LastCloseAt},
		"update_escalation_at":         {before.UpdateEscalationAt, after.UpdateEscalationAt},
	} {
		if !sameTime(pair[0], pair[1]) {
			d[name] = [2]any{wireTime(pair[0]), wireTime(pair[1])}
		}
	}
}

func (d AttributeChanges) minutes(before, after Deadlines) {
	compare(d, "first_response_in_min", before.FirstResponseInMin, after.FirstResponseInMin)
	compare(d, "first_response_diff_in_min", before.FirstResponseDiffInMin, after.FirstResponseDiffInMin)
	compare(d, "close_in_min", before.CloseInMin, after.CloseInMin)
	compare(d, "close_diff_in_min", before.CloseDiffInMin, after.CloseDiffInMin)
	compare(d, "update_in_min", before.UpdateInMin, after.UpdateInMin)
	compare(d, "update_diff_in_min", before.UpdateDiffInMin, after.UpdateDiffInMin)
}

func compare[T comparable](d AttributeChanges, name string, before, after *T) {
	if before == nil && after == nil || before != nil && after != nil && *before == *after {
		return
	}
	d[name] = [2]any{orNone(before), orNone(after)}
}

// orNone is a value, or nil: a pointer to nothing is something else.
func orNone[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

func wireTime(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format(TimeForm)
}

func sameJSON(a, b map[string]any) bool {
	if len(a) == 0 && len(b) == 0 {
		return true
	}
	was, wrong := json.Marshal(a)
	is, err := json.Marshal(b)
	return wrong == nil && err == nil && string(was) == string(is)
}
