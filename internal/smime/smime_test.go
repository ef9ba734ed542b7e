package smime_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack/host"
	"postroom/internal/smime"
)

// identity is somebody's certificate with its key, as files too.
type identity struct {
	certificate   *x509.Certificate
	key           crypto.Signer
	cert, keyFile string
}

var now = time.Now()

// issue makes a certificate for an address, or an authority when there is none. nil: it vouches for itself.
func issue(t *testing.T, dir, name, address string, by *identity, more func(*x509.Certificate)) *identity {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return certify(t, dir, name, address, by, more, key)
}

// issueEC is issue for a key on a curve.
func issueEC(t *testing.T, dir, name, address string, curve elliptic.Curve) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	usage := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement }
	return certify(t, dir, name, address, nil, usage, key)
}

func certify(t *testing.T, dir, name, address string, by *identity, more func(*x509.Certificate), key crypto.Signer) *identity {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		Subject: pkix.Name{Country: []string{"DE"}, CommonName: name}, BasicConstraintsValid: true, SubjectKeyId: []byte(name),
	}
	if address == "" {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	} else {
		template.EmailAddresses = []string{address}
		template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	}
	if more != nil {
		more(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	i := &identity{key: key, cert: filepath.Join(dir, name+".crt"), keyFile: filepath.Join(dir, name+".key")}
	if i.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	write(t, i.cert, []byte(smime.WriteCertificate(i.certificate)))
	if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		t.Fatal(err)
	}
	write(t, i.keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return i
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// openssl is the other side.
type openssl struct {
	program, dir string
}

func newOpenSSL(t *testing.T) openssl {
	t.Helper()
	return openssl{host.Tool(t, "openssl", "openssl"), t.TempDir()}
}

// run runs a command of openssl over some input and returns its output.
func (o openssl) run(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	command := exec.Command(o.program, args...)
	command.Stdin, command.Dir = bytes.NewReader(input), o.dir
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

const content = "Content-Type: text/plain\r\n\r\nGood news.\r\n"

func TestOpenSSLReadsWhatWeEncrypt(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	ann, bob := issue(t, o.dir, "ann", "ann@example.com", nil, nil), issue(t, o.dir, "bob", "bob@example.com", nil, nil)
	der, err := smime.Encrypt([]byte(content), []*x509.Certificate{ann.certificate, bob.certificate})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []*identity{ann, bob} {
		plain := o.run(t, der, "cms", "-decrypt", "-inform", "DER", "-binary", "-recip", who.cert, "-inkey", who.keyFile)
		if string(plain) != content {
			t.Errorf("%s reads %q, want %q", who.cert, plain, content)
		}
	}
}

func TestWeReadWhatOpenSSLEncrypts(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	ann, bob := issue(t, o.dir, "ann", "ann@example.com", nil, nil), issue(t, o.dir, "bob", "bob@example.com", nil, nil)
	long := []byte(content + strings.Repeat("All is well here. ", 9000))
	for name, args := range map[string][]string{
		"AES-128":             {"-aes128"},
		"AES-192":             {"-aes192"},
		"AES-256":             {"-aes256"},
		"Triple DES":          {"-des3"},
		"AES-GCM":             {"-aes-256-gcm"},
		"AES-128-GCM":         {"-aes-128-gcm"},
		"named by its key id": {"-aes256", "-keyid"},
		"in pieces":           {"-aes256", "-stream"},
		"GCM in pieces":       {"-aes-256-gcm", "-stream"},
		"OAEP":                {"-aes256", "-keyopt", "rsa_padding_mode:oaep"},
		"OAEP with SHA-256":   {"-aes256", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"},
	} {
		args = append([]string{"cms", "-encrypt", "-outform", "DER", "-binary", "-recip", ann.cert}, args...)
		envelope, err := smime.ReadEnvelope(o.run(t, long, args...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ids := smime.RecipientIDs(ann.certificate); !slices.Contains(ids, envelope.Recipients()[0]) {
			t.Errorf("%s: for %v, want one of %v", name, envelope.Recipients(), ids)
		}
		plain, err := envelope.Open(ann.certificate, ann.key)
		if err != nil || !bytes.Equal(plain, long) {
			t.Errorf("%s: read %d bytes, %v, want %d", name, len(plain), err, len(long))
		}
		if _, err := envelope.Open(bob.certificate, bob.key); !errors.Is(err, smime.ErrNotForKey) {
			t.Errorf("%s: bob gets %v, want %v", name, err, smime.ErrNotForKey)
		}
	}
}

func TestKeysOnCurvesAreAgreedOn(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		name := curve.Params().Name
		eve, ann := issueEC(t, o.dir, "eve"+name, "eve@example.com", curve), issue(t, o.dir, "ann"+name, "ann@example.com", nil, nil)
		other := issueEC(t, o.dir, "other"+name, "other@example.com", curve)
		if !smime.CanEncrypt(eve.certificate) {
			t.Errorf("%s: nobody encrypts for it", name)
		}
		der, err := smime.Encrypt([]byte(content), []*x509.Certificate{eve.certificate, ann.certificate})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, who := range []*identity{eve, ann} {
			plain := o.run(t, der, "cms", "-decrypt", "-inform", "DER", "-binary", "-recip", who.cert, "-inkey", who.keyFile)
			if string(plain) != content {
				t.Errorf("%s: %s reads %q, want %q", name, who.cert, plain, content)
			}
		}
		for _, how := range [][]string{{"-aes256"}, {"-aes128", "-keyopt", "ecdh_kdf_md:sha256"}, {"-aes-256-gcm", "-keyopt", "ecdh_kdf_md:sha512"}, {"-aes192", "-keyid"}} {
			envelope, err := smime.ReadEnvelope(o.run(t, []byte(content), append([]string{"cms", "-encrypt", "-outform", "DER", "-binary", "-recip", eve.cert}, how...)...))
			if err != nil {
				t.Errorf("%s %q: %v", name, how, err)
				continue
			}
			if plain, err := envelope.Open(eve.certificate, eve.key); err != nil || string(plain) != content {
				t.Errorf("%s %q: read %q, %v, want %q", name, how, plain, err, content)
			}
			if _, err := envelope.Open(other.certificate, other.key); !errors.Is(err, smime.ErrNotForKey) {
				t.Errorf("%s %q: another key gets %v, want %v", name, how, err, smime.ErrNotForKey)
			}
			if _, err := envelope.Open(eve.certificate, other.key); err == nil {
				t.Errorf("%s %q: a wrong key opens it", name, how)
			}
		}
	}
}

func TestOpenSSLBelievesOurSignatures(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	root := issue(t, o.dir, "root", "", nil, nil)
	between := issue(t, o.dir, "between", "", root, nil)
	ann := issue(t, o.dir, "ann", "ann@example.com", between, nil)
	chain := smime.Chain(ann.certificate, []*x509.Certificate{root.certificate, between.certificate})
	if len(chain) != 2 {
		t.Fatalf("chain of %d certificates, want 2", len(chain))
	}
	der, err := smime.Sign([]byte(content), ann.certificate, ann.key, chain[:1])
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.dir, "content")
	write(t, file, []byte(content))
	o.run(t, der, "cms", "-verify", "-inform", "DER", "-binary", "-content", file, "-CAfile", root.cert, "-purpose", "smimesign")
}

func TestWhoseSignaturesAreBelieved(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	root, other := issue(t, o.dir, "root", "", nil, nil), issue(t, o.dir, "other", "", nil, nil)
	between := issue(t, o.dir, "between", "", root, nil)
	ann := issue(t, o.dir, "ann", "ann@example.com", between, nil)
	eve := issueEC(t, o.dir, "eve", "eve@example.com", elliptic.P384())
	web := issue(t, o.dir, "web", "web@example.com", root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	trust := func(list ...*identity) (certificates []*x509.Certificate) {
		for _, i := range list {
			certificates = append(certificates, i.certificate)
		}
		return certificates
	}
	for _, tc := range []struct {
		name    string
		signer  *identity
		args    []string
		trusted []*x509.Certificate
		at      time.Time
		changed bool
		want    string // part of the error; empty: believed
	}{
		{"by the root, which the signer's authority is vouched for by", ann, []string{"-certfile", between.cert}, trust(root), now, false, ""},
		{"an authority that is known", ann, nil, trust(between), now, false, ""},
		{"the signer is known", ann, nil, trust(ann), now, false, ""},
		{"the certificate is not in the mail, but here", ann, []string{"-nocerts"}, trust(ann), now, false, ""},
		{"no attributes", ann, []string{"-noattr"}, trust(ann), now, false, ""},
		{"SHA-512", ann, []string{"-md", "sha512"}, trust(ann), now, false, ""},
		{"RSA-PSS", ann, []string{"-keyopt", "rsa_padding_mode:pss"}, trust(ann), now, false, ""},
		{"RSA-PSS with a short salt and SHA-384", ann, []string{"-md", "sha384", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"}, trust(ann), now, false, ""},
		{"RSA-PSS of something else", ann, []string{"-keyopt", "rsa_padding_mode:pss"}, trust(ann), now, true, "mismatch"},
		{"RSA-PSS with SHA-1", ann, []string{"-md", "sha1", "-keyopt", "rsa_padding_mode:pss"}, trust(ann), now, false, "insecure"},
		{"ECDSA", eve, nil, trust(eve), now, false, ""},
		{"named by its key id", ann, []string{"-keyid"}, trust(ann), now, false, ""},
		{"no attributes, and changed", ann, []string{"-noattr"}, trust(ann), now, true, "not by this key"},
		{"the chain has a hole", ann, nil, trust(root), now, false, "unknown signer"},
		{"somebody else's authority", ann, nil, trust(other), now, false, "unknown signer"},
		{"nobody is trusted", ann, nil, nil, now, false, "unknown signer"},
		{"no certificate anywhere", ann, []string{"-nocerts"}, trust(root), now, false, "unknown signer"},
		{"the certificate has expired", ann, nil, trust(between), now.Add(2 * time.Hour), false, "unknown signer"},
		{"the content was changed", ann, nil, trust(ann), now, true, "mismatch"},
		{"SHA-1 is no proof", ann, []string{"-md", "sha1"}, trust(ann), now, false, "insecure"},
		{"a certificate for web servers", web, nil, trust(root), now, false, "not for signing"},
	} {
		args := append([]string{"cms", "-sign", "-outform", "DER", "-binary", "-signer", tc.signer.cert, "-inkey", tc.signer.keyFile}, tc.args...)
		beside := []byte(content)
		der := o.run(t, beside, args...)
		if tc.changed {
			beside = []byte(strings.Replace(content, "Good", "Bad", 1))
		}
		signed, err := smime.ReadSigned(der, beside)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		signer, err := signed.Verify(tc.trusted, tc.at)
		switch {
		case tc.want == "" && (err != nil || !signer.Equal(tc.signer.certificate)):
			t.Errorf("%s: %v, signed by %v", tc.name, err, signer)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: error %v, want one saying %q", tc.name, err, tc.want)
		}
	}
}

func TestContentInsideASignature(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	ann := issue(t, o.dir, "ann", "ann@example.com", nil, nil)
	for _, how := range []string{"-stream", "-noattr"} {
		der := o.run(t, []byte(content), "cms", "-sign", "-nodetach", "-outform", "DER", "-binary", "-signer", ann.cert, "-inkey", ann.keyFile, how)
		signed, err := smime.ReadSigned(der, nil)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if _, err := signed.Verify([]*x509.Certificate{ann.certificate}, now); err != nil || string(signed.Content) != content {
			t.Errorf("%s: %q, %v, want %q", how, signed.Content, err, content)
		}
	}
}

func TestKeysOfOpenSSLAreRead(t *testing.T) {
	t.Parallel()
	o := newOpenSSL(t)
	ann := issue(t, o.dir, "ann", "ann@example.com", nil, nil)
	read := func(args ...string) string { return string(o.run(t, nil, args...)) }
	for _, tc := range []struct{ name, text, secret string }{
		{"PKCS#1", read("rsa", "-in", ann.keyFile, "-traditional"), ""},
		{"PKCS#1 with a secret", read("rsa", "-in", ann.keyFile, "-traditional", "-aes256", "-passout", "pass:open sesame"), "open sesame"},
		{"PKCS#8", read("pkcs8", "-topk8", "-nocrypt", "-in", ann.keyFile), ""},
		{"PKCS#8 with a secret", read("pkcs8", "-topk8", "-v2", "aes256", "-in", ann.keyFile, "-passout", "pass:open sesame"), "open sesame"},
		{"scrypt", read("pkcs8", "-topk8", "-scrypt", "-in", ann.keyFile, "-passout", "pass:open sesame"), "open sesame"},
	} {
		keys, err := smime.ReadPrivateKeys("Bag Attributes\n"+tc.text, tc.secret)
		if err != nil || len(keys) != 1 || !smime.Belongs(keys[0], ann.certificate) {
			t.Errorf("%s: %d keys, %v, want that of the certificate", tc.name, len(keys), err)
		}
		if tc.secret == "" {
			continue
		}
		if _, err := smime.ReadPrivateKeys(tc.text, "wrong"); !errors.Is(err, smime.ErrWrongSecret) {
			t.Errorf("%s with a wrong secret: %v, want %v", tc.name, err, smime.ErrWrongSecret)
		}
	}
	if _, err := smime.ReadPrivateKeys(smime.WriteCertificate(ann.certificate), ""); !errors.Is(err, smime.ErrNoKey) {
		t.Errorf("a certificate: %v, want %v", err, smime.ErrNoKey)
	}
}

func TestWhatCertificatesAreFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := issue(t, dir, "old", "Old@Example.com", nil, func(c *x509.Certificate) {
		c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "mail@example.com"}}
	})
	if got := strings.Join(smime.Addresses(old.certificate), " "); got != "old@example.com mail@example.com" {
		t.Errorf("addresses %q", got)
	}
	if got := smime.Subject(old.certificate); !strings.HasPrefix(got, "/C=DE/CN=old") || !strings.HasSuffix(got, "/emailAddress=mail@example.com") {
		t.Errorf("subject %q", got)
	}
	signs := issue(t, dir, "signs", "a@example.com", nil, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
	if !smime.CanSign(signs.certificate) || smime.CanEncrypt(signs.certificate) {
		t.Error("a certificate for signatures is for those alone")
	}
	list, err := smime.ReadCertificates(smime.WriteCertificate(old.certificate) + smime.WriteCertificate(signs.certificate))
	if err != nil || len(list) != 2 || len(smime.Fingerprint(list[0])) != 40 {
		t.Errorf("read %d certificates, %v, want 2", len(list), err)
	}
	if _, err := smime.ReadCertificates("nonsense"); !errors.Is(err, smime.ErrNoCertificate) {
		t.Errorf("nonsense: %v, want %v", err, smime.ErrNoCertificate)
	}
}

// FuzzStrangersData reads what anybody may have put into a mail.
func FuzzStrangersData(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0x06, 0x01, 0x00, 0x00, 0x00})
	f.Add(bytes.Repeat([]byte{0x30, 0x80}, 100_000))
	f.Add([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02})
	f.Add([]byte{0x3f, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		if envelope, err := smime.ReadEnvelope(data); err == nil {
			_ = envelope.Recipients()
		}
		if signed, err := smime.ReadSigned(data, nil); err == nil {
			_, _ = signed.Verify(nil, now)
		}
	})
}
