package rest

import "net/http"

// Table is every address there is: what is asked for, who may ask, who answers.
type Table struct{ Routes []Route }

// Route is one row of the table. Its access is checked before its handler runs. Finer rules, such
// as which tickets somebody sees, are the handlers' own.
type Route struct {
	Pattern string // of http.ServeMux
	Access  Access
	Handle  Handler
}

func (t *Table) Handle(pattern string, who Access, answer Handler) {
	t.Routes = append(t.Routes, Route{pattern, who, answer})
}

// Access says who may call a route.
type Access struct {
	Public bool     // anybody, without being known
	AnyOf  []string // permissions; none: whoever is signed in
	// Instead is another way in: what it lets pass needs no login.
	Instead func(r *http.Request) bool
}

var (
	Public = Access{Public: true}
	Login  = Access{}
)

// Needs lets those pass who hold any of the permissions.
func Needs(anyOf ...string) Access { return Access{AnyOf: anyOf} }

func (a Access) Or(instead func(*http.Request) bool) Access {
	a.Instead = instead
	return a
}
