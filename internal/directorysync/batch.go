package directorysync

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/store"
	"postroom/internal/store/imports"
)

// batch is the people of one transaction.
type batch struct {
	*reading
	links     map[string]imports.Link
	byAddress map[string]desk.User
	known     map[desk.UserID]desk.User
	ties      map[desk.UserID]desk.UserLinks
	others    map[desk.UserID]imports.Standing // in other directories

	users  map[string]desk.UserID // who of them is whom
	met    map[desk.UserID]entry  // who of them is another directory's
	result Result
}

// take makes users of people. What is asked of the database is asked for all of them at once; who is
// as before, which after the first time nearly everybody is, costs nothing more.
func (b *batch) take(ctx context.Context, tx *store.Store, people []person) error {
	if err := b.look(ctx, tx, people); err != nil {
		return err
	}
	for _, p := range people {
		user, isKnown := b.whoIs(p)
		unwanted := p.unwanted && len(b.doubtfulOf(p, user)) == 0
		if p.name == "" || unwanted || b.loggedIn && p.fields["login"] == "" || isKnown && (user.ID == desk.SystemUser || b.taken(user.ID)) {
			b.result.count(skipped, 1, nil)
			continue
		}
		if b.others[user.ID].Held {
			b.met[user.ID] = entry{b.source, p.name}
			b.result.count(skipped, 1, nil)
			continue
		}
		outcome := ""
		err := tx.Attempt(ctx, func(tx *store.Store) (err error) {
			outcome, err = b.settle(ctx, tx, p, &user)
			return err
		})
		if err != nil {
			if !desk.Permanent(err) {
				return err
			}
			b.refused(ctx, user.ID, err)
			outcome = failed
		}
		if user.ID != 0 && (err == nil || isKnown) {
			b.users[p.name] = user.ID
		}
		b.result.count(outcome, 1, p.roles)
	}
	return tx.LinkEntries(ctx, b.source, b.users)
}

func (b *batch) taken(id desk.UserID) bool {
	if b.seen[id] {
		return true
	}
	for _, other := range b.users {
		if other == id {
			return true
		}
	}
	return false
}

// look finds out who of the people are users already.
func (b *batch) look(ctx context.Context, tx *store.Store, people []person) (err error) {
	var names, addresses []string
	for _, p := range people {
		names = append(names, p.name)
		for _, field := range []string{"login", "email"} {
			if address := strings.ToLower(p.fields[field]); address != "" {
				addresses = append(addresses, address)
			}
		}
	}
	if b.links, err = tx.DirectoryLinks(ctx, b.source, names); err != nil {
		return err
	}
	if b.byAddress, err = tx.UsersByAddress(ctx, addresses); err != nil {
		return err
	}
	var ids []desk.UserID
	for _, link := range b.links {
		ids = append(ids, link.UserID)
	}
	for _, user := range b.byAddress {
		ids = append(ids, user.ID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if b.known, err = tx.LockDirectoryUsers(ctx, ids); err != nil {
		return err
	}
	if b.others, err = tx.Elsewhere(ctx, b.source, ids); err != nil {
		return err
	}
	b.ties, err = tx.UserLinks(ctx, ids)
	return err
}

// whoIs finds the user whom somebody was before, else the one with the same login or mail address.
func (b *batch) whoIs(p person) (desk.User, bool) {
	if link, linked := b.links[p.name]; linked {
		user, there := b.known[link.UserID]
		return user, there
	}
	for _, field := range []string{"login", "email"} {
		if found, ok := b.byAddress[strings.ToLower(p.fields[field])]; ok && p.fields[field] != "" {
			user, there := b.known[found.ID]
			return user, there
		}
	}
	return desk.User{}, false
}

// settle makes or changes the user of somebody, if need be.
func (b *batch) settle(ctx context.Context, tx *store.Store, p person, user *desk.User) (outcome string, err error) {
	before := *user
	after := b.described(p, before)
	if err := after.Complete(before, func() string { return "auto-" + uuid.NewString() }); err != nil {
		return "", err
	}
	roles := b.rolesOf(p, before)
	newRoles := roles != nil && !slices.Equal(roles, b.ties[before.ID].RoleIDs)
	changes := history.UserChanges(before, after, b.catalog, desk.SystemUser)
	switch {
	case before.ID == 0:
		outcome, after.CreatedByID = created, desk.SystemUser
		err = tx.InsertUser(ctx, &after)
		changes = history.UserChanges(before, after, b.catalog, desk.SystemUser)
	case len(changes) > 0:
		outcome, err = updated, tx.SaveUser(ctx, &after)
	case newRoles:
		outcome = updated
	default:
		return unchanged, nil
	}
	if err == nil {
		err = tx.AddHistory(ctx, changes)
	}
	if err == nil && newRoles {
		err = tx.KeepAdmin(ctx, func() error { return b.giveRoles(ctx, tx, before, after, roles) })
	}
	*user = after
	return outcome, err
}

// rolesOf are the roles that somebody is to have; nil: whatever there are.
func (b *batch) rolesOf(p person, before desk.User) []desk.RoleID {
	var roles []desk.RoleID
	for _, id := range p.roles {
		if _, there := b.roles[id]; there { // it may have been deleted since an administrator chose it
			roles = append(roles, id)
		}
	}
	roles = append(roles, b.doubtfulOf(p, before)...)
	if len(roles) == 0 && (p.roles != nil || before.ID == 0) {
		roles = slices.Clone(b.catalog.SignupRoles)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// doubtfulOf are the roles that somebody has and keeps, because nobody can tell now who is in their
// groups.
func (b *batch) doubtfulOf(p person, before desk.User) (keeps []desk.RoleID) {
	if p.roles == nil {
		return nil
	}
	for _, id := range b.ties[before.ID].RoleIDs {
		if slices.Contains(b.doubtful, id) {
			keeps = append(keeps, id)
		}
	}
	return keeps
}

// giveRoles makes exactly these roles those of a user.
func (b *batch) giveRoles(ctx context.Context, tx *store.Store, before, user desk.User, roles []desk.RoleID) error {
	limit := b.catalog.Settings.Int("system_agent_limit")
	if err := tx.KeepAgentLimit(ctx, limit, func() error { return tx.SetUserRoles(ctx, user.ID, roles) }); err != nil {
		return err
	}
	if before.ID != 0 {
		had := history.UserRights{Roles: b.named(b.ties[user.ID].RoleIDs)}
		has := history.UserRights{Roles: b.named(roles)}
		if err := tx.AddHistory(ctx, history.RightsChanges(user.ID, had, has, desk.SystemUser)); err != nil {
			return err
		}
	}
	return tx.WelcomeAgents(ctx, user.ID)
}

func (b *batch) named(ids []desk.RoleID) map[desk.RoleID]string {
	names := map[desk.RoleID]string{}
	for _, id := range ids {
		names[id] = b.roles[id]
	}
	return names
}
