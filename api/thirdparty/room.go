// Package thirdparty lets people sign in by accounts that they have elsewhere.
//
// A browser is sent to an identity provider and comes back with the provider's word who it is. What
// comes of it is a session: of the user to whom the account is linked, of one with the same mail
// address, or of a new one, as settings allow.
package thirdparty

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/idp"
)

// Door opens sessions.
type Door interface {
	// BeginBy opens one for whom a provider vouches.
	BeginBy(w http.ResponseWriter, r *http.Request, user desk.UserID, provider, session string) error
}

// Room answers requests of browsers on their way to identity providers and back.
type Room struct {
	*rest.House
	door   Door
	places idp.Places
	client *http.Client
}

// New returns a Room of a house, which reaches providers where the house lets it.
func New(house *rest.House, door Door, places idp.Places) *Room {
	if places == (idp.Places{}) {
		places = idp.Public()
	}
	return &Room{House: house, door: door, places: places, client: house.Egress.Client(egress.Options{})}
}

// visit is one request about a provider that is switched on.
type visit struct {
	name     string
	catalog  *desk.Catalog
	stored   map[string]any // what an administrator stored of the provider
	provider idp.Provider
	callback string
}

// visit finds the provider of the path, or desk.ErrNotFound for one that is not switched on.
func (s *Room) visit(r *http.Request) (visit, error) {
	v := visit{name: r.PathValue("provider")}
	var err error
	if v.catalog, err = s.Catalog(r); err != nil {
		return v, err
	}
	if v.stored, err = configured(v.catalog, v.name); err != nil {
		return v, err
	}
	v.callback = s.callback(v.catalog, v.name)
	v.provider, err = idp.Open(v.name, v.stored, s.places, s.client)
	return v, err
}

// configured is what an administrator stored of a provider that is switched on.
func configured(c *desk.Catalog, name string) (map[string]any, error) {
	if !slices.Contains(idp.Names, name) || !c.Settings.Bool("auth_"+name) {
		return nil, desk.ErrNotFound
	}
	stored := map[string]any{}
	c.Settings.Into("auth_"+name+"_credentials", &stored)
	return stored, nil
}

// callback is where browsers come back to.
func (s *Room) callback(c *desk.Catalog, provider string) string {
	return c.Settings.String("http_type") + "://" + c.Settings.String("fqdn") + "/auth/" + provider + "/callback"
}

// failed answers a browser that comes back without anybody's word. What exactly was wrong is for the log.
func (s *Room) failed(ctx context.Context, provider string, err error) error {
	invalid, isInvalid := errors.AsType[*desk.InvalidError](err)
	switch {
	case ctx.Err() != nil, errors.Is(err, desk.ErrUnavailable):
		return err
	case isInvalid:
		return rest.Forbidden("Message from " + provider + ": " + invalid.Reason)
	}
	s.Log.WarnContext(ctx, "identity provider does not vouch", "provider", provider, "error", err)
	return rest.Forbidden("Message from " + provider + ": invalid_credentials")
}
