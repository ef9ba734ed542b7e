package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/devstack/ldapserver"
	"postroom/internal/egress"
	"postroom/internal/ldap"
)

const office = `dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=nina,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: nina
cn: Nina Mueller
sn: Müller
givenName: Nina
mail: Nina@example.org
userPassword: password of nina

dn: uid=omar,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: omar
cn: Omar
sn: Adams
userPassword: password of omar

dn: cn=agents,dc=example,dc=org
objectClass: groupOfNames
cn: agents
member: UID=nina, OU=people,dc=example,dc=org

dn: cn=crew,dc=example,dc=org
objectClass: posixGroup
cn: crew
gidNumber: 7
memberUid: nina
memberUid: omar

`

// crowd are more people than a directory gives in one answer.
func crowd(n int) string {
	var ldif strings.Builder
	for i := range n {
		fmt.Fprintf(&ldif, "dn: uid=crowd%d,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: crowd%d\ncn: c\nsn: Crowd\n\n", i, i)
	}
	return ldif.String()
}

var beside = egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func preferences(s *ldapserver.Server, more map[string]any) map[string]any {
	all := map[string]any{
		"host": s.Host(), "port": fmt.Sprint(s.Port), "ssl": "off", "base_dn": ldapserver.Base, "bind_user": ldapserver.Admin,
		"bind_pw": ldapserver.AdminPassword, "user_uid": "entryuuid", "user_filter": "(objectClass=inetOrgPerson)",
		"user_attributes": map[string]any{"uid": "login", "givenname": "firstname", "sn": "lastname", "mail": "email"},
		"group_role_map":  map[string]any{"cn=agents,dc=example,dc=org": []any{"2"}, "cn=crew,dc=example,dc=org": []any{"3", float64(2)}, "cn=gone,dc=example,dc=org": []any{"1"}},
	}
	for key, value := range more {
		all[key] = value
	}
	return all
}

