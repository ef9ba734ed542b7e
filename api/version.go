package api

import "net/http"

// showVersion tells which version of the API we speak; clients look at the first number.
func (s *Server) showVersion(w http.ResponseWriter, r *http.Request) error {
	return reply(w, r, record{{"version", s.Version}})
}
