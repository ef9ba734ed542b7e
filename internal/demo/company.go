package demo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/installation"
)

// company is who writes and answers the tickets.
type company struct {
	groups    []desk.GroupID
	agents    map[desk.GroupID][]person
	customers []person
}

// person is what articles and tickets say of somebody.
type person struct {
	id           desk.UserID
	organization desk.OrganizationID // 0: none
	name         string
	email        string
}

// address is how mails name somebody.
func (p person) address() string { return desk.FormatAddress(p.name, p.email) }

// groupNames are the teams; a small company has the first of them only.
var groupNames = []string{
	"Support", "Support::First Level", "Support::Second Level", "Sales", "Billing", "Shipping",
	"IT", "IT::Network", "IT::Workplace", "Complaints", "Human Resources", "Facilities",
}

// found makes the people for so many tickets.
func found(ctx context.Context, s *store.Store, opts *Options, made *Counts) (*company, error) {
	f := &founder{rnd: rand.New(rand.NewPCG(opts.Seed, streamPeople)), company: &company{agents: map[desk.GroupID][]person{}}}
	customers := clamp(opts.Tickets/20, 20, 50_000)
	agents := clamp(int(math.Sqrt(float64(opts.Tickets)))/6, 5, 150)
	err := s.InTx(ctx, func(tx *store.Store) error {
		f.tx = tx
		if err := f.addGroups(ctx, clamp(opts.Tickets/200, 3, len(groupNames))); err != nil {
			return err
		}
		if err := f.addOrganizations(ctx, clamp(customers/10, 4, 5000)); err != nil {
			return err
		}
		if err := f.addAgents(ctx, agents); err != nil {
			return err
		}
		return f.addCustomers(ctx, customers)
	})
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	made.Groups, made.Organizations, made.Users = len(f.company.groups), len(f.organizations), agents+customers
	opts.report(*made)
	return f.company, nil
}

// founder makes groups, organizations and people in one transaction.
type founder struct {
	rnd           *rand.Rand
	tx            *store.Store
	company       *company
	organizations []desk.OrganizationID
}

// addGroups makes the groups that aren't there yet, and lets those who are agents already work in
// the new ones: otherwise nobody who can sign in would see a ticket.
func (f *founder) addGroups(ctx context.Context, n int) error {
	var fresh []desk.GroupID
	ids := map[string]desk.GroupID{}
	for _, name := range groupNames[:n] {
		parent, last := "", name
		if at := strings.LastIndex(name, "::"); at >= 0 {
			parent, last = name[:at], name[at+len("::"):]
		}
		id, isNew, err := f.addGroup(ctx, name, last, ids[parent])
		if err != nil {
			return err
		}
		ids[name] = id
		f.company.groups = append(f.company.groups, id)
		if isNew {
			fresh = append(fresh, id)
		}
	}
	agents, err := f.tx.AgentIDs(ctx)
	if err != nil {
		return err
	}
	var access []installation.Record
	for _, agent := range agents {
		access = append(access, f.access(agent, fresh)...)
	}
	return f.tx.InsertMissing(ctx, "groups_users", access)
}

// addGroup makes a group, unless there is one of this name. parent 0: it has none.
func (f *founder) addGroup(ctx context.Context, name, last string, parent desk.GroupID) (id desk.GroupID, isNew bool, err error) {
	known, err := f.tx.RecordID(ctx, "groups", "name", name)
	if !errors.Is(err, desk.ErrNotFound) {
		return desk.GroupID(known), false, err
	}
	ids, err := f.tx.DrawIDs(ctx, "groups", 1)
	if err != nil {
		return 0, false, err
	}
	group := installation.Record{"id": ids[0], "name": name, "name_last": last, "parent_id": nil, "updated_by_id": 1, "created_by_id": 1}
	if parent != 0 {
		group["parent_id"] = parent
	}
	return desk.GroupID(ids[0]), true, f.tx.InsertRecords(ctx, "groups", []installation.Record{group})
}

func (f *founder) access(id desk.UserID, groups []desk.GroupID) []installation.Record {
	rows := make([]installation.Record, len(groups))
	for i, group := range groups {
		rows[i] = installation.Record{"user_id": id, "group_id": group, "access": desk.AccessFull}
	}
	return rows
}

