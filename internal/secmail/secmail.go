// Package secmail opens mail that was encrypted or signed, and encrypts and signs mail that is sent,
// by S/MIME or PGP.
//
// It finds the keys for it, and says what came of it in the words that articles keep. It knows no
// protocol and no ticket.
package secmail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pgp"
)

// Keys are where keys are kept. Addresses and domains are in lower case.
type Keys interface {
	CertificatesOf(ctx context.Context, addresses []string) ([]desk.SMIMECertificate, error)
	CertificatesThatOpen(ctx context.Context, recipientIDs []string) ([]desk.SMIMECertificate, error)
	PGPKeysOf(ctx context.Context, addresses, domains []string) ([]desk.PGPKey, error)
	PGPKeysThatOpen(ctx context.Context, recipientIDs []string, all bool) ([]desk.PGPKey, error)
}

// Safe opens and seals mail of one installation.
type Safe struct {
	keys     Keys
	settings desk.Settings
	now      time.Time
}

// New returns a Safe that judges what is valid by a time.
func New(keys Keys, settings desk.Settings, now time.Time) *Safe {
	return &Safe{keys: keys, settings: settings, now: now}
}

// switches are the settings that turn a way to protect mail on.
var switches = map[string]string{desk.SecuritySMIME: "smime_integration", desk.SecurityPGP: "pgp_integration"}

// Uses reports whether a way to protect mail is turned on.
func (s *Safe) Uses(way string) bool { return s.settings.Bool(switches[way]) }

// pgpKeysOf returns the keys of addresses. Those that stand for domains are among them where the
// setting allows it.
func (s *Safe) pgpKeysOf(ctx context.Context, addresses []string) ([]desk.PGPKey, error) {
	domains := []string{}
	if s.settings.Bool("pgp_recipient_alias_configuration") {
		for _, address := range addresses {
			if domain := desk.MailDomain(address); domain != "" && !slices.Contains(domains, domain) {
				domains = append(domains, domain)
			}
		}
	}
	return s.keys.PGPKeysOf(ctx, addresses, domains)
}

// readPGP reads keys as they are stored. unlocked is for those whose private half is used.
func readPGP(stored []desk.PGPKey, unlocked bool) ([]*pgp.Key, error) {
	var keys []*pgp.Key
	for _, v := range stored {
		key, err := pgp.ReadKey(v.Key)
		if err == nil && unlocked {
			err = key.Unlock(text(v.Passphrase))
		}
		if err != nil {
			return nil, fmt.Errorf("PGP key %d: %w", v.ID, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// lower brings addresses into the form in which keys are looked up.
func lower(addresses ...string) []string {
	var list []string
	for _, address := range addresses {
		address = strings.ToLower(strings.TrimSpace(address))
		if address != "" && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return list
}
