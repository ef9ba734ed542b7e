package directory_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"

	"postroom/internal/desk"
	"postroom/internal/devstack/ldapserver"
	"postroom/internal/directorysync"
	"postroom/internal/egress"
	"postroom/internal/store/imports"
	"postroom/jobs/directory"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

const people = `dn: uid=nina,dc=example,dc=org
objectClass: inetOrgPerson
uid: nina
cn: Nina
sn: Mueller
givenName: Nina
mail: Nina@example.org
telephoneNumber: +49 30 1
userPassword: password of nina

dn: uid=omar,dc=example,dc=org
objectClass: inetOrgPerson
uid: omar
cn: Omar
sn: Adams
mail: customer@example.org

dn: uid=broken,dc=example,dc=org
objectClass: inetOrgPerson
uid: broken
cn: Broken
sn: Broken
mail: no address at all

dn: cn=agents,dc=example,dc=org
objectClass: groupOfNames
cn: agents
member: uid=nina,dc=example,dc=org

`

type office struct {
	*jobtest.Office
	server  *ldapserver.Server
	service *directorysync.Service
	job     *directory.Read
	source  desk.LDAPSource
}

// open is an installation beside a directory, whose agents become ours.
func open(t *testing.T) *office {
	t.Helper()
	o := &office{Office: jobtest.Open(t), server: ldapserver.New(t, people)}
	log := slog.New(slog.DiscardHandler)
	o.service = directorysync.New(o.Store, egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, log)
	o.job = directory.NewRead(o.Store, o.service, log)
	o.source = desk.LDAPSource{Name: "Office", Active: true, Preferences: map[string]any{
		"host": o.server.Host(), "port": fmt.Sprint(o.server.Port), "base_dn": ldapserver.Base, "bind_user": ldapserver.Admin,
		"bind_pw": ldapserver.AdminPassword, "user_filter": "(objectClass=inetOrgPerson)",
		"user_attributes": map[string]any{"uid": "login", "givenname": "firstname", "sn": "lastname", "mail": "email", "telephonenumber": "phone"},
		"group_role_map":  map[string]any{"cn=agents,dc=example,dc=org": []any{"2"}},
	}}
	if err := imports.LDAPSources.Insert(t.Context(), o.Store.DB, &o.source, 1); err != nil {
		t.Fatal(err)
	}
	o.Exec(`UPDATE settings SET state_current = '{"value": true}' WHERE name = 'ldap_integration'`)
	return o
}

// read has the directories read, and returns what the import job says of it.
func (o *office) read(dryRun bool) map[string]any {
	o.T.Helper()
	if err := o.Store.BeginImport(o.T.Context(), desk.ImportLDAP, dryRun, nil); err != nil {
		o.T.Fatal(err)
	}
	row := jobtest.Ask[desk.OutboxID](o.Office, `SELECT max(id) FROM outbox WHERE kind = 'directory.read'`)
	var t task.DirectoryToRead
	if err := json.Unmarshal([]byte(jobtest.Ask[string](o.Office, `SELECT payload::text FROM outbox WHERE id = $1`, row)), &t); err != nil {
		o.T.Fatal(err)
	}
	for range 2 { // as may happen
		if err := o.job.Work(o.T.Context(), t, row); err != nil {
			o.T.Fatal(err)
		}
	}
	job, err := o.Store.ImportJob(o.T.Context(), t.ImportJobID)
	if err != nil {
		o.T.Fatal(err)
	}
	if job.StartedAt == nil || job.FinishedAt == nil {
		o.T.Errorf("import job = %+v, want one that ended", job)
	}
	return job.Result
}

func counts(result map[string]any) string {
	return fmt.Sprintf("created %v, updated %v, unchanged %v, skipped %v, failed %v, deactivated %v, sum %v",
		result["created"], result["updated"], result["unchanged"], result["skipped"], result["failed"], result["deactivated"], result["sum"])
}