func (f *founder) addOrganizations(ctx context.Context, n int) error {
	ids, err := f.tx.DrawIDs(ctx, "organizations", n)
	if err != nil {
		return err
	}
	rows := make([]installation.Record, n)
	for i, id := range ids {
		f.organizations = append(f.organizations, desk.OrganizationID(id))
		rows[i] = installation.Record{
			"id": id, "name": fmt.Sprintf("%s %s %d", pick(f.rnd, lastnames), pick(f.rnd, trades), id),
			"domain": domain(id), "shared": f.rnd.IntN(4) > 0, "vip": f.rnd.IntN(30) == 0, "updated_by_id": 1, "created_by_id": 1,
		}
	}
	return f.insert(ctx, "organizations", rows)
}

// domain is the mail domain of an organization, which nobody can own (RFC 2606).
func domain(organization int64) string {
	if organization == 0 {
		return "home.example"
	}
	return fmt.Sprintf("company%d.example", organization)
}

// plain writes a name as it stands in a mail address.
var plain = strings.NewReplacer("ö", "oe", "ü", "ue")

// addAgents makes agents, each of whom works in one to three groups, so that every group has some.
//
// They have no notification_config: nobody reads mail to people who were made up.
func (f *founder) addAgents(ctx context.Context, n int) error {
	agents, err := f.addPeople(ctx, n, "Agent", func() desk.OrganizationID { return 0 })
	if err != nil {
		return err
	}
	var access []installation.Record
	groups := f.company.groups
	for i, agent := range agents {
		var mine []desk.GroupID
		for j := range 1 + f.rnd.IntN(3) {
			mine = append(mine, groups[(i+j)%len(groups)])
		}
		for _, group := range mine {
			f.company.agents[group] = append(f.company.agents[group], agent)
		}
		access = append(access, f.access(agent.id, mine)...)
	}
	for i, group := range groups { // more groups than agents
		if len(f.company.agents[group]) == 0 {
			agent := agents[i%len(agents)]
			f.company.agents[group] = []person{agent}
			access = append(access, f.access(agent.id, []desk.GroupID{group})...)
		}
	}
	return f.tx.InsertMissing(ctx, "groups_users", access)
}

func (f *founder) addCustomers(ctx context.Context, n int) (err error) {
	f.company.customers, err = f.addPeople(ctx, n, "Customer", func() desk.OrganizationID {
		if f.rnd.IntN(5) == 0 {
			return 0
		}
		return pick(f.rnd, f.organizations)
	})
	return err
}

// addPeople makes users of a role. They have no password: an operator may give them one.
func (f *founder) addPeople(ctx context.Context, n int, role string, organization func() desk.OrganizationID) ([]person, error) {
	roleID, err := f.tx.RecordID(ctx, "roles", "name", role)
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", role, err)
	}
	ids, err := f.tx.DrawIDs(ctx, "users", n)
	if err != nil {
		return nil, err
	}
	people, users, roles := make([]person, n), make([]installation.Record, n), make([]installation.Record, n)
	for i, id := range ids {
		first, last := pick(f.rnd, firstnames), pick(f.rnd, lastnames)
		p := person{id: desk.UserID(id), organization: organization(), name: first + " " + last}
		p.email = fmt.Sprintf("%s.%s.%d@%s", plain.Replace(strings.ToLower(first)), plain.Replace(strings.ToLower(last)), id, domain(int64(p.organization)))
		user := installation.Record{
			"id": id, "login": p.email, "email": p.email, "firstname": first, "lastname": last, "organization_id": nil,
			"phone": fmt.Sprintf("+49 30 5550 %04d", f.rnd.IntN(10_000)), "city": pick(f.rnd, cities),
			"vip": f.rnd.IntN(50) == 0, "updated_by_id": 1, "created_by_id": 1,
		}
		if p.organization != 0 {
			user["organization_id"] = p.organization
		}
		people[i], users[i], roles[i] = p, user, installation.Record{"user_id": id, "role_id": roleID}
	}
	if err := f.insert(ctx, "users", users); err != nil {
		return nil, err
	}
	return people, f.insert(ctx, "roles_users", roles)
}

// insert writes rows in portions, so that many of them don't become one huge statement.
func (f *founder) insert(ctx context.Context, table string, rows []installation.Record) error {
	const portion = 1000
	for len(rows) > 0 {
		n := min(portion, len(rows))
		if err := f.tx.InsertRecords(ctx, table, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func clamp(n, least, most int) int { return min(max(n, least), most) }

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }
