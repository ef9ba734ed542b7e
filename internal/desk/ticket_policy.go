package desk

import (
	"slices"
	"time"
)

// TicketAccess is what decides what somebody may do with tickets. The group lists hold the groups
// in which the user has that level or full access; they are empty for who is no agent.
type TicketAccess struct {
	User     UserID
	Agent    bool // holds ticket.agent
	Customer bool // holds ticket.customer
	Admin    bool // holds admin itself
	Report   bool // holds report, and not as an administrator: they see no tickets by that

	Read   []GroupID
	Create []GroupID
	Change []GroupID
	Full   []GroupID

	Organizations []OrganizationID // those of the user, secondary ones too, whose members share their tickets
	HasPrimary    bool             // the user has a primary organization
}

// TicketAccess returns what the caller may do with tickets.
func (c *Caller) TicketAccess() TicketAccess {
	return TicketAccess{
		User:     c.User.ID,
		Agent:    c.Can("ticket.agent"),
		Customer: c.Can("ticket.customer"),
		Admin:    c.Can("admin"),
		Report:   c.Can("report") && !c.UserCan("admin"),

		Read:   c.GroupsWith(AccessRead),
		Create: c.GroupsWith(AccessCreate),
		Change: c.GroupsWith(AccessChange),
		Full:   c.GroupsWith(AccessFull),

		Organizations: c.Shared,
		HasPrimary:    c.User.OrganizationID != nil,
	}
}

// TicketScope is the set of tickets that a list may show: those in one of the groups, of the
// customer, or of one of the organizations.
type TicketScope struct {
	All           bool // every ticket, whatever the other fields say
	Groups        []GroupID
	Customer      UserID // 0: nobody's
	Organizations []OrganizationID
}

// Empty reports whether the scope can hold no ticket.
func (s TicketScope) Empty() bool {
	return !s.All && len(s.Groups) == 0 && s.Customer == 0 && len(s.Organizations) == 0
}

// Lists returns the scope of lists and searches.
func (a TicketAccess) Lists() TicketScope {
	if !a.Agent && !a.Customer {
		return TicketScope{All: a.Report}
	}
	var scope TicketScope
	if a.Agent {
		scope.Groups = a.Read
	}
	if a.Customer {
		scope.Customer, scope.Organizations = a.User, a.Organizations
	}
	return scope
}

// agentIn reports whether the user works as an agent with one of these groups.
func (a TicketAccess) agentIn(groups []GroupID, t Ticket) bool {
	return a.Agent && slices.Contains(groups, t.GroupID)
}

// ownsOrShares reports whether the ticket is the customer's or that of a shared organization.
func (a TicketAccess) ownsOrShares(t Ticket) bool {
	if !a.Customer {
		return false
	}
	if t.CustomerID == a.User {
		return true
	}
	return a.HasPrimary && t.OrganizationID != nil && slices.Contains(a.Organizations, *t.OrganizationID)
}

// MayShow returns nil, or a *ForbiddenError.
func (a TicketAccess) MayShow(t Ticket) error {
	return allowed(a.agentIn(a.Read, t) || a.ownsOrShares(t))
}

// MayCreate returns nil, or a *ForbiddenError. Customers create their own tickets only.
func (a TicketAccess) MayCreate(t Ticket) error {
	return allowed(a.agentIn(a.Create, t) || a.Customer && t.CustomerID == a.User)
}

// MayUpdate returns nil, or a *ForbiddenError.
func (a TicketAccess) MayUpdate(t Ticket) error {
	return allowed(a.agentIn(a.Change, t) || a.ownsOrShares(t))
}

// MayAddArticle returns nil, or a *ForbiddenError: who adds an article by itself needs the right
// to create tickets in the group, or to have a share in the ticket.
func (a TicketAccess) MayAddArticle(t Ticket) error {
	return allowed(a.agentIn(a.Create, t) || a.ownsOrShares(t))
}

// WorksOn reports whether the user writes to this ticket as an agent, not as its customer.
func (a TicketAccess) WorksOn(t Ticket) bool {
	return a.agentIn(a.Read, t) || a.agentIn(a.Create, t) || a.agentIn(a.Change, t)
}

// MayCreateAsAgent returns nil, or a *ForbiddenError.
func (a TicketAccess) MayCreateAsAgent(t Ticket) error {
	return allowed(a.agentIn(a.Create, t))
}

// MayChangeAsAgent returns nil, or a *ForbiddenError. It guards what no customer may do.
func (a TicketAccess) MayChangeAsAgent(t Ticket) error {
	return allowed(a.agentIn(a.Change, t))
}

// MayReadAsAgent returns nil, or a *ForbiddenError. Internal articles are for these readers only.
func (a TicketAccess) MayReadAsAgent(t Ticket) error {
	return allowed(a.agentIn(a.Read, t))
}

// MayFollowUp says whether who may update a ticket may still do so now that it is closed. The
// refusal of a customer is an *InvalidError.
func (a TicketAccess) MayFollowUp(t Ticket, c *Catalog, now time.Time) error {
	if err := a.MayUpdate(t); err != nil {
		return err
	}
	if c.StateType(t.StateID) != StateTypeClosed || a.agentIn(a.Change, t) {
		return nil
	}
	group := c.Groups[t.GroupID]
	switch group.FollowUpPossible {
	case "new_ticket":
	case "new_ticket_after_certain_time":
		if t.Reopenable(group, now) {
			return nil
		}
	default: // yes
		return nil
	}
	return &InvalidError{Field: "state_id", Reason: "Cannot follow-up on a closed ticket. Please create a new ticket."}
}

// MayDestroy returns nil, or a *ForbiddenError. Who could do nearly everything else with the
// ticket is told what is missing.
func (a TicketAccess) MayDestroy(t Ticket) error {
	if a.Admin {
		return nil
	}
	if a.agentIn(a.Full, t) || a.Customer && t.CustomerID == a.User {
		return &ForbiddenError{Reason: "admin permission required"}
	}
	return &ForbiddenError{}
}

// MayDeleteArticle returns nil, or the first of the reasons why an article must stay.
func (a TicketAccess) MayDeleteArticle(t Ticket, article Article, c *Catalog, now time.Time) error {
	if !a.agentIn(a.Read, t) {
		return &ForbiddenError{Reason: "agent permission required"}
	}
	if article.CreatedByID != a.User {
		return &ForbiddenError{Reason: "you can only delete your own notes"}
	}
	if c.ArticleTypes[article.TypeID].Communication && !article.Internal {
		return &ForbiddenError{Reason: "communication articles cannot be deleted"}
	}
	limit := time.Duration(c.Settings.Int("ui_ticket_zoom_article_delete_timeframe")) * time.Second
	if limit > 0 && now.Sub(article.CreatedAt) > limit {
		return &ForbiddenError{Reason: "note is too old to be deleted"}
	}
	return nil
}

// MayMention returns nil, or a *ForbiddenError: only who reads a ticket as an agent names others in it.
func (a TicketAccess) MayMention(t Ticket) error {
	if a.agentIn(a.Read, t) {
		return nil
	}
	return &ForbiddenError{Reason: "You have insufficient permissions to mention other users."}
}

func allowed(yes bool) error {
	if yes {
		return nil
	}
	return &ForbiddenError{}
}
