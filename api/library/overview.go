package library

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/library"
)

func (s *Room) overviews() *rest.Resource[workspace.Overview, workspace.OverviewID] {
	return &rest.Resource[workspace.Overview, workspace.OverviewID]{
		House:    s.House,
		Table:    library.Overviews,
		View:     s.overviewView,
		Sortable: []string{"name", "link", "prio", "group_by", "organization_shared", "out_of_office", "active"},
		Choice:   func(v workspace.Overview) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() workspace.Overview { return workspace.Overview{Active: true} },
		Read:     readOverview,
		Link:     setOverviewLinks,
	}
}

func (s *Room) overviewView(*desk.Caller) rest.View[workspace.Overview] {
	shown := rest.ViewOf(s.House, library.Overviews)
	shown.Records = rest.Linked(library.Overviews.ID, s.Store.OverviewLinks, func(v workspace.Overview, links workspace.OverviewLinks) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"link", v.Link}, {"prio", v.Prio}, {"condition", v.Condition}, {"order", v.Order},
			{"group_by", v.GroupBy}, {"group_direction", v.GroupDirection}, {"organization_shared", v.OrganizationShared},
			{"out_of_office", v.OutOfOffice}, {"view", v.View}, {"active", v.Active},
		}.Stamped(v.Stamp).With("role_ids", links.RoleIDs).With("user_ids", links.UserIDs)
	})
	shown.Expand = s.expandOverviews
	return shown
}

func (s *Room) expandOverviews(ctx context.Context, overviews []workspace.Overview, records []rest.Record) error {
	roles, err := catalog.Roles.Names(ctx, s.Store.DB)
	if err != nil {
		return err
	}
	var people []desk.UserID
	for i, v := range overviews {
		people = append(people, v.CreatedByID, v.UpdatedByID)
		people = append(people, records[i].Get("user_ids").([]desk.UserID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, v := range overviews {
		r := &records[i]
		r.Add("roles", rest.NamesIn(r.Get("role_ids").([]desk.RoleID), roles))
		r.Add("users", rest.NamesIn(r.Get("user_ids").([]desk.UserID), found.Logins))
		rest.AddStampNames(r, v.Stamp, found.Logins)
	}
	return nil
}

func readOverview(ctx context.Context, tx *store.Store, in *rest.Input, v *workspace.Overview) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.Text(&v.Link, "link", maxTitle)
	in.Condition(&v.Condition, rules.TicketAttributes(in.Catalog))
	in.Object(&v.Order, "order")
	in.Object(&v.View, "view")
	in.NullText(&v.GroupBy, "group_by", maxTitle)
	in.NullText(&v.GroupDirection, "group_direction", maxTitle)
	in.Flag(&v.OrganizationShared, "organization_shared")
	in.Flag(&v.OutOfOffice, "out_of_office")
	in.Flag(&v.Active, "active")
	if err := readPrio(ctx, tx, in, &v.Prio, library.Overviews, v.ID); err != nil {
		return err
	}
	return in.Err
}

// setOverviewLinks stores who sees an overview. Without a role nobody would.
func setOverviewLinks(ctx context.Context, tx *store.Store, in *rest.Input, v workspace.Overview) error {
	roles, sent, err := rest.IDsNamed(ctx, in.Params, "role", "roles", rest.RecordsIn(tx, catalog.Roles))
	if err != nil {
		return err
	}
	if !sent {
		links, err := tx.OverviewLinks(ctx, []workspace.OverviewID{v.ID})
		if err != nil {
			return err
		}
		roles = links[v.ID].RoleIDs
	}
	if len(roles) == 0 {
		return rest.Invalid("role_ids", "Roles can't be blank")
	}
	if err := tx.SetOverviewRoles(ctx, v.ID, roles); err != nil {
		return err
	}
	users, sent, err := rest.IDsNamed(ctx, in.Params, "user", "users", rest.UsersIn(tx))
	if err != nil || !sent {
		return err
	}
	return tx.SetOverviewUsers(ctx, v.ID, users)
}

func (s *Room) orderOverviews(w http.ResponseWriter, r *http.Request) error {
	return order(s.House, w, r, library.Overviews)
}
