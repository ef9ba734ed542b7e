package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

// organizationView shows organizations to whoever makes the request.
func (s *Server) organizationView(who *desk.Caller) view[desk.Organization] {
	v := view[desk.Organization]{
		model:   "Organization",
		id:      func(o desk.Organization) int64 { return int64(o.ID) },
		records: s.organizationRecords,
		expand:  s.expandOrganizations,
	}
	v.relatives = func(ctx context.Context, _ []desk.Organization, records []record, assets *record) error {
		members := set[desk.UserID]{}
		for _, r := range records {
			shown, _ := r.get("member_ids").([]desk.UserID) // customers see none
			members.add(shown[:min(len(shown), membersShown)]...)
		}
		return s.addMembers(ctx, who, assets, members)
	}
	if !who.Sees() {
		v.cut = func(_ desk.Organization, r record) record { return r.only("id", "name", "active") }
	}
	return v
}

func (s *Server) addMembers(ctx context.Context, who *desk.Caller, assets *record, ids set[desk.UserID]) error {
	found, err := s.Store.Users(ctx, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	users := slices.SortedFunc(maps.Values(found), func(a, b desk.User) int { return cmp.Compare(a.ID, b.ID) })
	return addAssets(ctx, assets, s.userView(who), users)
}

func (s *Server) organizationRecords(ctx context.Context, items []desk.Organization) ([]record, error) {
	ids := make([]desk.OrganizationID, len(items))
	for i, o := range items {
		ids[i] = o.ID
	}
	links, err := s.Store.OrganizationLinks(ctx, ids)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(items))
	for i, o := range items {
		r := record{
			{"id", o.ID}, {"name", o.Name}, {"shared", o.Shared}, {"domain", o.Domain}, {"domain_assignment", o.DomainAssignment},
			{"active", o.Active}, {"vip", o.Vip}, {"note", o.Note},
		}
		r.stamped(o.Stamp)
		r.add("member_ids", links[o.ID].MemberIDs)
		r.add("secondary_member_ids", links[o.ID].SecondaryMemberIDs)
		records[i] = r
	}
	return records, nil
}

func (s *Server) expandOrganizations(ctx context.Context, items []desk.Organization, records []record) error {
	var people []desk.UserID
	for i, o := range items {
		people = append(people, o.CreatedByID, o.UpdatedByID)
		people = append(people, records[i].get("member_ids").([]desk.UserID)...)
		people = append(people, records[i].get("secondary_member_ids").([]desk.UserID)...)
	}
	found, err := s.namesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, o := range items {
		r := &records[i]
		r.add("members", namesIn(r.get("member_ids").([]desk.UserID), found.users))
		r.add("secondary_members", namesIn(r.get("secondary_member_ids").([]desk.UserID), found.users))
		found.addStamp(r, o.Stamp)
	}
	return nil
}

// seesOrganizations lets those who work with all organizations see all, others their own.
func seesOrganizations(who *desk.Caller) bool { return who.Can("ticket.agent", "admin.organization") }

var sortableOrganizations = []string{
	"id", "name", "shared", "domain", "domain_assignment", "active", "vip", "note", "created_at", "updated_at", "created_by_id", "updated_by_id",
}

func (s *Server) listOrganizations(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableOrganizations, false)
	if err != nil {
		return err
	}
	who := caller(r)
	var filter store.OrganizationFilter
	if !seesOrganizations(who) {
		filter.IDs = who.Organizations()
	}
	return s.showOrganizations(w, r, p, filter, orders, page)
}

func (s *Server) searchOrganizations(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, searchPages)
	if err != nil {
		return err
	}
	if err := noConditions(p); err != nil {
		return err
	}
	orders, err := ordering(p, sortableOrganizations, true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = newestFirst
	}
	filter := store.OrganizationFilter{Words: wordsOf(p)}
	if p.has("ids") {
		ids, err := idsIn[desk.OrganizationID](p, "ids")
		if err != nil {
			return err
		}
		filter.IDs = append([]desk.OrganizationID{}, ids...)
	}
	return s.showOrganizations(w, r, p, filter, orders, page)
}

func (s *Server) showOrganizations(w http.ResponseWriter, r *http.Request, p params, filter store.OrganizationFilter, orders []order, page store.Page) error {
	total := func() (int, error) { return s.Store.CountOrganizations(r.Context(), filter) }
	if p.flag("only_total_count") {
		return onlyTotal(w, r, total)
	}
	found, err := s.Store.ListOrganizations(r.Context(), filter, orders, page)
	if err != nil {
		return err
	}
	shown := s.organizationView(caller(r))
	if !wantsChoices(p) {
		return shown.list(w, r, p, found, total)
	}
	name := func(o desk.Organization) string { return o.Name }
	return shown.choices(w, r, p, found, name, name, func(o desk.Organization) bool { return o.Active })
}

