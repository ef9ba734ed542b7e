package account

import (
	"context"
	"net/http"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/setup"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// createUser is for three: who is signed in and may make users, who signs up, and the first
// administrator of an installation that nobody has set up.
func (s *Room) createUser(w http.ResponseWriter, r *http.Request) error {
	if who := rest.Caller(r); who != nil {
		if err := rest.Permitted(who, []string{"ticket.agent", "admin.user"}); err != nil {
			return err
		}
		return s.people.CreateUser(w, r)
	}
	if r.Header.Get("Authorization") != "" {
		return rest.Forbidden("Authentication required")
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	in := &rest.Input{Params: p, Catalog: catalog, Who: &desk.Caller{User: desk.User{ID: desk.SystemUser}}, Automatic: true}
	if p.Has("signup") {
		return s.signUp(w, r, in)
	}
	return s.firstAdmin(w, r, in)
}

// ownData is all that people may say about themselves before they are known.
func ownData(p rest.Params) rest.Params {
	own := rest.Params{}
	for _, key := range []string{"firstname", "lastname", "email"} {
		if p.Has(key) {
			own[key] = p[key]
		}
	}
	return own
}

var errNoEmail = rest.Invalid("email", "The required attribute 'email' is missing.")

// signUp makes a user who has yet to prove the mail address. Whoever has that address already is
// told by mail; the answer is the same.
func (s *Room) signUp(w http.ResponseWriter, r *http.Request, in *rest.Input) error {
	ctx := r.Context()
	if !in.Catalog.Settings.Bool("user_create_account") {
		return featureOff()
	}
	if in.Params.Blank("email") {
		return errNoEmail
	}
	if err := s.Throttle(r, task.SignedUp, in.Params.Text("email")); err != nil {
		return err
	}
	password := in.Params.Text("password")
	if err := identity.CheckPassword(password, in.Catalog.Settings); err != nil {
		_, err := refused(w, err)
		return err
	}
	err := s.Store.InTx(ctx, func(tx *store.Store) error {
		taken, err := tx.UserToMail(ctx, in.Params.Text("email"))
		if err != nil {
			return err
		}
		if taken != nil {
			return tx.Announce(ctx, task.AccountMail{UserID: taken.ID, About: task.SignedUpAgain})
		}
		in.Params = ownData(in.Params)
		user, err := s.newAccount(ctx, tx, in, password)
		if err != nil {
			return err
		}
		if err := tx.MarkSignedUp(ctx, user.ID); err != nil {
			return err
		}
		return tx.Announce(ctx, task.AccountMail{UserID: user.ID, About: task.SignedUp})
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, done)
}

func (s *Room) newAccount(ctx context.Context, tx *store.Store, in *rest.Input, password string) (desk.User, error) {
	user, err := people.NewUser(ctx, tx, in)
	if err != nil {
		return user, err
	}
	hash, err := credential.HashPassword(password)
	if err != nil {
		return user, err
	}
	return user, tx.SetPassword(ctx, user.ID, hash)
}

// firstAdmin makes who sets up the installation its administrator, once.
func (s *Room) firstAdmin(w http.ResponseWriter, r *http.Request, in *rest.Input) error {
	ctx := r.Context()
	locale := in.Params.Text("locale")
	if locale == "" {
		locale = r.Header.Get("Accept-Language")
	}
	err := s.Store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.LockSetup(ctx); err != nil {
			return err
		}
		done, err := tx.IsSetUp(ctx)
		if err != nil {
			return err
		}
		if done {
			return rest.Invalid("email", "This system has already been configured and an administrator account exists.")
		}
		if in.Params.Blank("email") {
			return errNoEmail
		}
		password := in.Params.Text("password")
		if err := identity.CheckPassword(password, in.Catalog.Settings); err != nil {
			return err
		}
		in.Params = ownData(in.Params)
		user, err := s.newAccount(ctx, tx, in, password)
		if err != nil {
			return err
		}
		if err := setup.MakeAdmin(ctx, tx, user.ID); err != nil {
			return err
		}
		_, err = setup.LoadTextModules(ctx, tx, locale)
		return err
	})
	if err != nil {
		weak, err := refused(w, err)
		if weak || err != nil {
			return err
		}
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusCreated, done)
}
