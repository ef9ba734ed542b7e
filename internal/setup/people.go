package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/store"
)

// CreateUser adds somebody whom an operator describes with the attributes of an auto wizard's Users.
func CreateUser(ctx context.Context, s *store.Store, attributes map[string]any) (id desk.UserID, err error) {
	err = s.InTx(ctx, func(tx *store.Store) error {
		login, _ := attributes["login"].(string)
		if _, err := findUser(ctx, tx, login); !errors.Is(err, desk.ErrNotFound) {
			return errOr(err, fmt.Errorf("user %s: %w", login, desk.ErrConflict))
		}
		w := &wizard{tx: tx, by: desk.SystemUser, first: desk.SystemUser} // so this one isn't the first
		if err := w.user(ctx, "user", attributes); err != nil {
			return err
		}
		for _, step := range w.later {
			if err := step(ctx); err != nil {
				return err
			}
		}
		id, err = findUser(ctx, tx, login)
		return err
	})
	return id, err
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// FindUser returns the user with this login, mail address or id, or desk.ErrNotFound.
func FindUser(ctx context.Context, s *store.Store, name string) (desk.UserID, error) {
	id, err := findUser(ctx, s, name)
	if number, notOne := strconv.ParseInt(name, 10, 64); errors.Is(err, desk.ErrNotFound) && notOne == nil {
		id = desk.UserID(number)
		_, err = s.User(ctx, id)
	}
	if errors.Is(err, desk.ErrNotFound) {
		return 0, &noUserError{name}
	}
	return id, err
}

// noUserError is desk.ErrNotFound, said to people.
type noUserError struct{ name string }

func (e *noUserError) Error() string { return fmt.Sprintf("there is no user %q", e.name) }
func (e *noUserError) Unwrap() error { return desk.ErrNotFound }

func findUser(ctx context.Context, s *store.Store, name string) (desk.UserID, error) {
	id, err := s.RecordID(ctx, "users", "login", name)
	if errors.Is(err, desk.ErrNotFound) && name != "" {
		id, err = s.RecordID(ctx, "users", "email", name)
	}
	return desk.UserID(id), err
}

// SetPassword replaces a user's password and lets the user try again after too many wrong ones.
func SetPassword(ctx context.Context, s *store.Store, id desk.UserID, password string) error {
	hash, err := credential.HashPassword(password)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(tx *store.Store) error {
		if err := tx.SetPassword(ctx, id, hash); err != nil {
			return err
		}
		return tx.UnlockUser(ctx, id)
	})
}

// ClearPassword leaves a user without a password, and without sessions.
func ClearPassword(ctx context.Context, s *store.Store, id desk.UserID) error {
	return s.InTx(ctx, func(tx *store.Store) error {
		if err := tx.SetPassword(ctx, id, ""); err != nil {
			return err
		}
		return tx.EndSessions(ctx, id, 0)
	})
}

// Rename changes the login or the mail address of a user; empty: it stays.
func Rename(ctx context.Context, s *store.Store, id desk.UserID, login, email string) (after desk.User, err error) {
	err = s.InTx(ctx, func(tx *store.Store) error {
		before, err := tx.LockUser(ctx, id)
		if err != nil {
			return err
		}
		c, err := tx.Catalog(ctx)
		if err != nil {
			return err
		}
		after = before
		after.Login, after.Email, after.UpdatedByID = cmp.Or(login, before.Login), cmp.Or(email, before.Email), desk.SystemUser
		if err := after.Complete(before, func() string { return before.Login }); err != nil {
			return err
		}
		if err := tx.SaveUser(ctx, &after); err != nil {
			return err
		}
		return tx.AddHistory(ctx, history.UserChanges(before, after, c, desk.SystemUser))
	})
	return after, err
}

// Grant adds roles, and access to groups, to what a user has.
func Grant(ctx context.Context, s *store.Store, id desk.UserID, roles []string, groups map[string][]desk.Access) error {
	return s.InTx(ctx, func(tx *store.Store) error {
		w := &wizard{tx: tx}
		for _, role := range roles {
			roleID, err := w.idOf(ctx, "role", "roles", "name", role)
			if err != nil {
				return err
			}
			if err := tx.InsertMissing(ctx, "roles_users", pairs("user_id", id, "role_id", []int64{roleID})); err != nil {
				return err
			}
		}
		if err := tx.WelcomeAgents(ctx, id); err != nil {
			return err
		}
		for group, levels := range groups {
			groupID, err := w.idOf(ctx, "group", "groups", "name", group)
			if err != nil {
				return err
			}
			for _, level := range levels {
				if err := grant(ctx, tx, id, []int64{groupID}, level); err != nil {
					return explain("group "+group, "", err)
				}
			}
		}
		return nil
	})
}

// CreateToken makes an API token of a user and returns it: it can't be shown again. Without
// permissions it may do all that its user may.
func CreateToken(ctx context.Context, s *store.Store, id desk.UserID, name string, permissions []string) (token string, err error) {
	caller, err := s.CallerByID(ctx, id)
	if err != nil {
		return "", err
	}
	if len(permissions) == 0 {
		permissions = caller.Permissions
	}
	for _, permission := range permissions {
		if !caller.UserCan(permission) {
			return "", invalid("permission", "the user does not have %s, only %v", permission, caller.Permissions)
		}
	}
	return createToken(ctx, s, id, name, permissions)
}
