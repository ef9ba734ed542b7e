package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Names of state types, which say what a state means whatever it is called.
const (
	StateTypeNew             = "new"
	StateTypeOpen            = "open"
	StateTypePendingReminder = "pending reminder"
	StateTypePendingAction   = "pending action"
	StateTypeClosed          = "closed"
	StateTypeMerged          = "merged"
)

// Pending reports whether a state waits for a time.
func (c *Catalog) Pending(id StateID) bool {
	name := c.StateType(id)
	return name == StateTypePendingReminder || name == StateTypePendingAction
}

// TicketForm is the set of rules that a ticket written through the API must keep. Automatic
// writes don't pass it.
type TicketForm struct {
	Access   TicketAccess
	MayOwn   bool // the owner of the ticket as written may own tickets of its group
	AsAgent  bool // the rules for agents, else those for customers
	Creating bool
}

// stateTypes are the types of the states that may be chosen, by agent or customer, new ticket or old.
func (f TicketForm) stateTypes() []string {
	switch {
	case f.AsAgent && f.Creating:
		return []string{StateTypeNew, StateTypeOpen, StateTypePendingReminder, StateTypePendingAction, StateTypeClosed}
	case f.AsAgent:
		return []string{StateTypeOpen, StateTypePendingReminder, StateTypePendingAction, StateTypeClosed}
	case f.Creating:
		return []string{StateTypeNew, StateTypeClosed}
	}
	return []string{StateTypeOpen, StateTypeClosed}
}

// Check returns nil, or an *InvalidError that names the first field with a value that may not be
// chosen or is missing. What before had already is always allowed; before is zero for new tickets.
func (f TicketForm) Check(before, t Ticket, c *Catalog) error {
	switch { // null was sent
	case t.GroupID == 0:
		return missingValue("group_id")
	case t.StateID == 0:
		return missingValue("state_id")
	case t.PriorityID == 0:
		return missingValue("priority_id")
	}
	if t.GroupID != before.GroupID && !f.groupAllowed(t, c) {
		return invalidValue("group_id", t.GroupID)
	}
	// The default owner is no choice, so it needs no right.
	if t.OwnerID != before.OwnerID && t.OwnerID != SystemUser && !f.MayOwn {
		return invalidValue("owner_id", t.OwnerID)
	}
	if t.StateID != before.StateID && (!c.States[t.StateID].Active || !slices.Contains(f.stateTypes(), c.StateType(t.StateID))) {
		return invalidValue("state_id", t.StateID)
	}
	if t.PriorityID != before.PriorityID && !c.Priorities[t.PriorityID].Active {
		return invalidValue("priority_id", t.PriorityID)
	}
	switch {
	case strings.TrimSpace(t.Title) == "":
		return missingValue("title")
	case t.CustomerID == 0:
		return missingValue("customer_id")
	case f.AsAgent && t.PendingTime == nil && c.Pending(t.StateID):
		return missingValue("pending_time")
	}
	return nil
}

func (f TicketForm) groupAllowed(t Ticket, c *Catalog) bool {
	if !c.Groups[t.GroupID].Active {
		return false
	}
	if f.AsAgent {
		return slices.Contains(f.Access.Create, t.GroupID) || !f.Creating && slices.Contains(f.Access.Change, t.GroupID)
	}
	offered := c.customerGroups()
	return !f.Creating || len(offered) == 0 || slices.Contains(offered, t.GroupID)
}

// customerGroups are the groups in which customers may create tickets; none: in all.
func (c *Catalog) customerGroups() []GroupID {
	var list []json.RawMessage // numbers, or texts of numbers
	c.Settings.Into("customer_ticket_create_group_ids", &list)
	var ids []GroupID
	for _, value := range list {
		if id, err := strconv.ParseInt(strings.Trim(string(value), `"`), 10, 64); err == nil {
			ids = append(ids, GroupID(id))
		}
	}
	return ids
}

func invalidValue[T ~int64](field string, value T) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf("Invalid value '%d' for field '%s'!", value, field)}
}

func missingValue(field string) error {
	return &InvalidError{Field: field, Reason: "Missing required value for field '" + field + "'!"}
}
