// Package importer lets whoever sets an installation up take another helpdesk over.
package importer

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/importer"
)

// Room answers requests about imports.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }

// Routes are the addresses of each helpdesk that can be taken over.
func (s *Room) Routes(t *rest.Table) {
	for _, name := range importer.Helpdesks() {
		h, _ := importer.Find(name)
		at := "/api/v1/import/" + name + "/"
		t.Handle("POST "+at+"url_check", rest.Known, s.unlessSetUp(h, s.checkAddress)).Takes(rest.Record{{"url", ""}}).Gives(answers)
		if h.Inspects {
			t.Handle("POST "+at+"import_check", rest.Known, s.unlessSetUp(h, s.inspect)).
				Gives(rest.AnyOf{rest.Record{{"result", ""}, {"issues", []string{}}}, setUp, refused})
		} else {
			t.Handle("POST "+at+"credentials_check", rest.Known, s.unlessSetUp(h, s.checkCredentials)).
				Takes(rest.Record{{"username", ""}, {"token", ""}, {"password", ""}}).Gives(answers)
		}
		t.Handle("POST "+at+"import_start", rest.Known, s.unlessSetUp(h, s.start)).Gives(answers)
		t.Handle("GET "+at+"import_status", rest.Known, func(w http.ResponseWriter, r *http.Request) error { return s.showStatus(w, r, h) }).
			Gives(rest.AnyOf{statusSample, otrsSample, setUp, rest.Record{{"message", ""}}})
	}
}

var (
	setUp   = rest.Record{{"setup_done", true}}
	refused = rest.Record{{"result", ""}, {"message", ""}, {"message_human", ""}}
	answers = rest.AnyOf{rest.Record{{"result", ""}}, rest.Record{{"result", ""}, {"url", ""}}, refused, setUp}
)

// handler answers a request about one helpdesk.
type handler func(w http.ResponseWriter, r *http.Request, h importer.Helpdesk) error

// unlessSetUp lets anybody begin with an installation where nobody works yet, and administrators
// later, too.
func (s *Room) unlessSetUp(h importer.Helpdesk, next handler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		done, err := s.Store.IsSetUp(r.Context())
		if err != nil {
			return err
		}
		if done && !administrates(r) {
			return rest.WriteJSON(w, http.StatusOK, setUp)
		}
		return next(w, r, h)
	}
}

func administrates(r *http.Request) bool {
	who := rest.Caller(r)
	return who != nil && who.Can("admin")
}
