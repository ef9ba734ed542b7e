package account

import (
	"context"
	"errors"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store"
	"postroom/internal/store/signin"
	"postroom/jobs/task"
)

// noticeOf says that a password can't be taken: a text and its values.
func noticeOf(text string, values ...any) rest.Record {
	return rest.Record{{"message", "failed"}, {"notice", append([]any{text}, values...)}}
}

func notice(w http.ResponseWriter, text string, values ...any) error {
	return rest.WriteJSON(w, http.StatusUnprocessableEntity, noticeOf(text, values...))
}

// refused answers with what is wrong with a password, if that is what err says.
func refused(w http.ResponseWriter, err error) (bool, error) {
	weak, is := errors.AsType[*identity.PasswordError](err)
	if !is {
		return false, err
	}
	return true, notice(w, weak.Text, weak.Values...)
}

// wrongPassword slows guessing down and counts it towards the lock.
func (s *Room) wrongPassword(ctx context.Context, user desk.UserID) error {
	if err := s.Store.CountFailedLogin(ctx, user); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.WrongPasswordTakes):
		return nil
	}
}

// right reports whether a password is the caller's. Whoever is locked has none.
func (s *Room) right(r *http.Request, in *rest.Input, password string) (bool, error) {
	user, err := s.Store.User(r.Context(), in.Who.User.ID)
	if err != nil {
		return false, err
	}
	if user.LoginFailed > in.Catalog.Settings.Int("password_max_login_failed") {
		return false, nil
	}
	hash, err := s.Store.PasswordHash(r.Context(), user.ID)
	if err != nil || password == "" {
		return false, err
	}
	if credential.VerifyPassword(hash, password) {
		return true, nil
	}
	return s.others.Knows(r.Context(), in.Catalog, user, password)
}

// changePassword takes the caller's new password, beside the old one. Other sessions end.
func (s *Room) changePassword(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	before, after := in.Params.Text("password_old"), in.Params.Text("password_new")
	if before == "" {
		return notice(w, "Please provide your current password.")
	}
	if after == "" {
		return notice(w, "Please provide your new password.")
	}
	right, err := s.right(r, in, before)
	if err != nil {
		return err
	}
	if !right {
		if err := s.wrongPassword(ctx, in.Who.User.ID); err != nil {
			return err
		}
		return notice(w, "The current password you provided is incorrect.")
	}
	if err := identity.CheckPassword(after, in.Catalog.Settings); err != nil {
		_, err := refused(w, err)
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		return s.putPassword(ctx, tx, in.Who.User.ID, after, rest.Session(r))
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}, {"user_login", in.Who.User.Login}})
}

// putPassword stores a password, ends every session but one and tells the owner by mail.
func (s *Room) putPassword(ctx context.Context, tx *store.Store, user desk.UserID, password string, keep *identity.Session) error {
	hash, err := credential.HashPassword(password)
	if err != nil {
		return err
	}
	if err := tx.SetPassword(ctx, user, hash); err != nil {
		return err
	}
	if err := tx.UnlockUser(ctx, user); err != nil {
		return err
	}
	var kept identity.SessionID
	if keep != nil {
		kept = keep.ID
	}
	if err := tx.EndSessions(ctx, user, kept); err != nil {
		return err
	}
	return tx.Announce(ctx, task.AccountMail{UserID: user, About: task.PasswordChanged})
}

// checkPassword gives who knows the own password a token that says so for an hour.
func (s *Room) checkPassword(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	right, err := s.right(r, in, in.Params.Text("password"))
	if err != nil {
		return err
	}
	if !right {
		if err := s.wrongPassword(r.Context(), in.Who.User.ID); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"success", false}})
	}
	token := credential.NewToken()
	if err := s.Store.ReplaceToken(r.Context(), in.Who.User.ID, signin.TokenPasswordCheck, credential.HashToken(token)); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"success", true}, {"token", token}})
}
