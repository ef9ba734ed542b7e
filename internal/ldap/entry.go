package ldap

import (
	"context"
	"encoding/hex"
	"errors"
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

// Members are who has which roles by the groups of a directory.
type Members struct {
	roles map[string][]desk.RoleID // by dnKey and uidKey
	// Doubtful are the roles of groups that the directory does not show: who has one may still be in such a
	// group. Unseen says which groups those are; nil: there is none.
	Doubtful []desk.RoleID
	Unseen   error
}

// Users hands every user of a directory to take, a page at a time.
func (d *Directory) Users(ctx context.Context, members Members, take func(context.Context, []Entry) error) error {
	wanted := append(slices.Sorted(maps.Keys(d.settings.UserAttributes)), "dn", "uid", d.settings.UserUID)
	return d.pages(ctx, d.settings.UserFilter, wanted, func(found []*ldap.Entry) error {
		entries := make([]Entry, 0, len(found))
		for _, entry := range found {
			entries = append(entries, d.entry(entry, members.roles))
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

// Members reads the groups that have roles.
func (d *Directory) Members(ctx context.Context) (Members, error) {
	members := Members{roles: map[string][]desk.RoleID{}}
	var hidden []error
	for _, group := range slices.Sorted(maps.Keys(d.settings.GroupRoles)) { // as many as an administrator picked
		roles := d.settings.GroupRoles[group]
		err := d.eachMember(group, func(key string) { members.roles[key] = append(members.roles[key], roles...) })
		switch {
		case ctx.Err() != nil:
			return Members{}, ctx.Err()
		case err == nil:
		case unseen(err):
			members.Doubtful = append(members.Doubtful, roles...)
			hidden = append(hidden, fmt.Errorf("who is in group %s can't be read, so nobody loses its roles: %w", group, reason(err)))
		default:
			return Members{}, fmt.Errorf("members of group: %w", reason(err))
		}
	}
	members.Unseen = errors.Join(hidden...)
	return members, nil
}

// Reasons why nobody can tell who is in a group.
var (
	errHidden  = errors.New("the directory shows no such group")
	errNoList  = errors.New("the directory does not show who is in the group")
	errTooLong = errors.New("the group is given in too many parts")
)

// unseen reports whether a directory keeps a group to itself. That there is none it also says of what
// somebody may not know about (RFC 4511, appendix A.2), so it proves nothing.
func unseen(err error) bool {
	return errors.Is(err, errHidden) || errors.Is(err, errNoList) || errors.Is(err, errTooLong) ||
		ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultInsufficientAccessRights,
			ldap.LDAPResultReferral, ldap.LDAPResultNoSuchAttribute)
}

// Bounds of one group: how many parts it is read in, and of which classes one always has a member.
const mostParts = 1000

var neverEmpty = []string{"groupofnames", "groupofuniquenames"}

// eachMember tells who is in a group. Active Directory gives a long list in parts (member;range=0-1499).
func (d *Directory) eachMember(group string, is func(key string)) error {
	attributes := []string{"member", "uniqueMember", "memberUid", "objectClass"}
	for range mostParts {
		found, err := d.conn.Search(ldap.NewSearchRequest(group, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
			"(objectClass=*)", attributes, nil))
		if err != nil {
			return err
		}
		if len(found.Entries) == 0 {
			return errHidden
		}
		attributes = nil
		for _, entry := range found.Entries {
			more, listed := eachIn(entry, is)
			if attributes = append(attributes, more...); !listed && mustList(entry) {
				return errNoList
			}
		}
		if len(attributes) == 0 {
			return nil
		}
	}
	return errTooLong
}

// eachIn tells who is named in a group's entry, and which attributes the next part of the list has.
func eachIn(entry *ldap.Entry, is func(key string)) (more []string, listed bool) {
	for _, attribute := range entry.Attributes {
		name, part, _ := strings.Cut(strings.ToLower(attribute.Name), ";range=")
		key := dnKey
		switch name {
		case "memberuid":
			key = uidKey
		case "member", "uniquemember":
		default:
			continue
		}
		for _, value := range attribute.Values {
			is(key(value))
			listed = true
		}
		var from, to int
		if n, _ := fmt.Sscanf(part, "%d-%d", &from, &to); n == 2 {
			more = append(more, fmt.Sprintf("%s;range=%d-*", name, to+1))
		}
	}
	return more, listed
}

// mustList reports whether a group is of a class whose groups have a member each (RFC 4519): one without
// hides them.
func mustList(entry *ldap.Entry) bool {
	return slices.ContainsFunc(entry.GetEqualFoldAttributeValues("objectClass"), func(class string) bool {
		return slices.Contains(neverEmpty, strings.ToLower(class))
	})
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
