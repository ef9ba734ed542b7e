package ldap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
)

// Root returns what a directory tells anybody about itself, such as namingcontexts: where its trees
// begin. Names are in lower case.
func (d *Directory) Root() (map[string][]string, error) {
	found, err := d.conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false,
		"(objectClass=*)", []string{"*", "+"}, nil))
	if err != nil {
		return nil, fmt.Errorf("ask directory about itself: %w", reason(err))
	}
	root := map[string][]string{}
	for _, entry := range found.Entries {
		for _, attribute := range entry.Attributes {
			values := []string{}
			for _, value := range attribute.Values {
				values = append(values, readable(value))
			}
			root[strings.ToLower(attribute.Name)] = values
		}
	}
	return root, nil
}

// Proposal is what a look into a directory suggests to settle.
type Proposal struct {
	UserFilter     string
	UserAttributes map[string]string // with an example each
	UserUID        string
	GroupFilter    string
	Groups         []string // DNs in lower case
	GroupUID       string
}

// What is looked for, the first that finds anybody wins.
var (
	userFilters = []string{
		"(&(objectClass=user)(samaccountname=*)(!(samaccountname=*$)))", // no machines
		"(objectClass=inetOrgPerson)", "(objectClass=posixAccount)", "(objectClass=person)",
	}
	groupFilters = []string{
		"(objectClass=group)", "(objectClass=groupOfNames)", "(objectClass=groupOfUniqueNames)", "(objectClass=posixGroup)",
		"(objectClass=organizationalRole)",
	}
	uids = []string{"objectguid", "entryuuid", "nsuniqueid", "ipauniqueid", "samaccountname", "userprincipalname", "uid", "dn"}
	// unshown attributes are of no use to anybody here, or secret.
	unshown = []string{
		"userpassword", "unicodepwd", "sambantpassword", "sambalmpassword", "krbprincipalkey", "jpegphoto", "thumbnailphoto",
		"usercertificate", "objectclass", "usersmimecertificate", "logonhours", "objectsid", "msexchmailboxguid",
	}
)

// How far a directory is looked into: enough to see what people there have.
const (
	peopleLookedAt = 200
	mostGroups     = 5000
	longestExample = 100 // bytes
)

// Propose looks into a directory. What the settings say already is kept.
func (d *Directory) Propose(ctx context.Context, userFilter, groupFilter string) (Proposal, error) {
	var p Proposal
	var people []*ldap.Entry
	var err error
	if p.UserFilter, people, err = d.first(ctx, userFilter, userFilters, []string{"*", "+"}, peopleLookedAt); err != nil {
		return p, err
	}
	p.UserAttributes = examples(people)
	for _, uid := range uids {
		if _, has := p.UserAttributes[uid]; has || uid == "dn" {
			p.UserUID = uid
			break
		}
	}
	var groups []*ldap.Entry
	if p.GroupFilter, groups, err = d.first(ctx, groupFilter, groupFilters, []string{"1.1"}, mostGroups); err != nil {
		return p, err
	}
	p.Groups, p.GroupUID = []string{}, "dn"
	for _, group := range groups {
		p.Groups = append(p.Groups, strings.ToLower(group.DN))
	}
	slices.Sort(p.Groups)
	return p, nil
}

// first finds the filter that finds anything.
func (d *Directory) first(ctx context.Context, chosen string, filters, attributes []string, most int) (string, []*ldap.Entry, error) {
	if chosen != "" {
		filters = []string{chosen}
	}
	for _, filter := range filters {
		found, err := d.some(ctx, filter, attributes, most)
		if err != nil {
			return "", nil, err
		}
		if len(found) > 0 {
			return filter, found, nil
		}
	}
	return "", nil, nil
}

// errEnough ends a reading that found enough.
var errEnough = errors.New("enough was read")

// some reads entries until there are enough.
func (d *Directory) some(ctx context.Context, filter string, attributes []string, most int) ([]*ldap.Entry, error) {
	var all []*ldap.Entry
	err := d.pages(ctx, filter, attributes, func(found []*ldap.Entry) error {
		if all = append(all, found...); len(all) >= most {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return all[:min(len(all), most)], nil
}

// examples are the attributes that people have, as in: mail (e. g. nicole@example.com).
func examples(people []*ldap.Entry) map[string]string {
	all := map[string]string{}
	for _, person := range people {
		for _, attribute := range person.Attributes {
			name := strings.ToLower(attribute.Name)
			if _, known := all[name]; known || len(attribute.ByteValues) == 0 || slices.Contains(unshown, name) {
				continue
			}
			value := nameOf(name, attribute.ByteValues[0])
			if len(value) > longestExample {
				value = strings.ToValidUTF8(value[:longestExample], "") + "…"
			}
			if utf8.ValidString(value) && strings.TrimSpace(value) != "" {
				all[name] = name + " (e. g. " + value + ")"
			}
		}
	}
	return all
}