func read(t *testing.T, preferences map[string]any) ldap.Settings {
	t.Helper()
	settings, err := ldap.Read(preferences)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestPeopleAreRead(t *testing.T) {
	t.Parallel()
	server := ldapserver.New(t, office+crowd(600))
	settings := read(t, preferences(server, nil))
	directory, err := ldap.Open(t.Context(), beside.Dialer(), settings)
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	members, err := directory.Members(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	people, pages := map[string]ldap.Entry{}, 0
	err = directory.Users(t.Context(), members, func(_ context.Context, entries []ldap.Entry) error {
		pages++
		for _, entry := range entries {
			people[entry.Fields["login"]] = entry
		}
		return nil
	})
	if err != nil || len(people) != 602 || pages < 2 {
		t.Fatalf("%d people in %d pages, want 602 in several (%v)", len(people), pages, err)
	}
	nina := people["nina"]
	if want := map[string]string{"login": "nina", "firstname": "Nina", "lastname": "Müller", "email": "Nina@example.org"}; fmt.Sprint(nina.Fields) != fmt.Sprint(want) {
		t.Errorf("nina = %v, want %v", nina.Fields, want)
	}
	if len(nina.Name) != 36 {
		t.Errorf("nina is called %q, want a UUID", nina.Name)
	}
	for login, want := range map[string][]desk.RoleID{"nina": {2, 3}, "omar": {2, 3}, "crowd1": {}} {
		if got := people[login].Roles; got == nil || !slices.Equal(got, want) {
			t.Errorf("roles of %s = %v, want %v", login, got, want)
		}
	}

	proposal, err := directory.Propose(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if proposal.UserFilter != "(objectClass=inetOrgPerson)" || proposal.UserUID != "entryuuid" || proposal.GroupFilter != "(objectClass=groupOfNames)" ||
		!slices.Equal(proposal.Groups, []string{"cn=agents,dc=example,dc=org"}) || proposal.UserAttributes["givenname"] != "givenname (e. g. Nina)" {
		t.Errorf("proposal = %+v", proposal)
	}
	if _, shown := proposal.UserAttributes["userpassword"]; shown {
		t.Error("passwords are offered as an attribute")
	}
	root, err := directory.Root()
	if err != nil || !slices.Equal(root["namingcontexts"], []string{ldapserver.Base}) {
		t.Errorf("root = %v (%v)", root, err)
	}

	for _, tc := range []struct {
		name, password string
		want           bool
	}{
		{nina.Name, "password of nina", true},
		{nina.Name, "password of omar", false},
		{nina.Name, "", false}, // which LDAP would call a success
		{people["omar"].Name, "password of omar", true},
		{people["crowd1"].Name, "x", false}, // has no password
		{"*", "password of nina", false},
		{"nobody", "password of nina", false},
	} {
		got, err := ldap.Check(t.Context(), beside.Dialer(), settings, tc.name, tc.password)
		if err != nil || got != tc.want {
			t.Errorf("password %q of %q: %t, want %t (%v)", tc.password, tc.name, got, tc.want, err)
		}
	}
}

func TestGroupsThatAreNotShownAreTold(t *testing.T) {
	t.Parallel()
	const group = "dn: cn=%[1]s,dc=example,dc=org\nobjectClass: %[2]s\ncn: %[1]s\n%[3]s\n\n"
	const nina = "member: uid=nina,ou=people,dc=example,dc=org"
	server := ldapserver.New(t, office+fmt.Sprintf(group, "hidden", "groupOfNames", nina)+fmt.Sprintf(group, "closed", "groupOfNames", nina)+
		fmt.Sprintf(group, "empty", "posixGroup", "gidNumber: 8"))
	roles := map[string]any{}
	for i, name := range []string{"agents", "hidden", "closed", "empty", "gone"} {
		roles["cn="+name+",dc=example,dc=org"] = []any{float64(10 + i)}
	}
	directory, err := ldap.Open(t.Context(), beside.Dialer(), read(t, preferences(server, map[string]any{
		"bind_user": "uid=nina,ou=people,dc=example,dc=org", "bind_pw": "password of nina", "group_role_map": roles,
	})))
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	members, err := directory.Members(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(members.Doubtful)
	if want := []desk.RoleID{11, 12, 14}; !slices.Equal(members.Doubtful, want) {
		t.Errorf("doubtful roles = %v, want %v", members.Doubtful, want)
	}
	for name, told := range map[string]bool{"agents": false, "hidden": true, "closed": true, "empty": false, "gone": true} {
		if got := strings.Contains(fmt.Sprint(members.Unseen), "group cn="+name+","); got != told {
			t.Errorf("that group %s can't be read is told: %t, want %t (%v)", name, got, told, members.Unseen)
		}
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	server := ldapserver.New(t, office)
	tlsPort := fmt.Sprint(server.TLSPort)
	for _, tc := range []struct {
		name string
		more map[string]any
		want string // part of the error; empty: none
	}{
		{"plain", nil, ""},
		{"an address", map[string]any{"host": fmt.Sprintf("ldap://%s:%d/", server.Host(), server.Port), "port": ""}, ""},
		{"STARTTLS", map[string]any{"ssl": "starttls", "ssl_verify": false}, ""},
		{"TLS", map[string]any{"ssl": "ssl", "ssl_verify": false, "port": tlsPort}, ""},
		{"TLS by address", map[string]any{"host": "ldaps://" + server.Host() + ":" + tlsPort, "ssl_verify": false}, ""},
		{"STARTTLS, a certificate that nobody vouches for", map[string]any{"ssl": "starttls"}, "certificate"},
		{"TLS, a certificate that nobody vouches for", map[string]any{"ssl": "ssl", "port": tlsPort}, "certificate"},
		{"a wrong password", map[string]any{"bind_pw": "wrong"}, ldap.ErrRefused.Error()},
		{"no password", map[string]any{"bind_pw": ""}, ldap.ErrRefused.Error()},
		{"an unknown user", map[string]any{"bind_user": "cn=nobody,dc=example,dc=org"}, ldap.ErrRefused.Error()},
	} {
		directory, err := ldap.Open(t.Context(), beside.Dialer(), read(t, preferences(server, tc.more)))
		if err == nil {
			if _, rootErr := directory.Root(); rootErr != nil {
				t.Errorf("%s: %v", tc.name, rootErr)
			}
			directory.Close()
		}
		if got := fmt.Sprint(err); (err == nil) != (tc.want == "") || !strings.Contains(got, tc.want) && tc.want != "" {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	_, err := ldap.Open(t.Context(), egress.Policy{}.Dialer(), read(t, preferences(server, nil)))
	if !errors.Is(err, egress.ErrPrivate) {
		t.Errorf("a directory beside us, which the operator did not allow: %v, want %v", err, egress.ErrPrivate)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		preferences map[string]any
		want        string
	}{
		{map[string]any{"host": "a", "ssl": "tls"}, "ssl is one of"},
		{map[string]any{"host": "http://a"}, "begins with ldap://"},
		{map[string]any{"host": "a:port"}, "no number"},
		{map[string]any{"host": "a", "port": "99999"}, "no number"},
		{map[string]any{"host": "a", "user_filter": "(a=b"}, "can't be read"},
		{map[string]any{"host": "a", "user_filter": "(a=b)(c=d"}, "can't be read"},
		{map[string]any{"host": "a", "user_uid": "uid=*)(cn"}, "no name of an attribute"},
	} {
		_, err := ldap.Read(tc.preferences)
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || !strings.Contains(invalid.Reason, tc.want) {
			t.Errorf("%v: %v, want %q", tc.preferences, err, tc.want)
		}
	}
	settings := read(t, map[string]any{"host": "ldaps://ldap.example.org", "bind_pw": " blank "})
	if settings.Host != "ldap.example.org" || settings.Port != 636 || settings.Encryption != "ssl" || !settings.Verify || settings.BindPassword != " blank " {
		t.Errorf("settings = %+v", settings)
	}
}
