package api

import (
	"context"
	"errors"
	"maps"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// ticketParams reads a ticket's attributes out of what a client sent. What is not one of those a
// client may write, such as counters and deadlines, is ignored: clients send back whole tickets.
type ticketParams struct {
	store   *store.Store // where people and organizations are looked up
	catalog *desk.Catalog
	sent    params
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
	if p.sent.has("pending_time") {
		if t.PendingTime, err = p.sent.time("pending_time"); err != nil {
			return err
		}
	}
	return p.applyPreferences(t)
}

// applyRelations writes what the catalog can name. A relation sent as null is left for the form
// rules, or the defaults, to complain about or fill in.
func (p *ticketParams) applyRelations(t *desk.Ticket) error {
	group, sent, err := named(p.sent, "group", p.catalog.Groups, groupName)
	if err != nil {
		return err
	}
	if sent {
		t.GroupID = group
	}
	state, sent, err := named(p.sent, "state", p.catalog.States, stateName)
	if err != nil {
		return err
	}
	if sent {
		t.StateID = state
	}
	priority, sent, err := named(p.sent, "priority", p.catalog.Priorities, priorityName)
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
	if err := p.sent.setText(&t.Title, "title", desk.MaxTitle); err != nil {
		return err
	}
	if err := p.sent.setNullText(&t.Note, "note", maxTicketNote); err != nil {
		return err
	}
	return p.sent.setNullText(&t.Type, "type", maxTicketType)
}

// applyPreferences merges key by key, so that who knows one key doesn't wipe out the others.
func (p *ticketParams) applyPreferences(t *desk.Ticket) error {
	var sent map[string]any
	if err := p.sent.setObject(&sent, "preferences"); err != nil || len(sent) == 0 {
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
	if id, sent, err := organizationNamed(ctx, p.store, p.sent); err != nil {
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
	return userNamed(ctx, p.store, p.sent, relation)
}

func userNamed(ctx context.Context, people *store.Store, p params, relation string) (user *desk.User, sent bool, err error) {
	key := relation + "_id"
	if p.has(key) {
		id, err := idIn[desk.UserID](p, key)
		if err != nil || id == 0 {
			return nil, true, err
		}
		found, err := people.User(ctx, id)
		if errors.Is(err, desk.ErrNotFound) {
			err = invalidParam(key, p[key])
		}
		return &found, true, err
	}
	if p.blank(relation) {
		return nil, false, nil
	}
	name, isText := p[relation].(string)
	if !isText {
		return nil, true, invalid(relation, "String is needed as ref value %s for '%s'", literal(p[relation]), relation)
	}
	found, err := people.UserNamed(ctx, name)
	if err == nil && found == nil {
		err = invalid(relation, "No lookup value found for '%s': %s", relation, literal(name))
	}
	return found, true, err
}

// time reads a moment in time, or null.
func (p params) time(key string) (*time.Time, error) {
	if p.blank(key) {
		return nil, nil
	}
	text, _ := p[key].(string)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05 UTC", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 && at.Year() < 10000 {
			at = at.UTC()
			return &at, nil
		}
	}
	return nil, invalidParam(key, p[key])
}
