package signin

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store/signin"
)

// factor is what somebody has to prove beside knowing a password.
type factor struct {
	needed bool
	secret string // of the authenticator app
	codes  bool   // recovery codes are left, and may be used
}

const (
	settingApp      = "two_factor_authentication_method_authenticator_app"
	settingRecovery = "two_factor_authentication_recovery_codes"
	settingEnforce  = "two_factor_authentication_enforce_role_ids"
)

func (s *Room) secondFactorOf(ctx context.Context, c *desk.Catalog, user desk.UserID) (factor, error) {
	var f factor
	if !c.Settings.Bool(settingApp) {
		return f, nil
	}
	all, err := s.Store.SecondFactors(ctx, user)
	for _, one := range all[user] {
		switch one.Method {
		case signin.AuthenticatorApp:
			if one.Secret != nil {
				f.needed, f.secret = true, *one.Secret
			}
		case signin.RecoveryCodes:
			f.codes = one.Codes > 0 && c.Settings.Bool(settingRecovery)
		}
	}
	return f, err
}

// methodOf tells codes apart: those of an app are short.
func methodOf(code string) string {
	if len(strings.TrimSpace(code)) > longestCode {
		return signin.RecoveryCodes
	}
	return signin.AuthenticatorApp
}

// longestCode is how long a code of an app can be, typed with a blank in the middle.
const longestCode = 7

// wanted is the answer to who knows the password and has yet to prove the second factor.
func (f factor) wanted() rest.Record {
	return rest.Record{{"two_factor_required", rest.Record{
		{"default_two_factor_authentication_method", signin.AuthenticatorApp},
		{"available_two_factor_authentication_methods", []string{signin.AuthenticatorApp}},
		{"recovery_codes_available", f.codes},
	}}}
}

const textFactorFailed = "Login failed. Please double-check your two-factor authentication method."

// prove uses a code up that a client sent. A wrong one counts towards the lock, as a wrong password
// does: it is much easier to guess.
func (s *Room) prove(r *http.Request, f factor, user desk.UserID, method, code string) error {
	ctx := r.Context()
	var right bool
	var err error
	switch {
	case method == signin.RecoveryCodes && f.codes:
		right, err = s.Store.SpendRecoveryCode(ctx, user, credential.HashRecoveryCode(code))
	case method == signin.AuthenticatorApp:
		if step := credential.VerifyCode(f.secret, code, s.now()); step != 0 {
			right, err = s.Store.SpendStep(ctx, user, step)
		}
	}
	if right || err != nil {
		return err
	}
	if err := s.Store.CountFailedLogin(ctx, user); err != nil {
		return err
	}
	return s.logins.refuse(ctx, textFactorFailed)
}
