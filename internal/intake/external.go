package intake

import (
	"context"
	"regexp"
	"strings"

	"postroom/internal/store"
	"postroom/parser"
)

// external is another system that knows our tickets by names of its own.
type external struct {
	header string         // which its mails carry
	name   *regexp.Regexp // in their subjects
	prefix string         // of what its address makes a source
}

var (
	serviceNow = external{"x-servicenow-generated", regexp.MustCompile(`\s(INC\d+)\s`), "ServiceNow-"}
	jira       = external{"x-jira-fingerprint", regexp.MustCompile(`\[JIRA\]\s\((\w+-\d+)\)`), "Jira-"}
)

// externalName is what another system calls the ticket of a mail.
type externalName struct{ source, name string }

// maxExternalName is how long it may be, in bytes. An index holds it.
const maxExternalName = 200

// find gives a mail to the ticket that the other system means, and remembers the name for a new one.
func (e external) find(ctx context.Context, tx *store.Store, m *mail) error {
	if strings.TrimSpace(m.Header[e.header]) == "" {
		return nil
	}
	name := e.name.FindStringSubmatch(m.Subject)
	from, err := parser.Addresses(m.From)
	if name == nil || err != nil || len(from) == 0 {
		return nil
	}
	known := externalName{e.prefix + strings.ToLower(from[0].Email), name[1]}
	if len(known.source) > maxExternalName || len(known.name) > maxExternalName {
		return nil
	}
	m.externals = append(m.externals, known)
	id, err := tx.ExternalTicket(ctx, known.source, known.name)
	if err != nil || id == 0 {
		return err
	}
	return m.followID(ctx, tx, id)
}
