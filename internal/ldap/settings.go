package ldap

import (
	"net"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"postroom/internal/desk"
)

// Settings are how a directory is reached and read.
type Settings struct {
	Host         string
	Port         int
	Encryption   string // off, ssl, starttls
	Verify       bool   // the certificate
	BaseDN       string
	BindUser     string
	BindPassword string

	UserUID        string // the attribute that never changes
	UserFilter     string
	UserAttributes map[string]string // of users, by the directory's names
	GroupFilter    string
	GroupRoles     map[string][]desk.RoleID // by DN of the group
	// SkipUnassigned leaves those out who are in none of the groups. Otherwise they get the roles of
	// those who sign up.
	SkipUnassigned bool
}

// SameServer reports whether both lead to one server, in the same way: whoever is trusted with the password
// there is trusted here.
func (s Settings) SameServer(other Settings) bool {
	return s.Host == other.Host && s.Port == other.Port && s.Encryption == other.Encryption && s.Verify == other.Verify
}

// What is looked for where an administrator did not say.
const (
	defaultUID     = "entryuuid"
	everyUser      = "(|(objectClass=inetOrgPerson)(objectClass=user)(objectClass=posixAccount))"
	skipUnassigned = "skip_sync"
)

// Read takes the preferences of a source.
func Read(preferences map[string]any) (Settings, error) {
	s := Settings{
		Encryption: text(preferences, "ssl"), Verify: flag(preferences, "ssl_verify", true), BaseDN: text(preferences, "base_dn"),
		BindUser: text(preferences, "bind_user"), BindPassword: secret(preferences, "bind_pw"),
		UserUID: text(preferences, "user_uid"), UserFilter: text(preferences, "user_filter"),
		GroupFilter: text(preferences, "group_filter"), SkipUnassigned: text(preferences, "unassigned_users") == skipUnassigned,
		UserAttributes: map[string]string{}, GroupRoles: map[string][]desk.RoleID{},
	}
	if s.UserUID == "" {
		s.UserUID = defaultUID
	}
	if s.UserFilter == "" {
		s.UserFilter = everyUser
	}
	for name, value := range object(preferences, "user_attributes") {
		if target, ok := value.(string); ok && target != "" {
			s.UserAttributes[strings.ToLower(name)] = target
		}
	}
	for group, roles := range object(preferences, "group_role_map") {
		if ids := roleIDs(roles); len(ids) > 0 {
			s.GroupRoles[group] = ids
		}
	}
	if err := s.locate(preferences); err != nil {
		return s, err
	}
	return s, s.check()
}

// locate reads where the directory is: a host, or an address such as ldaps://host:port.
func (s *Settings) locate(preferences map[string]any) error {
	address := text(preferences, "host")
	if address == "" {
		address = text(preferences, "host_url")
	}
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		switch strings.ToLower(scheme) {
		case "ldaps":
			s.Encryption = overTLS
		case "ldap":
		default:
			return &desk.InvalidError{Field: "host", Reason: "the address of a directory begins with ldap:// or ldaps://"}
		}
		address, _, _ = strings.Cut(rest, "/")
	}
	switch s.Encryption {
	case "", plain:
		s.Encryption, s.Port = plain, 389
	case startTLS:
		s.Port = 389
	case overTLS:
		s.Port = 636
	default:
		return &desk.InvalidError{Field: "ssl", Reason: "ssl is one of off, ssl, starttls"}
	}
	s.Host = strings.Trim(address, "[]")
	if host, port, err := net.SplitHostPort(address); err == nil {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return &desk.InvalidError{Field: "host", Reason: "the port of the directory is no number"}
		}
		s.Host, s.Port = host, int(number)
	} else if port := text(preferences, "port"); port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return &desk.InvalidError{Field: "port", Reason: "the port of the directory is no number"}
		}
		s.Port = int(number)
	}
	return nil
}

// check refuses what would only be noticed at the next reading, or mean something else inside a
// longer filter.
func (s *Settings) check() error {
	for field, filter := range map[string]*string{"user_filter": &s.UserFilter, "group_filter": &s.GroupFilter} {
		if *filter == "" {
			continue
		}
		if !strings.HasPrefix(*filter, "(") {
			*filter = "(" + *filter + ")"
		}
		if _, err := ldap.CompileFilter(*filter); err != nil {
			return &desk.InvalidError{Field: field, Reason: "the filter can't be read: " + reason(err).Error()}
		}
	}
	if strings.Trim(strings.ToLower(s.UserUID), "abcdefghijklmnopqrstuvwxyz0123456789-;.") != "" {
		return &desk.InvalidError{Field: "user_uid", Reason: "this is no name of an attribute"}
	}
	return nil
}

func object(preferences map[string]any, key string) map[string]any {
	o, _ := preferences[key].(map[string]any)
	return o
}

func text(preferences map[string]any, key string) string {
	return strings.TrimSpace(secret(preferences, key))
}

// secret is a text with whatever blanks it has.
func secret(preferences map[string]any, key string) string {
	switch v := preferences[key].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case interface{ String() string }: // json.Number
		return v.String()
	}
	return ""
}

func flag(preferences map[string]any, key string, otherwise bool) bool {
	switch v := preferences[key].(type) {
	case bool:
		return v
	case string:
		if v != "" {
			return v != "false" && v != "0"
		}
	}
	return otherwise
}

// roleIDs reads one id or a list of them, as numbers or texts.
func roleIDs(value any) []desk.RoleID {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var ids []desk.RoleID
	for _, one := range list {
		id, err := strconv.ParseInt(text(map[string]any{"": one}, ""), 10, 64)
		if err == nil {
			ids = append(ids, desk.RoleID(id))
		}
	}
	return ids
}
