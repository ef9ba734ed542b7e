package signin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// onBehalf lets administrators of users act as somebody else, named by a header. From then on
// everything is that person's; the limits of the token used don't apply any more.
func (s *Room) onBehalf(r *http.Request, who *desk.Caller) (*desk.Caller, error) {
	value := r.Header.Get("From")
	if value == "" {
		value = r.Header.Get("X-On-Behalf-Of")
	}
	if value == "" {
		return who, nil
	}
	if !who.UserCan("admin.user") {
		return nil, rest.Forbidden("Current user has no permission to use 'From'/'X-On-Behalf-Of'!")
	}
	name := strings.ToLower(strings.TrimSpace(value))
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		other, err := s.Store.CallerByID(r.Context(), desk.UserID(id))
		if err == nil || !errors.Is(err, desk.ErrNotFound) {
			return &other, err
		}
	}
	unknown := rest.Forbidden("No such user '" + value + "'")
	if !storable(name) {
		return nil, unknown
	}
	other, err := s.Store.CredentialsByName(r.Context(), name)
	if errors.Is(err, desk.ErrNotFound) {
		return nil, unknown
	}
	return &other.Caller, err
}

// storable reports whether PostgreSQL can be asked for a text.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.Contains(text, "\x00")
}
