package api

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"postroom/api/rest"
)

// outermost is around everything: it names the request, catches panics and answers what needs no
// route.
func (s *Server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", requestID(r))
		w.Header().Set("X-Content-Type-Options", "nosniff")
		defer func() {
			if cause := recover(); cause != nil {
				s.panicked(w, r, cause)
			}
		}()
		if r.Method == http.MethodOptions {
			rest.AllowOtherOrigins(w.Header())
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusOK)
			return
		}
		if path := plainPath(r.URL.Path); path != r.URL.Path {
			r = rest.WithPath(r, path)
		}
		next.ServeHTTP(w, r)
	})
}

// panicked answers for a handler that broke. http.ErrAbortHandler is no accident.
func (s *Server) panicked(w http.ResponseWriter, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	s.Fail(w, r, &rest.PanicError{Cause: fmt.Sprint(cause), Stack: string(debug.Stack())})
}

// plainPath takes away what a client may append to a path: a slash, the wish for JSON. Slashes that are
// doubled, as where an address that ends with one was put in front of a path, are one: redirected, a
// POST would come back as a GET.
func plainPath(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	if !strings.HasPrefix(path, "/api/") || path == documentPath {
		return path
	}
	return strings.TrimSuffix(strings.TrimRight(path, "/"), ".json")
}

// requestID keeps the id a proxy gave the request, if it is one, or makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	usable := func(c rune) bool {
		return c == '-' || c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	if id != "" && len(id) <= 255 && strings.IndexFunc(id, func(c rune) bool { return !usable(c) }) < 0 {
		return id
	}
	return rest.RandomText(16)
}

// noRoute answers for everything that is not in the table.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request) {
	s.Fail(w, r, &rest.AnswerError{Status: http.StatusNotFound, Text: "No route matches [" + r.Method + "] " + rest.SentPath(r)})
}
