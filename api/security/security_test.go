package security_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"postroom/api/apitest"
	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/internal/smime"
)

const us = "help@desk.example.com"

// identity makes a certificate with its key, both in PEM.
func identity(t *testing.T, address string) (cert, key string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		Subject: pkix.Name{CommonName: address}, EmailAddresses: []string{address},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}))
}

// pgpKey makes a PGP key, both halves armored.
func pgpKey(t *testing.T, address string) (public, secret string) {
	t.Helper()
	anHourAgo := &packet.Config{Time: func() time.Time { return time.Now().Add(-time.Hour) }}
	entity, err := openpgp.NewEntity("Somebody", "", address, anHourAgo)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, write func(io.Writer) error) string {
		var out bytes.Buffer
		w, err := armor.Encode(&out, kind, nil)
		if err == nil {
			err = write(w)
		}
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	secret = text(openpgp.PrivateKeyType, func(w io.Writer) error { return entity.SerializePrivate(w, nil) })
	return text(openpgp.PublicKeyType, entity.Serialize), secret
}

func body(t *testing.T, pairs ...string) string {
	t.Helper()
	object := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		object[pairs[i]] = pairs[i+1]
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCertificatesComeAndGo(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	cert, key := identity(t, us)
	other, otherKey := identity(t, "ann@example.org")
	const path = "/integration/smime/certificate"
	o.Post("boss", path, body(t, "data", "nonsense")).Refuses(422, "This is not a valid X509 certificate. Please check the certificate format.")
	o.Post("boss", path, `{}`).Refuses(422, "Parameter 'data' or 'file' required.")
	o.Post("boss", path, body(t, "data", cert+other)).Is(200)
	o.Post("boss", path, body(t, "data", cert)).Is(200) // once more: nothing happens
	list := o.Get("boss", path).Is(200).List()
	if len(list) != 2 || list[1]["subject"] != "/CN="+us || list[1]["private_key"] != false {
		t.Fatalf("certificates: %v", list)
	}
	id := fmt.Sprint(list[1]["id"])
	o.Get("boss", "/integration/smime/private_key_download/"+id).Is(404)
	o.Post("boss", "/integration/smime/private_key", body(t, "data", "nonsense")).Refuses(422, "This is not a valid private key. Please check the format.")
	o.Post("boss", "/integration/smime/private_key", body(t, "data", key, "secret", "none needed")).Is(200)
	if got := o.Get("boss", "/integration/smime/private_key_download/"+id).Is(200).Body; string(got) != key {
		t.Errorf("private key %q, want what was put in", got)
	}
	if got := o.Get("boss", "/integration/smime/certificate_download/"+id).Is(200).Body; string(got) != cert {
		t.Errorf("certificate %q, want what was put in", got)
	}
	if answer := o.Get("boss", path).Is(200); strings.Contains(string(answer.Body), "PRIVATE") || answer.List()[1]["private_key"] != true {
		t.Errorf("list: %s", answer.Body)
	}
	o.Del("boss", "/integration/smime/private_key?id="+id).Is(200)
	o.Del("boss", path+"?id="+id).Is(200)
	o.Del("boss", path+"?id="+id).Is(404)
	_, stray := identity(t, "stray@example.org")
	o.Post("boss", "/integration/smime/private_key", body(t, "data", stray)).Refuses(422, "The certificate for this private key could not be found.")
	both, bothKey := identity(t, "both@example.org")
	o.Post("boss", "/integration/smime/private_key", body(t, "data", both+bothKey)).Is(200)
	o.Post("boss", "/integration/smime/private_key", body(t, "data", otherKey)).Is(200)
	for _, v := range o.Get("boss", path).Is(200).List() {
		if v["private_key"] != true {
			t.Errorf("%v has no private key", v["subject"])
		}
	}
}

func TestPGPKeysComeAndGo(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	public, secret := pgpKey(t, us)
	if got := o.Get("boss", "/integration/pgp/status").Is(200).Object(); got["error"] != nil {
		t.Errorf("status %v", got)
	}
	const path = "/integration/pgp/key"
	o.Post("boss", path, body(t, "key", "nonsense")).Refuses(422, "This is not a valid PGP key. Please check the format.")
	o.Post("boss", path, body(t, "key", public, "domain_alias", "not a domain")).Refuses(422, "The domain alias is not valid.")
	made := o.Post("boss", path, body(t, "key", secret, "domain_alias", "@Example.com")).Is(200).Object()["response"].(map[string]any)
	if made["secret"] != true || made["name"] != "Somebody <"+us+">" || made["domain_alias"] != "example.com" {
		t.Errorf("made %v", made)
	}
	o.Post("boss", path, body(t, "key", public)).Refuses(422, "There is already a PGP key with the same fingerprint.")
	id := fmt.Sprint(made["id"])
	if got := o.Get("boss", path+"/"+id).Is(200); got.Object()["fingerprint"] != made["fingerprint"] || strings.Contains(string(got.Body), "BEGIN") {
		t.Errorf("shown %s", got.Body)
	}
	if list := o.Get("boss", path).Is(200).List(); len(list) != 1 {
		t.Errorf("keys %v", list)
	}
	if got := o.Get("boss", "/integration/pgp/key_download/"+id).Is(200).Body; !strings.Contains(string(got), "BEGIN PGP PUBLIC") {
		t.Errorf("downloaded %s", got)
	}
	if got := o.Get("boss", "/integration/pgp/key_download/"+id+"?secret=true").Is(200).Body; string(got) != strings.TrimSpace(secret)+"\n" {
		t.Errorf("downloaded %s", got)
	}
	o.Del("boss", path+"/"+id).Is(200)
	o.Get("boss", path+"/"+id).Is(404)
}

// half is one half of what a check answers.
func half(answer map[string]any, name string) (bool, string) {
	part := answer[name].(map[string]any)
	return part["success"].(bool), part["comment"].(string)
}

func TestAgentsAskWhatIsPossible(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	cert, key := identity(t, us)
	theirs, _ := identity(t, "david@example.com")
	o.Post("boss", "/integration/smime/private_key", body(t, "data", cert+key)).Is(200)
	o.Post("boss", "/integration/smime/certificate", body(t, "data", theirs)).Is(200)
	public, _ := pgpKey(t, "david@example.com")
	o.Post("boss", "/integration/pgp/key", body(t, "key", public)).Is(200)
	for _, tc := range []struct {
		way, to, cc   string
		group         int
		sign, encrypt bool
	}{
		{"smime", "David <David@example.com>", "", 1, true, true},
		{"smime", "david@example.com", "dora@example.com", 1, true, false},
		{"smime", "", "", 1, true, false},
		{"smime", "david@example.com", "", 2, false, true}, // a group without an address
		{"pgp", "david@example.com", "", 1, false, true},
	} {
		request := fmt.Sprintf(`{"ticket":{"group_id":%d},"article":{"to":%q,"cc":%q,"body":"x"}}`, tc.group, tc.to, tc.cc)
		answer := o.Post("emma", "/integration/"+tc.way, request).Is(200).Object()
		sign, why := half(answer, "sign")
		encrypt, whyNot := half(answer, "encryption")
		if sign != tc.sign || encrypt != tc.encrypt || why == "" || whyNot == "" {
			t.Errorf("%s to %q and %q in group %d: %v", tc.way, tc.to, tc.cc, tc.group, answer)
		}
	}
	o.Post("emma", "/integration/pgp", `{}`).Is(200)
}

func TestGroupsDecideUnlessTheAuthorDoes(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	cert, key := identity(t, us)
	o.Post("boss", "/integration/smime/private_key", body(t, "data", cert+key)).Is(200)
	o.Setting("smime_integration", true)
	o.Setting("smime_config", map[string]any{"group_id": map[string]any{"default_sign": map[string]any{"1": true}}})
	ticket := o.NewTicket(1, "david", "Plans")
	for _, tc := range []struct{ preferences, want string }{
		{``, "true"},
		{`,"preferences":{"security":{"type":"S/MIME","sign":{"success":false},"encryption":{"success":false}}}`, "false"},
	} {
		article := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"type":"email","to":"david@example.com","body":"x"%s}`, ticket, tc.preferences)).Is(201).Object()
		security, _ := article["preferences"].(map[string]any)["security"].(map[string]any)
		sign, _ := security["sign"].(map[string]any)
		if got := fmt.Sprint(sign["success"]); got != tc.want {
			t.Errorf("%q: signed %s, want %s: %v", tc.preferences, got, tc.want, article["preferences"])
		}
	}
}

// A mail that came before its key is opened as soon as the key is there.
func TestKeyThatComesLate(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("smime_integration", true)
	cert, key := identity(t, us)
	certificates, err := smime.ReadCertificates(cert)
	if err != nil {
		t.Fatal(err)
	}
	words := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>Good news.</b><img src=\"http://example.com/x.gif\">\r\n--b\r\n" +
		"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\n%PDF\r\n--b--\r\n"
	envelope, err := smime.Encrypt([]byte(words), certificates)
	if err != nil {
		t.Fatal(err)
	}
	mail := "From: David <david@example.com>\r\nTo: " + us + "\r\nSubject: Plans\r\nMessage-ID: <sealed@example.com>\r\n" +
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(envelope) + "\r\n"
	in := intake.New(o.Store, blob.New(t.TempDir()), slog.New(slog.DiscardHandler))
	if err := in.Receive(t.Context(), []channels.Inbound{{Kind: "email", ExternalID: "1", Raw: []byte(mail), ReceivedAt: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	work := struct{ inbound, outbox int64 }{}
	o.One(&work.inbound, `SELECT id FROM inbound_messages`)
	o.One(&work.outbox, `SELECT id FROM outbox WHERE kind = 'message.received'`)
	process(t, in, work.inbound, work.outbox)
	var article int
	o.One(&article, `SELECT max(id) FROM ticket_articles`)
	o.Exec(`UPDATE tickets SET group_id = 1`)
	shown := func() (text, comment string, files int) {
		a := o.Get("emma", fmt.Sprintf("/ticket_articles/%d", article)).Is(200).Object()
		encryption := a["preferences"].(map[string]any)["security"].(map[string]any)["encryption"].(map[string]any)
		comment, _ = encryption["comment"].(string)
		return strings.TrimSpace(a["body"].(string)), comment, len(a["attachments"].([]any))
	}
	if text, comment, files := shown(); text != "no visible content" || comment != "The private key for decryption could not be found." || files != 1 {
		t.Errorf("before: %q, %q, %d files", text, comment, files)
	}
	retry := fmt.Sprintf("/ticket_articles/%d/retry_security_process", article)
	if got := o.Post("emma", retry, "").Is(200).Object(); got["encryption"].(map[string]any)["success"] != false {
		t.Errorf("without a key: %v", got)
	}
	o.Post("boss", "/integration/smime/private_key", body(t, "data", cert+key)).Is(200)
	o.Post("reader", retry, "").Is(403)
	if got := o.Post("emma", retry, "").Is(200).Object(); got["type"] != "S/MIME" || got["encryption"].(map[string]any)["success"] != true {
		t.Errorf("with the key: %v", got)
	}
	if text, comment, files := shown(); text != "<b>Good news.</b>" || comment != "/CN="+us || files != 2 {
		t.Errorf("after: %q, %q, %d files", text, comment, files)
	}
	preferences := o.Get("emma", fmt.Sprintf("/ticket_articles/%d", article)).Is(200).Object()["preferences"].(map[string]any)
	if preferences["remote_content_removed"] != true {
		t.Errorf("preferences after = %v, want to be told of the remote image", preferences)
	}
	if raw := o.Get("emma", fmt.Sprintf("/ticket_article_plain/%d", article)).Is(200).Body; string(raw) != mail {
		t.Errorf("the mail as it came is %q", raw)
	}
	o.Exec(`DELETE FROM smime_certificates`)
	if got := o.Post("emma", retry, "").Is(200).Object(); got["encryption"].(map[string]any)["success"] != true {
		t.Errorf("once the key is gone: %v, want what was found out before", got)
	}
	plain := o.NewTicket(1, "david", "No mail")
	note := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"body":"x"}`, plain)).Is(201).ID()
	if got := o.Post("emma", fmt.Sprintf("/ticket_articles/%d/retry_security_process", note), "").Is(200).Object(); len(got) != 0 {
		t.Errorf("of a note: %v", got)
	}
}

func process(t *testing.T, in *intake.Intake, inbound, outbox int64) {
	t.Helper()
	if err := in.Process(context.WithoutCancel(t.Context()), desk.InboundID(inbound), desk.OutboxID(outbox)); err != nil {
		t.Fatal(err)
	}
}
