package twofactor

import "postroom/api/rest"

// Routes are the addresses of second factors: the own ones, and those of others.
func (s *Room) Routes(t *rest.Table) {
	own := rest.Needs("user_preferences.two_factor_authentication")
	admins := rest.Needs("admin.user")
	methods := []any{methodRecord("", false)}
	asks := rest.Record{{"method", ""}, {"token", ""}}
	configuration := rest.Record{{"configuration", rest.Record{}}}
	const mine, others = "/api/v1/users/two_factor/", "/api/v1/users/{id}/admin_two_factor/"

	t.Handle("GET "+mine+"personal_configuration", own, s.showOwn).
		Gives(rest.Record{{"enabled_authentication_methods", methods}, {"recovery_codes_exist", false}})
	t.Handle("POST "+mine+"enabled_authentication_methods", own, s.listOwn).Gives(methods)
	t.Handle("POST "+mine+"authentication_method_initiate_configuration/{method}", own, s.begin).Takes(asks).Gives(configuration)
	t.Handle("POST "+mine+"authentication_method_configuration/{method}", own, s.showConfiguration).Takes(asks).Gives(configuration)
	t.Handle("POST "+mine+"verify_configuration", own, s.verify).
		Takes(append(asks, rest.Record{{"payload", ""}, {"configuration", rest.Record{{"secret", ""}}}}...)).
		Gives(rest.Record{{"verified", false}, {"recovery_codes", []string{}}})
	t.Handle("POST "+mine+"default_authentication_method", own, s.setDefault).Takes(asks)
	t.Handle("POST "+mine+"recovery_codes_generate", own, s.renewRecoveryCodes).Takes(asks).Gives(rest.AnyOf{[]string{}, rest.Record{}})
	t.Handle("DELETE "+mine+"remove_authentication_method", own, s.removeOwn).Takes(asks)
	t.Handle("DELETE "+mine+"authentication_remove_credentials/{method}", own, s.removeCredentials).Takes(asks)
	t.Handle("POST /api/v1/auth/two_factor_initiate_authentication/{method}", rest.Public, s.challenge)

	t.Handle("GET "+others+"enabled_authentication_methods", admins, s.listOfOther).Gives(methods)
	t.Handle("DELETE "+others+"remove_authentication_method", admins, s.removeOfOther).Takes(asks)
	t.Handle("DELETE "+others+"remove_all_authentication_methods", admins, s.removeAllOfOther)
}
