package idp

import (
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// openID is a provider that speaks OpenID Connect.
type openID struct {
	client  *http.Client
	issuer  string
	config  oauth2.Config
	uid     string // the claim that never changes
	plain   bool   // the provider knows no PKCE
	trusted bool   // an administrator's own provider: its word about addresses is taken where it says nothing else
}

func openOIDC(client *http.Client, issuer, id, secret string, c credentials) (Provider, error) {
	if err := (credentials{"issuer": issuer, "identifier": id}).needed("issuer", "identifier"); err != nil {
		return nil, err
	}
	scopes := strings.Fields(cmp.Or(c.text("scope"), "openid email profile"))
	p := &openID{
		client: client, issuer: issuer, uid: cmp.Or(c.text("uid_field"), "sub"), trusted: c.text("issuer") != "",
		config: oauth2.Config{ClientID: id, ClientSecret: secret, Scopes: scopes},
	}
	if pkce, said := c["pkce"].(bool); said {
		p.plain = !pkce
	}
	return p, nil
}

// discover asks the provider where its doors are.
func (p *openID) discover(ctx context.Context) (context.Context, *oidc.Provider, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	found, err := oidc.NewProvider(ctx, p.issuer)
	if err != nil {
		return ctx, nil, fmt.Errorf("identity provider does not say where its doors are: %w", err)
	}
	return ctx, found, nil
}

func (p *openID) at(found *oidc.Provider, a Attempt) *oauth2.Config {
	config := p.config
	config.Endpoint, config.RedirectURL = found.Endpoint(), a.Callback
	return &config
}

func (p *openID) Begin(ctx context.Context, a Attempt) (string, error) {
	_, found, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce)}
	if !p.plain {
		options = append(options, oauth2.S256ChallengeOption(a.Verifier))
	}
	return p.at(found, a).AuthCodeURL(a.State, options...), nil
}

func (p *openID) Finish(ctx context.Context, a Attempt, brought url.Values) (Identity, error) {
	ctx, found, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	var options []oauth2.AuthCodeOption
	if !p.plain {
		options = append(options, oauth2.VerifierOption(a.Verifier))
	}
	token, err := exchange(ctx, p.at(found, a), brought, options...)
	if err != nil {
		return Identity{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	proof, err := found.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(proof.Nonce), []byte(a.Nonce)) != 1 {
		return Identity{}, fmt.Errorf("%w: its answer belongs to another visit", ErrRefused)
	}
	claims := map[string]any{}
	if err := proof.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if _, told := claims["email"]; !told && found.UserInfoEndpoint() != "" {
		if err := p.more(ctx, found, token, proof.Subject, claims); err != nil {
			return Identity{}, err
		}
	}
	return p.identity(claims)
}

// more adds what a provider tells beside its proof.
func (p *openID) more(ctx context.Context, found *oidc.Provider, token *oauth2.Token, subject string, claims map[string]any) error {
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("ask identity provider about a person: %w", err)
	}
	if info.Subject != subject {
		return fmt.Errorf("%w: it speaks of two people", ErrRefused)
	}
	told := map[string]any{}
	if err := info.Claims(&told); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	for name, value := range told {
		if _, known := claims[name]; !known {
			claims[name] = value
		}
	}
	return nil
}

func (p *openID) identity(claims credentials) (Identity, error) {
	who := Identity{
		UID: claims.text(p.uid), Username: cmp.Or(claims.text("preferred_username"), claims.text("nickname"), claims.text("email")),
		Firstname: claims.text("given_name"), Lastname: claims.text("family_name"), Email: claims.text("email"), Session: claims.text("sid"),
	}
	if who.Firstname+who.Lastname == "" {
		who.Firstname = claims.text("name")
	}
	switch verified := claims["email_verified"].(type) {
	case bool:
		who.Verified = verified
	case string: // as some providers have it
		who.Verified = verified == "true"
	case nil:
		who.Verified = p.trusted
	}
	switch {
	case who.UID == "":
		return Identity{}, fmt.Errorf("%w: its answer lacks %s", ErrRefused, p.uid)
	case p.uid == "email" && !who.Verified: // whoever enters another's address there would be that person here
		return Identity{}, fmt.Errorf("%w: it has not verified the address that is to say who it is", ErrRefused)
	}
	return who, nil
}

// exchange gets the token for the code that a browser brought.
func exchange(ctx context.Context, config *oauth2.Config, brought url.Values, options ...oauth2.AuthCodeOption) (*oauth2.Token, error) {
	code := brought.Get("code")
	if code == "" {
		return nil, fmt.Errorf("%w: there is no code", ErrRefused)
	}
	token, err := config.Exchange(ctx, code, options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrRefused, said(err))
	}
	return token, nil
}
