package secmail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pgp"
	"postroom/internal/smime"
	"postroom/parser"
)

// What articles say about mails that came in. Clients of the original show these texts.
const (
	noPrivateKey     = "The private key for decryption could not be found."
	cantDecrypt      = "The content could not be decrypted."
	noCertificate    = "The certificate for verification could not be found."
	notVerified      = "The signature could not be verified."
	notBySender      = "This message was not signed by its sender."
	noPrivatePGPKey  = "The private PGP key could not be found."
	noPublicPGPKey   = "The public PGP key could not be found."
	goodPGPSignature = "Good signature"
	partlySigned     = "Only a part of this message was signed."
)

// Opening is what is found out about one mail while it is read.
type Opening struct {
	safe *Safe
	// Security is what its article says; nil: the mail is neither encrypted nor signed.
	Security *desk.Security
	// Err is why nothing could be found out, such as a database that is away. The mail should be read
	// again then.
	Err error
}

// Open begins to read a mail.
func (s *Safe) Open() *Opening { return &Opening{safe: s} }

// Opener is what the parser asks about the mail.
func (o *Opening) Opener(ctx context.Context) func(parser.Seal) ([]byte, bool) {
	return func(seal parser.Seal) (content []byte, opened bool) {
		defer func() {
			if broken := recover(); broken != nil { // a library that a stranger's bytes are too much for
				content, opened = nil, false
				o.comment(seal.Form, fmt.Sprint(broken))
			}
		}()
		return o.open(ctx, seal)
	}
}

func wayOf(form string) string {
	switch form {
	case parser.PGPEncrypted, parser.PGPSigned, parser.PGPTextEncrypted, parser.PGPTextSigned:
		return desk.SecurityPGP
	}
	return desk.SecuritySMIME
}

func (o *Opening) open(ctx context.Context, seal parser.Seal) ([]byte, bool) {
	way := wayOf(seal.Form)
	if o.Err != nil || !o.safe.Uses(way) || o.Security != nil && o.Security.Type != way {
		return nil, false
	}
	if o.Security == nil {
		o.Security = &desk.Security{Type: way}
	}
	switch seal.Form {
	case parser.SMIMEEncrypted:
		return o.decryptSMIME(ctx, seal)
	case parser.SMIMEOpaque:
		signed, err := smime.ReadSigned(seal.Data, nil)
		if err != nil {
			return o.comment(seal.Form, notVerified)
		}
		o.verifySMIME(ctx, seal, signed)
		return signed.Content, len(signed.Content) > 0 // nobody could read it otherwise
	case parser.SMIMESigned:
		signed, err := smime.ReadSigned(seal.Signature, seal.Content)
		if err != nil {
			return o.comment(seal.Form, notVerified)
		}
		return seal.Content, o.verifySMIME(ctx, seal, signed)
	case parser.PGPEncrypted, parser.PGPTextEncrypted:
		return o.decryptPGP(ctx, seal)
	case parser.PGPTextSigned:
		return o.verifyPGPText(ctx, seal)
	case parser.PGPSigned:
		return seal.Content, o.verifyPGP(ctx, seal)
	}
	return nil, false
}

// comment says why a seal stays closed.
func (o *Opening) comment(form, text string) ([]byte, bool) {
	half := &o.Security.Sign
	if form == parser.SMIMEEncrypted || form == parser.PGPEncrypted || form == parser.PGPTextEncrypted {
		half = &o.Security.Encryption
	}
	*half = desk.Protection{Comment: &text}
	return nil, false
}

// fail stops the reading of a mail that can be read another time.
func (o *Opening) fail(err error) ([]byte, bool) {
	o.Err = err
	return nil, false
}

func good(comment string) desk.Protection { return desk.Protection{Success: true, Comment: &comment} }

func (o *Opening) decryptSMIME(ctx context.Context, seal parser.Seal) ([]byte, bool) {
	envelope, err := smime.ReadEnvelope(seal.Data)
	if err != nil {
		if signed, errSigned := smime.ReadSigned(seal.Data, nil); errSigned == nil { // some don't say which it is
			o.verifySMIME(ctx, seal, signed)
			return signed.Content, len(signed.Content) > 0
		}
		return o.comment(seal.Form, cantDecrypt)
	}
	found, err := o.safe.keys.CertificatesThatOpen(ctx, envelope.Recipients())
	if err != nil {
		return o.fail(err)
	}
	why := noPrivateKey
	for _, v := range found {
		certificates, err := smime.ReadCertificates(v.Certificate)
		if err != nil {
			continue
		}
		keys, err := smime.ReadPrivateKeys(text(v.PrivateKey), text(v.PrivateKeySecret))
		if err != nil {
			continue
		}
		content, err := envelope.Open(certificates[0], keys[0].Signer)
		if err != nil {
			why = cantDecrypt
			continue
		}
		o.Security.Encryption = good(v.Subject + expired(certificates[0], o.safe.now))
		return content, true
	}
	return o.comment(seal.Form, why)
}

