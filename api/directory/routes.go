package directory

import (
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
)

// Routes are the addresses of directories.
func (s *Room) Routes(t *rest.Table) {
	ldap := rest.Needs("admin.integration.ldap")
	s.ldapSources().Routes(t, "ldap_sources", ldap, ldap)
	t.Handle("POST /api/v1/ldap_sources_prio", ldap, s.orderLDAPSources).Takes(rest.OrderBody).Gives(rest.OrderAnswer)

	failed := rest.Record{{"result", ""}, {"message", ""}}
	typed := rest.Record{{"host", ""}, {"ssl", ""}, {"ssl_verify", true}, {"base_dn", ""}, {"bind_user", ""}, {"bind_pw", ""}}
	t.Handle("POST /api/v1/integration/ldap/discover", ldap, s.discoverLDAP).Takes(typed).
		Gives(rest.AnyOf{rest.Record{{"result", ""}, {"attributes", map[string]any{}}}, failed})
	t.Handle("POST /api/v1/integration/ldap/bind", ldap, s.bindLDAP).Takes(typed).
		Gives(rest.AnyOf{rest.Record{
			{"result", ""}, {"user_filter", ""}, {"user_attributes", map[string]any{}}, {"user_uid", ""},
			{"group_filter", ""}, {"groups", map[string]any{}}, {"group_uid", ""},
		}, failed})
	s.jobs(t, "/api/v1/integration/ldap/", ldap, desk.ImportLDAP)
	s.exchangeRoutes(t, failed)
}

// exchangeRoutes are the addresses of the address book in Exchange.
func (s *Room) exchangeRoutes(t *rest.Table, failed rest.Record) {
	const base = "/api/v1/integration/exchange/"
	who := rest.Needs("admin.integration.exchange")
	typed := rest.Record{
		{"endpoint", ""}, {"user", ""}, {"password", ""}, {"auth_type", ""}, {"disable_ssl_verify", false}, {"folders", []string{}}, {"attributes", map[string]any{}},
	}
	t.Handle("GET "+base+"index", who, s.showExchange).
		Gives(rest.Record{{"assets", rest.Record{}}, {"external_credential_ids", []int64{}}, {"callback_url", ""}, {"oauth", map[string]any{}}})
	t.Handle("DELETE "+base+"oauth", who, s.forgetExchangeToken)
	t.Handle("POST "+base+"autodiscover", who, s.discoverExchange).Takes(typed).Gives(rest.AnyOf{rest.Record{{"result", ""}, {"endpoint", ""}}, failed})
	t.Handle("POST "+base+"folders", who, s.listExchangeFolders).Takes(typed).Gives(rest.AnyOf{rest.Record{{"result", ""}, {"folders", map[string]any{}}}, failed})
	t.Handle("POST "+base+"mapping", who, s.showExchangeAttributes).Takes(typed).
		Gives(rest.AnyOf{rest.Record{{"result", ""}, {"attributes", map[string]any{}}}, failed})
	s.jobs(t, base, who, desk.ImportExchange)
}

// jobs are the addresses of readings of one kind.
func (s *Room) jobs(t *rest.Table, base string, who rest.Access, name string) {
	job := rest.AnyOf{jobRecord(desk.ImportJob{}), rest.Record{}}
	begun := rest.Record{{"result", ""}}
	for path, dryRun := range map[string]bool{"job_try": true, "job_start": false} {
		t.Handle("GET "+base+path, who, s.showJob(name, dryRun)).Asks("finished").Gives(job)
		t.Handle("POST "+base+path, who, s.beginJob(name, dryRun)).Takes(rest.Record{{directorysync.PayloadKey(name), map[string]any{}}}).Gives(begun)
	}
}
