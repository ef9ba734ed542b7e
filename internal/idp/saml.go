package idp

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/crewjam/saml"

	"postroom/internal/desk"
)

// samlProvider is a provider that speaks SAML 2.0: it is asked by a redirection and answers by a form.
type samlProvider struct {
	stored credentials
	url    string // where it signs people in
	key    []byte // its certificate
}

func openSAML(c credentials) (Provider, error) {
	if err := c.needed("idp_sso_target_url", "idp_cert"); err != nil {
		return nil, err
	}
	where, err := url.Parse(c.text("idp_sso_target_url"))
	if err != nil || where.Host == "" {
		return nil, &desk.InvalidError{Field: "idp_sso_target_url", Reason: "the provider is not set up: idp_sso_target_url is no address"}
	}
	text := c.text("idp_cert")
	if block, _ := pem.Decode([]byte(text)); block != nil {
		text = base64.StdEncoding.EncodeToString(block.Bytes)
	}
	key, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err == nil {
		_, err = x509.ParseCertificate(key)
	}
	if err != nil {
		return nil, &desk.InvalidError{Field: "idp_cert", Reason: "the provider is not set up: idp_cert is no certificate"}
	}
	return &samlProvider{stored: c, url: where.String(), key: key}, nil
}

// parties are us and the provider, as the library knows them. The provider's name is whatever its
// answers say, unless an administrator stored one: who it is its certificate proves.
func (p *samlProvider) parties(callback, name string) (*saml.ServiceProvider, error) {
	acs, err := url.Parse(callback)
	if err != nil {
		return nil, err
	}
	metadata := *acs
	metadata.Path = strings.TrimSuffix(acs.Path, "/callback") + "/metadata"
	return &saml.ServiceProvider{
		EntityID: metadata.String(), MetadataURL: metadata, AcsURL: *acs,
		AuthnNameIDFormat: saml.NameIDFormat(cmp.Or(p.stored.text("name_identifier_format"), string(saml.EmailAddressNameIDFormat))),
		IDPMetadata: &saml.EntityDescriptor{
			EntityID: cmp.Or(p.stored.text("idp_entity_id"), name),
			IDPSSODescriptors: []saml.IDPSSODescriptor{{
				SSODescriptor: saml.SSODescriptor{RoleDescriptor: saml.RoleDescriptor{KeyDescriptors: []saml.KeyDescriptor{{
					Use: "signing",
					KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{X509Certificates: []saml.X509Certificate{
						{Data: base64.StdEncoding.EncodeToString(p.key)},
					}}},
				}}}},
				SingleSignOnServices: []saml.Endpoint{{Binding: saml.HTTPRedirectBinding, Location: p.url}},
			}},
		},
	}, nil
}

// requestID is what the answer has to name. XML wants it to begin with a letter.
func requestID(a Attempt) string { return "id-" + a.Nonce }

func (p *samlProvider) Begin(_ context.Context, a Attempt) (string, error) {
	us, err := p.parties(a.Callback, "")
	if err != nil {
		return "", err
	}
	request, err := us.MakeAuthenticationRequest(p.url, saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		return "", err
	}
	request.ID = requestID(a)
	where, err := request.Redirect(url.QueryEscape(a.State), us)
	if err != nil {
		return "", err
	}
	return where.String(), nil
}

func (p *samlProvider) Finish(_ context.Context, a Attempt, brought url.Values) (Identity, error) {
	answer, err := base64.StdEncoding.DecodeString(brought.Get("SAMLResponse"))
	if err != nil || len(answer) == 0 {
		return Identity{}, fmt.Errorf("%w: there is no answer", ErrRefused)
	}
	us, err := p.parties(a.Callback, issuerOf(answer))
	if err != nil {
		return Identity{}, err
	}
	assertion, err := us.ParseXMLResponse(answer, []string{requestID(a)}, us.AcsURL)
	if invalid, ok := errors.AsType[*saml.InvalidResponseError](err); ok {
		err = invalid.PrivateErr
	}
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return p.identity(assertion)
}

// issuerOf is the name that an answer gives to whom it is from.
func issuerOf(answer []byte) string {
	var said struct {
		Issuer string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	}
	_ = xml.NewDecoder(bytes.NewReader(answer)).Decode(&said) // what can't be read is refused by who reads all of it
	return strings.TrimSpace(said.Issuer)
}

// Names that providers give to attributes.
var (
	samlEmail     = []string{"email", "mail", "emailaddress", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "urn:oid:0.9.2342.19200300.100.1.3"}
	samlFirstname = []string{"first_name", "firstname", "givenname", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "urn:oid:2.5.4.42"}
	samlLastname  = []string{"last_name", "lastname", "surname", "sn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "urn:oid:2.5.4.4"}
)

func (p *samlProvider) identity(assertion *saml.Assertion) (Identity, error) {
	told := map[string]string{}
	for _, statement := range assertion.AttributeStatements {
		for _, attribute := range statement.Attributes {
			if len(attribute.Values) > 0 {
				told[strings.ToLower(attribute.Name)] = strings.TrimSpace(attribute.Values[0].Value)
			}
		}
	}
	first := func(names []string) string {
		for _, name := range names {
			if value := told[name]; value != "" {
				return value
			}
		}
		return ""
	}
	who := Identity{Firstname: first(samlFirstname), Lastname: first(samlLastname), Email: first(samlEmail), Verified: true}
	if subject := assertion.Subject; subject != nil && subject.NameID != nil {
		who.UID = strings.TrimSpace(subject.NameID.Value)
		if who.Email == "" && subject.NameID.Format == string(saml.EmailAddressNameIDFormat) {
			who.Email = who.UID
		}
	}
	if name := p.stored.text("uid_attribute"); name != "" {
		who.UID = told[strings.ToLower(name)]
	}
	who.Username = cmp.Or(who.Email, who.UID)
	if who.UID == "" {
		return Identity{}, fmt.Errorf("%w: its answer names nobody", ErrRefused)
	}
	return who, nil
}

// Metadata is what a SAML provider has to know of us, in XML.
func Metadata(stored map[string]any, callback string) ([]byte, error) {
	p, err := openSAML(stored)
	if err != nil {
		return nil, err
	}
	us, err := p.(*samlProvider).parties(callback, "")
	if err != nil {
		return nil, err
	}
	return xml.MarshalIndent(us.Metadata(), "", "  ")
}
