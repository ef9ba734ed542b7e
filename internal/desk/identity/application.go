package identity

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Application is a program of others that may act for people who let it (OAuth 2).
type Application struct {
	ID           ApplicationID
	Name         string
	UID          string // client_id
	Secret       string // client_secret
	RedirectURI  string // addresses that may be told a code, one per line
	Scopes       string
	Confidential bool // it can keep a secret
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// ScopeFull is the only scope: whatever the person may do.
const ScopeFull = "full"

// ShowCode stands for a redirect URI where nobody can be redirected to: the code is shown instead.
const ShowCode = "urn:ietf:wg:oauth:2.0:oob"

// forbiddenSchemes would run in the page that redirects.
var forbiddenSchemes = []string{"javascript", "vbscript", "data", "file", "blob", "about"}

// Validate refuses an application that can't be used.
func (a Application) Validate() error {
	if a.Name == "" {
		return &desk.InvalidError{Field: "name", Reason: "Name can't be blank"}
	}
	for scope := range strings.FieldsSeq(a.Scopes) {
		if scope != ScopeFull {
			return &desk.InvalidError{Field: "scopes", Reason: "Scopes doesn't match configured on the server."}
		}
	}
	addresses := strings.Fields(a.RedirectURI)
	if len(addresses) == 0 {
		return &desk.InvalidError{Field: "redirect_uri", Reason: "Redirect URI can't be blank"}
	}
	for _, address := range addresses {
		if why := refusedRedirect(address); why != "" {
			return &desk.InvalidError{Field: "redirect_uri", Reason: "Redirect URI " + why}
		}
	}
	return nil
}

// refusedRedirect says why a code may not go to an address; empty: it may.
func refusedRedirect(address string) string {
	if address == ShowCode {
		return ""
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "must be a valid URI."
	case strings.Contains(address, "#"):
		return "cannot contain a fragment."
	case slices.Contains(forbiddenSchemes, strings.ToLower(u.Scheme)):
		return "is forbidden by the server."
	case u.Scheme == "" || u.Opaque != "" || u.Host == "" && u.Path == "":
		return "must be an absolute URI."
	case u.Scheme == "http" && !isLocal(u):
		return "must be an HTTPS/SSL URI."
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() == "" || u.User != nil:
		return "must be an absolute URI."
	}
	return ""
}

// isLocal reports whether an address is on the machine of whoever opens it.
func isLocal(u *url.URL) bool {
	return u.Hostname() == "localhost" || loopback(u)
}

func loopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// MayRedirectTo reports whether a code may go to an address: to exactly one that was registered, but
// to any port of a loopback address, as programs on somebody's desk get their ports by chance (RFC
// 8252, 7.3).
func (a Application) MayRedirectTo(address string) bool {
	return slices.ContainsFunc(strings.Fields(a.RedirectURI), func(registered string) bool {
		return registered == address || sameButPort(registered, address)
	})
}

func sameButPort(registered, address string) bool {
	a, errA := url.Parse(registered)
	b, errB := url.Parse(address)
	if errA != nil || errB != nil || !loopback(a) || !loopback(b) || a.Hostname() != b.Hostname() {
		return false
	}
	a.Host, b.Host = a.Hostname(), b.Hostname()
	return a.String() == b.String()
}
