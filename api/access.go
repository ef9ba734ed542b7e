package api

import (
	"context"
	"net/http"

	"postroom/internal/desk"
)

// route is one row of the table: what is asked, who may ask, who answers.
type route struct {
	pattern string
	access  access
	handle  handler
}

// access says who may call a route.
type access struct {
	public bool     // anybody, without being known
	anyOf  []string // permissions; none: whoever is signed in
	// instead is another way in: what it lets pass needs no login.
	instead func(s *Server, r *http.Request) bool
}

var (
	public = access{public: true}
	login  = access{}
)

// needs lets those pass who hold any of the permissions.
func needs(anyOf ...string) access { return access{anyOf: anyOf} }

func (a access) or(instead func(*Server, *http.Request) bool) access {
	a.instead = instead
	return a
}

// serve checks a route's access and has it answered.
func (s *Server) serve(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Body = http.MaxBytesReader(w, req.Body, maxLargeBody)
		req, err := s.admit(w, req, r.access)
		if err == nil {
			err = r.handle(w, req)
		}
		if err != nil {
			s.fail(w, req, err)
		}
	})
}

// admit finds out who calls and whether they may. It returns the request with its caller, also
// beside an error.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, a access) (*http.Request, error) {
	if a.public || a.instead != nil && a.instead(s, r) {
		return r, nil
	}
	if r.Header.Get("Authorization") != "" {
		allowOtherOrigins(w.Header())
	}
	who, err := s.authenticate(r)
	if err != nil {
		return r, err
	}
	r = r.WithContext(context.WithValue(r.Context(), callerKey, who))
	return r, permitted(who, a.anyOf)
}

func permitted(who *desk.Caller, anyOf []string) error {
	switch {
	case len(anyOf) == 0 || who.Can(anyOf...):
		return nil
	case who.UserCan(anyOf...):
		return &answerError{status: http.StatusForbidden, text: "Token authorization failed."}
	}
	return &answerError{status: http.StatusForbidden, text: "User authorization failed."}
}
