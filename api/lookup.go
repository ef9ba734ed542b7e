package api

import (
	"context"
	"net/http"

	"postroom/internal/desk"
)

// userNamed finds the user a client named: by x_id, else by x with a login or mail address. It
// returns 0 when nothing, or nothing but blanks, was sent; sent tells a null x_id from silence.
func (s *Server) userNamed(r *http.Request, p params, relation string) (id desk.UserID, sent bool, err error) {
	key := relation + "_id"
	if p.has(key) {
		id, err := idIn[desk.UserID](p, key)
		if err != nil || id == 0 {
			return 0, true, err
		}
		known, err := s.Store.UserLogins(r.Context(), []desk.UserID{id})
		if err != nil {
			return 0, true, err
		}
		if _, ok := known[id]; !ok {
			return 0, true, invalidParam(key, p[key])
		}
		return id, true, nil
	}
	if p.blank(relation) {
		return 0, false, nil
	}
	name, isText := p[relation].(string)
	if !isText {
		return 0, true, invalid(relation, "String is needed as ref value %s for '%s'", literal(p[relation]), relation)
	}
	found, err := s.Store.UserIDsByName(r.Context(), []string{name})
	if err != nil {
		return 0, true, err
	}
	if found[name] == 0 {
		return 0, true, invalid(relation, "No lookup value found for '%s': %s", relation, literal(name))
	}
	return found[name], true, nil
}

// organizationNamed is userNamed for an organization and its name.
func (s *Server) organizationNamed(r *http.Request, p params) (id desk.OrganizationID, sent bool, err error) {
	const relation, key = "organization", "organization_id"
	if p.has(key) {
		id, err := idIn[desk.OrganizationID](p, key)
		if err != nil || id == 0 {
			return 0, true, err
		}
		known, err := s.Store.OrganizationNames(r.Context(), []desk.OrganizationID{id})
		if err != nil {
			return 0, true, err
		}
		if _, ok := known[id]; !ok {
			return 0, true, invalidParam(key, p[key])
		}
		return id, true, nil
	}
	if p.blank(relation) {
		return 0, false, nil
	}
	name, _ := p[relation].(string)
	found, err := s.Store.OrganizationIDsByName(r.Context(), []string{name})
	if err != nil {
		return 0, true, err
	}
	if found[name] == 0 {
		return 0, true, invalid(relation, "No lookup value found for '%s': %s", relation, literal(p[relation]))
	}
	return found[name], true, nil
}

// names resolves ids that records show into what expand=true adds to them. It collects the ids
// of a whole page first, so that a page costs one query a kind and not one a record.
type names struct {
	users         map[desk.UserID]string
	organizations map[desk.OrganizationID]string
}

// namesOf looks the users and organizations of a page up. Zeros and doubles do no harm.
func (s *Server) namesOf(ctx context.Context, users []desk.UserID, organizations []desk.OrganizationID) (names, error) {
	logins, err := s.Store.UserLogins(ctx, users)
	if err != nil {
		return names{}, err
	}
	called, err := s.Store.OrganizationNames(ctx, organizations)
	return names{users: logins, organizations: called}, err
}

// addUser adds a user's login under a key; nobody adds no key.
func (n names) addUser(r *record, key string, id *desk.UserID) {
	if id == nil {
		return
	}
	if login, ok := n.users[*id]; ok {
		r.add(key, login)
	}
}

// addStamp adds who made and who last changed a record.
func (n names) addStamp(r *record, stamp desk.Stamp) {
	n.addUser(r, "created_by", &stamp.CreatedByID)
	n.addUser(r, "updated_by", &stamp.UpdatedByID)
}

// addOrganization adds an organization's name under a key; none adds no key.
func (n names) addOrganization(r *record, key string, id *desk.OrganizationID) {
	if id == nil {
		return
	}
	if name, ok := n.organizations[*id]; ok {
		r.add(key, name)
	}
}
