package ldap

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/uuid"

	"postroom/internal/desk"
)

// Entry is somebody in a directory.
type Entry struct {
	Name   string            // what the directory calls the person, whatever else changes
	Fields map[string]string // of the user, by our names
	// Roles are those of the groups that the person is in; nil: none of the groups counts.
	Roles []desk.RoleID
}

// Users hands every user of a directory to take, a page at a time.
func (d *Directory) Users(ctx context.Context, take func(context.Context, []Entry) error) error {
	members, err := d.members()
	if err != nil {
		return err
	}
	wanted := append(slices.Sorted(maps.Keys(d.settings.UserAttributes)), "dn", "uid", d.settings.UserUID)
	return d.pages(ctx, d.settings.UserFilter, wanted, func(found []*ldap.Entry) error {
		entries := make([]Entry, 0, len(found))
		for _, entry := range found {
			entries = append(entries, d.entry(entry, members))
		}
		return take(ctx, entries)
	})
}

// atOnce is how many entries a directory is asked for in one answer. Active Directory gives a thousand
// at most.
const atOnce = 500

// pages reads all entries that a filter finds, page by page (RFC 2696).
func (d *Directory) pages(ctx context.Context, filter string, attributes []string, take func([]*ldap.Entry) error) error {
	paging := ldap.NewControlPaging(atOnce)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := d.conn.Search(ldap.NewSearchRequest(d.settings.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
			filter, attributes, []ldap.Control{paging}))
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("read directory: %w", reason(err))
		}
		if err := take(found.Entries); err != nil {
			return err
		}
		next, ok := ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(next.Cookie) == 0 {
			return nil
		}
		paging.SetCookie(next.Cookie)
	}
}

func (d *Directory) entry(found *ldap.Entry, members map[string][]desk.RoleID) Entry {
	e := Entry{Fields: map[string]string{}}
	if strings.EqualFold(d.settings.UserUID, "dn") {
		e.Name = found.DN
	} else {
		e.Name = nameOf(d.settings.UserUID, found.GetEqualFoldRawAttributeValue(d.settings.UserUID))
	}
	for name, field := range d.settings.UserAttributes {
		e.Fields[field] = readable(found.GetEqualFoldAttributeValue(name))
	}
	if len(d.settings.GroupRoles) == 0 {
		return e
	}
	e.Roles = []desk.RoleID{}
	names := []string{dnKey(found.DN)}
	for _, uid := range found.GetEqualFoldAttributeValues("uid") {
		names = append(names, uidKey(uid))
	}
	for _, name := range names {
		e.Roles = append(e.Roles, members[name]...)
	}
	slices.Sort(e.Roles)
	e.Roles = slices.Compact(e.Roles)
	return e
}

// members are the roles of those who are in groups that have roles, by dnKey and uidKey.
func (d *Directory) members() (map[string][]desk.RoleID, error) {
	members := map[string][]desk.RoleID{}
	for _, group := range slices.Sorted(maps.Keys(d.settings.GroupRoles)) { // as many as an administrator picked
		err := d.eachMember(group, func(key string) { members[key] = append(members[key], d.settings.GroupRoles[group]...) })
		if err != nil {
			return nil, err
		}
	}
	return members, nil
}

// mostParts bounds how many parts a group is read in.
const mostParts = 1000

// eachMember tells who is in a group. Active Directory gives a long list in parts (member;range=0-1499).
func (d *Directory) eachMember(group string, is func(key string)) error {
	attributes := []string{"member", "uniqueMember", "memberUid"}
	for range mostParts {
		found, err := d.conn.Search(ldap.NewSearchRequest(group, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
			"(objectClass=*)", attributes, nil))
		if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax) {
			return nil // the group was deleted there; nobody is in it
		}
		if err != nil {
			return fmt.Errorf("members of group: %w", reason(err))
		}
		attributes = nil
		for _, entry := range found.Entries {
			for _, attribute := range entry.Attributes {
				name, part, _ := strings.Cut(strings.ToLower(attribute.Name), ";range=")
				for _, value := range attribute.Values {
					if name == "memberuid" {
						is(uidKey(value))
					} else {
						is(dnKey(value))
					}
				}
				var from, to int
				if n, _ := fmt.Sscanf(part, "%d-%d", &from, &to); n == 2 {
					attributes = append(attributes, fmt.Sprintf("%s;range=%d-*", name, to+1))
				}
			}
		}
		if len(attributes) == 0 {
			return nil
		}
	}
	return nil
}

// dnKey is a DN in one spelling.
func dnKey(dn string) string {
	if parsed, err := ldap.ParseDN(dn); err == nil {
		dn = parsed.String()
	}
	return "dn " + strings.ToLower(dn)
}

func uidKey(uid string) string { return "uid " + strings.ToLower(uid) }

// objectGUID is an attribute of bytes: a UUID whose first halves are little-endian, as Microsoft has it.
const objectGUID = "objectguid"

// nameOf makes the value of the attribute that names an entry a text.
func nameOf(attribute string, value []byte) string {
	if strings.EqualFold(attribute, objectGUID) && len(value) == len(uuid.UUID{}) {
		return swapped(uuid.UUID(value)).String()
	}
	if !utf8.Valid(value) {
		return hex.EncodeToString(value)
	}
	return strings.ReplaceAll(string(value), "\x00", "")
}

// nameFilter is nameOf's text as it stands in a filter.
func nameFilter(attribute, name string) string {
	if id, err := uuid.Parse(name); err == nil && strings.EqualFold(attribute, objectGUID) {
		bytes := swapped(id)
		var filter strings.Builder
		for _, b := range bytes {
			fmt.Fprintf(&filter, `\%02x`, b)
		}
		return filter.String()
	}
	return ldap.EscapeFilter(name)
}

func swapped(id uuid.UUID) uuid.UUID {
	for _, part := range [][]byte{id[0:4], id[4:6], id[6:8]} {
		slices.Reverse(part)
	}
	return id
}

// longestValue is how much of a value is taken, in bytes.
const longestValue = 5000

// readable is a value as a text that can be stored: a picture is none.
func readable(value string) string {
	if !utf8.ValidString(value) {
		return ""
	}
	if len(value) > longestValue {
		value = strings.ToValidUTF8(value[:longestValue], "")
	}
	return strings.TrimSpace(strings.ReplaceAll(value, "\x00", ""))
}
