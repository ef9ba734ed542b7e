package desk

import (
	"strconv"
	"time"
)

// Ids of directories and of readings of them.
type (
	LDAPSourceID int64
	ImportJobID  int64
)

// LDAPSource is a directory whose entries become users, and who sign in with its passwords.
type LDAPSource struct {
	ID          LDAPSourceID
	Name        string
	Preferences map[string]any // how it is reached and read
	Prio        int
	Active      bool
	Stamp
}

// Key is what the source of a user says who came from this directory.
func (s LDAPSource) Key() string { return ldapKey + strconv.FormatInt(int64(s.ID), 10) }

const ldapKey = "Ldap::"

// LDAPSourceOf is the directory that a user came from; 0: none.
func LDAPSourceOf(u User) LDAPSourceID {
	if u.Source == nil || len(*u.Source) <= len(ldapKey) || (*u.Source)[:len(ldapKey)] != ldapKey {
		return 0
	}
	id, err := strconv.ParseInt((*u.Source)[len(ldapKey):], 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	return LDAPSourceID(id)
}

// What import jobs read, and the source of users from there.
const (
	ImportLDAP     = "Import::Ldap"
	ImportExchange = "Import::Exchange"

	ExchangeKey = "Exchange"
)

// ImportJob is one reading of directories. A dry run counts what would happen.
type ImportJob struct {
	ID         ImportJobID
	Name       string
	DryRun     bool
	Payload    map[string]any // what a dry run tries
	Result     map[string]any
	StartedAt  *time.Time
	FinishedAt *time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
