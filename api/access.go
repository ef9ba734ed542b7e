package api

import (
	"net/http"

	"postroom/api/rest"
)

// serve checks a route's access and has it answered.
func (s *Server) serve(r *rest.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Body = http.MaxBytesReader(w, req.Body, rest.MaxLargeBody)
		req, err := s.signin.Admit(w, req, r.Access)
		if err == nil {
			err = r.Handle(w, req)
		}
		if err != nil {
			s.Fail(w, req, err)
		}
	})
}
