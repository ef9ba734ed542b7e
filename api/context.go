package api

import (
	"net/http"

	"postroom/internal/desk"
)

type contextKey int

const (
	callerKey contextKey = iota
	sentPathKey
)

// caller is who makes the request. Behind a route that asks for a login or a permission there
// always is one; behind a public one nobody is known, and it is nil.
func caller(r *http.Request) *desk.Caller {
	c, _ := r.Context().Value(callerKey).(*desk.Caller)
	return c
}

// sentPath is the path as the client sent it.
func sentPath(r *http.Request) string {
	if path, ok := r.Context().Value(sentPathKey).(string); ok {
		return path
	}
	return r.URL.Path
}
