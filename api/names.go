package api

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// names are what expand=true adds to records. Those of a whole page are looked up at once, so that
// a page costs one query and not one a record.
type names struct{ store.Names }

func (s *Server) namesOf(ctx context.Context, users []desk.UserID, organizations []desk.OrganizationID) (names, error) {
	found, err := s.Store.NamesOf(ctx, users, organizations)
	return names{found}, err
}

// addUser adds a user's login under a key; nobody adds no key.
func (n names) addUser(r *record, key string, id *desk.UserID) {
	if id == nil {
		return
	}
	if login, ok := n.Logins[*id]; ok {
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
	if name, ok := n.Organizations[*id]; ok {
		r.add(key, name)
	}
}
