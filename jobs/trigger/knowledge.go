package trigger

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/automation"
)

// learn looks up what the conditions of all triggers may ask about the ticket, in one round trip.
func (c *chain) learn(ctx context.Context, s step) (*knowledge, error) {
	n, t := c.rules.needs, c.ticket
	k := &knowledge{zone: c.catalog.Settings.Zone()}
	want := automation.FactsWanted{
		Organization: n.organization, Tags: n.tags, Subscribers: n.subscribers, StandIns: n.standIns, Today: c.now.In(k.zone),
	}
	if n.customer {
		want.Users = append(want.Users, t.CustomerID)
	}
	if n.owner {
		want.Users = append(want.Users, t.OwnerID)
	}
	if n.user {
		want.Secondary = updater(t, s)
		want.Users = append(want.Users, want.Secondary)
	}
	if n.accounted && s.article != nil {
		want.Article = s.article.ID
	}
	found, err := c.tx.TicketFacts(ctx, t, want)
	if err != nil {
		return nil, err
	}
	if n.calendars {
		if k.working, err = c.tx.WorkingTimes(ctx); err != nil {
			return nil, err
		}
	}
	k.facts = c.factsFrom(found, s)
	if user, known := found.Users[want.Secondary]; known && n.user {
		k.user = &rules.User{ID: user.ID, Organization: user.OrganizationID, Organizations: found.Secondary}
	}
	return k, nil
}

func (c *chain) factsFrom(found automation.TicketFacts, s step) rules.Facts {
	t, catalog := c.ticket, c.catalog
	facts := rules.Facts{
		One: map[string]rules.Row{
			"ticket":       rules.TicketRow(t, catalog),
			"ticket_state": rules.StateRow(catalog.States[t.StateID]),
		},
		Many: map[string][]rules.Row{},
		Tags: found.Tags, Subscribers: found.Subscribers, StandIns: found.StandIns,
	}
	for name, id := range map[string]desk.UserID{"customer": t.CustomerID, "owner": t.OwnerID} {
		if user, known := found.Users[id]; known {
			facts.One[name] = rules.UserRow(user, catalog)
		}
	}
	if found.Organization != nil {
		facts.One["organization"] = rules.OrganizationRow(*found.Organization, catalog)
	}
	if s.article != nil {
		facts.Many["article"] = []rules.Row{rules.ArticleRow(*s.article, found.Accounted)}
	}
	return facts
}