// person is what is known of a user, in one line.
func (o *office) person(email string) string {
	o.T.Helper()
	return jobtest.Ask[string](o.Office, `
		SELECT concat_ws(' ', login, firstname, lastname, phone, active, source,
			(SELECT string_agg(role_id::text, ',' ORDER BY role_id) FROM roles_users WHERE user_id = u.id))
		FROM users u
		WHERE email = $1`, email)
}

func (o *office) change(fn func(conn *goldap.Conn) error) {
	o.T.Helper()
	conn, err := goldap.DialURL(fmt.Sprintf("ldap://%s:%d", o.server.Host(), o.server.Port))
	if err != nil {
		o.T.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind(ldapserver.Admin, ldapserver.AdminPassword); err != nil {
		o.T.Fatal(err)
	}
	if err := fn(conn); err != nil {
		o.T.Fatal(err)
	}
}

func TestPeopleOfADirectoryBecomeUsers(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Exec(`INSERT INTO users (id, login, firstname, lastname, email, active, preferences, updated_by_id, created_by_id)
		VALUES (60, 'customer', 'Nobody', 'Knows', 'customer@example.org', true, '{}', 1, 1)`)
	source := o.source.Key()

	if got, want := counts(o.read(true)), "created 1, updated 1, unchanged 0, skipped 0, failed 1, deactivated 0, sum 3"; got != want {
		t.Errorf("dry run: %s, want %s", got, want)
	}
	if got := jobtest.Ask[int](o.Office, `SELECT count(*) FROM users WHERE email = 'nina@example.org' OR source IS NOT NULL`); got != 0 {
		t.Errorf("a dry run made or changed %d users", got)
	}
	result := o.read(false)
	if got, want := counts(result), "created 1, updated 1, unchanged 0, skipped 0, failed 1, deactivated 0, sum 3"; got != want {
		t.Errorf("first reading: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(result["role_ids"].(map[string]any)["2"].(map[string]any)["created"]), "1"; got != want {
		t.Errorf("agents created: %s, want %s", got, want)
	}
	if got, want := o.person("nina@example.org"), "nina Nina Mueller +49 30 1 t "+source+" 2"; got != want {
		t.Errorf("nina = %q, want %q", got, want)
	}
	if got, want := o.person("customer@example.org"), "omar Adams   t "+source+" 3"; got != want {
		t.Errorf("omar = %q, want %q", got, want)
	}
	if got, want := counts(o.read(false)), "created 0, updated 0, unchanged 2, skipped 0, failed 1, deactivated 0, sum 3"; got != want {
		t.Errorf("second reading: %s, want %s", got, want)
	}

	o.change(func(conn *goldap.Conn) error {
		married := goldap.NewModifyRequest("uid=nina,dc=example,dc=org", nil)
		married.Replace("sn", []string{"Adams"})
		married.Replace("mail", []string{"nina.adams@example.org"})
		married.Delete("telephoneNumber", nil)
		if err := conn.Modify(married); err != nil {
			return err
		}
		return conn.Del(goldap.NewDelRequest("uid=omar,dc=example,dc=org", nil))
	})
	if got, want := counts(o.read(false)), "created 0, updated 1, unchanged 0, skipped 0, failed 1, deactivated 1, sum 3"; got != want {
		t.Errorf("after changes: %s, want %s", got, want)
	}
	if got, want := o.person("nina.adams@example.org"), "nina Nina Adams  t "+source+" 2"; got != want {
		t.Errorf("nina = %q, want %q", got, want)
	}
	if got := o.person("customer@example.org"); !strings.Contains(got, " f ") {
		t.Errorf("omar, who is gone, = %q, want somebody inactive", got)
	}
	// Whoever comes back is taken back; whom an administrator sent away is not.
	o.Exec(`UPDATE users SET active = false WHERE login = 'nina'`)
	o.change(func(conn *goldap.Conn) error {
		omar := goldap.NewAddRequest("uid=omar,dc=example,dc=org", nil)
		for attribute, value := range map[string]string{"objectClass": "inetOrgPerson", "uid": "omar", "cn": "Omar", "sn": "Adams", "mail": "customer@example.org"} {
			omar.Attribute(attribute, []string{value})
		}
		return conn.Add(omar)
	})
	o.read(false)
	if got := o.person("nina.adams@example.org"); !strings.Contains(got, " f ") {
		t.Errorf("nina, whom an administrator sent away, = %q, want somebody inactive", got)
	}
}

func TestDirectoriesThatCannotBeReadTakeNobodyAway(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.read(false)
	for problem, preferences := range map[string]map[string]any{
		"the directory shows nobody":              {"user_filter": "(uid=nobody)"},
		"the directory refuses the user":          {"bind_pw": "wrong"},
		"No Such Object":                          {"base_dn": "dc=example,dc=net"},
		"OUTGOING_ALLOW does not name":            {"host": "10.255.255.1"},
		"the filter can't be read: LDAP Result":   {"user_filter": "(uid="},
		"the address of a directory begins with ": {"host": "file:///etc/passwd"},
	} {
		changed := o.source
		changed.Preferences = map[string]any{}
		for key, value := range o.source.Preferences {
			changed.Preferences[key] = value
		}
		for key, value := range preferences {
			changed.Preferences[key] = value
		}
		if err := imports.LDAPSources.Save(t.Context(), o.Store.DB, &changed, 1); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(o.read(false)["error"]); !strings.Contains(got, problem) {
			t.Errorf("error %q, want %q", got, problem)
		}
	}
	if got := o.person("nina@example.org"); !strings.Contains(got, " t ") {
		t.Errorf("nina = %q, want somebody active", got)
	}
	if got := jobtest.Ask[string](o.Office, `SELECT preferences->>'bind_pw' FROM ldap_sources`); !strings.HasPrefix(got, "sealed:") {
		t.Errorf("the password is stored as %q", got)
	}
}

func TestPeopleWithoutAGroupMayBeLeftOut(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.read(false)
	o.source.Preferences["unassigned_users"] = "skip_sync"
	if err := imports.LDAPSources.Save(t.Context(), o.Store.DB, &o.source, 1); err != nil {
		t.Fatal(err)
	}
	if got, want := counts(o.read(false)), "created 0, updated 0, unchanged 1, skipped 2, failed 0, deactivated 1, sum 4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPasswordsOfTheDirectory(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.read(false)
	catalog, err := o.Store.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := o.Store.CredentialsByName(t.Context(), "nina")
	if err != nil {
		t.Fatal(err)
	}
	nina := found.Caller.User
	check := func(what, password string, want bool) {
		t.Helper()
		got, err := o.service.Knows(t.Context(), catalog, nina, password)
		if err != nil || got != want {
			t.Errorf("%s: %t, want %t (%v)", what, got, want, err)
		}
	}
	check("the password", "password of nina", true)
	check("a wrong one", "password of omar", false)
	o.Exec(`UPDATE ldap_sources SET active = false`)
	check("the password, of a source that is switched off", "password of nina", false)
	o.Exec(`UPDATE ldap_sources SET active = true`)
	o.Exec(`DELETE FROM directory_users`)
	check("the password, of nobody's entry", "password of nina", false)
}

func TestDirectoriesAreReadEveryHour(t *testing.T) {
	t.Parallel()
	o := open(t)
	clock := directory.NewClock(o.Store)
	begin := func(want int) {
		t.Helper()
		o.Store.ForgetCatalog()
		if got, err := clock.Begin(t.Context()); err != nil || got != want {
			t.Errorf("%d readings begun, want %d (%v)", got, want, err)
		}
	}
	begin(1)
	begin(0) // it goes on
	o.Exec(`UPDATE import_jobs SET finished_at = now(), created_at = now() - interval '30 minutes'`)
	begin(0)
	o.Exec(`UPDATE import_jobs SET created_at = now() - interval '1 hour'`)
	begin(1)
	o.Exec(`DELETE FROM import_jobs`)
	o.Exec(`UPDATE settings SET state_current = '{"value": false}' WHERE name = 'ldap_integration'`)
	begin(0)
}
