package rest

import (
	"context"
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

type contextKey int

const (
	callerKey contextKey = iota
	sessionKey
	sentPathKey
)

// Caller is who makes the request. Behind a route that asks for a login or a permission there
// always is one; behind a public one nobody is known, and it is nil; behind Known it depends.
func Caller(r *http.Request) *desk.Caller {
	c, _ := r.Context().Value(callerKey).(*desk.Caller)
	return c
}

// SentPath is the path as the client sent it.
func SentPath(r *http.Request) string {
	if path, ok := r.Context().Value(sentPathKey).(string); ok {
		return path
	}
	return r.URL.Path
}

// WithCaller returns the request with who makes it.
func WithCaller(r *http.Request, who *desk.Caller) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), callerKey, who))
}

// Session is the session whose cookie the request came with; nil: whoever makes it proved to be
// somebody in another way, or not at all.
func Session(r *http.Request) *identity.Session {
	s, _ := r.Context().Value(sessionKey).(*identity.Session)
	return s
}

// WithSession returns the request with its session.
func WithSession(r *http.Request, s *identity.Session) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), sessionKey, s))
}

// WithPath returns the request with a plainer path; what the client sent is kept for its eyes.
func WithPath(r *http.Request, path string) *http.Request {
	plain := r.Clone(context.WithValue(r.Context(), sentPathKey, r.URL.Path))
	plain.URL.Path, plain.URL.RawPath = path, ""
	return plain
}
