package thirdparty_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"html"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"

	"postroom/api/apitest"
	"postroom/internal/idp"
)

// company is a SAML provider at which nina is signed in.
type company struct {
	saml.IdentityProvider
	about *saml.EntityDescriptor // what it knows of us
}

func (c *company) GetServiceProvider(*http.Request, string) (*saml.EntityDescriptor, error) {
	return c.about, nil
}

func (c *company) GetSession(http.ResponseWriter, *http.Request, *saml.IdpAuthnRequest) *saml.Session {
	return &saml.Session{
		ID: "1", CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour), Index: "1", NameID: "nina@example.org",
		NameIDFormat: string(saml.EmailAddressNameIDFormat), UserEmail: "nina@example.org", UserGivenName: "Nina", UserSurname: "Mueller",
	}
}

func newCompany(t *testing.T) *company {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	at := url.URL{Scheme: "https", Host: "idp.example.org"}
	c := &company{}
	c.IdentityProvider = saml.IdentityProvider{
		Key: key, Certificate: certificate, MetadataURL: *at.JoinPath("metadata"), SSOURL: *at.JoinPath("sso"),
		ServiceProviderProvider: c, SessionProvider: c,
	}
	return c
}

// letIn answers as the provider does to a browser that was sent there: with a form.
func (c *company) letIn(t *testing.T, where string) url.Values {
	t.Helper()
	page := httptest.NewRecorder()
	c.ServeSSO(page, httptest.NewRequest(http.MethodGet, where, nil))
	form := url.Values{}
	for _, field := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	if form.Get("SAMLResponse") == "" {
		t.Fatalf("the provider answers %d: %s", page.Code, page.Body)
	}
	return form
}

func TestPeopleSignInBySAML(t *testing.T) {
	t.Parallel()
	o, c := open(t), newCompany(t)
	o.Setting("auth_saml", true)
	store := func(certificate *x509.Certificate) {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
		o.Setting("auth_saml_credentials", map[string]any{"idp_sso_target_url": "https://idp.example.org/sso", "idp_cert": string(text)})
	}
	store(c.Certificate)
	metadata := o.Send(o.Request(http.MethodGet, "/auth/saml/metadata", "")).Is(http.StatusOK)
	c.about = &saml.EntityDescriptor{}
	if err := xml.Unmarshal(metadata.Body, c.about); err != nil {
		t.Fatal(err)
	}

	b := o.Browser()
	leave := func() url.Values {
		t.Helper()
		sent := b.Send(o.Request(http.MethodGet, "/auth/saml", "")).Is(http.StatusFound)
		return c.letIn(t, sent.Header.Get("Location"))
	}
	come := func(form url.Values) apitest.Answer {
		t.Helper()
		return b.Submit("/auth/saml/callback", form)
	}
	refused := func(what string, form url.Values) {
		t.Helper()
		if got := come(form); got.Status != http.StatusForbidden || !strings.Contains(string(got.Body), "Message from saml: invalid_credentials") {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
		if got := o.who(b); got != nobody {
			t.Errorf("%s: %s is signed in", what, got)
		}
	}
	earlier := leave()
	form := leave()
	refused("an answer to another visit", url.Values{"SAMLResponse": earlier["SAMLResponse"], "RelayState": form["RelayState"]})
	come(form).Refuses(403, "Message from saml: csrf_detected") // its visit is over

	changed := leave()
	answer, err := base64.StdEncoding.DecodeString(changed.Get("SAMLResponse"))
	if err != nil {
		t.Fatal(err)
	}
	changed.Set("SAMLResponse", base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(string(answer), "nina@example.org", "boss@desk.example.com"))))
	refused("a changed answer", changed)
	store(newCompany(t).Certificate)
	refused("an answer of another provider", leave())
	store(c.Certificate)
	refused("no answer", url.Values{"RelayState": leave()["RelayState"]})

	if got := come(leave()).Is(http.StatusFound).Header.Get("Location"); got != "/#" {
		t.Errorf("sent to %q", got)
	}
	if got := o.who(b); got != "nina@example.org" {
		t.Errorf("%s is signed in, want nina", got)
	}
	var name string
	o.One(&name, `SELECT firstname || ' ' || lastname FROM users u JOIN authorizations a ON a.user_id = u.id WHERE a.provider = $1 AND a.uid = 'nina@example.org'`, idp.SAML)
	if name != "Nina Mueller" {
		t.Errorf("nina is called %q", name)
	}
	o.Setting("auth_saml_credentials", map[string]any{"idp_sso_target_url": "https://idp.example.org/sso", "idp_cert": "x"})
	b.Send(o.Request(http.MethodGet, "/auth/saml", "")).Is(422)
}
