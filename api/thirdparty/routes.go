package thirdparty

import "postroom/api/rest"

// Routes are the addresses of signing in by accounts elsewhere. Those that browsers come back to know
// no CSRF token: what came along from the provider proves that they were sent.
func (s *Room) Routes(t *rest.Table) {
	const page = "text/html"
	t.Handle("GET /auth/{provider}", rest.Public, s.begin).GivesFile(page)
	t.Handle("POST /auth/{provider}", rest.Known, s.begin).GivesFile(page)
	t.Handle("GET /auth/{provider}/callback", rest.Webhook, s.finish).GivesFile(page)
	t.Handle("POST /auth/{provider}/callback", rest.Webhook, s.finish).GivesFile(page)
	t.Handle("DELETE /auth/{provider}/callback", rest.Webhook, s.finish).GivesFile(page)
	t.Handle("GET /auth/failure", rest.Webhook, s.showFailure).Asks("strategy", "message").GivesFile(page)
	t.Handle("POST /auth/failure", rest.Webhook, s.showFailure).GivesFile(page)
	t.Handle("GET /auth/saml/metadata", rest.Webhook, s.showMetadata).GivesFile("application/samlmetadata+xml")
	t.Handle("POST /auth/openid_connect/backchannel_logout", rest.Webhook, s.signOut).Takes(rest.Record{{"logout_token", ""}})
	t.Handle("DELETE /auth/openid_connect/backchannel_logout", rest.Webhook, s.signOut).Takes(rest.Record{{"logout_token", ""}})
}
