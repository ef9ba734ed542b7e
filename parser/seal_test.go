package parser

import (
	"strings"
	"testing"
)

const (
	sealedHead = "From: Ann <ann@example.com>\nTo: desk@example.com\nSubject: sealed\nMessage-ID: <sealed@example.com>\n"
	signed     = "Content-Type: text/plain\n\nsigned words\n"
)

func signedMail(protocol string) string {
	return sealedHead + "Content-Type: multipart/signed; micalg=SHA-256; boundary=b;\n\tprotocol=\"" + protocol + "\"\n\nfor old mailers\n--b\n" +
		signed + "\n--b\nContent-Type: " + protocol + "; name=signature\nContent-Transfer-Encoding: base64\n\nc2lnbmF0dXJl\n--b--\n"
}

func TestSealsAreFound(t *testing.T) {
	t.Parallel()
	const encrypted = "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\n" +
		"Content-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\nsecret\n--b--\n"
	const smime = "Content-Type: application/pkcs7-mime; smime-type=%; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nc2VjcmV0\n"
	for _, tc := range []struct{ name, raw, form, data, content, signature string }{
		{"S/MIME encrypted", sealedHead + strings.Replace(smime, "%", "enveloped-data", 1), SMIMEEncrypted, "secret", "", ""},
		{"S/MIME with an old name", sealedHead + "Content-Type: application/x-pkcs7-mime\n\nsecret", SMIMEEncrypted, "secret", "", ""},
		{"S/MIME opaque", sealedHead + strings.Replace(smime, "%", "signed-data", 1), SMIMEOpaque, "secret", "", ""},
		{"S/MIME certificates", sealedHead + strings.Replace(smime, "%", "certs-only", 1), "", "", "", ""},
		{"S/MIME signed", signedMail("application/pkcs7-signature"), SMIMESigned, "", strings.ReplaceAll(signed, "\n", "\r\n"), "signature"},
		{"PGP signed", signedMail("application/pgp-signature"), PGPSigned, "", strings.ReplaceAll(signed, "\n", "\r\n"), "signature"},
		{"signed some other way", signedMail("application/x-other"), "", "", "", ""},
		{"PGP encrypted", sealedHead + encrypted, PGPEncrypted, "secret", "", ""},
		{"a text", sealedHead + "\nmultipart/signed", "", "", "", ""},
	} {
		var got Seal
		_, err := Parse([]byte(tc.raw), Options{Open: func(seal Seal) ([]byte, bool) {
			got = seal
			return nil, false
		}})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got.Form != tc.form || string(got.Data) != tc.data || string(got.Content) != tc.content || string(got.Signature) != tc.signature {
			t.Errorf("%s: found %q with %q, %q signed by %q", tc.name, got.Form, got.Data, got.Content, got.Signature)
		}
		if tc.form != "" && (got.Sender.Email != "ann@example.com" || len(got.Recipients) != 1) {
			t.Errorf("%s: from %v to %v", tc.name, got.Sender, got.Recipients)
		}
	}
}

func TestOpenedMailTakesThePlaceOfItsSeal(t *testing.T) {
	t.Parallel()
	inside := signedMail("application/pgp-signature")
	inside = inside[strings.Index(inside, "Content-Type"):] // what is encrypted has no addresses
	raw := sealedHead + "Content-Type: application/pkcs7-mime\nContent-Description: sealed\nX-Priority: 1\n\n" + inside
	var forms []string
	msg, err := Parse([]byte(raw), Options{Open: func(seal Seal) ([]byte, bool) {
		forms = append(forms, seal.Form)
		return seal.Data, seal.Form == SMIMEEncrypted
	}})
	if err != nil || strings.Join(forms, ", ") != SMIMEEncrypted+", "+PGPSigned {
		t.Errorf("opened %q, %v", forms, err)
	}
	if msg.Body != "signed words\n" || msg.Subject != "sealed" || msg.Header["x-priority"] != "1" ||
		len(msg.Attachments) != 1 || msg.Attachments[0].Filename != "signature" {
		t.Errorf("subject %q, body %q, attachments %v", msg.Subject, msg.Body, msg.Attachments)
	}
}

// A mail whose content is the same seal again must not keep us busy.
func TestSealsInsideSealsHaveAnEnd(t *testing.T) {
	t.Parallel()
	entity := "Content-Type: application/pkcs7-mime; name=smime.p7m\n\nagain"
	asked := 0
	msg, err := Parse([]byte(sealedHead+entity), Options{Open: func(Seal) ([]byte, bool) {
		asked++
		return []byte(entity), true
	}})
	if err != nil || asked != maxSeals || len(msg.Attachments) != 1 || msg.Attachments[0].Filename != "smime.p7m" {
		t.Errorf("asked %d times, %v, attachments %v", asked, err, msg.Attachments)
	}
}
