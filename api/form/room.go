// Package form takes in what visitors of other sites write into a form there (reference/channels.md
// section 5).
//
// A page gets a token that is good for one browser and a day, and shows it with what was written. A ticket
// is made before the page is told that all is well.
package form

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"time"

	"postroom/api/rest"
)

// Resolver looks up where mail for a domain goes.
type Resolver interface {
	LookupMX(ctx context.Context, domain string) ([]*net.MX, error)
	LookupHost(ctx context.Context, domain string) ([]string, error)
}

// Room answers pages with a form.
type Room struct {
	*rest.House
	resolver Resolver
	secret   []byte // for an installation that has none
}

// New returns a Room of a house. A nil resolver is the one of the system.
func New(house *rest.House, resolver Resolver) *Room {
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // crypto/rand never fails
	return &Room{House: house, resolver: resolver, secret: secret}
}

// visitor may be anybody, from any page; who configures the form may try it while it is off.
var visitor = rest.Access{Public: true, Optional: true, Unguarded: true}

// Routes are the addresses of the room.
func (s *Room) Routes(t *rest.Table) {
	t.Handle("POST /api/v1/form_config", visitor, s.configure).
		Takes(rest.Record{{"fingerprint", ""}, {"test", false}}).
		Gives(rest.Record{{"enabled", true}, {"endpoint", ""}, {"token", ""}})
	t.Handle("POST /api/v1/form_submit", visitor, s.submit).
		Takes(rest.Record{{"fingerprint", ""}, {"token", ""}, {"name", ""}, {"email", ""}, {"title", ""}, {"body", ""}}).
		Gives(rest.AnyOf{
			rest.Record{{"ticket", rest.Record{{"id", int64(0)}, {"number", ""}}}},
			rest.Record{{"errors", map[string]string{}}},
		})
}

// lookupWithin is how long a visitor waits for a look at the domain of the address.
const lookupWithin = 3 * time.Second

// takesMail reports whether mail may be sent to a domain. Only a name server that knows that there is no
// such domain speaks against it: one that can't be asked must not cost us a message.
func (s *Room) takesMail(ctx context.Context, domain string) bool {
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	mx, err := s.resolver.LookupMX(ctx, domain)
	if !absent(err) {
		return len(mx) != 1 || mx[0].Host != nullMX
	}
	_, err = s.resolver.LookupHost(ctx, domain)
	return !absent(err)
}

// nullMX is the mail server of a domain that takes no mail (RFC 7505).
const nullMX = "."

func absent(err error) bool {
	unknown, ok := errors.AsType[*net.DNSError](err)
	return ok && unknown.IsNotFound
}
