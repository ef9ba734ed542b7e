package secmail_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/letter"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/devstack/host"
	"postroom/internal/devstack/mailserver"
	"postroom/internal/secmail"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/parser"
)

const (
	us  = "desk@example.com"
	ann = "ann@example.org"
	bob = "bob@example.org"
)

// office is an installation with keys.
type office struct {
	*testing.T
	store    *store.Store
	settings desk.Settings
	now      time.Time
	dir      string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: devstack.Database(t), SecretKey: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	settings := desk.Settings{}
	for _, name := range []string{"smime_integration", "pgp_integration"} {
		settings[name] = json.RawMessage("true")
	}
	return &office{t, s, settings, time.Now(), t.TempDir()}
}

func (o *office) safe() *secmail.Safe { return secmail.New(o.store, o.settings, o.now) }

// certificate makes somebody's certificate and stores it, with its key if it is ours.
func (o *office) certificate(address string, until time.Time, ours bool) (cert, key string) {
	o.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		o.Fatal(err)
	}
	return o.certify(address, until, ours, private, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment)
}

func (o *office) certify(address string, until time.Time, ours bool, private crypto.Signer, usage x509.KeyUsage) (cert, key string) {
	o.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: o.now.AddDate(-1, 0, 0), NotAfter: until,
		Subject: pkix.Name{CommonName: address}, EmailAddresses: []string{address},
		KeyUsage: usage,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		o.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		o.Fatal(err)
	}
	if der, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		o.Fatal(err)
	}
	record := secmail.Certificate(certificate)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	cert, key = o.file(address+".crt", record.Certificate), o.file(address+".key", text)
	if ours {
		record.PrivateKey = &text
	}
	if err := accounts.SMIMECertificates.Insert(o.Context(), o.store.DB, &record, 1); err != nil {
		o.Fatal(err)
	}
	return cert, key
}

func (o *office) file(name, text string) string {
	o.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		o.Fatal(err)
	}
	return path
}

