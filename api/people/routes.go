package people

import "postroom/api/rest"

func (s *Room) Routes(t *rest.Table) {
	people := rest.Needs("ticket.agent", "admin.user")
	t.Handle("GET /api/v1/users/me", rest.Login, s.showMe)
	t.Handle("GET /api/v1/users/search", people, s.searchUsers)
	t.Handle("POST /api/v1/users/search", people, s.searchUsers)
	t.Handle("GET /api/v1/users", rest.Login, s.listUsers)
	t.Handle("GET /api/v1/users/{id}", rest.Login, s.getUser)
	t.Handle("POST /api/v1/users", people, s.createUser)
	t.Handle("PUT /api/v1/users/{id}", people, s.updateUser)
	t.Handle("DELETE /api/v1/users/{id}", rest.Needs("admin.user"), s.deleteUser)
	t.Handle("PUT /api/v1/users/unlock/{id}", rest.Needs("admin.user"), s.unlockUser)
	everybodyAnd := func(permission string) rest.Access { return rest.Needs("ticket.agent", permission, "ticket.customer") }
	s.organizations().Routes(t, "organizations", rest.Login, rest.Needs("ticket.agent", "admin.organization"))
	s.groups().Routes(t, "groups", everybodyAnd("admin.group"), rest.Needs("admin.group"))
	s.roles().Routes(t, "roles", everybodyAnd("admin.role"), rest.Needs("admin.role"))
}
