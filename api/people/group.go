package people

import (
	"context"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/internal/store/catalog"
	"postroom/internal/store/table"
)

func (s *Room) groups() *rest.Resource[desk.Group, desk.GroupID] {
	return &rest.Resource[desk.Group, desk.GroupID]{
		House:    s.House,
		Table:    catalog.Groups,
		View:     s.groupView,
		Object:   "Group",
		Sortable: []string{"name", "name_last", "parent_id", "active", "note", "follow_up_possible"},
		Visible: func(r *http.Request) (table.Filter[desk.GroupID], error) {
			visible, err := s.visibleGroups(r)
			return table.Filter[desk.GroupID]{IDs: visible}, err
		},
		See: func(r *http.Request, g desk.Group) (bool, error) {
			visible, err := s.visibleGroups(r)
			if err == nil && visible != nil && !slices.Contains(visible, g.ID) {
				err = &desk.MissingError{Class: catalog.Groups.Class, ID: int64(g.ID)}
			}
			return true, err
		},
		Choice: func(g desk.Group) (string, bool) { return g.Name, g.Active },
		Found:  rest.NewestFirst,
		Fresh: func() desk.Group {
			return desk.Group{Active: true, FollowUpPossible: "yes", FollowUpAssignment: true, SharedDrafts: true}
		},
		Read: readGroup,
		Link: setGroupMembers,
	}
}

// groupView shows groups to whoever makes the request.
func (s *Room) groupView(who *desk.Caller) rest.View[desk.Group] {
	shown := rest.ViewOf(s.House, catalog.Groups)
	shown.Records = rest.Customized(s.House, "Group", func(g desk.Group) map[string]any { return g.Custom }, rest.Linked(catalog.Groups.ID, s.Store.GroupMembers, func(g desk.Group, members []desk.UserID) rest.Record {
		return rest.Record{
			{"id", g.ID}, {"signature_id", g.SignatureID}, {"email_address_id", g.EmailAddressID},
			{"name", g.Name}, {"name_last", g.NameLast}, {"parent_id", g.ParentID},
			{"assignment_timeout", g.AssignmentTimeout}, {"follow_up_possible", g.FollowUpPossible},
			{"reopen_time_in_days", g.ReopenTimeInDays}, {"follow_up_assignment", g.FollowUpAssignment},
			{"active", g.Active}, {"shared_drafts", g.SharedDrafts}, {"note", g.Note},
		}.Stamped(g.Stamp).With("user_ids", members)
	}))
	shown.Expand = s.expandGroups
	if !who.Sees() {
		shown.Cut = func(_ desk.Group, r rest.Record) rest.Record {
			return r.Only("id", "name", "name_last", "follow_up_possible", "reopen_time_in_days", "active", "parent_id")
		}
	}
	return shown
}

func (s *Room) expandGroups(ctx context.Context, groups []desk.Group, records []rest.Record) error {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	signatures, err := accounts.Signatures.Names(ctx, s.Store.DB)
	if err != nil {
		return err
	}
	var people []desk.UserID
	for i, g := range groups {
		people = append(people, g.CreatedByID, g.UpdatedByID)
		people = append(people, records[i].Get("user_ids").([]desk.UserID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, g := range groups {
		r := &records[i]
		if g.SignatureID != nil {
			r.Add("signature", signatures[*g.SignatureID])
		}
		if g.EmailAddressID != nil {
			r.Add("email_address", catalog.Addresses[*g.EmailAddressID].Name)
		}
		if g.ParentID != nil {
			r.Add("parent", catalog.Groups[*g.ParentID].Name)
		}
		r.Add("users", rest.NamesIn(r.Get("user_ids").([]desk.UserID), found.Logins))
		rest.AddStampNames(r, g.Stamp, found.Logins)
	}
	return nil
}

// visibleGroups are the groups that somebody may know of; nil: all.
func (s *Room) visibleGroups(r *http.Request) ([]desk.GroupID, error) {
	who := rest.Caller(r)
	if who.Can("ticket.agent", "admin.group") {
		return nil, nil
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	var offered []desk.GroupID
	if !catalog.Settings.Into("customer_ticket_create_group_ids", &offered) || len(offered) == 0 {
		return nil, nil
	}
	known, err := s.Store.GroupsOfTickets(r.Context(), who.User.ID, who.Shared)
	if err != nil {
		return nil, err
	}
	visible := append([]desk.GroupID{}, known...)
	for _, id := range offered {
		for depth := 0; id != 0 && depth < maxGroupDepth; depth++ {
			visible = append(visible, id)
			parent := catalog.Groups[id].ParentID
			if parent == nil {
				break
			}
			id = *parent
		}
	}
	return visible, nil
}

func setGroupMembers(ctx context.Context, tx *store.Store, in *rest.Input, g desk.Group) error {
	members, sent, err := rest.IDsNamed(ctx, in.Params, "user", "users", rest.UsersIn(tx))
	if err != nil || !sent {
		return err
	}
	return tx.SetGroupMembers(ctx, g.ID, members)
}