// run runs a program over some input.
func (o *office) run(input []byte, program, packages string, args ...string) []byte {
	o.Helper()
	command := exec.Command(host.Tool(o.T, program, packages), args...)
	command.Stdin, command.Dir = bytes.NewReader(input), o.dir
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		o.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

// gpg runs GnuPG with a home of its own for this test.
func (o *office) gpg(input []byte, args ...string) []byte {
	o.Helper()
	args = append([]string{"--homedir", o.home(), "--batch", "--quiet", "--no-tty", "--ignore-time-conflict", "--ignore-valid-from", "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)
	return o.run(input, "gpg", "gnupg", args...)
}

// home is short: the agent's socket wants that.
func (o *office) home() string {
	link := filepath.Join(o.dir, "home")
	if home, err := os.Readlink(link); err == nil {
		return home
	}
	home, err := os.MkdirTemp("", "pgp")
	if err == nil {
		err = os.Symlink(home, link)
	}
	if err != nil {
		o.Fatal(err)
	}
	for range 5 { // it waits five seconds for its agent, which a busy machine may take longer to start
		if exec.Command("gpgconf", "--homedir", home, "--launch", "gpg-agent").Run() == nil {
			break
		}
	}
	o.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	return home
}

// pgpKey makes somebody's key and stores it, with its private half if it is ours.
func (o *office) pgpKey(address string, ours bool) {
	o.Helper()
	o.gpg(nil, "--quick-gen-key", address, "future-default", "default", "1y")
	export := "--export"
	if ours {
		export = "--export-secret-keys"
	}
	o.keep(string(o.gpg(nil, "--armor", export, address)), nil)
	o.now = time.Now().Add(2 * time.Second) // a key is not valid before it was made, to the second
}

func (o *office) keep(armored string, domain *string) {
	o.Helper()
	record, err := secmail.PGPKey(armored, "")
	if err == nil {
		record.DomainAlias = domain
		err = accounts.PGPKeys.Insert(o.Context(), o.store.DB, &record, 1)
	}
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) letter(from, to string, wanted desk.Security) ([]byte, error) {
	protect, err := o.safe().Prepare(o.Context(), wanted, from, []string{to})
	if err != nil {
		return nil, err
	}
	composed, err := letter.Compose(channels.Outbound{
		MessageID: "<1@desk.example.com>", From: "Somebody <" + from + ">", To: to, Subject: "Secret",
		ContentType: "text/html", Body: "<p>Grüße, and a trailing blank \n<br>From here</p>", Protect: protect,
		Attachments: []channels.File{{Filename: "plan.pdf", ContentType: "application/pdf", Data: []byte("%PDF-1")}},
	}, o.now)
	return composed.Raw, err
}

// read is what becomes of a mail.
func (o *office) read(raw []byte) (parser.Message, *desk.Security) {
	o.Helper()
	at := time.Now().Add(2 * time.Second) // what others sealed meanwhile is not of the future
	if at.Before(o.now) {
		at = o.now
	}
	opening := secmail.New(o.store, o.settings, at).Open()
	message, err := parser.Parse(raw, parser.Options{FQDN: "desk.example.com", Open: opening.Opener(o.Context())})
	if err != nil || opening.Err != nil {
		o.Fatalf("%v, %v", err, opening.Err)
	}
	return message, opening.Security
}

func wanted(way string, sign, encrypt bool) desk.Security {
	return desk.Security{Type: way, Sign: desk.Protection{Success: sign}, Encryption: desk.Protection{Success: encrypt}}
}

func comment(p desk.Protection) string {
	if p.Comment == nil {
		return ""
	}
	return *p.Comment
}

func TestWhatWeSealWeOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.certificate(us, o.now.AddDate(1, 0, 0), true)
	o.pgpKey(us, true)
	for _, way := range []string{desk.SecuritySMIME, desk.SecurityPGP} {
		for _, what := range []struct{ sign, encrypt bool }{{true, false}, {false, true}, {true, true}} {
			raw, err := o.letter(us, us, wanted(way, what.sign, what.encrypt))
			if err != nil {
				t.Fatalf("%s %+v: %v", way, what, err)
			}
			if bytes.Contains(raw, []byte("plan.pdf")) == what.encrypt {
				t.Errorf("%s %+v: readable by anybody: %v", way, what, !what.encrypt)
			}
			message, security := o.read(raw)
			if security == nil || security.Type != way || security.Sign.Success != what.sign || security.Encryption.Success != what.encrypt {
				t.Errorf("%s %+v: %+v", way, what, security)
			}
			names := ""
			for _, a := range message.Attachments {
				names += a.Filename + " "
			}
			if !strings.Contains(message.Body, "Grüße") || message.Subject != "Secret" || names != "message.html plan.pdf " {
				t.Errorf("%s %+v: body %q, files %s", way, what, message.Body, names)
			}
		}
	}
}

func TestSealsOfOthersAreJudged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ours, _ := o.certificate(us, o.now.AddDate(1, 0, 0), true)
	cert, key := o.certificate(ann, o.now.AddDate(1, 0, 0), false)
	const team = "team@example.com"
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	teams, _ := o.certify(team, o.now.AddDate(1, 0, 0), true, curve, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyAgreement)
	stranger := newOffice(t)
	theirs, theirKey := stranger.certificate(ann, o.now.AddDate(1, 0, 0), false)
	head := func(from string) []string {
		return []string{"-from", from, "-to", us, "-subject", "Hello"}
	}
	openssl := func(input []byte, args ...string) []byte {
		return bytes.ReplaceAll(o.run(input, "openssl", "openssl", args...), []byte("\r\n"), []byte("\n")) // as from a pipe
	}
	words := []byte("Content-Type: text/plain\r\n\r\nGood news.\r\n")
	sign := func(from, cert, key string, more ...string) []byte {
		return openssl(words, append(append([]string{"cms", "-sign", "-signer", cert, "-inkey", key}, head(from)...), more...)...)
	}
	encrypt := func(input []byte, to string) []byte {
		return openssl(input, append(append([]string{"cms", "-encrypt", "-aes256"}, head(ann)...), to)...)
	}
	inner := sign(ann, cert, key)
	inner = inner[bytes.Index(inner, []byte("MIME-Version")):]
	changed := bytes.Replace(sign(ann, cert, key), []byte("Good news"), []byte("Bad news"), 1)
	for _, tc := range []struct {
		name             string
		raw              []byte
		sign, encryption string // the comment; "-" in front: without success
		body             string
		files            int
	}{
		{"signed", sign(ann, cert, key), "/CN=" + ann, "", "Good news.", 0},
		{"signed around the content", sign(ann, cert, key, "-nodetach"), "/CN=" + ann, "", "Good news.", 0},
		{"signed by a stranger", sign(ann, theirs, theirKey), "-The certificate for verification could not be found.", "", "Good news.", 1},
		{"a stranger's, around the content", sign(ann, theirs, theirKey, "-nodetach"), "-The certificate for verification could not be found.", "", "Good news.", 0},
		{"signed by somebody else", sign(bob, cert, key), "-The certificate for verification could not be found.", "", "Good news.", 1},
		{"changed on its way", changed, "-The signature could not be verified.", "", "Bad news.", 1},
		{"encrypted", encrypt(words, ours), "", "/CN=" + us, "Good news.", 0},
		{"signed and encrypted", encrypt(inner, ours), "/CN=" + ann, "/CN=" + us, "Good news.", 0},
		{"signed by RSA-PSS", sign(ann, cert, key, "-keyopt", "rsa_padding_mode:pss"), "/CN=" + ann, "", "Good news.", 0},
		{"encrypted for a key on a curve", encrypt(words, teams), "", "/CN=" + team, "Good news.", 0},
		{"encrypted by a password", openssl(words, append([]string{"cms", "-encrypt", "-aes256", "-pwri_password", "secret"}, head(ann)...)...),
			"", "-The private key for decryption could not be found.", "no visible content", 1},
		{"encrypted for others", encrypt(words, cert), "", "-The private key for decryption could not be found.", "no visible content", 1},
	} {
		message, security := o.read(tc.raw)
		if security == nil {
			t.Errorf("%s: no security", tc.name)
			continue
		}
		for half, want := range map[string]string{"sign": tc.sign, "encryption": tc.encryption} {
			got := security.Sign
			if half == "encryption" {
				got = security.Encryption
			}
			text, failed := strings.CutPrefix(want, "-")
			if got.Success != (want != "" && !failed) || comment(got) != text {
				t.Errorf("%s: %s = %v %q, want %q", tc.name, half, got.Success, comment(got), want)
			}
		}
		if strings.TrimSpace(message.Body) != tc.body || len(message.Attachments) != tc.files {
			t.Errorf("%s: body %q and %d files, want %q and %d", tc.name, message.Body, len(message.Attachments), tc.body, tc.files)
		}
	}
	o.settings["smime_integration"] = json.RawMessage("false")
	if _, security := o.read(sign(ann, cert, key)); security != nil {
		t.Errorf("turned off, and yet %+v", security)
	}
}

func TestExpiredCertificateOpensOldMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ours, _ := o.certificate(us, o.now.Add(-time.Hour), true)
	raw := o.run([]byte("Content-Type: text/plain\r\n\r\nOld.\r\n"), "openssl", "openssl", "cms", "-encrypt", "-aes256", "-from", ann, "-to", us, ours)
	if _, security := o.read(raw); !security.Encryption.Success || !strings.Contains(comment(security.Encryption), "expired!)") {
		t.Errorf("%+v %q, want it opened, with a word about the certificate", security, comment(security.Encryption))
	}
	for _, what := range []desk.Security{wanted(desk.SecuritySMIME, true, false), wanted(desk.SecuritySMIME, false, true)} {
		if _, err := o.letter(us, us, what); err == nil || !strings.Contains(err.Error(), "not valid yet or has expired") {
			t.Errorf("%+v: %v, want a word about the certificate", what, err)
		}
	}
}

