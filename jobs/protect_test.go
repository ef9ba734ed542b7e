package jobs

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/secmail"
	"postroom/internal/store/accounts"
)

// asked is what an agent chose for an answer.
func asked(sign, encrypt bool) func(*desk.Article) {
	return func(a *desk.Article) {
		a.Preferences[desk.PreferenceSecurity] = desk.Security{
			Type: desk.SecuritySMIME, Sign: desk.Protection{Success: sign}, Encryption: desk.Protection{Success: encrypt},
		}
	}
}

func (p *post) ownCertificate(t *testing.T) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		EmailAddresses: []string{"desk@example.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	v := secmail.Certificate(certificate)
	v.PrivateKey = new(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})))
	if err := accounts.SMIMECertificates.Insert(t.Context(), p.store.DB, &v, 1); err != nil {
		t.Fatal(err)
	}
}

func TestAnswersAreSigned(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.set(t, "smime_integration", "true")
	p.ownCertificate(t)
	p.write(t, asked(true, false))
	p.run(t)
	p.wait(t, 30*time.Second, 0, outboxRows)
	if len(p.server.sent) != 1 || p.server.sent[0].Protect == nil {
		t.Fatalf("sent %+v, want one that is protected", p.server.sent)
	}
	sealed, err := p.server.sent[0].Protect([]byte("Content-Type: text/plain\r\n\r\nIt is on its way."))
	if err != nil || !strings.HasPrefix(string(sealed), "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"") {
		t.Errorf("sealed %q, %v", sealed, err)
	}
}

// Who asks for an encrypted answer must never see it leave in clear.
func TestAnswersThatCantBeProtectedStayHere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		on            bool
		sign, encrypt bool
		want          string
	}{
		{"turned off", false, false, true, "The integration of 'S/MIME' is not active."},
		{"no certificate of the recipient", true, true, true, "The certificate for nicole@example.org was not found."},
	} {
		p := newPost(t)
		if tc.on {
			p.set(t, "smime_integration", "true")
			p.ownCertificate(t)
		}
		a := p.write(t, asked(tc.sign, tc.encrypt))
		p.run(t)
		p.wait(t, 60*time.Second, 1, deadRows)
		if len(p.server.sent) != 0 {
			t.Errorf("%s: %d mails left in clear", tc.name, len(p.server.sent))
		}
		if got := p.article(t, a.ID).Preferences["delivery_status_message"]; got != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, got, tc.want)
		}
	}
}
