package rest

import (
	"context"
	"net/http"

	"postroom/internal/desk"
)

// Table is every address there is: what is asked for, who may ask, who answers.
type Table struct{ Routes []*Route }

// Route is one row of the table. Its access is checked before its handler runs. Finer rules, such
// as which tickets somebody sees, are the handlers' own.
type Route struct {
	Pattern string // of http.ServeMux
	Access  Access
	Handle  Handler
	Doc     Doc
	Ahead   bool // see First
}

// Doc is what the OpenAPI document says of a route that its pattern and access don't.
type Doc struct {
	Query  []string // parameters besides those in the path
	Body   Sample   // what it takes; nil: nothing
	Answer Sample   // what it gives; nil: an empty object
	Status int      // of a success; 0: 200
	Media  string   // of an answer that is no JSON
}

// Sample makes a value of the shape that goes over the wire: see SchemaOf.
type Sample func(ctx context.Context) (any, error)

// Handle adds a row. What it returns takes what else is to be documented of it.
func (t *Table) Handle(pattern string, who Access, answer Handler) *Route {
	r := &Route{Pattern: pattern, Access: who, Handle: answer}
	t.Routes = append(t.Routes, r)
	return r
}

// First lets a row be looked at before others. It is for addresses that have a word where another
// row has a placeholder and a placeholder where that has a word: ServeMux can't tell which is meant.
func (r *Route) First() *Route { r.Ahead = true; return r }

// Asks names the parameters of the query.
func (r *Route) Asks(names ...string) *Route { r.Doc.Query = names; return r }

// Takes says what a body holds, by a value of the type of each field.
func (r *Route) Takes(body Record) *Route { r.Doc.Body = This(body); return r }

// TakesOf is Takes for a shape that has to be worked out.
func (r *Route) TakesOf(body Sample) *Route { r.Doc.Body = body; return r }

// Gives says what the answer looks like, see SchemaOf.
func (r *Route) Gives(answer any) *Route { return r.GivesOf(This(answer)) }

// Creates is Gives for an answer with status 201.
func (r *Route) Creates(answer any) *Route { r.Doc.Status = http.StatusCreated; return r.Gives(answer) }

// GivesOf is Gives for a shape that has to be worked out, such as that of a View.
func (r *Route) GivesOf(answer Sample) *Route { r.Doc.Answer = answer; return r }

// CreatesOf is GivesOf for an answer with status 201.
func (r *Route) CreatesOf(answer Sample) *Route {
	r.Doc.Status = http.StatusCreated
	return r.GivesOf(answer)
}

// GivesFile says that the answer is no JSON but bytes of a media type.
func (r *Route) GivesFile(media string) *Route { r.Doc.Media = media; return r }

// This is the sample that is at hand.
func This(value any) Sample { return func(context.Context) (any, error) { return value, nil } }

// Access says who may call a route.
type Access struct {
	Public   bool     // anybody, without being known
	Optional bool     // beside Public: who is signed in is known all the same
	AnyOf    []string // permissions; none: whoever is signed in
	// Unguarded is for what programs of others call and what does no harm: no CSRF token is asked for.
	Unguarded bool
	// Prompt makes programs that were let in nowhere yet ask their user for name and password.
	Prompt bool
	// Instead is another way in: what it lets pass needs no login.
	Instead func(r *http.Request) bool
}

// Who may call a route whatever they may do otherwise.
var (
	Public  = Access{Public: true}                  // anybody; what changes something needs a CSRF token
	Known   = Access{Public: true, Optional: true}  // the same, but who is signed in is known
	Webhook = Access{Public: true, Unguarded: true} // anybody; for programs, which know no CSRF token
	Login   = Access{}                              // whoever is signed in
)

// Needs lets those pass who hold any of the permissions.
func Needs(anyOf ...string) Access { return Access{AnyOf: anyOf} }

// Or lets those pass too for whom instead is true.
func (a Access) Or(instead func(*http.Request) bool) Access {
	a.Instead = instead
	return a
}

// Permitted refuses who holds none of the permissions. Clients tell by the text whether it is the
// token that lacks them.
func Permitted(who *desk.Caller, anyOf []string) error {
	switch {
	case len(anyOf) == 0 || who.Can(anyOf...):
		return nil
	case who.UserCan(anyOf...):
		return Forbidden("Token authorization failed.")
	}
	return Forbidden("User authorization failed.")
}
