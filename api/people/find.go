package people

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
)

// Searchable says how users and organizations are found among other records.
func (s *Room) Searchable() []rest.Searchable {
	return []rest.Searchable{
		{
			Model: "User", Rank: 2000, Searchers: []string{"ticket.agent", "admin.user"},
			Attributes: rules.UserAttributes, Find: s.findUsers,
		},
		{
			Model: "Organization", Rank: 1500, Searchers: []string{"ticket.agent", "admin.organization"},
			Attributes: rules.OrganizationAttributes, Find: s.findOrganizations,
		},
	}
}

func (s *Room) findUsers(ctx context.Context, who *desk.Caller, what rest.Wanted) (rest.Found, error) {
	filter := directory.Filter{Search: what.Search, NotSystem: true}
	users, err := s.Finder.Users(ctx, filter, activeFirst, what.Page)
	if err != nil {
		return rest.Found{}, err
	}
	return rest.FoundIn(ctx, s.UserView(who), users, what, func() (int, error) { return s.Finder.CountUsers(ctx, filter) })
}

func (s *Room) findOrganizations(ctx context.Context, who *desk.Caller, what rest.Wanted) (rest.Found, error) {
	filter := table.Filter[desk.OrganizationID]{Search: what.Search}
	organizations, err := s.Finder.Organizations(ctx, filter, activeFirst, what.Page)
	if err != nil {
		return rest.Found{}, err
	}
	return rest.FoundIn(ctx, s.organizationView(who), organizations, what, func() (int, error) {
		return s.Finder.CountOrganizations(ctx, filter)
	})
}
