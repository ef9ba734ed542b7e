package signin

import "postroom/api/rest"

// signinRoutes are the addresses of access tokens.
func (s *Room) Routes(t *rest.Table) {
	// peopleRoutes are the addresses of users and their tokens.
	tokens := rest.Needs("user_preferences.access_token")
	t.Handle("GET /api/v1/user_access_token", tokens, s.listTokens)
	t.Handle("POST /api/v1/user_access_token", tokens, s.createToken)
	t.Handle("DELETE /api/v1/user_access_token/{id}", tokens, s.deleteToken)
}
