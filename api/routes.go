package api

import (
	"postroom/api/automation"
	"postroom/api/library"
	"postroom/api/mail"
	"postroom/api/people"
	"postroom/api/rest"
	"postroom/api/system"
	"postroom/api/tickets"
)

// table is every address there is, a room at a time.
func (s *Server) table(needs Needs, people *people.Room) []*rest.Route {
	t := &rest.Table{}
	system.New(s.House, needs.Version, needs.AutoWizard, s.signin.Begin).Routes(t)
	s.signin.Routes(t)
	people.Routes(t)
	library.New(s.House).Routes(t)
	automation.New(s.House, people).Routes(t)
	mail.New(s.House, needs.Wizard).Routes(t)
	tickets.New(s.House, people).Routes(t)
	t.Handle("GET "+documentPath, rest.Public, s.serveDocument).Gives(rest.Record{{"openapi", ""}, {"paths", map[string]any{}}})
	return t.Routes
}
