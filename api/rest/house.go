package rest

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/finder"
	"postroom/internal/live"
	"postroom/internal/store"
)

// House is what every room of the API works with.
type House struct {
	Store *store.Store
	// Finder finds by what somebody typed.
	Finder *finder.Finder
	Blobs  *blob.Store
	Log    *slog.Logger
	// Proxies are those whose word about who sent a request is taken.
	Proxies []netip.Prefix
	// Egress says where requests to addresses that somebody typed in may go.
	Egress egress.Policy
	// Live tells pages that are open what happens.
	Live *live.Hub
	// WrongPasswordTakes is how long whoever guesses a password has to wait for the answer.
	WrongPasswordTakes time.Duration
	// ForgetCallers makes this process look every caller up again.
	ForgetCallers func()
}

// Catalog returns the settings, groups, states and the like of this moment.
func (s *House) Catalog(r *http.Request) (*desk.Catalog, error) {
	return s.Store.Catalog(r.Context())
}

// Changed makes this process see at once what it just changed.
func (s *House) Changed() {
	s.ForgetCallers()
	s.Store.ForgetCatalog()
}
