package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/importer/source"
	"postroom/internal/store/installation"
)

var userKind = kind[source.User]{
	object: "User", plural: "Users",
	id:      func(u *source.User) string { return u.ID },
	changed: func(u *source.User) time.Time { return u.Changed },
	put: func(ctx context.Context, w *writer, entries []*entry[source.User]) error {
		return w.users(ctx, entries)
	},
}

// people are users on their way, with what they refer to.
type people struct {
	organizations map[string]int64
	groups        map[string]int64
	roles         map[string]int64
	byName        map[string]desk.UserID // who is here already, by mail address or login
	fresh         []int64                // ids to be given out
	users         []installation.Record
	ties          []installation.Record // to roles
	access        []installation.Record // to groups
	agents        []desk.UserID         // who are told from now on what happens to tickets
}

// users writes a page of them. Somebody whose mail address is here already is that user.
func (w *writer) users(ctx context.Context, entries []*entry[source.User]) error {
	p, err := w.gather(ctx, entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.user(ctx, p, e); err != nil {
			return err
		}
	}
	if err := w.tx.InsertRecords(ctx, "users", p.users); err != nil {
		return err
	}
	if err := w.tx.InsertMissing(ctx, "roles_users", p.ties); err != nil {
		return err
	}
	if err := w.tx.WelcomeAgents(ctx, p.agents...); err != nil {
		return err
	}
	return w.tx.InsertMissing(ctx, "groups_users", p.access)
}

// gather looks up all that a page of users refers to.
func (w *writer) gather(ctx context.Context, entries []*entry[source.User]) (*people, error) {
	var firms, teams, names []string
	for _, e := range entries {
		firms = append(firms, e.record.Organization)
		for group := range e.record.Groups {
			teams = append(teams, group)
		}
		names = append(names, mailOf(e.record), loginOf(e.record), w.otherLogin(e.record))
	}
	p := &people{roles: map[string]int64{}}
	var err error
	if p.organizations, err = w.tx.ImportedIDs(ctx, w.run.Source, "Organization", firms); err != nil {
		return nil, err
	}
	if p.groups, err = w.tx.ImportedIDs(ctx, w.run.Source, "Group", teams); err != nil {
		return nil, err
	}
	if p.roles, err = w.tx.IDsByName(ctx, "roles", []string{"admin", "agent", "customer"}); err != nil {
		return nil, err
	}
	if p.byName, err = w.tx.UserIDsByName(ctx, names); err != nil {
		return nil, err
	}
	p.fresh, err = w.tx.DrawIDs(ctx, "users", len(entries))
	return p, err
}

// mailOf is somebody's address as it is stored; empty for what is none.
func mailOf(u source.User) string {
	address := strings.ToLower(strings.TrimSpace(text(u.Email, maxName)))
	if at := strings.Index(address, "@"); at < 1 || at == len(address)-1 || strings.ContainsAny(address, " <>,;") {
		return ""
	}
	return address
}

func loginOf(u source.User) string {
	return cmp.Or(strings.ToLower(strings.TrimSpace(text(u.Login, maxName))), mailOf(u))
}

// otherLogin is for somebody whose login another user has, or who has none.
func (w *writer) otherLogin(u source.User) string { return text(w.run.Source+"-"+u.ID, maxName) }

func (w *writer) user(ctx context.Context, p *people, e *entry[source.User]) error {
	u := e.record
	mail, login := mailOf(u), loginOf(u)
	if known := p.byName[mail]; e.fresh() && mail != "" && known != 0 {
		e.oid, e.outcome = int64(known), unchanged
		return nil
	}
	row, err := w.userRow(ctx, p, u)
	if err != nil {
		return err
	}
	if !e.fresh() {
		e.outcome = updated
		if other := p.byName[mail]; other != 0 && int64(other) != e.oid {
			delete(row, "email") // somebody else's here
		}
		return w.tx.UpdateRecord(ctx, "users", e.oid, changeOf(row))
	}
	if login == "" || p.byName[login] != 0 {
		login = w.otherLogin(u)
	}
	id := p.fresh[0]
	p.fresh = p.fresh[1:]
	row["id"], row["login"] = id, login
	p.users = append(p.users, row)
	p.byName[login] = desk.UserID(id)
	if mail != "" {
		p.byName[mail] = desk.UserID(id)
	}
	if u.Role != source.Customer {
		p.agents = append(p.agents, desk.UserID(id))
	}
	for _, role := range rolesOf(u.Role) {
		p.ties = append(p.ties, installation.Record{"user_id": id, "role_id": p.roles[role]})
	}
	for group, levels := range u.Groups {
		for _, level := range levels {
			if p.groups[group] != 0 && u.Role != source.Customer {
				p.access = append(p.access, installation.Record{"user_id": id, "group_id": p.groups[group], "access": level})
			}
		}
	}
	e.oid, e.outcome = id, created
	return nil
}

func rolesOf(r source.Role) []string {
	switch r {
	case source.Admin:
		return []string{"admin", "agent"}
	case source.Agent:
		return []string{"agent"}
	}
	return []string{"customer"}
}

func (w *writer) userRow(ctx context.Context, p *people, u source.User) (installation.Record, error) {
	custom, err := w.customOf(ctx, u.Custom)
	made, changed := stamp(u.Created, u.Changed)
	line := func(s string) string { return strings.TrimSpace(text(s, maxName)) }
	row := installation.Record{
		"id": int64(0), "login": "", "firstname": line(u.Firstname), "lastname": line(u.Lastname), "email": mailOf(u), "password": nil,
		"phone": line(u.Phone), "mobile": line(u.Mobile), "web": line(u.Web), "department": line(u.Department), "street": line(u.Street),
		"zip": line(u.Zip), "city": line(u.City), "country": line(u.Country), "address": text(u.Address, maxLine), "note": text(u.Note, maxNote),
		"organization_id": nil, "active": !u.Inactive, "vip": u.Vip, "verified": false, "source": w.run.Source,
		"login_failed": 0, "out_of_office": false, "preferences": map[string]any{}, "custom": custom,
		"updated_by_id": desk.SystemUser, "created_by_id": desk.SystemUser, "created_at": made, "updated_at": changed,
	}
	if id := p.organizations[u.Organization]; id != 0 {
		row["organization_id"] = id
	}
	if u.Password != "" {
		row["password"] = u.Password
	}
	return row, err
}

// letIn gives an installation that nobody could sign in to its administrator: whoever the other
// helpdesk was read in the name of, with the same secret.
func (w *writer) letIn(ctx context.Context, owner source.Owner) error {
	if owner.Email == "" || owner.Password == "" {
		return nil
	}
	there, err := w.tx.HasAdministrator(ctx)
	if err != nil || there {
		return err
	}
	user, err := w.tx.UserNamed(ctx, owner.Email)
	if err != nil || user == nil {
		return err
	}
	roles, err := w.tx.IDsByName(ctx, "roles", rolesOf(source.Admin))
	if err != nil {
		return err
	}
	var ties []installation.Record
	for _, id := range roles {
		ties = append(ties, installation.Record{"user_id": user.ID, "role_id": id})
	}
	if err := w.tx.InsertMissing(ctx, "roles_users", ties); err != nil {
		return err
	}
	if err := w.tx.WelcomeAgents(ctx, user.ID); err != nil {
		return err
	}
	hash, err := credential.HashPassword(owner.Password)
	if errors.Is(err, credential.ErrTooLong) {
		return nil // nobody can type it
	}
	if err != nil {
		return fmt.Errorf("password of %d: %w", user.ID, err)
	}
	return w.tx.SetPassword(ctx, user.ID, hash)
}
