// Package history says what is noted when records change: a line for each attribute that differs.
//
// What a line holds is desk.Change. It does no I/O: names that only the database knows are left out.
package history

import (
	"strconv"
	"time"

	"postroom/internal/desk"
)

// maxValue is how much of a value the history keeps, in characters.
const maxValue = 500

// TicketChanges compares two states of a ticket and returns a line of history for each attribute
// that differs: relations with ids and names, the rest as text. Names of people and organizations,
// which the catalog doesn't hold, are left out; the store fills them in.
//
// Stamps, counters, preferences and what the first article was have no history.
func TicketChanges(before, after desk.Ticket, c *desk.Catalog, by desk.UserID) []desk.Change {
	d := differences{object: "Ticket", id: int64(after.ID), by: by}
	d.relation("group", int64(before.GroupID), int64(after.GroupID), func(id int64) string { return c.Groups[desk.GroupID(id)].Name })
	d.relation("state", int64(before.StateID), int64(after.StateID), func(id int64) string { return c.States[desk.StateID(id)].Name })
	d.relation("priority", int64(before.PriorityID), int64(after.PriorityID),
		func(id int64) string { return c.Priorities[desk.PriorityID(id)].Name })
	d.relation("owner", int64(before.OwnerID), int64(after.OwnerID), unknownName)
	d.relation("customer", int64(before.CustomerID), int64(after.CustomerID), unknownName)
	d.relation("organization", number(before.OrganizationID), number(after.OrganizationID), unknownName)
	d.text("number", before.Number, after.Number)
	d.text("title", before.Title, after.Title)
	d.text("note", orEmpty(before.Note), orEmpty(after.Note))
	d.text("type", orEmpty(before.Type), orEmpty(after.Type))
	d.text("time_unit", orEmpty(before.TimeUnit), orEmpty(after.TimeUnit))
	d.time("pending_time", before.PendingTime, after.PendingTime)
	d.contact(before.Contact, after.Contact)
	d.deadlines(before.Deadlines, after.Deadlines)
	return append(d.changes, CustomChanges("Ticket", int64(after.ID), c.CustomAttributes("Ticket"), before.Custom, after.Custom, by)...)
}

// MergeChanges are the lines of history that tell of a merge, at both tickets.
func MergeChanges(source, target desk.TicketID, by desk.UserID) []desk.Change {
	from, to := int64(source), int64(target)
	return []desk.Change{
		{Object: "Ticket", OID: to, Type: "received_merge", IDFrom: &from, IDTo: &to, By: by},
		{Object: "Ticket", OID: from, Type: "merged_into", IDFrom: &from, IDTo: &to, By: by},
	}
}

// differences collects lines of history.
type differences struct {
	object  string
	id      int64
	by      desk.UserID
	changes []desk.Change
}

func (d *differences) contact(before, after desk.Contact) {
	d.time("last_contact_at", before.LastContactAt, after.LastContactAt)
	d.time("last_contact_agent_at", before.LastContactAgentAt, after.LastContactAgentAt)
	d.time("last_contact_customer_at", before.LastContactCustomerAt, after.LastContactCustomerAt)
	d.time("last_owner_update_at", before.LastOwnerUpdateAt, after.LastOwnerUpdateAt)
}

func (d *differences) deadlines(before, after desk.Deadlines) {
	d.time("escalation_at", before.EscalationAt, after.EscalationAt)
	d.time("first_response_at", before.FirstResponseAt, after.FirstResponseAt)
	d.time("first_response_escalation_at", before.FirstResponseEscalationAt, after.FirstResponseEscalationAt)
	d.minutes("first_response_in_min", before.FirstResponseInMin, after.FirstResponseInMin)
	d.minutes("first_response_diff_in_min", before.FirstResponseDiffInMin, after.FirstResponseDiffInMin)
	d.time("close_at", before.CloseAt, after.CloseAt)
	d.time("close_escalation_at", before.CloseEscalationAt, after.CloseEscalationAt)
	d.minutes("close_in_min", before.CloseInMin, after.CloseInMin)
	d.minutes("close_diff_in_min", before.CloseDiffInMin, after.CloseDiffInMin)
	d.time("last_close_at", before.LastCloseAt, after.LastCloseAt)
	d.time("update_escalation_at", before.UpdateEscalationAt, after.UpdateEscalationAt)
	d.minutes("update_in_min", before.UpdateInMin, after.UpdateInMin)
	d.minutes("update_diff_in_min", before.UpdateDiffInMin, after.UpdateDiffInMin)
}

func (d *differences) add(attribute, from, to string, idFrom, idTo *int64) {
	d.changes = append(d.changes, desk.Change{
		Object: d.object, OID: d.id, Type: "updated", Attribute: attribute,
		ValueFrom: desk.Cut(from, maxValue), ValueTo: desk.Cut(to, maxValue), IDFrom: idFrom, IDTo: idTo, By: d.by,
	})
}

func (d *differences) relation(attribute string, from, to int64, name func(int64) string) {
	if from != to {
		d.add(attribute, name(from), name(to), idOrNil(from), idOrNil(to))
	}
}

func (d *differences) text(attribute, from, to string) {
	if from != to {
		d.add(attribute, from, to, nil, nil)
	}
}

func (d *differences) time(attribute string, from, to *time.Time) {
	if from == to || from != nil && to != nil && from.Equal(*to) {
		return
	}
	d.add(attribute, historyTime(from), historyTime(to), nil, nil)
}

func (d *differences) minutes(attribute string, from, to *int) {
	d.text(attribute, minutesText(from), minutesText(to))
}

func historyTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func minutesText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number[T ~int64](id *T) int64 {
	if id == nil {
		return 0
	}
	return int64(*id)
}

func idOrNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func unknownName(int64) string { return "" }
