package api

import "time"

// Patterns are the patterns of the table of routes.
func (s *Server) Patterns() []string {
	var patterns []string
	for _, r := range s.routes {
		patterns = append(patterns, r.Pattern)
	}
	return patterns
}

// AtTime lets the server believe in another time where tokens end.
func (s *Server) AtTime(now func() time.Time) { s.signin.AtTime(now) }
