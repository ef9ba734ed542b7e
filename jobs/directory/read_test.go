package directory_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
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
	o.service = directorysync.New(o.Store, egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, nil, log)
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

func TestNobodyLosesRolesByAGroupThatIsNotShown(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.read(false)
	o.change(func(conn *goldap.Conn) error {
		return conn.Del(goldap.NewDelRequest("cn=agents,dc=example,dc=org", nil))
	})
	for _, skipping := range []string{"", "skip_sync"} {
		o.source.Preferences["unassigned_users"] = skipping
		if err := imports.LDAPSources.Save(t.Context(), o.Store.DB, &o.source, 1); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(o.read(false)["error"]), "Office: who is in group cn=agents,dc=example,dc=org can't be read, so nobody loses its roles: "; !strings.HasPrefix(got, want) {
			t.Errorf("the import job says %q, want %q", got, want)
		}
		if got := o.person("nina@example.org"); !strings.HasSuffix(got, " t "+o.source.Key()+" 2") {
			t.Errorf("nina, of an agents' group that is not shown (%s), = %q, want an agent", skipping, got)
		}
	}
	if got := o.person("customer@example.org"); !strings.Contains(got, " f ") {
		t.Errorf("omar, who is in no group, = %q, want somebody inactive", got)
	}
}

// branch is a second directory, which holds whatever a test puts there.
func (o *office) branch(prio int) *office {
	o.T.Helper()
	const agents = "dn: cn=agents,dc=example,dc=org\nobjectClass: groupOfNames\ncn: agents\nmember: uid=bert,dc=example,dc=org\n\n"
	b := &office{Office: o.Office, server: ldapserver.New(o.T, agents), service: o.service, job: o.job}
	b.source = desk.LDAPSource{Name: "Branch", Active: true, Prio: prio, Preferences: maps.Clone(o.source.Preferences)}
	b.source.Preferences["port"] = fmt.Sprint(b.server.Port)
	if err := imports.LDAPSources.Insert(o.T.Context(), o.Store.DB, &b.source, 1); err != nil {
		o.T.Fatal(err)
	}
	b.add("bert")
	return b
}

// add puts somebody into a directory.
func (o *office) add(name string) {
	o.T.Helper()
	o.change(func(conn *goldap.Conn) error {
		person := goldap.NewAddRequest("uid="+name+",dc=example,dc=org", nil)
		for attribute, value := range map[string]string{"objectClass": "inetOrgPerson", "uid": name, "cn": name, "sn": "Adams", "mail": name + "@example.org"} {
			person.Attribute(attribute, []string{value})
		}
		return conn.Add(person)
	})
}

func (o *office) leave(name string) {
	o.T.Helper()
	o.change(func(conn *goldap.Conn) error {
		return conn.Del(goldap.NewDelRequest("uid="+name+",dc=example,dc=org", nil))
	})
}

func TestWhoMovesToAnotherDirectoryStaysActive(t *testing.T) {
	t.Parallel()
	for name, prio := range map[string]int{"one that is read later": 9, "one that is read before": -9} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			o.read(false)
			b := o.branch(prio)
			o.leave("nina")
			b.add("nina")
			if got, want := counts(o.read(false)), "created 1, updated 1, unchanged 1, skipped 1, failed 1, deactivated 0, sum 5"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if got, want := o.person("nina@example.org"), "nina Nina Mueller +49 30 1 t "+b.source.Key()+" 2"; got != want {
				t.Errorf("nina, who moved, = %q, want %q", got, want)
			}
			o.read(false)
			if got, want := o.person("nina@example.org"), "nina Adams   t "+b.source.Key()+" 3"; got != want {
				t.Errorf("nina, when her new directory was read again, = %q, want %q", got, want)
			}
		})
	}
	t.Run("one that is read much later", func(t *testing.T) {
		t.Parallel()
		o := open(t)
		o.read(false)
		o.leave("nina")
		o.read(false)
		b := o.branch(9)
		b.add("nina")
		o.read(false)
		if got := o.person("nina@example.org"); !strings.Contains(got, " t "+b.source.Key()) {
			t.Errorf("nina, who was gone for a while, = %q, want somebody active", got)
		}
	})
}

func TestAnotherDirectoryTakesOverFromADeletedOne(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.read(false)
	b := o.branch(9)
	b.add("nina")
	o.read(false)
	if got := o.person("nina@example.org"); !strings.Contains(got, " t "+o.source.Key()) {
		t.Errorf("nina, who is in two directories, = %q, want a user of the first", got)
	}
	o.Exec(`DELETE FROM ldap_sources WHERE name = 'Office'`)
	o.read(false)
	if got := o.person("nina@example.org"); !strings.Contains(got, " t "+b.source.Key()) {
		t.Errorf("nina, whose first directory was deleted, = %q, want a user of the other", got)
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
