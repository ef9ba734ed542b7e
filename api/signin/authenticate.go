package signin

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
)

// Texts that clients match or show.
const (
	textNoLogin      = "Authentication required"
	textBasicFailed  = "Invalid BasicAuth credentials"
	textNoToken      = "Can't find User for Token"
	textTokenExpired = "Not authorized (token expired)!"
	textLoginFailed  = "Login failed. Have you double-checked your credentials and completed the email verification step?"
	textMaintenance  = "Maintenance mode enabled!"
)

// Authenticate finds out who makes a request. It returns an *answerError for whom it refuses.
func (s *Room) Authenticate(r *http.Request) (*desk.Caller, error) {
	scheme, value, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	var who *desk.Caller
	var err error
	switch strings.ToLower(scheme) {
	case "basic":
		who, err = s.authenticateBasic(r, value)
	case "token":
		who, err = s.authenticateToken(r, tokenIn(value))
	case "bearer":
		who, err = s.authenticateToken(r, strings.TrimSpace(value))
		if refused, ok := errors.AsType[*rest.AnswerError](err); ok && refused.Text == textNoToken {
			// The value was tried as an API token and then as an OAuth2 one.
			err = rest.Unauthorized(textNoToken + ", The provided token is invalid.")
		}
	default:
		return nil, rest.Forbidden(textNoLogin)
	}
	if err != nil {
		return nil, err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	if catalog.Settings.Bool("maintenance_mode") && !who.UserCan("admin.maintenance") {
		return nil, rest.Forbidden(textMaintenance)
	}
	return s.onBehalf(r, who)
}

// tokenIn reads token=XYZ, token="XYZ" or the bare XYZ.
func tokenIn(value string) string {
	value = strings.TrimSpace(value)
	if named, ok := strings.CutPrefix(value, "token="); ok {
		value, _, _ = strings.Cut(named, ",") // further attributes mean nothing here
	}
	return strings.Trim(strings.TrimSpace(value), `"`)
}

func (s *Room) authenticateToken(r *http.Request, token string) (*desk.Caller, error) {
	ctx := r.Context()
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	if !catalog.Settings.Bool("api_token_access") {
		return nil, rest.Forbidden("API token access disabled!")
	}
	if token == "" {
		return nil, rest.Unauthorized(textNoToken)
	}
	found, err := s.callers.get(token, func(hash []byte) (storeCredentials, error) {
		found, err := s.Store.CredentialsByToken(ctx, hash)
		if err == nil && s.callers.due(found.TokenUsedAt) {
			err = s.Store.TouchToken(ctx, found.Caller.Token.ID)
		}
		return found, err
	})
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return nil, rest.Unauthorized(textNoToken)
	case err != nil:
		return nil, err
	case found.TokenExpiresAt != nil && !s.callers.now().Before(*found.TokenExpiresAt):
		return nil, rest.Unauthorized(textTokenExpired)
	case !found.Caller.User.Active:
		return nil, rest.Unauthorized(textLoginFailed)
	}
	who := found.Caller
	return &who, nil
}

// authenticateBasic checks a name and a password. All its refusals look and last the same,
// whether the name exists or not.
func (s *Room) authenticateBasic(r *http.Request, encoded string) (*desk.Caller, error) {
	ctx := r.Context()
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	if !catalog.Settings.Bool("api_password_access") {
		return nil, rest.Forbidden("API password access disabled!")
	}
	name, password, ok := basicIn(encoded)
	if !ok {
		return nil, s.logins.refuse(ctx)
	}
	found, err := s.Store.CredentialsByName(ctx, name)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return nil, err
	}
	who := &found.Caller
	locked := who.User.LoginFailed > catalog.Settings.Int("password_max_login_failed")
	switch verdict := s.logins.check(found.Password, name, password); {
	case verdict.err != nil:
		return nil, verdict.err
	case !verdict.right && who.User.ID != 0:
		if err := s.Store.CountFailedLogin(ctx, who.User.ID); err != nil {
			return nil, err
		}
		return nil, s.logins.refuse(ctx)
	case !verdict.right, locked, unverified(who.User):
		return nil, s.logins.refuse(ctx)
	case !who.User.Active:
		return nil, rest.Unauthorized(textLoginFailed)
	case verdict.fresh || who.User.LoginFailed > 0:
		if err := s.Store.RecordLogin(ctx, who.User.ID); err != nil {
			return nil, err
		}
	}
	return who, nil
}

// basicIn reads name and password; the name is a login or a mail address.
func basicIn(encoded string) (name, password string, ok bool) {
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", false
	}
	name, password, ok = strings.Cut(string(plain), ":")
	name = strings.ToLower(strings.TrimSpace(name))
	return name, password, ok && name != "" && password != "" && storable(name)
}

// unverified reports whether somebody signed up and never proved that the mail address is theirs.
func unverified(u desk.User) bool {
	return u.Source != nil && *u.Source == "signup" && !u.Verified
}

// hashOf is the name of a token in the database.
func hashOf(token string) []byte { return credential.HashToken(token) }
