package account

import (
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store"
	"postroom/internal/store/signin"
	"postroom/jobs/task"
)

// mailTo sends somebody a mail about the account, if there is such a person. The answer never
// tells whether there is.
func (s *Room) mailTo(w http.ResponseWriter, r *http.Request, name, about string, may func(*desk.User) bool) error {
	if err := s.Throttle(r, about, name); err != nil {
		return err
	}
	user, err := s.Store.UserToMail(r.Context(), name)
	if err != nil {
		return err
	}
	if user != nil && (may == nil || may(user)) {
		err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
			return tx.Announce(r.Context(), task.AccountMail{UserID: user.ID, About: about})
		})
		if err != nil {
			return err
		}
	}
	return ok(w)
}

func featureOff() error { return rest.Invalid("feature", "Feature not enabled!") }

// requestReset mails a link with which a forgotten password can be set anew.
func (s *Room) requestReset(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	if !in.Catalog.Settings.Bool("user_lost_password") {
		return featureOff()
	}
	return s.mailTo(w, r, in.Params.Text("username"), task.PasswordReset, nil)
}

// owned finds out to whom a token was given; 0: to nobody, or too long ago.
func owned(tx *store.Store, r *http.Request, kind, token string) (desk.UserID, error) {
	if token == "" {
		return 0, nil
	}
	user, err := tx.TokenOwner(r.Context(), kind, credential.HashToken(token))
	if errors.Is(err, desk.ErrNotFound) {
		return 0, nil
	}
	return user, err
}

// failed is the answer to a token that means nothing.
func failed(w http.ResponseWriter) error {
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "failed"}})
}

// reset sets a password with a token from a mail. Without a password it says whose token it is.
func (s *Room) reset(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	token, password := in.Params.Text("token"), in.Params.Text("password")
	var user desk.User
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		id, err := owned(tx, r, signin.TokenPasswordReset, token)
		if err != nil || id == 0 {
			return err
		}
		if user, err = tx.User(ctx, id); err != nil || password == "" {
			return err
		}
		if err := identity.CheckPassword(password, in.Catalog.Settings); err != nil {
			return err
		}
		if err := s.putPassword(ctx, tx, id, password, nil); err != nil {
			return err
		}
		if err := tx.ConfirmUser(ctx, id); err != nil {
			return err
		}
		return tx.SpendToken(ctx, signin.TokenPasswordReset, credential.HashToken(token))
	})
	if weak, is := errors.AsType[*identity.PasswordError](err); is { // with the status of a token that means nothing
		return rest.WriteJSON(w, http.StatusOK, noticeOf(weak.Text, weak.Values...))
	}
	if err != nil {
		return err
	}
	if user.ID == 0 {
		return failed(w)
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}, {"user_login", user.Login}})
}

// verifyEmail notes that somebody who signed up has the mail address.
func (s *Room) verifyEmail(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var id desk.UserID
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		token := in.Params.Text("token")
		if id, err = owned(tx, r, signin.TokenSignup, token); err != nil || id == 0 {
			return err
		}
		if err := tx.ConfirmUser(ctx, id); err != nil {
			return err
		}
		return tx.SpendToken(ctx, signin.TokenSignup, credential.HashToken(token))
	})
	if err != nil {
		return err
	}
	if id == 0 {
		return failed(w)
	}
	s.ForgetCallers()
	return ok(w)
}

// mailVerification sends the mail of the sign-up again.
func (s *Room) mailVerification(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	if in.Params.Blank("email") {
		return rest.Invalid("email", "The required parameter 'email' is missing.")
	}
	return s.mailTo(w, r, in.Params.Text("email"), task.SignedUp, func(u *desk.User) bool { return !u.Verified })
}

// requestAdminSignIn mails an administrator a link for signing in with a password while that is
// switched off.
func (s *Room) requestAdminSignIn(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	return s.mailTo(w, r, in.Params.Text("username"), task.AdminSignIn, func(u *desk.User) bool {
		who, err := s.Store.CallerByID(r.Context(), u.ID)
		return err == nil && who.UserCan("admin.*")
	})
}

// checkAdminSignIn says whose such a link is.
func (s *Room) checkAdminSignIn(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var user desk.User
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		id, err := owned(tx, r, signin.TokenAdminAuth, in.Params.Text("token"))
		if err == nil && id != 0 {
			user, err = tx.User(r.Context(), id)
		}
		return err
	})
	if err != nil {
		return err
	}
	if user.ID == 0 {
		return failed(w)
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}, {"user_login", user.Login}})
}
