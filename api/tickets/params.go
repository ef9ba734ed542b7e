package tickets

import (
	"context"
	"maps"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// ticketParams reads a ticket's attributes out of what a client sent. What is not one of those a
// client may write, such as counters and deadlines, is ignored: clients send back whole tickets.
type ticketParams struct {
	store   *store.Store // where people and organizations are looked up
	catalog *desk.Catalog
	sent    rest.Params
}

// withoutPeople forgets what customers may not decide.
func (p *ticketParams) withoutPeople(more ...string) {
	p.sent = maps.Clone(p.sent)
	for _, key := range append(more, "owner", "owner_id", "customer", "customer_id", "preferences") {
		delete(p.sent, key)
	}
}

// apply writes all attributes but the customer into a ticket.
func (p *ticketParams) apply(ctx context.Context, t *desk.Ticket) error {
	if err := p.applyRelations(t); err != nil {
		return err
	}
	owner, sent, err := p.user(ctx, "owner")
	if err != nil {
		return err
	}
	if sent {
		t.OwnerID = desk.SystemUser
		if owner != nil {
			t.OwnerID = owner.ID
		}
	}
	if err := p.applyTexts(t); err != nil {
		return err
	}
	if p.sent.Has("pending_time") {
		if t.PendingTime, err = p.sent.Time("pending_time"); err != nil {
			return err
		}
	}
	if err := p.applyCustom(t); err != nil {
		return err
	}
	return p.applyPreferences(t)
}

// Describe writes the attributes of a ticket that somebody sent into a new one, all but its customer.
func (s *Room) Describe(ctx context.Context, tx *store.Store, in *rest.Input, t *desk.Ticket) error {
	return (&ticketParams{store: tx, catalog: in.Catalog, sent: in.Params}).apply(ctx, t)
}

// applyRelations writes what the catalog can name. A relation sent as null is left for the form
// rules, or the defaults, to complain about or fill in.
func (p *ticketParams) applyRelations(t *desk.Ticket) error {
	group, sent, err := rest.Named(p.sent, "group", p.catalog.Groups, rest.GroupName)
	if err != nil {
		return err
	}
	if sent {
		t.GroupID = group
	}
	state, sent, err := rest.Named(p.sent, "state", p.catalog.States, rest.StateName)
	if err != nil {
		return err
	}
	if sent {
		t.StateID = state
	}
	priority, sent, err := rest.Named(p.sent, "priority", p.catalog.Priorities, rest.PriorityName)
	if err != nil {
		return err
	}
	if sent {
		t.PriorityID = priority
	}
	return nil
}

// Lengths of a ticket's columns in characters.
const (
	maxTicketNote = 250
	maxTicketType = 100
)

func (p *ticketParams) applyTexts(t *desk.Ticket) error {
	if err := p.sent.SetText(&t.Title, "title", desk.MaxTitle); err != nil {
		return err
	}
	in := rest.Input{Params: p.sent}
	if in.NullHTML(&t.Note, "note", maxTicketNote); in.Err != nil {
		return in.Err
	}
	return p.sent.SetNullText(&t.Type, "type", maxTicketType)
}

// applyPreferences merges key by key, so that who knows one key doesn't wipe out the others.
func (p *ticketParams) applyPreferences(t *desk.Ticket) error {
	var sent map[string]any
	if err := p.sent.SetObject(&sent, "preferences"); err != nil || len(sent) == 0 {
		return err
	}
	merged := maps.Clone(t.Preferences)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, sent)
	t.Preferences = merged
	return nil
}

// applyOrganization gives the ticket the organization that was sent if it is one of the
// customer's, else keeps what fits, else takes the customer's primary one.
func (p *ticketParams) applyOrganization(ctx context.Context, t *desk.Ticket, customer desk.User) error {
	wanted := t.OrganizationID
	if id, sent, err := people.OrganizationNamed(ctx, p.store, p.sent); err != nil {
		return err
	} else if sent {
		wanted = id
	}
	t.OrganizationID = customer.OrganizationID
	if wanted == nil || customer.OrganizationID != nil && *wanted == *customer.OrganizationID {
		return nil
	}
	member, err := p.store.IsMember(ctx, customer.ID, *wanted)
	if err == nil && member {
		t.OrganizationID = wanted
	}
	return err
}

// user finds the user that a client named by id, or by login or mail address. Without one, sent
// tells a null id from silence.
func (p *ticketParams) user(ctx context.Context, relation string) (user *desk.User, sent bool, err error) {
	return people.UserNamed(ctx, p.store, p.sent, relation)
}
