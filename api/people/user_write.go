package people

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/workspace"
	"postroom/internal/forms"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// CreateUser makes a user as somebody who may describes it.
func (s *Room) CreateUser(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var user desk.User
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if user, err = NewUser(r.Context(), tx, in); err != nil || !in.Params.Has("invite") {
			return err
		}
		return tx.Announce(r.Context(), task.AccountMail{UserID: user.ID, About: task.Invited})
	})
	if err != nil {
		return err
	}
	return s.showSaved(w, r, in.Params, http.StatusCreated, user.ID)
}

// NewUser makes the user that a client describes, with the roles of those who sign up unless it
// says otherwise and may.
func NewUser(ctx context.Context, tx *store.Store, in *rest.Input) (desk.User, error) {
	form := userForm{user: desk.User{Active: true, Preferences: map[string]any{}}}
	if err := form.read(ctx, tx, in); err != nil {
		return desk.User{}, err
	}
	u := &form.user
	if locale, ok := in.Who.User.Preferences["locale"]; ok && u.Preferences["locale"] == nil {
		u.Preferences["locale"] = locale
	}
	if u.OrganizationID == nil && !in.Params.Has("organization_id") {
		if id, ok := in.Catalog.DomainMembers[desk.MailDomain(strings.ToLower(strings.TrimSpace(u.Email)))]; ok && u.Email != "" {
			u.OrganizationID = &id
		}
	}
	if form.roles == nil {
		form.roles = &in.Catalog.SignupRoles
	}
	if err := u.Complete(desk.User{}, newLogin); err != nil {
		return desk.User{}, err
	}
	if err := checkUserForm(in, desk.User{}, *u); err != nil {
		return desk.User{}, err
	}
	u.CreatedByID, u.UpdatedByID = in.Who.User.ID, in.Who.User.ID
	if err := tx.InsertUser(ctx, u); err != nil {
		return desk.User{}, err
	}
	if err := tx.AddHistory(ctx, history.UserChanges(desk.User{}, *u, in.Catalog, in.Who.User.ID)); err != nil {
		return desk.User{}, err
	}
	if err := in.Note(ctx, tx, workspace.UserActivity(workspace.ActivityCreate, u.ID, in.Who.User.ID)); err != nil {
		return desk.User{}, err
	}
	if err := form.link(ctx, tx, in.Catalog); err != nil {
		return desk.User{}, err
	}
	return *u, in.Restamp(ctx, tx, "users", int64(u.ID))
}

// checkUserForm refuses what the form of a user doesn't allow, where somebody fills one in.
func checkUserForm(in *rest.Input, before, after desk.User) error {
	if in.Automatic {
		return nil
	}
	return forms.User(in.Who, before, after, in.Catalog, time.Now())
}

func newLogin() string { return "auto-" + uuid.NewString() }

// showSaved answers with a user as it is stored now: the next GET must say the same.
func (s *Room) showSaved(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id desk.UserID) error {
	s.ForgetCallers()
	user, err := s.Store.User(r.Context(), id)
	if err != nil {
		return err
	}
	return s.UserView(rest.Caller(r)).One(w, r, p, status, user)
}

func (s *Room) updateUser(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error { return changeUser(r.Context(), tx, in, id) })
	if err != nil {
		return err
	}
	return s.showSaved(w, r, in.Params, http.StatusOK, id)
}

func changeUser(ctx context.Context, tx *store.Store, in *rest.Input, id desk.UserID) error {
	target, err := tx.CallerByID(ctx, id)
	if err != nil {
		if _, err := tx.User(ctx, id); err != nil {
			return err // says whom it could not find
		}
		return err
	}
	if !mayChangeUser(in.Who, &target) {
		return &desk.ForbiddenError{}
	}
	change := func() error { return saveUser(ctx, tx, in, id) }
	if !target.UserCan("admin.user") { // only an administrator's change can leave none
		return change()
	}
	return tx.KeepAdmin(ctx, change)
}

func saveUser(ctx context.Context, tx *store.Store, in *rest.Input, id desk.UserID) error {
	before, err := tx.LockUser(ctx, id)
	if err != nil {
		return err
	}
	form := userForm{before: before, user: before}
	if err := form.read(ctx, tx, in); err != nil {
		return err
	}
	if err := form.user.Complete(form.before, newLogin); err != nil {
		return err
	}
	if err := checkUserForm(in, form.before, form.user); err != nil {
		return err
	}
	form.user.UpdatedByID = in.Who.User.ID
	limit := in.Catalog.Settings.Int("system_agent_limit") // an agent who is active again counts again
	if err := tx.KeepAgentLimit(ctx, limit, func() error { return tx.SaveUser(ctx, &form.user) }); err != nil {
		return err
	}
	if err := tx.AddHistory(ctx, history.UserChanges(form.before, form.user, in.Catalog, in.Who.User.ID)); err != nil {
		return err
	}
	if err := in.Note(ctx, tx, workspace.UserActivity(workspace.ActivityUpdate, id, in.Who.User.ID)); err != nil {
		return err
	}
	if err := form.link(ctx, tx, in.Catalog); err != nil {
		return err
	}
	return in.Restamp(ctx, tx, "users", int64(id))
}

// mayChangeUser lets agents change customers, and nobody who works here.
func mayChangeUser(who, target *desk.Caller) bool {
	if who.Can("admin.user") {
		return true
	}
	return who.Can("ticket.agent") && target.UserCan("ticket.customer") && !target.UserCan("ticket.agent", "admin.user")
}
