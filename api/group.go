package api

import (
	"context"
	"net/http"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) groups() *resource[desk.Group, desk.GroupID] {
	return &resource[desk.Group, desk.GroupID]{
		server:   s,
		table:    store.Groups,
		view:     s.groupView,
		sortable: []string{"name", "name_last", "parent_id", "active", "note", "follow_up_possible"},
		visible: func(r *http.Request) (store.Filter[desk.GroupID], error) {
			visible, err := s.visibleGroups(r)
			return store.Filter[desk.GroupID]{IDs: visible}, err
		},
		see: func(r *http.Request, g desk.Group) (bool, error) {
			visible, err := s.visibleGroups(r)
			if err == nil && visible != nil && !slices.Contains(visible, g.ID) {
				err = &desk.MissingError{Class: store.Groups.Class, ID: int64(g.ID)}
			}
			return true, err
		},
		choice: func(g desk.Group) (string, bool) { return g.Name, g.Active },
		found:  newestFirst,
		fresh: func() desk.Group {
			return desk.Group{Active: true, FollowUpPossible: "yes", FollowUpAssignment: true, SharedDrafts: true}
		},
		read: readGroup,
		link: setGroupMembers,
	}
}

// groupView shows groups to whoever makes the request.
func (s *Server) groupView(who *desk.Caller) view[desk.Group] {
	shown := viewOf(s, store.Groups)
	shown.records = linked(store.Groups.ID, s.Store.GroupMembers, func(g desk.Group, members []desk.UserID) record {
		return record{
			{"id", g.ID}, {"signature_id", g.SignatureID}, {"email_address_id", g.EmailAddressID},
			{"name", g.Name}, {"name_last", g.NameLast}, {"parent_id", g.ParentID},
			{"assignment_timeout", g.AssignmentTimeout}, {"follow_up_possible", g.FollowUpPossible},
			{"reopen_time_in_days", g.ReopenTimeInDays}, {"follow_up_assignment", g.FollowUpAssignment},
			{"active", g.Active}, {"shared_drafts", g.SharedDrafts}, {"note", g.Note},
		}.stamped(g.Stamp).with("user_ids", members)
	})
	shown.expand = s.expandGroups
	if !who.Sees() {
		shown.cut = func(_ desk.Group, r record) record {
			return r.only("id", "name", "name_last", "follow_up_possible", "reopen_time_in_days", "active", "parent_id")
		}
	}
	return shown
}

func (s *Server) expandGroups(ctx context.Context, groups []desk.Group, records []record) error {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	signatures, err := store.Signatures.Names(ctx, s.Store)
	if err != nil {
		return err
	}
	var people []desk.UserID
	for i, g := range groups {
		people = append(people, g.CreatedByID, g.UpdatedByID)
		people = append(people, records[i].get("user_ids").([]desk.UserID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, g := range groups {
		r := &records[i]
		if g.SignatureID != nil {
			r.add("signature", signatures[*g.SignatureID])
		}
		if g.EmailAddressID != nil {
			r.add("email_address", catalog.Addresses[*g.EmailAddressID].Name)
		}
		if g.ParentID != nil {
			r.add("parent", catalog.Groups[*g.ParentID].Name)
		}
		r.add("users", namesIn(r.get("user_ids").([]desk.UserID), found.Logins))
		addStampNames(r, g.Stamp, found.Logins)
	}
	return nil
}

// visibleGroups are the groups that somebody may know of; nil: all.
func (s *Server) visibleGroups(r *http.Request) ([]desk.GroupID, error) {
	who := caller(r)
	if who.Can("ticket.agent", "admin.group") {
		return nil, nil
	}
	catalog, err := s.catalog(r)
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

func setGroupMembers(ctx context.Context, tx *store.Store, in *input, g desk.Group) error {
	members, sent, err := idsNamed(ctx, in.p, "user", "users", usersIn(tx))
	if err != nil || !sent {
		return err
	}
	return tx.SetGroupMembers(ctx, g.ID, members)
}
