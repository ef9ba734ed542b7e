package desk

import (
	"strings"
	"time"
)

// Settle brings a ticket that is about to be saved into order: what follows from the values it
// now has, compared with those it had. before is zero for a new ticket. The owner is not looked
// at: whether somebody may own a ticket takes a look into the database. Settling twice closes once.
func (t *Ticket) Settle(before Ticket, c *Catalog, now time.Time) {
	t.Title = oneLine(t.Title)
	stateChanged := t.StateID != before.StateID
	if stateChanged && !c.Pending(t.StateID) {
		t.PendingTime = nil
	}
	if t.PendingTime != nil {
		minute := t.PendingTime.UTC().Truncate(time.Minute)
		t.PendingTime = &minute
	}
	if c.StateType(t.StateID) == StateTypeClosed {
		if t.LastCloseAt == nil || stateChanged && sameTime(t.LastCloseAt, before.LastCloseAt) {
			t.LastCloseAt = &now
		}
		if t.CloseAt == nil {
			t.CloseAt = &now
		}
	}
	if stateChanged || t.OwnerID != before.OwnerID || t.GroupID != before.GroupID ||
		!sameTime(t.LastContactAgentAt, before.LastContactAgentAt) {
		t.LastOwnerUpdateAt = ownerUpdated(*t, before, c, now)
	}
}

// ownerUpdated says since when an owner has been sitting on a ticket; nil: nobody's clock runs.
func ownerUpdated(t, before Ticket, c *Catalog, now time.Time) *time.Time {
	timeout := c.Groups[t.GroupID].AssignmentTimeout
	typ := c.StateType(t.StateID)
	switch {
	case t.OwnerID == SystemUser:
	case t.GroupID != before.GroupID && (timeout == nil || *timeout == 0):
	case t.StateID != before.StateID && typ != StateTypeNew && typ != StateTypeOpen:
	default:
		return &now
	}
	return nil
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

var lineBreaks = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ", "\x00", "")

// oneLine makes each tab and line break a blank.
func oneLine(text string) string { return lineBreaks.Replace(text) }
