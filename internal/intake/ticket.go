package intake

import (
	"context"
	"errors"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/parser"
)

// whichTicket returns the ticket that the mail follows up; nil: it becomes a new one. A number that
// a header of a trusted mail or a filter names decides, even when there is no such ticket.
func (m *mail) whichTicket(ctx context.Context, tx *store.Store) (*desk.Ticket, error) {
	number := m.attributes["ticket-number"]
	if number == "" {
		return m.ticket, nil
	}
	ticket, err := tx.TicketByNumber(ctx, number)
	if err == nil {
		ticket, err = tx.LockTicket(ctx, ticket.ID)
	}
	if errors.Is(err, desk.ErrNotFound) {
		return nil, nil
	}
	return &ticket, err
}

// followUp changes an existing ticket as the mail wants it.
func (m *mail) followUp(ctx context.Context, tx *store.Store, t *desk.Ticket) error {
	before := *t
	if err := applyTicketAttributes(ctx, tx, m, forFollowUp, t); err != nil {
		return err
	}
	_, named := m.attributes["ticket-followup-state"]
	_, numbered := m.attributes["ticket-followup-state_id"]
	away := m.outOfOffice || isTrue(m.attributes["out-of-office"])
	if !named && !numbered && !away && t.StateID != m.catalog.DefaultState() {
		t.StateID = m.catalog.FollowUpState()
	}
	t.UpdatedByID = m.session.ID
	return m.settle(ctx, tx, t, before)
}

// settle brings a changed ticket into order: the owner has to be somebody who can work on it.
func (m *mail) settle(ctx context.Context, tx *store.Store, t *desk.Ticket, before desk.Ticket) error {
	if t.OwnerID != desk.SystemUser && m.catalog.StateType(t.StateID) != desk.StateTypeClosed {
		may, err := tx.MayOwn(ctx, t.OwnerID, t.GroupID)
		if err != nil {
			return err
		}
		if !may {
			t.OwnerID = desk.SystemUser
		}
	}
	t.Settle(before, m.catalog, m.known.Now)
	return nil
}

// newTicket builds the ticket that the mail opens.
func (m *mail) newTicket(ctx context.Context, tx *store.Store) (*desk.Ticket, error) {
	id, number, err := tx.ReserveTicket(ctx, m.catalog, m.known.Now)
	if err != nil {
		return nil, err
	}
	t := &desk.Ticket{
		ID: id, Number: number,
		GroupID: m.group(), StateID: m.catalog.DefaultState(), PriorityID: m.catalog.DefaultPriority(),
		OwnerID: desk.SystemUser, CustomerID: m.customer.ID, OrganizationID: m.customer.OrganizationID,
		Title:       desk.Cut(clean(oneLine(m.Subject)), desk.MaxTitle),
		Preferences: map[string]any{},
	}
	if strings.TrimSpace(t.Title) == "" {
		t.Title = "-"
	}
	if m.channel.ID != 0 {
		t.Preferences["channel_id"] = m.channel.ID
	}
	t.CreatedByID, t.UpdatedByID = m.session.ID, m.session.ID
	t.CreatedAt, t.UpdatedAt = m.known.Now, m.known.Now
	if m.preferences != nil {
		t.Preferences = m.preferences
	}
	m.initial = *t
	if err := applyTicketAttributes(ctx, tx, m, forNewTicket, t); err != nil {
		return nil, err
	}
	return t, m.settle(ctx, tx, t, desk.Ticket{})
}

// group is where new tickets go: to that of the channel, or else to that of the channel that owns
// the first address the mail was sent to, or else to the first active one.
func (m *mail) group() desk.GroupID {
	group := m.inbound.Options.GroupID
	if group == 0 && m.channel.GroupID != nil {
		group = *m.channel.GroupID
	}
	if group == 0 {
		group = m.groupOfAddress()
	}
	return m.catalog.UsableGroup(group)
}

func (m *mail) groupOfAddress() desk.GroupID {
	to, err := parser.Addresses(m.To)
	if err != nil || len(to) == 0 {
		return 0
	}
	address, ours := m.catalog.AddressOf(to[0].Email)
	if !ours || address.ChannelID == nil {
		return 0
	}
	if group := m.catalog.Channels[*address.ChannelID].GroupID; group != nil {
		return *group
	}
	return 0
}
