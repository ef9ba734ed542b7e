package signin

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// Texts that clients match or show.
const (
	textNoLogin      = "Authentication required"
	textBasicFailed  = "Invalid BasicAuth credentials"
	textBasicFactor  = "Two-factor authentication is not supported with HTTP BasicAuth."
	textNoToken      = "Can't find User for Token"
	textTokenExpired = "Not authorized (token expired)!"
	textNoBearer     = "The provided token is invalid."
	textBearerOver   = "OAuth2 token is expired!"
	textLoginFailed  = "Login failed. Have you double-checked your credentials and completed the email verification step?"
	textMaintenance  = "Maintenance mode enabled!"
)

// errNobody is for a request without credentials.
var errNobody = rest.Forbidden(textNoLogin)

// visit is how somebody came in.
type visit struct {
	who     *desk.Caller      // as whom everything happens
	session *identity.Session // nil: not by the cookie of one
	by      string            // session, basic_auth or token_auth
	secret  string            // names what was shown, for who keeps count
	behalf  bool              // who is somebody else than the one who proved to be somebody
}

// identify finds out who makes a request: by a session's cookie, else by what the Authorization
// header says. It returns a *rest.AnswerError for whom it refuses.
func (s *Room) identify(r *http.Request, c *desk.Catalog) (visit, error) {
	v, err := s.bySession(r, c)
	if errors.Is(err, desk.ErrNotFound) {
		v, err = s.byHeader(r, c)
	}
	if err != nil {
		return visit{}, err
	}
	if !v.who.User.Active {
		return visit{}, rest.Unauthorized(textLoginFailed)
	}
	if err := maintained(c, v.who); err != nil {
		return visit{}, err
	}
	who, err := s.onBehalf(r, v.who)
	v.behalf = who != v.who
	v.who = who
	return v, err
}

// maintained keeps out whom setting maintenance_mode keeps out.
func maintained(c *desk.Catalog, who *desk.Caller) error {
	if c.Settings.Bool("maintenance_mode") && !who.UserCan("admin.maintenance") {
		return rest.Forbidden(textMaintenance)
	}
	return nil
}

func (s *Room) byHeader(r *http.Request, c *desk.Catalog) (visit, error) {
	scheme, value, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	switch strings.ToLower(scheme) {
	case "basic":
		return s.byBasic(r, c, value)
	case "token":
		return s.byToken(r, c, tokenIn(value), false)
	case "bearer":
		return s.byToken(r, c, strings.TrimSpace(value), true)
	}
	return visit{}, errNobody
}

// tokenIn reads token=XYZ, token="XYZ" or the bare XYZ.
func tokenIn(value string) string {
	value = strings.TrimSpace(value)
	if named, ok := strings.CutPrefix(value, "token="); ok {
		value, _, _ = strings.Cut(named, ",") // further attributes mean nothing here
	}
	return strings.Trim(strings.TrimSpace(value), `"`)
}

// byToken looks for an access token, and if bearer is set for one of an application too.
func (s *Room) byToken(r *http.Request, c *desk.Catalog, token string, bearer bool) (visit, error) {
	if !c.Settings.Bool("api_token_access") {
		return visit{}, rest.Forbidden("API token access disabled!")
	}
	kind, unknown := "token", textNoToken
	if bearer {
		kind, unknown = "bearer", textNoToken+", "+textNoBearer
	}
	if token == "" {
		return visit{}, rest.Unauthorized(unknown)
	}
	found, err := s.callers.get(kind, token, func(hash []byte) (known, error) { return s.tokenOwner(r, hash, bearer) })
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return visit{}, rest.Unauthorized(unknown)
	case err != nil:
		return visit{}, err
	case found.TokenExpiresAt != nil && !s.now().Before(*found.TokenExpiresAt):
		if found.oauth {
			return visit{}, rest.Unauthorized(textBearerOver)
		}
		return visit{}, rest.Unauthorized(textTokenExpired)
	}
	return visit{who: &found.Caller, by: "token_auth", secret: token}, nil
}

func (s *Room) tokenOwner(r *http.Request, hash []byte, bearer bool) (known, error) {
	ctx := r.Context()
	found, err := s.Store.CredentialsByToken(ctx, hash)
	if bearer && errors.Is(err, desk.ErrNotFound) {
		found, err = s.Store.CredentialsByAccessToken(ctx, hash)
		return known{Credentials: found, oauth: true}, err
	}
	if err == nil && s.callers.due(found.TokenUsedAt) {
		err = s.Store.TouchToken(ctx, found.Caller.Token.ID)
	}
	return known{Credentials: found}, err
}

// byBasic checks a name and a password. All its refusals look and last the same, whether the name
// exists or not.
func (s *Room) byBasic(r *http.Request, c *desk.Catalog, encoded string) (visit, error) {
	ctx := r.Context()
	if !c.Settings.Bool("api_password_access") {
		return visit{}, rest.Forbidden("API password access disabled!")
	}
	name, password := basicIn(encoded)
	found, fresh, err := s.checkPassword(ctx, c, name, password)
	if errors.Is(err, errWrong) {
		err = s.logins.refuse(ctx, textBasicFailed)
	}
	if err != nil {
		return visit{}, err
	}
	who := &found.Caller
	if factor, err := s.secondFactorOf(ctx, c, who.User.ID); err != nil || factor.needed {
		return visit{}, errors.Join(err, refusedIf(factor.needed, textBasicFactor))
	}
	if who.User.Active && (fresh || who.User.LoginFailed > 0) {
		if err := s.Store.RecordLogin(ctx, who.User.ID); err != nil {
			return visit{}, err
		}
	}
	return visit{who: who, by: "basic_auth", secret: name}, nil
}

// refusedIf is the refusal of credentials with a text, or nil.
func refusedIf(refused bool, text string) error {
	if refused {
		return rest.Unauthorized(text)
	}
	return nil
}

// basicIn reads name and password; what is not both is neither.
func basicIn(encoded string) (name, password string) {
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ""
	}
	name, password, _ = strings.Cut(string(plain), ":")
	return name, password
}
