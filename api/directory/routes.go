package directory

import (
	"postroom/api/rest"
	"postroom/internal/desk"
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
	s.jobs(t, "/api/v1/integration/ldap/", ldap, desk.ImportLDAP, "ldap_config")
}

// jobs are the addresses of readings of one kind.
func (s *Room) jobs(t *rest.Table, base string, who rest.Access, name, payload string) {
	job := rest.AnyOf{jobRecord(desk.ImportJob{}), rest.Record{}}
	begun := rest.Record{{"result", ""}}
	for path, dryRun := range map[string]bool{"job_try": true, "job_start": false} {
		t.Handle("GET "+base+path, who, s.showJob(name, dryRun)).Asks("finished").Gives(job)
		t.Handle("POST "+base+path, who, s.beginJob(name, dryRun, payload)).Takes(rest.Record{{payload, map[string]any{}}}).Gives(begun)
	}
}
