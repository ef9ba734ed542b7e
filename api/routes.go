package api

// routes is every address there is: what is asked for, who may ask (any of the permissions), and
// who answers. Access is checked before a handler runs. Finer rules, such as which tickets
// somebody sees, are the handlers' own.
func (s *Server) routes() []route {
	return append(s.ticketRoutes(), []route{
		{"GET /api/v1/version", needs("admin"), s.showVersion},
		{"GET /api/v1/users/me", login, s.showMe},
	}...)
}