func (s *Server) getOrganization(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.OrganizationID](r, "id", "Organization")
	if err != nil {
		return err
	}
	organization, err := s.Store.Organization(r.Context(), id)
	if err != nil {
		return err
	}
	who := caller(r)
	own := who.Organizations()
	switch {
	case seesOrganizations(who) || slices.Contains(own, id):
		return s.organizationView(who).one(w, r, p, http.StatusOK, organization)
	case len(own) == 0:
		return reply(w, r, record{}) // as clients know it: who belongs nowhere sees nothing, and no refusal
	}
	return &desk.ForbiddenError{}
}

func (s *Server) createOrganization(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	o := desk.Organization{Shared: true, Active: true}
	o.UpdatedByID = caller(r).User.ID
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := readOrganization(r.Context(), tx, p, &o); err != nil {
			return err
		}
		if err := tx.InsertOrganization(r.Context(), &o); err != nil {
			return err
		}
		return setMembers(r.Context(), tx, catalog, p, o.ID, caller(r).User.ID)
	})
	if err != nil {
		return err
	}
	return s.showSavedOrganization(w, r, p, http.StatusCreated, o.ID)
}

func (s *Server) updateOrganization(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.OrganizationID](r, "id", "Organization")
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		o, err := tx.Organization(r.Context(), id)
		if err != nil {
			return err
		}
		o.UpdatedByID = caller(r).User.ID
		if err := readOrganization(r.Context(), tx, p, &o); err != nil {
			return err
		}
		if err := tx.SaveOrganization(r.Context(), o); err != nil {
			return err
		}
		return setMembers(r.Context(), tx, catalog, p, id, caller(r).User.ID)
	})
	if err != nil {
		return err
	}
	return s.showSavedOrganization(w, r, p, http.StatusOK, id)
}

func (s *Server) showSavedOrganization(w http.ResponseWriter, r *http.Request, p params, status int, id desk.OrganizationID) error {
	s.changed()
	o, err := s.Store.Organization(r.Context(), id)
	if err != nil {
		return err
	}
	return s.organizationView(caller(r)).one(w, r, p, status, o)
}

func readOrganization(ctx context.Context, tx *store.Store, p params, o *desk.Organization) error {
	for _, t := range []struct {
		dst *string
		key string
		max int
	}{{&o.Name, "name", maxName}, {&o.Domain, "domain", 250}, {&o.Note, "note", maxUserNote}} {
		if err := p.setText(t.dst, t.key, t.max); err != nil {
			return err
		}
	}
	p.setBool(&o.Shared, "shared")
	p.setBool(&o.DomainAssignment, "domain_assignment")
	p.setBool(&o.Active, "active")
	p.setBool(&o.Vip, "vip")
	o.Name = strings.TrimSpace(o.Name)
	o.Domain = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(o.Domain), "@"))
	if p.has("note") {
		o.Note, _ = richtext.Sanitize(o.Note, richtext.Options{})
	}
	if o.DomainAssignment && o.Domain == "" {
		return invalid("domain", "Domain required when Domain Based Assignment is enabled")
	}
	return tx.CheckOrganizationName(ctx, *o)
}

// setMembers stores who belongs to an organization, as far as the client said.
func setMembers(ctx context.Context, tx *store.Store, c *desk.Catalog, p params, id desk.OrganizationID, by desk.UserID) error {
	members, sent, err := idsNamed(ctx, p, "member", "members", tx.ExistingUsers, tx.UserIDsByName)
	if err != nil {
		return err
	}
	if sent {
		moved, err := tx.SetOrganizationMembers(ctx, id, members, by)
		if err != nil {
			return err
		}
		if err := moveTickets(ctx, tx, c, id, moved); err != nil {
			return err
		}
	}
	others, sent, err := idsNamed(ctx, p, "secondary_member", "secondary_members", tx.ExistingUsers, tx.UserIDsByName)
	if err != nil || !sent {
		return err
	}
	return tx.SetSecondaryMembers(ctx, id, others)
}

// moveTickets lets the tickets of people follow them into an organization, or out of it. moved
// holds their former organizations. It asks once for each of them: organizations change members by
// the handful.
func moveTickets(ctx context.Context, tx *store.Store, c *desk.Catalog, id desk.OrganizationID, moved map[desk.UserID]*desk.OrganizationID) error {
	if !c.Settings.Bool("ticket_organization_reassignment") {
		return nil
	}
	for _, user := range slices.Sorted(maps.Keys(moved)) {
		from, to := moved[user], &id
		if from != nil && *from == id {
			to = nil
		}
		if err := tx.MoveTickets(ctx, user, from, to); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) deleteOrganization(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.OrganizationID](r, "id", "Organization")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteOrganization(r.Context(), id); err != nil {
		return err
	}
	s.changed()
	return deleted(w)
}

// changed makes this process see at once what it just changed.
func (s *Server) changed() {
	s.callers.forget()
	s.Store.ForgetCatalog()
}
