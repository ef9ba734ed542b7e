package api

import "net/http"

// router sends each request to its row of the table: first among those rows that are to be looked
// at before others.
func (s *Server) router() http.Handler {
	ahead, all := http.NewServeMux(), http.NewServeMux()
	for _, r := range s.routes {
		if r.Ahead {
			ahead.Handle(r.Pattern, s.serve(r))
		} else {
			all.Handle(r.Pattern, s.serve(r))
		}
	}
	all.HandleFunc("/", s.noRoute)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := ahead.Handler(r); pattern != "" {
			ahead.ServeHTTP(w, r)
			return
		}
		all.ServeHTTP(w, r)
	})
}
