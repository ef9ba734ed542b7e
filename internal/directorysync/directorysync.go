// Package directorysync makes users of the people in directories, keeps them as they are there, and
// asks directories for passwords.
//
// What comes out of LDAP or Exchange goes in; users are made, changed, and made inactive when they
// are gone there. It knows no job and no queue.
package directorysync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/ldap"
	"postroom/internal/store"
)

// Service reads directories.
type Service struct {
	store  *store.Store
	egress egress.Policy
	tokens Renewer
	log    *slog.Logger
}

// Renewer gives another access token for the refresh token of an account, by the application that is
// registered at its provider.
type Renewer interface {
	Renew(ctx context.Context, provider string, application map[string]any, refreshToken string) (desk.AccountGrant, error)
}

// New returns a Service that reaches directories where the policy lets it.
func New(s *store.Store, policy egress.Policy, tokens Renewer, log *slog.Logger) *Service {
	return &Service{store: s, egress: policy, tokens: tokens, log: log}
}

// LDAP connects to a directory as an administrator describes it. Close of what it returns has to
// follow.
func (s *Service) LDAP(ctx context.Context, settings ldap.Settings) (*ldap.Directory, error) {
	return ldap.Open(ctx, s.egress.Dialer(), settings)
}

// Settings that switch directories on.
const (
	LDAPSwitch     = "ldap_integration"
	ExchangeSwitch = "exchange_integration"
)

// Kinds are what directories there are to be read, by the names of their import jobs and by the settings that
// switch them on.
var Kinds = []struct{ Name, Switch string }{{desk.ImportLDAP, LDAPSwitch}, {desk.ImportExchange, ExchangeSwitch}}

// Knows reports whether a password is that of a user who came from a directory, as the directory
// says. Of whom no directory knows it is not.
func (s *Service) Knows(ctx context.Context, c *desk.Catalog, user desk.User, password string) (bool, error) {
	id := desk.LDAPSourceOf(user)
	if id == 0 || !c.Settings.Bool(LDAPSwitch) {
		return false, nil
	}
	source, err := s.store.LDAPSource(ctx, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && !source.Active {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	name, err := s.store.DirectoryName(ctx, source.Key(), user.ID)
	if errors.Is(err, desk.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	settings, err := ldap.Read(source.Preferences)
	if err != nil {
		return false, fmt.Errorf("ldap source %d: %w", id, err)
	}
	right, err := ldap.Check(ctx, s.egress.Dialer(), settings, name, password)
	if err != nil {
		return false, fmt.Errorf("ldap source %d: %w", id, err)
	}
	return right, nil
}

// Read does what an import job says: it reads directories and makes their people users, or, in a dry
// run, counts what would become of them. It tells note how far it got, now and then.
func (s *Service) Read(ctx context.Context, job desk.ImportJob, note func(Result) error) (Result, error) {
	catalog, err := s.store.Catalog(ctx)
	if err != nil {
		return Result{}, err
	}
	r := &reading{store: s.store, log: s.log, catalog: catalog, dryRun: job.DryRun, note: note, met: map[desk.UserID]entry{}}
	switch job.Name {
	case desk.ImportLDAP:
		err = s.readLDAP(ctx, r, job)
	case desk.ImportExchange:
		err = s.readExchange(ctx, r, job)
	default:
		err = &desk.InvalidError{Field: "name", Reason: "there is nothing to import as " + job.Name}
	}
	return r.result, err
}

// payloadKeys are under which an import job has what a dry run tries.
var payloadKeys = map[string]string{desk.ImportLDAP: "ldap_config", desk.ImportExchange: "exchange_config"}

// PayloadKey is under which a client sends what a dry run of a kind is to try.
func PayloadKey(name string) string { return payloadKeys[name] }

// exchangeTimeout is how long one answer of Exchange may take: it is a page of contacts.
const exchangeTimeout = time.Minute

// readLDAP reads what a dry run tries, or every directory that is active. Of two that have somebody the
// first is believed. Who is gone is asked when all were read: the person may have moved to another.
func (s *Service) readLDAP(ctx context.Context, r *reading, job desk.ImportJob) error {
	sources, err := s.sourcesOf(ctx, job)
	if err != nil {
		return err
	}
	var problems []error
	problem := func(source desk.LDAPSource, err error) error {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", source.Name, err)) // the others can still be read
		}
		return ctx.Err()
	}
	read := map[desk.LDAPSourceID]visit{} // to their ends
	for _, source := range sources {
		unseen, err := s.readSource(ctx, r, source)
		if err == nil {
			read[source.ID] = r.visit
			err = unseen
		}
		if err := problem(source, err); err != nil {
			return err
		}
	}
	for _, source := range sources {
		if there, complete := read[source.ID]; complete {
			if err := problem(source, r.end(ctx, there)); err != nil {
				return err
			}
		}
	}
	return errors.Join(problems...)
}

func (s *Service) sourcesOf(ctx context.Context, job desk.ImportJob) ([]desk.LDAPSource, error) {
	if !job.DryRun {
		return s.store.ActiveLDAPSources(ctx)
	}
	typed, ok := job.Payload[payloadKeys[job.Name]].(map[string]any)
	if !ok {
		return s.store.ActiveLDAPSources(ctx)
	}
	source := desk.LDAPSource{Name: "LDAP", Preferences: typed}
	if id, ok := typed["id"].(float64); ok {
		source.ID = desk.LDAPSourceID(id)
	}
	return []desk.LDAPSource{source}, nil
}

// Typed is the payload of a dry run of a kind that tries what was typed in.
func Typed(name string, typed map[string]any) map[string]any {
	return map[string]any{payloadKeys[name]: typed}
}

// into reads JSON that was decoded already into a struct.
func into(value map[string]any, dst any) error {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, dst)
	}
	if err != nil {
		return &desk.InvalidError{Field: "payload", Reason: "what was typed in can't be read: " + err.Error()}
	}
	return nil
}

// ReadExchange reads what somebody typed in about an address book.
func ReadExchange(typed map[string]any) (Exchange, error) {
	var e Exchange
	err := into(typed, &e)
	return e, err
}

// readSource makes users of the people in a directory. unseen says which of its groups can't be read.
func (s *Service) readSource(ctx context.Context, r *reading, source desk.LDAPSource) (unseen, err error) {
	settings, err := ldap.Read(source.Preferences)
	if err != nil {
		return nil, err
	}
	directory, err := s.LDAP(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer directory.Close()
	if err := r.begin(ctx, source.Key(), true); err != nil {
		return nil, err
	}
	members, err := directory.Members(ctx)
	if err != nil {
		return nil, err
	}
	r.doubtful = members.Doubtful
	err = directory.Users(ctx, members, func(ctx context.Context, entries []ldap.Entry) error {
		people := make([]person, 0, len(entries))
		for _, entry := range entries {
			p := person{name: entry.Name, fields: entry.Fields, roles: entry.Roles}
			p.unwanted = entry.Roles != nil && len(entry.Roles) == 0 && settings.SkipUnassigned
			people = append(people, p)
		}
		return r.take(ctx, people)
	})
	return members.Unseen, err
}
