package desk

import "strings"

// Catalog is everything small that every message needs, at one moment. It is never changed:
// a process replaces it as a whole when its version in the database moves on.
type Catalog struct {
	Version       int64
	Settings      Settings
	Groups        map[GroupID]Group
	States        map[StateID]State
	StateTypes    map[StateTypeID]string // new, open, pending reminder, pending action, closed, merged
	Priorities    map[PriorityID]Priority
	ArticleTypes  map[ArticleTypeID]ArticleType
	Senders       map[SenderID]string
	Addresses     map[EmailAddressID]EmailAddress
	Channels      map[ChannelID]Channel
	SignupRoles   []RoleID                  // roles of users that create themselves, Customer as shipped
	DomainMembers map[string]OrganizationID // mail domain -> organization that takes its people in
	Attributes    map[string][]Attribute    // definitions by kind of record, in their order
	Workflows     []CoreWorkflow            // of administrators
	Triggers      []Trigger                 // the active ones, in the order in which they act
	SLAs          []SLA                     // in the order in which they are looked through
	Calendars     map[CalendarID]Calendar
	MailFilters   []PostmasterFilter // the active ones, in the order in which mail goes through them
}

// StateType returns the name of the type of a state, such as closed.
func (c *Catalog) StateType(id StateID) string {
	return c.StateTypes[c.States[id].StateTypeID]
}

// DefaultState returns the state of new tickets.
func (c *Catalog) DefaultState() StateID {
	return pick(c.States, func(s State) bool { return s.DefaultCreate }, StateNew)
}

// FollowUpState returns the state a ticket gets when its customer writes again.
func (c *Catalog) FollowUpState() StateID {
	return pick(c.States, func(s State) bool { return s.DefaultFollowUp }, StateOpen)
}

// DefaultPriority returns the priority of new tickets.
func (c *Catalog) DefaultPriority() PriorityID {
	return pick(c.Priorities, func(p Priority) bool { return p.DefaultCreate }, 2)
}

// UsableGroup returns this group if it is in use, or else the first one that is: a new ticket has to go
// somewhere.
func (c *Catalog) UsableGroup(id GroupID) GroupID {
	if c.Groups[id].Active {
		return id
	}
	first := pick(c.Groups, func(Group) bool { return true }, id)
	return pick(c.Groups, func(g Group) bool { return g.Active }, first)
}

// AddressOf returns our own address with this text, whatever its case.
func (c *Catalog) AddressOf(email string) (EmailAddress, bool) {
	email = strings.ToLower(email)
	for _, address := range c.Addresses {
		if address.Email == email {
			return address, true
		}
	}
	return EmailAddress{}, false
}

// pick returns the smallest key whose value fits, or otherwise.
func pick[K ~int64, V any](all map[K]V, fits func(V) bool, otherwise K) K {
	found, any := otherwise, false
	for key, value := range all {
		if fits(value) && (!any || key < found) {
			found, any = key, true
		}
	}
	return found
}
