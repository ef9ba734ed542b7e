package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) organizations() *resource[desk.Organization, desk.OrganizationID] {
	return &resource[desk.Organization, desk.OrganizationID]{
		server:   s,
		table:    store.Organizations,
		view:     s.organizationView,
		sortable: []string{"name", "shared", "domain", "domain_assignment", "active", "vip", "note"},
		visible: func(r *http.Request) (filter store.Filter[desk.OrganizationID], err error) {
			if who := caller(r); !seesOrganizations(who) {
				filter.IDs = who.Organizations()
			}
			return filter, nil
		},
		see:    seeOrganization,
		choice: func(o desk.Organization) (string, bool) { return o.Name, o.Active },
		found:  activeFirst,
		fresh:  func() desk.Organization { return desk.Organization{Shared: true, Active: true} },
		read:   readOrganization,
		link:   setMembers,
	}
}

// organizationView shows organizations to whoever makes the request.
func (s *Server) organizationView(who *desk.Caller) view[desk.Organization] {
	shown := viewOf(s, store.Organizations)
	shown.records = linked(store.Organizations.ID, s.Store.OrganizationLinks, organizationRecord)
	shown.expand = s.expandOrganizations
	shown.relatives = func(ctx context.Context, _ []desk.Organization, records []record, assets *record) error {
		members := set[desk.UserID]{}
		for _, r := range records {
			shown, _ := r.get("member_ids").([]desk.UserID) // customers see none
			members.add(shown[:min(len(shown), membersShown)]...)
		}
		return s.addMembers(ctx, who, assets, members)
	}
	if !who.Sees() {
		shown.cut = func(_ desk.Organization, r record) record { return r.only("id", "name", "active") }
	}
	return shown
}

func organizationRecord(o desk.Organization, links desk.OrganizationLinks) record {
	return record{
		{"id", o.ID}, {"name", o.Name}, {"shared", o.Shared}, {"domain", o.Domain}, {"domain_assignment", o.DomainAssignment},
		{"active", o.Active}, {"vip", o.Vip}, {"note", o.Note},
	}.stamped(o.Stamp).with("member_ids", links.MemberIDs).with("secondary_member_ids", links.SecondaryMemberIDs)
}

func (s *Server) addMembers(ctx context.Context, who *desk.Caller, assets *record, ids set[desk.UserID]) error {
	found, err := s.Store.Users(ctx, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	users := slices.SortedFunc(maps.Values(found), func(a, b desk.User) int { return cmp.Compare(a.ID, b.ID) })
	return addAssets(ctx, assets, s.userView(who), users)
}

func (s *Server) expandOrganizations(ctx context.Context, items []desk.Organization, records []record) error {
	var people []desk.UserID
	for i, o := range items {
		people = append(people, o.CreatedByID, o.UpdatedByID)
		people = append(people, records[i].get("member_ids").([]desk.UserID)...)
		people = append(people, records[i].get("secondary_member_ids").([]desk.UserID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, o := range items {
		r := &records[i]
		r.add("members", namesIn(r.get("member_ids").([]desk.UserID), found.Logins))
		r.add("secondary_members", namesIn(r.get("secondary_member_ids").([]desk.UserID), found.Logins))
		addStampNames(r, o.Stamp, found.Logins)
	}
	return nil
}

// seesOrganizations lets those who work with all organizations see all, others their own.
func seesOrganizations(who *desk.Caller) bool { return who.Can("ticket.agent", "admin.organization") }

func seeOrganization(r *http.Request, o desk.Organization) (bool, error) {
	who := caller(r)
	own := who.Organizations()
	switch {
	case seesOrganizations(who) || slices.Contains(own, o.ID):
		return true, nil
	case len(own) == 0:
		return false, nil // as clients know it: who belongs nowhere sees nothing, and no refusal
	}
	return false, &desk.ForbiddenError{}
}

func readOrganization(ctx context.Context, tx *store.Store, in *input, o *desk.Organization) error {
	in.name(&o.Name)
	in.text(&o.Domain, "domain", 250)
	in.html(&o.Note, "note", maxUserNote)
	in.flag(&o.Shared, "shared")
	in.flag(&o.DomainAssignment, "domain_assignment")
	in.flag(&o.Active, "active")
	in.flag(&o.Vip, "vip")
	o.Domain = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(o.Domain), "@"))
	if o.DomainAssignment && o.Domain == "" {
		in.keep(invalid("domain", "Domain required when Domain Based Assignment is enabled"))
	}
	if in.err != nil {
		return in.err
	}
	return store.Organizations.CheckName(ctx, tx, o.Name, o.ID)
}

// setMembers stores who belongs to an organization, as far as the client said.
func setMembers(ctx context.Context, tx *store.Store, in *input, o desk.Organization) error {
	members, sent, err := idsNamed(ctx, in.p, "member", "members", usersIn(tx))
	if err != nil {
		return err
	}
	if sent {
		moved, err := tx.SetOrganizationMembers(ctx, o.ID, members, in.who.User.ID)
		if err != nil {
			return err
		}
		if err := moveTickets(ctx, tx, in.catalog, o.ID, moved); err != nil {
			return err
		}
	}
	others, sent, err := idsNamed(ctx, in.p, "secondary_member", "secondary_members", usersIn(tx))
	if err != nil || !sent {
		return err
	}
	return tx.SetSecondaryMembers(ctx, o.ID, others)
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
