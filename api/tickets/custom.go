package tickets

import (
	"context"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/forms"
	"postroom/internal/store/directory"
)

// related looks up the people and the organization of a ticket, as far as workflows ask for them:
// most installations have none that do.
func (p *ticketParams) related(ctx context.Context, t desk.Ticket) (map[string]forms.Values, error) {
	asked := forms.Relations("Ticket", p.catalog)
	related := map[string]forms.Values{}
	people := map[string]desk.UserID{"customer": t.CustomerID, "owner": t.OwnerID}
	var ids []desk.UserID
	for name, id := range people {
		if slices.Contains(asked, name) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		found, err := p.store.Users(ctx, ids)
		if err != nil {
			return nil, err
		}
		for name, id := range people {
			related[name] = forms.UserValues(found[id], p.catalog)
		}
	}
	if t.OrganizationID != nil && slices.Contains(asked, "organization") {
		organization, err := directory.Organizations.Get(ctx, p.store.DB, *t.OrganizationID)
		if err != nil {
			return nil, err
		}
		related["organization"] = forms.OrganizationValues(organization, p.catalog)
	}
	return related, nil
}

// applyCustom writes the attributes that administrators added.
func (p *ticketParams) applyCustom(t *desk.Ticket) error {
	in := rest.Input{Params: p.sent, Catalog: p.catalog}
	in.Custom(&t.Custom, "Ticket")
	return in.Err
}
