package signin

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// Recognise returns who is let in by the badge in the cookie of a session, or else by the value of an
// Authorization header; nil: nobody is. It is for connections that outlive a request: they ask again
// and again, so that who is signed out is nobody there, too.
func (s *Room) Recognise(ctx context.Context, badge, authorization string) (*desk.Caller, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	if badge != "" {
		r.AddCookie(&http.Cookie{Name: s.badges(catalog).cookieName(), Value: badge})
	} else {
		r.Header.Set("Authorization", authorization)
	}
	v, err := s.identify(r, catalog)
	if _, refused := errors.AsType[*rest.AnswerError](err); refused {
		return nil, nil
	}
	return v.who, err
}