func TestPGPWithGnuPG(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.pgpKey(us, true)
	o.pgpKey(ann, false)
	raw, err := o.letter(us, ann, wanted(desk.SecurityPGP, true, true))
	if err != nil {
		t.Fatal(err)
	}
	armored := raw[bytes.Index(raw, []byte("-----BEGIN")):]
	if plain := o.gpg(armored[:bytes.Index(armored, []byte("--=_"))], "--decrypt"); !bytes.Contains(plain, []byte("filename=\"plan.pdf\"")) {
		t.Errorf("gpg reads %q", plain)
	}
	mail := func(from string, message []byte) []byte {
		return []byte("From: " + from + "\nTo: " + us + "\nSubject: s\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n" +
			"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b\nContent-Type: application/octet-stream\n\n" + string(message) + "\n--b--\n")
	}
	words := []byte("Content-Type: text/plain\r\n\r\nGood news.\r\n")
	for _, tc := range []struct {
		name             string
		raw              []byte
		sign, encryption bool
		words            string
	}{
		{"signed and encrypted", mail(ann, o.gpg(words, "--armor", "--sign", "-u", ann, "--encrypt", "-r", us)), true, true, "Good signature from " + ann},
		{"encrypted", mail(ann, o.gpg(words, "--armor", "--encrypt", "-r", us)), false, true, ""},
		{"in somebody else's name", mail(bob, o.gpg(words, "--armor", "--sign", "-u", ann, "--encrypt", "-r", us)), false, true, "The public PGP key could not be found."},
		{"for others", mail(ann, o.gpg(words, "--armor", "--encrypt", "-r", ann)), false, false, "The private PGP key could not be found."},
		{"damaged", mail(ann, []byte("-----BEGIN PGP MESSAGE-----\n\nnonsense\n-----END PGP MESSAGE-----\n")), false, false, "The content could not be decrypted."},
	} {
		message, security := o.read(tc.raw)
		if security == nil || security.Sign.Success != tc.sign || security.Encryption.Success != tc.encryption {
			t.Errorf("%s: %+v", tc.name, security)
			continue
		}
		if got := comment(security.Sign) + comment(security.Encryption); got != tc.words {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.words)
		}
		if tc.encryption != strings.Contains(message.Body, "Good news.") {
			t.Errorf("%s: body %q", tc.name, message.Body)
		}
	}
}

