package people

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/finder"
	"postroom/internal/forms"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
)

func (s *Room) organizations() *rest.Resource[desk.Organization, desk.OrganizationID] {
	return &rest.Resource[desk.Organization, desk.OrganizationID]{
		House:    s.House,
		Table:    directory.Organizations,
		View:     s.organizationView,
		Object:   "Organization",
		Sortable: []string{"name", "shared", "domain", "domain_assignment", "active", "vip", "note"},
		Visible: func(r *http.Request) (filter table.Filter[desk.OrganizationID], err error) {
			if who := rest.Caller(r); !seesOrganizations(who) {
				filter.IDs = who.Organizations()
			}
			return filter, nil
		},
		See:        seeOrganization,
		Choice:     func(o desk.Organization) (string, bool) { return o.Name, o.Active },
		Found:      activeFirst,
		Page:       s.Finder.Organizations,
		Total:      s.Finder.CountOrganizations,
		Attributes: rules.OrganizationAttributes,
		Fresh:      func() desk.Organization { return desk.Organization{Shared: true, Active: true} },
		Read:       readOrganization,
		History:    history.OrganizationChanges,
		Link:       setMembers,
	}
}

// organizationView shows organizations to whoever makes the request.
func (s *Room) organizationView(who *desk.Caller) rest.View[desk.Organization] {
	shown := rest.ViewOf(s.House, directory.Organizations)
	shown.Records = rest.Customized(s.House, "Organization", func(o desk.Organization) map[string]any { return o.Custom },
		rest.Linked(directory.Organizations.ID, s.Store.OrganizationLinks, organizationRecord))
	shown.Texts = finder.FieldsOfOrganization()
	shown.Expand = s.expandOrganizations
	shown.Settle = withAllMembers
	shown.Relatives = func(ctx context.Context, _ []desk.Organization, records []rest.Record, assets *rest.Record) error {
		members := rest.Set[desk.UserID]{}
		for _, r := range records {
			shown, _ := r.Get("member_ids").([]desk.UserID) // customers see none
			members.Add(shown[:min(len(shown), membersShown)]...)
		}
		return s.addMembers(ctx, who, assets, members)
	}
	if !who.Sees() {
		shown.Cut = func(_ desk.Organization, r rest.Record) rest.Record { return r.Only("id", "name", "active") }
	}
	return shown
}

func organizationRecord(o desk.Organization, links desk.OrganizationLinks) rest.Record {
	return rest.Record{
		{"id", o.ID}, {"name", o.Name}, {"shared", o.Shared}, {"domain", o.Domain}, {"domain_assignment", o.DomainAssignment},
		{"active", o.Active}, {"vip", o.Vip}, {"note", o.Note},
	}.Stamped(o.Stamp).With("member_ids", links.MemberIDs).With("secondary_member_ids", links.SecondaryMemberIDs)
}

// withAllMembers makes no difference between kinds of members in assets.
func withAllMembers(r rest.Record, as rest.Shape) rest.Record {
	if as != rest.ShapeFull {
		return r
	}
	primary, _ := r.Get("member_ids").([]desk.UserID)
	secondary, _ := r.Get("secondary_member_ids").([]desk.UserID)
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(primary, secondary))))
	whole := slices.Clone(r)
	for i := range whole {
		if whole[i].Key == "member_ids" {
			whole[i].Value = append([]desk.UserID{}, all...)
		}
	}
	return whole
}

func (s *Room) addMembers(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.UserID]) error {
	found, err := s.Store.Users(ctx, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	users := slices.SortedFunc(maps.Values(found), func(a, b desk.User) int { return cmp.Compare(a.ID, b.ID) })
	return rest.AddAssets(ctx, assets, s.UserView(who), users)
}

func (s *Room) expandOrganizations(ctx context.Context, items []desk.Organization, records []rest.Record) error {
	var people []desk.UserID
	for i, o := range items {
		people = append(people, o.CreatedByID, o.UpdatedByID)
		people = append(people, records[i].Get("member_ids").([]desk.UserID)...)
		people = append(people, records[i].Get("secondary_member_ids").([]desk.UserID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, o := range items {
		r := &records[i]
		r.Add("members", rest.NamesIn(r.Get("member_ids").([]desk.UserID), found.Logins))
		r.Add("secondary_members", rest.NamesIn(r.Get("secondary_member_ids").([]desk.UserID), found.Logins))
		rest.AddStampNames(r, o.Stamp, found.Logins)
	}
	return nil
}

// seesOrganizations lets those who work with all organizations see all, others their own.
func seesOrganizations(who *desk.Caller) bool { return who.Can("ticket.agent", "admin.organization") }

func seeOrganization(r *http.Request, o desk.Organization) (bool, error) {
	who := rest.Caller(r)
	own := who.Organizations()
	switch {
	case seesOrganizations(who) || slices.Contains(own, o.ID):
		return true, nil
	case len(own) == 0:
		return false, nil // as clients know it: who belongs nowhere sees nothing, and no refusal
	}
	return false, &desk.ForbiddenError{}
}

func readOrganization(ctx context.Context, tx *store.Store, in *rest.Input, o *desk.Organization) error {
	before := *o
	in.Name(&o.Name)
	in.Text(&o.Domain, "domain", 250)
	in.Html(&o.Note, "note", maxUserNote)
	in.Flag(&o.Shared, "shared")
	in.Flag(&o.DomainAssignment, "domain_assignment")
	in.Flag(&o.Active, "active")
	in.Flag(&o.Vip, "vip")
	in.Custom(&o.Custom, "Organization")
	o.Domain = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(o.Domain), "@"))
	if o.DomainAssignment && o.Domain == "" {
		in.Keep(rest.Invalid("domain", "Domain required when Domain Based Assignment is enabled"))
	}
	if in.Err != nil {
		return in.Err
	}
	if err := directory.Organizations.CheckName(ctx, tx.DB, o.Name, o.ID); err != nil {
		return err
	}
	if in.Automatic {
		return nil
	}
	return forms.Organization(in.Who, before, *o, in.Catalog, time.Now())
}

// setMembers stores who belongs to an organization, as far as the client said.
func setMembers(ctx context.Context, tx *store.Store, in *rest.Input, o desk.Organization) error {
	members, sent, err := rest.IDsNamed(ctx, in.Params, "member", "members", rest.UsersIn(tx))
	if err != nil {
		return err
	}
	if sent {
		moved, err := tx.SetOrganizationMembers(ctx, o.ID, members, in.Who.User.ID)
		if err != nil {
			return err
		}
		if err := moveTickets(ctx, tx, in.Catalog, o.ID, moved); err != nil {
			return err
		}
	}
	others, sent, err := rest.IDsNamed(ctx, in.Params, "secondary_member", "secondary_members", rest.UsersIn(tx))
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
