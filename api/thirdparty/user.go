package thirdparty

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/identity"
	"postroom/internal/idp"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Settings about accounts elsewhere.
const (
	settingAutoLink = "auth_third_party_auto_link_at_inital_login" // spelled as clients know it
	settingNotify   = "auth_third_party_linking_notification"
	settingNoCreate = "auth_third_party_no_create_user"
)

// userOf returns whose account this is. One that is nobody's is linked to whoever asked for that; else,
// as settings allow, to who has the mail address; else to a new user.
func (s *Room) userOf(ctx context.Context, v visit, who idp.Identity, asked *desk.UserID) (user desk.UserID, err error) {
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		user, err = tx.UserAuthorized(ctx, v.name, who.UID)
		switch {
		case err == nil && asked != nil && user != *asked:
			return rest.Invalid("uid", "This account is linked to another user already.")
		case !errors.Is(err, desk.ErrNotFound):
			return err
		case asked != nil:
			user = *asked
		default:
			if user, err = s.match(ctx, tx, v, who); err != nil {
				return err
			}
		}
		return tx.Authorize(ctx, identity.Authorization{UserID: user, Provider: v.name, UID: who.UID, Username: who.Username})
	})
	if errors.Is(err, desk.ErrConflict) { // the same account came twice at once, and the other was faster
		err = desk.ErrUnavailable
	}
	return user, err
}

// match finds or makes the user of an account that is linked to nobody. An address for which the
// provider does not vouch may be anybody's: nobody gets in by it.
func (s *Room) match(ctx context.Context, tx *store.Store, v visit, who idp.Identity) (desk.UserID, error) {
	settings := v.catalog.Settings
	email := strings.ToLower(strings.TrimSpace(who.Email))
	if email != "" && !who.Verified {
		return 0, rest.Forbidden("Message from " + v.name + ": the mail address " + email + " is not verified there")
	}
	if email != "" && settings.Bool(settingAutoLink) {
		found, err := tx.UsersByAddress(ctx, []string{email})
		if err != nil {
			return 0, err
		}
		if user, ok := found[email]; ok && user.Email == email && user.ID != desk.SystemUser {
			if settings.Bool(settingNotify) {
				err = tx.Announce(ctx, task.AccountMail{UserID: user.ID, About: task.AccountLinked})
			}
			return user.ID, err
		}
	}
	if settings.Bool(settingNoCreate) {
		return 0, rest.Forbidden("The user account does not exist. Please contact your administrator.")
	}
	return s.newUser(ctx, tx, v, who, email)
}

// newUser makes a user with the roles of those who sign up.
func (s *Room) newUser(ctx context.Context, tx *store.Store, v visit, who idp.Identity, email string) (desk.UserID, error) {
	source := v.name
	user := desk.User{
		Login: email, Firstname: desk.Cut(who.Firstname, 100), Lastname: desk.Cut(who.Lastname, 100), Email: email,
		Active: true, Verified: true, Source: &source, Preferences: map[string]any{},
	}
	if id, ok := v.catalog.DomainMembers[desk.MailDomain(email)]; ok && email != "" {
		user.OrganizationID = &id
	}
	if err := user.Complete(desk.User{}, func() string { return "auto-" + uuid.NewString() }); err != nil {
		return 0, err
	}
	user.CreatedByID, user.UpdatedByID = desk.SystemUser, desk.SystemUser
	if err := tx.InsertUser(ctx, &user); err != nil {
		return 0, err
	}
	if err := tx.AddHistory(ctx, history.UserChanges(desk.User{}, user, v.catalog, desk.SystemUser)); err != nil {
		return 0, err
	}
	return user.ID, tx.SetUserRoles(ctx, user.ID, v.catalog.SignupRoles)
}