// What we sign has to be what arrives: mail servers change line ends and long lines.
func TestSealsSurviveMailServers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.certificate(us, o.now.AddDate(1, 0, 0), true)
	o.pgpKey(us, true)
	mailboxes := mailserver.New(t)
	if err := mailboxes.AddUser(ann, "secret"); err != nil {
		t.Fatal(err)
	}
	mta := mailserver.NewMTA(t, mailboxes)
	sender, err := email.NewSender(map[string]any{"adapter": "smtp", "options": map[string]any{"host": mta.Host(), "port": mta.SMTPPort, "ssl_verify": false}})
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{desk.SecuritySMIME, desk.SecurityPGP} {
		protect, err := o.safe().Prepare(t.Context(), wanted(way, true, false), us, []string{ann})
		if err != nil {
			t.Fatal(err)
		}
		_, err = sender.Send(t.Context(), channels.Outbound{
			MessageID: "<" + way[:1] + "@desk.example.com>", From: us, To: ann, Subject: "Sealed", EHLODomain: "desk.example.com",
			ContentType: "text/plain", Body: "Hello\n.\nFrom here\n-- \n" + strings.Repeat("long ", 300) + "\nGrüße", Protect: protect,
		})
		if err != nil {
			t.Fatalf("%s: %v\n%s", way, err, mta.Log())
		}
	}
	var arrived [][]byte
	limit, tick := time.After(60*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for len(arrived) < 2 {
		select {
		case <-limit:
			t.Fatalf("%d mails arrived, want 2\n%s", len(arrived), mta.Log())
		case <-tick.C:
		}
		if arrived, err = mailboxes.Messages(ann); err != nil {
			t.Fatal(err)
		}
	}
	for _, raw := range arrived {
		if message, security := o.read(raw); security == nil || !security.Sign.Success || !strings.Contains(message.Body, "Grüße") {
			t.Errorf("%+v, body %q", security, message.Body)
		}
	}
}

// Some mail programs encrypt the subject, too, and put dots in its place.
func TestEncryptedSubject(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ours, _ := o.certificate(us, o.now.AddDate(1, 0, 0), true)
	words := []byte("Content-Type: text/plain; protected-headers=\"v1\"\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: boss@example.com\r\n\r\nHello.\r\n")
	raw := o.run(words, "openssl", "openssl", "cms", "-encrypt", "-aes256", "-from", ann, "-to", us, "-subject", "...", ours)
	if message, _ := o.read(raw); message.Subject != "Grüße" || message.Header["subject"] != "Grüße" || message.From != ann {
		t.Errorf("subject %q from %q, want the subject from inside and the sender from outside", message.Subject, message.From)
	}
}

