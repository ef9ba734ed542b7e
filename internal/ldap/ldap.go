// Package ldap reads people from LDAP directories such as Active Directory and OpenLDAP, and asks
// them for passwords.
//
// What goes in is how an administrator described a directory; what comes out are entries with what
// of them becomes of a user. It decides nothing about users and stores nothing.
package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"postroom/internal/desk"
)

// ErrRefused says that a directory does not take a name with its password.
var ErrRefused = errors.New("the directory refuses the user or the password")

// Ways to encrypt a connection.
const (
	plain    = "off"
	overTLS  = "ssl"
	startTLS = "starttls"
)

// How long a directory may take.
const answerWithin = 30 * time.Second

// Dialer makes connections.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Directory is a connection to a directory.
type Directory struct {
	conn     *ldap.Conn
	settings Settings
	stop     func() bool
}

// Open connects to a directory and signs in there, if there is a user for that. The connection ends
// with ctx. Close has to follow.
func Open(ctx context.Context, dialer Dialer, s Settings) (*Directory, error) {
	d, err := connect(ctx, dialer, s)
	if err != nil {
		return nil, err
	}
	if s.BindUser == "" {
		return d, nil
	}
	if err := d.bind(s.BindUser, s.BindPassword); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func connect(ctx context.Context, dialer Dialer, s Settings) (*Directory, error) {
	if s.Host == "" {
		return nil, &desk.InvalidError{Field: "host", Reason: "the host of the directory is missing"}
	}
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return nil, fmt.Errorf("connect to directory: %w", err)
	}
	secured := &tls.Config{ServerName: s.Host, InsecureSkipVerify: !s.Verify, MinVersion: tls.VersionTLS12}
	if s.Encryption == overTLS {
		raw = tls.Client(raw, secured)
	}
	conn := ldap.NewConn(raw, s.Encryption == overTLS)
	conn.SetTimeout(answerWithin)
	conn.Start()
	d := &Directory{conn: conn, settings: s, stop: context.AfterFunc(ctx, func() { conn.Close() })}
	if s.Encryption == startTLS {
		if err := conn.StartTLS(secured); err != nil {
			d.Close()
			return nil, fmt.Errorf("encrypt connection to directory: %w", reason(err))
		}
	}
	return d, nil
}

// Close ends the connection.
func (d *Directory) Close() {
	d.stop()
	d.conn.Close()
}

// bind signs in. A directory takes an empty password for nobody's and calls that a success (RFC 4513,
// section 5.1.2), so it is not asked.
func (d *Directory) bind(user, password string) error {
	if password == "" {
		return ErrRefused
	}
	err := d.conn.Bind(user, password)
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication,
		ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultConstraintViolation) {
		return ErrRefused
	}
	if err != nil {
		return fmt.Errorf("sign in to directory: %w", reason(err))
	}
	return nil
}

// reason is what a directory says about a failure, on one line.
func reason(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return errors.New(strings.ReplaceAll(text, "\x00", ""))
}

// Check reports whether a password is that of the user whom the directory calls by name, as in
// Entry.Name. It returns false for whom it doesn't find, too.
func Check(ctx context.Context, dialer Dialer, s Settings, name, password string) (bool, error) {
	d, err := Open(ctx, dialer, s)
	if err != nil {
		return false, err
	}
	defer d.Close()
	dn, err := d.named(name)
	if err != nil || dn == "" {
		return false, err
	}
	err = d.bind(dn, password)
	if errors.Is(err, ErrRefused) {
		return false, nil
	}
	return err == nil, err
}

// named finds the entry of a user; empty: there is none, or not just one.
func (d *Directory) named(name string) (dn string, err error) {
	base, scope, filter := d.settings.BaseDN, ldap.ScopeWholeSubtree, d.settings.UserFilter
	if strings.EqualFold(d.settings.UserUID, "dn") {
		base, scope = name, ldap.ScopeBaseObject
	} else {
		filter = "(&" + filter + "(" + d.settings.UserUID + "=" + nameFilter(d.settings.UserUID, name) + "))"
	}
	const tooMany = 2
	found, err := d.conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, tooMany, 0, false, filter, []string{"1.1"}, nil))
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultSizeLimitExceeded) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for user in directory: %w", reason(err))
	}
	if len(found.Entries) != 1 {
		return "", nil
	}
	return found.Entries[0].DN, nil
}
