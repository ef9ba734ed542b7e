package signin

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store/signin"
)

// tokenRecord shows a token; its last day is told where the installation is.
func tokenRecord(t signin.Token, zone *time.Location) rest.Record {
	if t.ExpiresAt != nil {
		there := t.ExpiresAt.In(zone)
		t.ExpiresAt = &there
	}
	return rest.Record{
		{"id", t.ID}, {"user_id", t.UserID}, {"name", t.Name}, {"label", t.Name}, {"action", t.Action},
		{"preferences", t.Preferences}, {"last_used_at", t.LastUsedAt}, {"expires_at", rest.Date(t.ExpiresAt)},
		{"created_at", t.CreatedAt}, {"updated_at", t.UpdatedAt},
	}
}

// listTokens shows the caller's tokens, and which permissions a new one can have.
func (s *Room) listTokens(w http.ResponseWriter, r *http.Request) error {
	who := rest.Caller(r)
	tokens, err := s.Store.Tokens(r.Context(), who.User.ID)
	if err != nil {
		return err
	}
	all, err := s.Store.Permissions(r.Context())
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	shown := make([]rest.Record, len(tokens))
	for i, token := range tokens {
		shown[i] = tokenRecord(token, catalog.Settings.Zone())
	}
	return rest.Reply(w, r, rest.Record{{"tokens", shown}, {"permissions", grantable(who, all)}})
}

// grantable are the permissions that a token of somebody can have, by name: those held, what lies
// below them, and above them, marked as headings, the parents.
func grantable(who *desk.Caller, all map[desk.PermissionID]desk.Permission) []rest.Record {
	var sorted []desk.Permission
	for _, p := range all {
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, func(a, b desk.Permission) int { return cmp.Compare(a.Name, b.Name) })
	records := []rest.Record{}
	for _, p := range sorted {
		held := p.Active && who.UserCan(p.Name)
		if !held && !(p.Active && !strings.Contains(p.Name, ".") && who.UserCan(p.Name+".*")) {
			continue
		}
		preferences := p.Preferences
		if !held {
			preferences = map[string]any{"disabled": true}
		}
		records = append(records, rest.Record{
			{"id", p.ID}, {"name", p.Name}, {"label", p.Label}, {"description", p.Description}, {"note", p.Description},
			{"preferences", preferences}, {"active", p.Active}, {"allow_signup", p.AllowSignup},
			{"created_at", p.CreatedAt}, {"updated_at", p.UpdatedAt},
		})
	}
	return records
}

// createToken makes a token. It may hold no permission that its owner lacks; nor, asked for with
// another token, one that this other lacks, or a limited token would be as good as any.
func (s *Room) createToken(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if !catalog.Settings.Bool("api_token_access") {
		return rest.Invalid("token", "API token access disabled!")
	}
	name := strings.TrimSpace(cmp.Or(p.Text("name"), p.Text("label")))
	if name == "" {
		return rest.Invalid("name", "The required parameter 'name' is missing.")
	}
	who := rest.Caller(r)
	permissions, err := tokenPermissions(p, who)
	if err != nil {
		return err
	}
	expires, err := expiry(p, catalog)
	if err != nil {
		return err
	}
	token := credential.NewToken()
	if err := s.Store.AddToken(r.Context(), who.User.ID, rest.Cut(name, 255), permissions, credential.HashToken(token), expires); err != nil {
		return err
	}
	return rest.WriteSecret(w, http.StatusOK, rest.Record{{"token", token}})
}

func tokenPermissions(p rest.Params, who *desk.Caller) ([]string, error) {
	permissions := []string{}
	for _, value := range p.List("permission") {
		name, isText := value.(string)
		if !isText || strings.ContainsAny(name, "*+") || !who.Can(name) {
			return nil, rest.Invalid("permission", "No permission to grant %s to a token.", rest.Literal(value))
		}
		if !slices.Contains(permissions, name) {
			permissions = append(permissions, name)
		}
	}
	return permissions, nil
}

// expiry is when a day begins, where the installation is.
func expiry(p rest.Params, c *desk.Catalog) (*time.Time, error) {
	var day *time.Time
	if err := p.SetDate(&day, "expires_at"); err != nil || day == nil {
		return nil, err
	}
	begins := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, c.Settings.Zone())
	return &begins, nil
}

func (s *Room) deleteToken(w http.ResponseWriter, r *http.Request) error {
	unknown := rest.Invalid("id", "The API token could not be found.")
	id, err := rest.PathID[desk.TokenID](r, "id", "Token")
	if err != nil {
		return unknown
	}
	err = s.Store.DeleteToken(r.Context(), rest.Caller(r).User.ID, id)
	if errors.Is(err, desk.ErrNotFound) {
		return unknown
	}
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.Deleted(w)
}
