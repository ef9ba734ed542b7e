package api

import (
	"context"

	"postroom/internal/desk"
)

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
