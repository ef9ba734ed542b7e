package api

import (
	"net/http"

	"postroom/api/live"
)

// atOnce lets so many requests be answered at once; others wait for their turn. 0: no limit.
func atOnce(limit int, next http.Handler) http.Handler {
	if limit <= 0 {
		return next
	}
	turns := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
			next.ServeHTTP(w, r)
		case <-r.Context().Done(): // the client has gone
		}
	})
}

// beside leads connections that stay open past all others: they would take every turn there is.
func beside(sockets, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == live.Path {
			sockets.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