func TestKeysThatStandForDomains(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.gpg(nil, "--quick-gen-key", "gateway@example.net", "future-default", "default", "1y")
	o.keep(string(o.gpg(nil, "--armor", "--export", "gateway@example.net")), new("example.net"))
	o.now = time.Now().Add(2 * time.Second)
	ask := func(address string) secmail.Ability {
		ability, err := o.safe().Encryption(o.Context(), desk.SecurityPGP, []string{address})
		if err != nil {
			t.Fatal(err)
		}
		return ability
	}
	if ask("anybody@example.net").Possible {
		t.Error("a key stands for a domain although the setting says no")
	}
	o.settings["pgp_recipient_alias_configuration"] = json.RawMessage("true")
	if got := ask("Anybody@Example.net"); !got.Possible || got.Text() != "The PGP keys for anybody@example.net were found." {
		t.Errorf("%+v, want it possible", got)
	}
	if ask("anybody@example.org").Possible {
		t.Error("a key stands for another domain")
	}
}

func TestWhatGroupsMailsGet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.certificate(us, o.now.AddDate(1, 0, 0), true)
	o.settings["smime_config"] = json.RawMessage(`{"group_id": {"default_sign": {"1": true, "2": "true", "3": false}, "default_encryption": {"1": true}}}`)
	for _, tc := range []struct {
		group         desk.GroupID
		to            string
		sign, encrypt bool
	}{{1, us, true, true}, {1, ann, true, false}, {2, us, true, false}, {3, us, false, false}, {4, us, false, false}} {
		chosen, any, err := o.safe().Default(context.WithoutCancel(o.Context()), tc.group, us, []string{tc.to})
		if err != nil || any != (tc.sign || tc.encrypt) || chosen.Sign.Success != tc.sign || chosen.Encryption.Success != tc.encrypt {
			t.Errorf("group %d to %s: %+v %v, %v", tc.group, tc.to, chosen, any, err)
		}
	}
}

func TestWhatRulesMailsGet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.certificate(us, o.now.AddDate(1, 0, 0), true)
	for _, tc := range []struct {
		sign, encrypt, to string
		wanted            bool
		want              string // type, then what is done
	}{
		{"", "no", us, true, ""},
		{secmail.Always, secmail.Always, us, true, "S/MIME sign encrypt"},
		{secmail.Always, secmail.Always, ann, true, "S/MIME sign"},
		{secmail.Always, secmail.Discard, ann, false, ""},
		{secmail.Discard, secmail.Always, ann, true, "S/MIME sign"},
		{"no", secmail.Always, ann, true, ""},
	} {
		got, wanted, err := o.safe().ForRule(t.Context(), tc.sign, tc.encrypt, us, []string{tc.to})
		text := got.Type
		if got.Sign.Success {
			text += " sign"
		}
		if got.Encryption.Success {
			text += " encrypt"
		}
		if err != nil || wanted != tc.wanted || text != tc.want {
			t.Errorf("sign %q, encrypt %q to %s: %q %v, %v, want %q %v", tc.sign, tc.encrypt, tc.to, text, wanted, err, tc.want, tc.wanted)
		}
	}
	o.settings["smime_integration"] = json.RawMessage("false")
	if _, wanted, err := o.safe().ForRule(t.Context(), secmail.Discard, "", us, []string{us}); wanted || err != nil {
		t.Errorf("turned off: wanted %v, %v", wanted, err)
	}
}

func TestSecretsAreSealedAtRest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.certificate(us, o.now.AddDate(1, 0, 0), true)
	o.pgpKey(us, true)
	certificate, err := accounts.SMIMECertificates.Get(t.Context(), o.store.DB, 1)
	if err != nil || strings.Contains(*certificate.PrivateKey, "PRIVATE") {
		t.Errorf("%v, the private key lies open", err)
	}
	key, err := accounts.PGPKeys.Get(t.Context(), o.store.DB, 1)
	if err != nil || strings.Contains(key.Key, "PGP") {
		t.Errorf("%v, the PGP key lies open", err)
	}
}
