package setup

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// MakeAdmin makes a user the first administrator: roles Admin and Agent, and full access to every
// active group.
func MakeAdmin(ctx context.Context, tx *store.Store, id desk.UserID) error {
	roles, err := roleIDs(ctx, tx, firstRoles)
	if err != nil {
		return err
	}
	if err := tx.InsertMissing(ctx, "roles_users", pairs("user_id", id, "role_id", roles)); err != nil {
		return err
	}
	if err := tx.WelcomeAgents(ctx, id); err != nil {
		return err
	}
	groups, err := tx.ActiveIDs(ctx, "groups")
	if err != nil {
		return err
	}
	return grant(ctx, tx, id, groups, desk.AccessFull)
}
