package api

import (
	"context"
	"net/http"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// groupView shows groups to whoever makes the request.
func (s *Server) groupView(who *desk.Caller) view[desk.Group] {
	v := view[desk.Group]{
		model:   "Group",
		id:      func(g desk.Group) int64 { return int64(g.ID) },
		records: s.groupRecords,
		expand:  s.expandGroups,
	}
	if !who.Sees() {
		v.cut = func(_ desk.Group, r record) record {
			return r.only("id", "name", "name_last", "follow_up_possible", "reopen_time_in_days", "active", "parent_id")
		}
	}
	return v
}

func (s *Server) groupRecords(ctx context.Context, groups []desk.Group) ([]record, error) {
	ids := make([]desk.GroupID, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	members, err := s.Store.GroupMembers(ctx, ids)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(groups))
	for i, g := range groups {
		r := record{
			{"id", g.ID}, {"signature_id", g.SignatureID}, {"email_address_id", g.EmailAddressID},
			{"name", g.Name}, {"name_last", g.NameLast}, {"parent_id", g.ParentID},
			{"assignment_timeout", g.AssignmentTimeout}, {"follow_up_possible", g.FollowUpPossible},
			{"reopen_time_in_days", g.ReopenTimeInDays}, {"follow_up_assignment", g.FollowUpAssignment},
			{"active", g.Active}, {"shared_drafts", g.SharedDrafts}, {"note", g.Note},
		}
		r.stamped(g.Stamp)
		r.add("user_ids", members[g.ID])
		records[i] = r
	}
	return records, nil
}

func (s *Server) expandGroups(ctx context.Context, groups []desk.Group, records []record) error {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	signatures, err := s.Store.SignatureNames(ctx)
	if err != nil {
		return err
	}
	var people []desk.UserID
	for i, g := range groups {
		people = append(people, g.CreatedByID, g.UpdatedByID)
		people = append(people, records[i].get("user_ids").([]desk.UserID)...)
	}
	found, err := s.namesOf(ctx, people, nil)
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
		r.add("users", namesIn(r.get("user_ids").([]desk.UserID), found.users))
		found.addStamp(r, g.Stamp)
	}
	return nil
}

var sortableGroups = []string{
	"id", "name", "name_last", "parent_id", "active", "note", "follow_up_possible", "created_at", "updated_at", "created_by_id", "updated_by_id",
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

func (s *Server) listGroups(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableGroups, false)
	if err != nil {
		return err
	}
	visible, err := s.visibleGroups(r)
	if err != nil {
		return err
	}
	return s.showGroups(w, r, p, store.GroupFilter{IDs: visible}, orders, page)
}

func (s *Server) searchGroups(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, searchPages)
	if err != nil {
		return err
	}
	if err := noConditions(p); err != nil {
		return err
	}
	orders, err := ordering(p, sortableGroups, true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = []order{{Column: "updated_at", Descending: true}}
	}
	return s.showGroups(w, r, p, store.GroupFilter{Words: wordsOf(p)}, orders, page)
}

func (s *Server) showGroups(w http.ResponseWriter, r *http.Request, p params, filter store.GroupFilter, orders []order, page store.Page) error {
	total := func() (int, error) { return s.Store.CountGroups(r.Context(), filter) }
	if p.flag("only_total_count") {
		return onlyTotal(w, r, total)
	}
	groups, err := s.Store.ListGroups(r.Context(), filter, orders, page)
	if err != nil {
		return err
	}
	shown := s.groupView(caller(r))
	if !wantsChoices(p) {
		return shown.list(w, r, p, groups, total)
	}
	return shown.choices(w, r, p, groups, groupName, groupName, func(g desk.Group) bool { return g.Active })
}

func (s *Server) getGroup(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.GroupID](r, "id", "Group")
	if err != nil {
		return err
	}
	visible, err := s.visibleGroups(r)
	if err != nil {
		return err
	}
	if visible != nil && !slices.Contains(visible, id) {
		return &desk.MissingError{Class: "Group", ID: int64(id)}
	}
	group, err := s.Store.Group(r.Context(), id)
	if err != nil {
		return err
	}
	return s.groupView(caller(r)).one(w, r, p, http.StatusOK, group)
}

func (s *Server) createGroup(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	g := desk.Group{Active: true, FollowUpPossible: "yes", FollowUpAssignment: true, SharedDrafts: true}
	g.UpdatedByID = caller(r).User.ID
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := readGroup(r.Context(), tx, p, &g); err != nil {
			return err
		}
		if err := tx.InsertGroup(r.Context(), &g); err != nil {
			return err
		}
		return setGroupMembers(r.Context(), tx, p, g.ID)
	})
	if err != nil {
		return err
	}
	return s.showSavedGroup(w, r, p, http.StatusCreated, g.ID)
}

func (s *Server) updateGroup(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.GroupID](r, "id", "Group")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		g, err := tx.Group(r.Context(), id)
		if err != nil {
			return err
		}
		g.UpdatedByID = caller(r).User.ID
		if err := readGroup(r.Context(), tx, p, &g); err != nil {
			return err
		}
		if err := tx.SaveGroup(r.Context(), g); err != nil {
			return err
		}
		return setGroupMembers(r.Context(), tx, p, id)
	})
	if err != nil {
		return err
	}
	return s.showSavedGroup(w, r, p, http.StatusOK, id)
}

func (s *Server) showSavedGroup(w http.ResponseWriter, r *http.Request, p params, status int, id desk.GroupID) error {
	s.changed()
	g, err := s.Store.Group(r.Context(), id)
	if err != nil {
		return err
	}
	return s.groupView(caller(r)).one(w, r, p, status, g)
}

func (s *Server) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.GroupID](r, "id", "Group")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteGroup(r.Context(), id); err != nil {
		return err
	}
	s.changed()
	return deleted(w)
}

func setGroupMembers(ctx context.Context, tx *store.Store, p params, id desk.GroupID) error {
	members, sent, err := idsNamed(ctx, p, "user", "users", tx.ExistingUsers, tx.UserIDsByName)
	if err != nil || !sent {
		return err
	}
	return tx.SetGroupMembers(ctx, id, members)
}
