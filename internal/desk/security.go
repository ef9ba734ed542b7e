package desk

import (
	"strings"
	"time"
)

// Ids of keys that protect mail.
type (
	SMIMECertificateID int64
	PGPKeyID           int64
)

// SMIMECertificate is a certificate of somebody we write with or, with its private key, one of ours.
type SMIMECertificate struct {
	ID               SMIMECertificateID
	Subject          string // as in /C=DE/CN=Ann
	Issuer           string
	Fingerprint      string // SHA-1 in hex, as people compare it
	EmailAddresses   []string
	RecipientIDs     []string `db:"recipient_ids"` // the names by which mails may say that they are encrypted for it
	NotBefore        time.Time
	NotAfter         time.Time
	CA               bool    `db:"ca"`
	Certificate      string  // PEM
	PrivateKey       *string // PEM, perhaps encrypted with the secret
	PrivateKeySecret *string
	Stamp
}

// PGPKey is the key of somebody we write with or, with its private half, one of ours.
type PGPKey struct {
	ID             PGPKeyID
	Name           string // its user ids
	Fingerprint    string // in upper case
	EmailAddresses []string
	RecipientIDs   []string `db:"recipient_ids"`
	ExpiresAt      *time.Time
	Secret         bool    // the private half is there
	DomainAlias    *string // it stands for every address of this domain
	Key            string  // armored
	Passphrase     *string
	Stamp
}

// Ways to protect mail, as articles name them.
const (
	SecuritySMIME = "S/MIME"
	SecurityPGP   = "PGP"
)

// Security is what an article says about its mail's encryption and signature. On one that is to be
// sent it says what shall be done.
type Security struct {
	Type       string     `json:"type"`
	Sign       Protection `json:"sign"`
	Encryption Protection `json:"encryption"`
}

// Protection is one half of Security.
type Protection struct {
	Success bool    `json:"success"`
	Comment *string `json:"comment"`
}

// PreferenceSecurity is where an article keeps its Security.
const PreferenceSecurity = "security"

// Asked reads what shall be done with an article's mail. One that names no way to do it is asked all
// the same: it can't be sent.
func Asked(preferences map[string]any) (s Security, asked bool) {
	wanted, _ := preferences[PreferenceSecurity].(map[string]any)
	s.Type, _ = wanted["type"].(string)
	s.Sign.Success, s.Encryption.Success = succeeds(wanted["sign"]), succeeds(wanted["encryption"])
	return s, s.Sign.Success || s.Encryption.Success
}

func succeeds(half any) bool {
	fields, _ := half.(map[string]any)
	switch success := fields["success"].(type) {
	case bool:
		return success
	case string:
		return strings.EqualFold(success, "true")
	}
	return false
}

// SecurityDefaults says what a group's mails get when nobody chose: whether they are signed and
// encrypted. The setting is smime_config or pgp_config.
func (s Settings) SecurityDefaults(setting string, group GroupID) (sign, encrypt bool) {
	var config struct {
		Group struct {
			Sign    map[GroupID]any `json:"default_sign"`
			Encrypt map[GroupID]any `json:"default_encryption"`
		} `json:"group_id"`
	}
	if !s.Into(setting, &config) {
		return false, false
	}
	return isSet(config.Group.Sign[group]), isSet(config.Group.Encrypt[group])
}

// isSet reads a switch of a front end, which may come as text.
func isSet(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true")
	}
	return false
}
