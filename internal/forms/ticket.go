package forms

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Ticket is the form of a ticket.
type Ticket struct {
	Who      *desk.Caller
	Access   desk.TicketAccess
	MayOwn   bool // the owner of the ticket as written may own tickets of its group
	AsAgent  bool // the rules for agents, else those for customers
	Creating bool
	// Related are the records that the ticket refers to and that workflows ask for, see Relations.
	// Those of the catalog are known without.
	Related map[string]Values
}

// Check returns nil, or an *desk.InvalidError that names the first field with a value that may not
// be chosen or is missing. before is zero for new tickets.
func (t Ticket) Check(before, after desk.Ticket, c *desk.Catalog, now time.Time) error {
	switch { // null was sent
	case after.GroupID == 0:
		return missing("group_id")
	case after.StateID == 0:
		return missing("state_id")
	case after.PriorityID == 0:
		return missing("priority_id")
	}
	form := t.Form(after, c, now)
	if t.Creating {
		return form.Check(nil, TicketValues(after, c))
	}
	return form.Check(TicketValues(before, c), TicketValues(after, c))
}

// Form is the form of the ticket with what is filled in decided about it.
func (t Ticket) Form(after desk.Ticket, c *desk.Catalog, now time.Time) Form {
	form := Form{
		Object: "Ticket", Screen: ScreenEdit, Catalog: c, Who: t.Who, Holds: t.holds,
		Offers: t.offers(after, c), Required: t.required(after, c), Related: t.related(after, c), Now: now,
	}
	if t.Creating {
		form.Screen = ScreenCreateTicket
	}
	if !c.Pending(after.StateID) {
		form.Hidden = []string{"pending_time"}
	}
	return form
}

// holds makes of who is agent and customer one of them: what this ticket makes of them.
func (t Ticket) holds(permission string) bool {
	switch permission {
	case "ticket.agent":
		return t.AsAgent
	case "ticket.customer":
		return !t.AsAgent
	}
	return t.Who != nil && t.Who.UserCan(permission)
}

func (t Ticket) required(after desk.Ticket, c *desk.Catalog) []string {
	required := []string{"title", "customer_id"}
	if t.AsAgent && c.Pending(after.StateID) {
		required = append(required, "pending_time")
	}
	return required
}

func (t Ticket) offers(after desk.Ticket, c *desk.Catalog) map[string]func(string) bool {
	return map[string]func(string) bool{
		"group_id": func(value string) bool { return t.groupAllowed(idIn[desk.GroupID](value), c) },
		// The default owner is no choice, so it needs no right.
		"owner_id": func(value string) bool { return idIn[desk.UserID](value) == desk.SystemUser || t.MayOwn },
		"state_id": func(value string) bool {
			id := idIn[desk.StateID](value)
			return c.States[id].Active && slices.Contains(t.stateTypes(), c.StateType(id))
		},
		"priority_id": func(value string) bool { return c.Priorities[idIn[desk.PriorityID](value)].Active },
	}
}

// stateTypes are the types of the states that may be chosen, by agent or customer, new ticket or old.
func (t Ticket) stateTypes() []string {
	switch {
	case t.AsAgent && t.Creating:
		return []string{desk.StateTypeNew, desk.StateTypeOpen, desk.StateTypePendingReminder, desk.StateTypePendingAction, desk.StateTypeClosed}
	case t.AsAgent:
		return []string{desk.StateTypeOpen, desk.StateTypePendingReminder, desk.StateTypePendingAction, desk.StateTypeClosed}
	case t.Creating:
		return []string{desk.StateTypeNew, desk.StateTypeClosed}
	}
	return []string{desk.StateTypeOpen, desk.StateTypeClosed}
}

func (t Ticket) groupAllowed(group desk.GroupID, c *desk.Catalog) bool {
	if !c.Groups[group].Active {
		return false
	}
	if t.AsAgent {
		return slices.Contains(t.Access.Create, group) || !t.Creating && slices.Contains(t.Access.Change, group)
	}
	offered := customerGroups(c)
	return !t.Creating || len(offered) == 0 || slices.Contains(offered, group)
}

// customerGroups are the groups in which customers may create tickets; none: in all.
func customerGroups(c *desk.Catalog) []desk.GroupID {
	var list []json.RawMessage // numbers, or texts of numbers
	c.Settings.Into("customer_ticket_create_group_ids", &list)
	var ids []desk.GroupID
	for _, value := range list {
		if id, err := strconv.ParseInt(strings.Trim(string(value), `"`), 10, 64); err == nil {
			ids = append(ids, desk.GroupID(id))
		}
	}
	return ids
}

// related adds to what was looked up what the catalog has.
func (t Ticket) related(after desk.Ticket, c *desk.Catalog) map[string]Values {
	state, priority := c.States[after.StateID], c.Priorities[after.PriorityID]
	all := map[string]Values{
		"group":    GroupValues(c.Groups[after.GroupID], c),
		"state":    {"id": idOf(state.ID), "name": state.Name, "state_type_id": idOf(state.StateTypeID), "active": state.Active, "note": state.Note},
		"priority": {"id": idOf(priority.ID), "name": priority.Name, "active": priority.Active, "note": priority.Note},
	}
	for name, values := range t.Related {
		all[name] = values
	}
	return all
}

func idIn[T ~int64](value string) T {
	id, _ := strconv.ParseInt(value, 10, 64) // what is no number is the id of nothing
	return T(id)
}
