package directorysync

import (
	"context"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/ews"
)

// Settings about Exchange.
const (
	exchangeConfig = "exchange_config"
	ExchangeOAuth  = "exchange_oauth"
)

// Exchange is an address book as an administrator describes it.
type Exchange struct {
	Endpoint   string            `json:"endpoint"`
	User       string            `json:"user"`
	Password   string            `json:"password"`
	AuthType   string            `json:"auth_type"` // basic, oauth
	Insecure   any               `json:"disable_ssl_verify"`
	Folders    []string          `json:"folders"`
	Attributes map[string]string `json:"attributes"` // of users, by the names of Exchange
}

const byOAuth = "oauth"

// Lenient reports whether any certificate is taken.
func (e Exchange) Lenient() bool { return e.Insecure == true || e.Insecure == "true" }

// Mailbox opens the mailbox of an address book. With OAuth the token is that of whoever let us in.
func (s *Service) Mailbox(e Exchange) (*ews.Client, error) {
	at := ews.Mailbox{Endpoint: e.Endpoint, User: e.User, Password: e.Password}
	if e.AuthType == byOAuth {
		at.Token = s.exchangeToken
	}
	return ews.New(s.egress.Client(egress.Options{Timeout: exchangeTimeout, Insecure: e.Lenient()}), at)
}

// Stored is the address book that the settings describe.
func Stored(c *desk.Catalog) Exchange {
	var e Exchange
	c.Settings.Into(exchangeConfig, &e)
	return e
}

// readExchange makes users of the contacts in folders of a mailbox. Nobody is made inactive who is not
// there any more: an address book is not who works somewhere.
func (s *Service) readExchange(ctx context.Context, r *reading, job desk.ImportJob) error {
	e := Stored(r.catalog)
	if typed, ok := job.Payload[payloadKeys[job.Name]].(map[string]any); ok && job.DryRun {
		if err := into(typed, &e); err != nil {
			return err
		}
	}
	if len(e.Folders) == 0 {
		return &desk.InvalidError{Field: "folders", Reason: "no folder of the address book is chosen"}
	}
	client, err := s.Mailbox(e)
	if err != nil {
		return err
	}
	if err := r.begin(ctx, desk.ExchangeKey, false); err != nil {
		return err
	}
	for _, folder := range e.Folders {
		err := client.Contacts(ctx, folder, func(ctx context.Context, contacts []ews.Contact) error {
			people := make([]person, 0, len(contacts))
			for _, contact := range contacts {
				people = append(people, e.person(contact))
			}
			return r.take(ctx, people)
		})
		if err != nil {
			return fmt.Errorf("folder of address book: %w", err)
		}
	}
	return nil
}

// person is a contact by our names. One without a mail address is none.
func (e Exchange) person(contact ews.Contact) person {
	p := person{name: contact[ews.ID], fields: map[string]string{}}
	for name, field := range e.Attributes {
		p.fields[field] = strings.TrimSpace(strings.TrimPrefix(contact[name], "SMTP:"))
	}
	p.unwanted = p.fields["email"] == ""
	return p
}
