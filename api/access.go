package api

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// serve checks a route's access and has it answered.
func (s *Server) serve(r *rest.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Body = http.MaxBytesReader(w, req.Body, rest.MaxLargeBody)
		req, err := s.admit(w, req, r.Access)
		if err == nil {
			err = r.Handle(w, req)
		}
		if err != nil {
			s.Fail(w, req, err)
		}
	})
}

// admit finds out who calls and whether they may. It returns the request with its caller, also
// beside an error.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, a rest.Access) (*http.Request, error) {
	if a.Public || a.Instead != nil && a.Instead(r) {
		return r, nil
	}
	if r.Header.Get("Authorization") != "" {
		allowOtherOrigins(w.Header())
	}
	who, err := s.signin.Authenticate(r)
	if err != nil {
		return r, err
	}
	r = rest.WithCaller(r, who)
	return r, permitted(who, a.AnyOf)
}

func permitted(who *desk.Caller, anyOf []string) error {
	switch {
	case len(anyOf) == 0 || who.Can(anyOf...):
		return nil
	case who.UserCan(anyOf...):
		return &rest.AnswerError{Status: http.StatusForbidden, Text: "Token authorization failed."}
	}
	return &rest.AnswerError{Status: http.StatusForbidden, Text: "User authorization failed."}
}