// expired tells about a certificate that should no longer be used, and still opens old mail.
func expired(c *x509.Certificate, now time.Time) string {
	if smime.Valid(c, now) {
		return ""
	}
	return fmt.Sprintf(" (Certificate %s with start date %s and end date %s expired!)", smime.Fingerprint(c), day(c.NotBefore), day(c.NotAfter))
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (o *Opening) verifySMIME(ctx context.Context, seal parser.Seal, signed *smime.Signed) bool {
	sender := lower(seal.Sender.Email)
	stored, err := o.safe.keys.CertificatesOf(ctx, sender)
	if err != nil {
		o.fail(err)
		return false
	}
	var trusted []*x509.Certificate
	for _, v := range stored {
		if certificates, err := smime.ReadCertificates(v.Certificate); err == nil {
			trusted = append(trusted, certificates[0])
		}
	}
	signer, err := signed.Verify(trusted, o.safe.now)
	why := ""
	switch {
	case errors.Is(err, smime.ErrUnknownSigner):
		why = noCertificate
	case err != nil:
		why = notVerified
	case len(sender) == 0 || !slices.Contains(smime.Addresses(signer), sender[0]):
		why = notBySender
	}
	if why != "" {
		o.comment(parser.SMIMESigned, why)
		return false
	}
	o.Security.Sign = good(smime.Subject(signer) + expired(signer, o.safe.now))
	return true
}

// hiddenRecipient is the id that stands for one who is not named.
const hiddenRecipient = "0000000000000000"

func (o *Opening) decryptPGP(ctx context.Context, seal parser.Seal) ([]byte, bool) {
	ids, err := pgp.Recipients(seal.Data)
	if err != nil {
		return o.comment(seal.Form, cantDecrypt)
	}
	stored, err := o.safe.keys.PGPKeysThatOpen(ctx, ids, slices.Contains(ids, hiddenRecipient))
	if err != nil {
		return o.fail(err)
	}
	if len(stored) == 0 {
		return o.comment(seal.Form, noPrivatePGPKey)
	}
	secrets, err := readPGP(stored, true)
	if err != nil {
		return o.comment(seal.Form, cantDecrypt)
	}
	signers, ok := o.signers(ctx, seal)
	if !ok {
		return nil, false
	}
	opened, err := pgp.Open(seal.Data, secrets, signers, o.safe.now)
	if errors.Is(err, pgp.ErrNotForKey) {
		return o.comment(seal.Form, noPrivatePGPKey)
	}
	if err != nil {
		return o.comment(seal.Form, cantDecrypt)
	}
	o.Security.Encryption = good("")
	switch {
	case opened.Signed && seal.Partial:
		o.comment(parser.PGPSigned, partlySigned)
	case opened.Signed:
		o.judge(opened.Signer, opened.Err)
	}
	return opened.Content, true
}

func (o *Opening) verifyPGP(ctx context.Context, seal parser.Seal) bool {
	signers, ok := o.signers(ctx, seal)
	if !ok {
		return false
	}
	signer, err := pgp.Verify(seal.Content, seal.Signature, signers, o.safe.now)
	return o.judge(signer, err)
}

// verifyPGPText takes the signature off a text that it is good for as a whole.
func (o *Opening) verifyPGPText(ctx context.Context, seal parser.Seal) ([]byte, bool) {
	if seal.Partial {
		return o.comment(seal.Form, partlySigned)
	}
	signers, ok := o.signers(ctx, seal)
	if !ok {
		return nil, false
	}
	content, signer, err := pgp.OpenSignedText(seal.Data, signers, o.safe.now)
	return content, o.judge(signer, err)
}

// signers are the keys of who says to have written a mail: nobody else can vouch for it.
func (o *Opening) signers(ctx context.Context, seal parser.Seal) ([]*pgp.Key, bool) {
	stored, err := o.safe.pgpKeysOf(ctx, lower(seal.Sender.Email))
	if err != nil {
		o.fail(err)
		return nil, false
	}
	keys, err := readPGP(stored, false)
	if err != nil {
		keys = nil
	}
	return keys, true
}

func (o *Opening) judge(signer *pgp.Key, err error) bool {
	switch {
	case errors.Is(err, pgp.ErrUnknownSigner):
		o.comment(parser.PGPSigned, noPublicPGPKey)
	case err != nil || signer == nil:
		o.comment(parser.PGPSigned, notVerified)
	default:
		o.Security.Sign = good(goodPGPSignature + " from " + strings.Join(signer.Names(), ", "))
	}
	return o.Security.Sign.Success
}
