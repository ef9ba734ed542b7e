package people

import "postroom/api/rest"

// Routes are the addresses of users, organizations, groups and roles.
func (s *Room) Routes(t *rest.Table) {
	users := s.UserView(rest.Anybody)
	people := rest.Needs("ticket.agent", "admin.user")
	t.Handle("GET /api/v1/users/me", rest.Login, s.showMe).Asks("expand", "full").GivesOf(users.OneSample)
	t.Handle("GET /api/v1/users/search", people, s.searchUsers).Asks(append([]string{"role_ids", "permissions", "group_ids"}, rest.SearchQuery...)...).GivesOf(users.FoundSample)
	t.Handle("POST /api/v1/users/search", people, s.searchUsers).Takes(rest.SearchBody).GivesOf(users.FoundSample)
	t.Handle("GET /api/v1/users", rest.Login, s.listUsers).Asks(rest.ListQuery...).GivesOf(users.ListSample)
	t.Handle("GET /api/v1/users/{id}", rest.Login, s.getUser).Asks("expand", "full").GivesOf(users.OneSample)
	t.Handle("PUT /api/v1/users/{id}", people, s.updateUser).TakesOf(users.BodySample).GivesOf(users.OneSample)
	t.Handle("DELETE /api/v1/users/{id}", rest.Needs("admin.user"), s.deleteUser)
	t.Handle("PUT /api/v1/users/unlock/{id}", rest.Needs("admin.user"), s.unlockUser).Gives(rest.Record{{"message", ""}})
	t.Handle("GET /api/v1/users/history/{id}", people, s.showUserHistory).Gives(rest.HistorySample)
	t.Handle("GET /api/v1/organizations/history/{id}", rest.Needs("ticket.agent", "admin.organization"), s.showOrganizationHistory).Gives(rest.HistorySample)
	everybodyAnd := func(permission string) rest.Access { return rest.Needs("ticket.agent", permission, "ticket.customer") }
	s.organizations().Routes(t, "organizations", rest.Login, rest.Needs("ticket.agent", "admin.organization"))
	s.groups().Routes(t, "groups", everybodyAnd("admin.group"), rest.Needs("admin.group"))
	s.roles().Routes(t, "roles", everybodyAnd("admin.role"), rest.Needs("admin.role"))
	s.organizationImport().Routes(t, "organizations", rest.Needs("admin.organization"), rest.Needs("admin.user"))
	s.userImport().Routes(t, "users", rest.Needs("admin.user"), rest.Needs("admin.user"))
}
