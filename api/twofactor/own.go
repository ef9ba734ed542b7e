package twofactor

import (
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/signin"
)

// Settings that say which second factors there are.
const (
	settingApp      = "two_factor_authentication_method_authenticator_app"
	settingRecovery = "two_factor_authentication_recovery_codes"
)

// methodRecord shows a method that can be set up. There is but one, and so it is the default.
func methodRecord(method string, configured bool) rest.Record {
	return rest.Record{{"method", method}, {"configured", configured}, {"default", configured}}
}

// state is what second factors somebody has.
type state struct {
	methods    []rest.Record // that the settings allow
	configured bool
	codes      bool // recovery codes were given out
}

func (s *Room) stateOf(r *http.Request, user desk.UserID) (state, error) {
	var now state
	catalog, err := s.Catalog(r)
	if err != nil {
		return now, err
	}
	all, err := s.Store.SecondFactors(r.Context(), user)
	if err != nil {
		return now, err
	}
	for _, factor := range all[user] {
		now.configured = now.configured || factor.Method == signin.AuthenticatorApp
		now.codes = now.codes || factor.Method == signin.RecoveryCodes
	}
	now.methods = []rest.Record{}
	if catalog.Settings.Bool(settingApp) {
		now.methods = append(now.methods, methodRecord(signin.AuthenticatorApp, now.configured))
	}
	return now, nil
}

func (s *Room) showOwn(w http.ResponseWriter, r *http.Request) error {
	now, err := s.stateOf(r, rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"enabled_authentication_methods", now.methods}, {"recovery_codes_exist", now.codes}})
}

func (s *Room) listOwn(w http.ResponseWriter, r *http.Request) error {
	now, err := s.stateOf(r, rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, now.methods)
}

// checked reads a request that only who typed the own password lately may make, and says so with a
// token. To others it answers, with a status that clients know.
func (s *Room) checked(w http.ResponseWriter, r *http.Request) (p rest.Params, ok bool, err error) {
	if p, err = rest.ReadParams(r); err != nil {
		return nil, false, err
	}
	ok, err = s.Store.PasswordChecked(r.Context(), rest.Caller(r).User.ID, credential.HashToken(p.Text("token")))
	if err == nil && !ok {
		err = rest.WriteJSON(w, http.StatusOK, rest.Record{{"invalid_password_token", true}})
	}
	return p, ok, err
}

// known refuses a method that does not exist or is switched off.
func (s *Room) known(r *http.Request, method string) error {
	if method == "" {
		return rest.Invalid("method", "The required parameter 'method' is missing.")
	}
	catalog, err := s.Catalog(r)
	if err == nil && (method != signin.AuthenticatorApp || !catalog.Settings.Bool(settingApp)) {
		err = rest.Invalid("method", "The two-factor authentication method is not enabled.")
	}
	return err
}

// begin makes a secret for an authenticator app. It is kept only when a code proved that the app has it.
func (s *Room) begin(w http.ResponseWriter, r *http.Request) error {
	_, ok, err := s.checked(w, r)
	if err != nil || !ok {
		return err
	}
	if err := s.known(r, r.PathValue("method")); err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	secret := credential.NewCodeSecret()
	uri := credential.CodeURI(secret, catalog.Settings.String("product_name"), rest.Caller(r).User.Login)
	return rest.WriteSecret(w, http.StatusOK, rest.Record{{"configuration", rest.Record{{"secret", secret}, {"provisioning_uri", uri}}}})
}

// showConfiguration shows what is set up, without what is secret.
func (s *Room) showConfiguration(w http.ResponseWriter, r *http.Request) error {
	_, ok, err := s.checked(w, r)
	if err != nil || !ok {
		return err
	}
	if err := s.known(r, r.PathValue("method")); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"configuration", rest.Record{}}})
}

// verify sets an authenticator app up, if a code proves that it has the secret. Who had no recovery
// codes is given some.
func (s *Room) verify(w http.ResponseWriter, r *http.Request) error {
	p, ok, err := s.checked(w, r)
	if err != nil || !ok {
		return err
	}
	if err := s.known(r, p.Text("method")); err != nil {
		return err
	}
	configuration, _ := p.Object("configuration")
	secret := strings.ToUpper(rest.Params(configuration).Text("secret"))
	step := credential.VerifyCode(secret, p.Text("payload"), s.now())
	if step == 0 || len(secret) < leastSecret {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"verified", false}})
	}
	codes, err := s.setUp(r, secret, step)
	if err != nil {
		return err
	}
	answer := rest.Record{{"verified", true}}
	if codes != nil {
		answer.Add("recovery_codes", codes)
	}
	s.ForgetCallers()
	return rest.WriteSecret(w, http.StatusOK, answer)
}

// leastSecret is how long a secret has to be that we did not make: 80 bits, in base 32.
const leastSecret = 16

func (s *Room) setUp(r *http.Request, secret string, step int64) (codes []string, err error) {
	ctx, user := r.Context(), rest.Caller(r).User.ID
	before, err := s.stateOf(r, user)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.PutAuthenticatorApp(ctx, user, secret, step); err != nil {
			return err
		}
		if err := tx.SetPreference(ctx, user, preference, map[string]any{"default": signin.AuthenticatorApp}); err != nil {
			return err
		}
		if before.codes || !catalog.Settings.Bool(settingRecovery) {
			return nil
		}
		codes = credential.NewRecoveryCodes()
		return tx.PutRecoveryCodes(ctx, user, hashed(codes))
	})
	return codes, err
}

// preference is where a user's default method is kept.
const preference = "two_factor_authentication"

func hashed(codes []string) [][]byte {
	hashes := make([][]byte, len(codes))
	for i, code := range codes {
		hashes[i] = credential.HashRecoveryCode(code)
	}
	return hashes
}

// setDefault takes the only method there is.
func (s *Room) setDefault(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	if err := s.known(r, p.Text("method")); err != nil {
		return err
	}
	user := rest.Caller(r).User.ID
	if err := s.Store.SetPreference(r.Context(), user, preference, map[string]any{"default": p.Text("method")}); err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// renewRecoveryCodes gives out new recovery codes; older ones end.
func (s *Room) renewRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	_, ok, err := s.checked(w, r)
	if err != nil || !ok {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	user := rest.Caller(r).User.ID
	now, err := s.stateOf(r, user)
	if err != nil {
		return err
	}
	if !now.configured || !catalog.Settings.Bool(settingRecovery) {
		return rest.Invalid("method", "Recovery codes can't be used without another two-factor authentication method.")
	}
	codes := credential.NewRecoveryCodes()
	if err := s.Store.PutRecoveryCodes(r.Context(), user, hashed(codes)); err != nil {
		return err
	}
	return rest.WriteSecret(w, http.StatusOK, codes)
}

func (s *Room) removeOwn(w http.ResponseWriter, r *http.Request) error {
	p, ok, err := s.checked(w, r)
	if err != nil || !ok {
		return err
	}
	return s.remove(w, r, rest.Caller(r).User.ID, p.Text("method"))
}

// removeCredentials is for methods that have several, which none here has.
func (s *Room) removeCredentials(w http.ResponseWriter, r *http.Request) error {
	_, ok, err := s.checked(w, r)
	if err != nil || !ok {
		return err
	}
	return rest.Invalid("method", "The two-factor authentication method is not enabled.")
}

// challenge is what a browser has to be given before it can prove some methods: nothing for codes.
func (s *Room) challenge(w http.ResponseWriter, r *http.Request) error {
	if err := s.known(r, r.PathValue("method")); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}
