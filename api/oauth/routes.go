package oauth

import (
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// Routes are the addresses of applications, of pages for people, and of those for programs.
func (s *Room) Routes(t *rest.Table) {
	admins := rest.Needs("admin.api")
	application := rest.Model{Name: "Application", Value: applicationRecord(identity.Application{})}
	list := rest.AnyOf{[]any{application}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}}}
	body := rest.Record{{"name", ""}, {"redirect_uri", ""}, {"scopes", ""}, {"confidential", true}}
	t.Handle("GET /api/v1/applications", admins, s.listApplications).Asks("full").Gives(list)
	t.Handle("GET /api/v1/applications/{id}", admins, s.getApplication).Gives(application)
	t.Handle("POST /api/v1/applications", admins, s.createApplication).Takes(body).Gives(application)
	t.Handle("PUT /api/v1/applications/{id}", admins, s.updateApplication).Takes(body).Gives(application)
	t.Handle("DELETE /api/v1/applications/{id}", admins, s.deleteApplication)
	t.Handle("POST /api/v1/applications/token", admins, s.createToken).Takes(rest.Record{{"id", int64(0)}}).Gives(rest.Record{{"token", ""}})

	const page = "text/html; charset=utf-8"
	question := []string{"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"}
	t.Handle("GET /oauth/authorize", rest.Known, s.askConsent).Asks(question...).GivesFile(page)
	t.Handle("POST /oauth/authorize", rest.Known, s.takeConsent).Asks(question...).GivesFile(page)
	t.Handle("DELETE /oauth/authorize", rest.Known, s.takeRefusal).Asks(question...).GivesFile(page)
	t.Handle("GET /oauth/authorize/native", rest.Known, s.showCode).Asks("code").GivesFile(page)
	t.Handle("POST /oauth/sign_in", rest.Public, s.takeSignIn).GivesFile(page)

	client := rest.Record{{"client_id", ""}, {"client_secret", ""}}
	t.Handle("POST /oauth/token", rest.Webhook, s.giveToken).
		Takes(append(client, rest.Record{{"grant_type", ""}, {"code", ""}, {"redirect_uri", ""}, {"code_verifier", ""}, {"refresh_token", ""}, {"scope", ""}}...)).
		Gives(rest.Record{{"access_token", ""}, {"token_type", ""}, {"expires_in", 0}, {"refresh_token", ""}, {"scope", ""}, {"created_at", 0}})
	t.Handle("POST /oauth/revoke", rest.Webhook, s.revokeToken).Takes(append(client, rest.Record{{"token", ""}, {"token_type_hint", ""}}...))
	t.Handle("POST /oauth/introspect", rest.Webhook, s.introspect).Takes(append(client, rest.Record{{"token", ""}}...)).
		Gives(rest.Record{{"active", true}, {"scope", ""}, {"client_id", ""}, {"token_type", ""}, {"exp", 0}, {"iat", 0}})
	t.Handle("GET /oauth/token/info", rest.Webhook, s.showToken).Gives(rest.Record{
		{"resource_owner_id", (*desk.UserID)(nil)}, {"scope", []string{}}, {"expires_in", (*int)(nil)}, {"application", rest.Record{{"uid", ""}}}, {"created_at", 0},
	})
}
