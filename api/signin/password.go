package signin

import (
	"context"
	"errors"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/signin"
)

// errWrong says that a name and a password don't let anybody in. Whoever asked is to wait before
// being told: see logins.refuse.
var errWrong = errors.New("wrong name or password")

// checkPassword finds out who has a name, a login or mail address, and a password. A failure is
// counted towards the lock. A success is not recorded here, as it may not be all that is asked for.
// fresh tells whether the password was looked at just now, and not remembered. Whoever is found may
// be inactive.
func (s *Room) checkPassword(ctx context.Context, c *desk.Catalog, name, password string) (found signin.Credentials, fresh bool, err error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || password == "" || !storable(name) {
		return signin.Credentials{}, false, errWrong
	}
	found, err = s.Store.CredentialsByName(ctx, name)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return signin.Credentials{}, false, err
	}
	user := found.Caller.User
	locked := user.LoginFailed > c.Settings.Int("password_max_login_failed")
	verdict := s.logins.check(found.Password, name, password)
	if !verdict.right && verdict.err == nil && !locked && user.Active && desk.LDAPSourceOf(user) != 0 {
		verdict = s.askDirectory(ctx, c, user, password)
	}
	switch {
	case verdict.err != nil:
		return signin.Credentials{}, false, verdict.err
	case !verdict.right && user.ID != 0:
		if err := s.Store.CountFailedLogin(ctx, user.ID); err != nil {
			return signin.Credentials{}, false, err
		}
		return signin.Credentials{}, false, errWrong
	case !verdict.right, locked, unverified(user):
		return signin.Credentials{}, false, errWrong
	default:
		return found, verdict.fresh, nil
	}
}

// askDirectory asks the directory that a user came from whether a password is right. While it does not
// answer nobody comes in by it, and nobody's attempt counts.
func (s *Room) askDirectory(ctx context.Context, c *desk.Catalog, user desk.User, password string) verdict {
	answer := s.logins.ask(*user.Source, user.Login, password, func() (bool, error) { return s.others.Knows(ctx, c, user, password) })
	if answer.err != nil && !errors.Is(answer.err, rest.ErrTooMany) && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "directory does not answer for a password", "user_id", user.ID, "error", answer.err)
		answer.err = errWrong
	}
	return answer
}

// unverified reports whether somebody signed up and never proved that the mail address is theirs.
func unverified(u desk.User) bool {
	return u.Source != nil && *u.Source == "signup" && !u.Verified
}
