package provider

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"postroom/internal/desk"
)

// Error is a provider's refusal to give tokens.
type Error struct {
	Provider    string // its title
	Code        string // of RFC 6749, such as invalid_grant; or empty
	Description string
	Err         error // what else went wrong; may be nil
}

func (e *Error) Error() string {
	if e.Code == "" {
		return e.Provider + " can't be asked for access: " + e.Err.Error()
	}
	text := e.Provider + " refuses access: " + e.Code
	if e.Description != "" {
		text += " (" + e.Description + ")"
	}
	if e.Permanent() {
		text += ". Connect the account again."
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Refusal returns the *Error that err is, if it is one.
func Refusal(err error) (*Error, bool) { return errors.AsType[*Error](err) }

// Permanent reports whether only a person can help: the consent is gone, or the application.
func (e *Error) Permanent() bool {
	switch e.Code {
	case "invalid_grant", "invalid_client", "unauthorized_client", "interaction_required", "consent_required", "invalid_scope":
		return true
	}
	return false
}

// maxDescription bounds what a provider says that is passed on, in bytes.
const maxDescription = 400

// Exchange makes an account of the code that a person came back with. shared names a mailbox to be
// used instead of the person's own.
func (p Places) Exchange(ctx context.Context, of Provider, app App, callback, code, verifier, shared string) (desk.LinkedAccount, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.client())
	token, err := p.config(of, app, callback).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return desk.LinkedAccount{}, refusal(of, err)
	}
	account := desk.LinkedAccount{Area: of.Area, Grant: granted(token, "")}
	if account.Grant.RefreshToken == "" {
		return desk.LinkedAccount{}, &desk.InvalidError{Field: "code", Reason: of.Title + " gave no refresh token. Remove the access of the app from the account and connect it again."}
	}
	idToken, _ := token.Extra("id_token").(string)
	if account.Email = emailIn(idToken); !desk.ValidAddress(account.Email) {
		return desk.LinkedAccount{}, &desk.InvalidError{Field: "email", Reason: "The user email could not be extracted from id_token."}
	}
	if of.sides != nil {
		account.Inbound, account.Outbound = of.sides(account, shared)
	}
	scope, _ := token.Extra("scope").(string)
	account.Auth = map[string]any{
		"provider": of.Name, "type": "XOAUTH2", "client_id": app.ClientID, "client_secret": app.ClientSecret,
		"token_type": "Bearer", "scope": scope, "created_at": time.Now().UTC().Format(time.RFC3339Nano),
	}
	if app.Tenant != "" {
		account.Auth["client_tenant"] = app.Tenant
	}
	if shared != "" {
		account.Email = shared
	}
	return account, nil
}

// Renew returns a new access token, and perhaps a new refresh token. A refusal is an *Error.
func (p Places) Renew(ctx context.Context, of Provider, app App, refreshToken string) (desk.AccountGrant, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.client())
	token, err := p.config(of, app, "").TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
	if err != nil {
		return desk.AccountGrant{}, refusal(of, err)
	}
	return granted(token, refreshToken), nil
}

// usualLife is taken for the life of a token when the provider doesn't tell it.
const usualLife = 50 * time.Minute

func granted(token *oauth2.Token, former string) desk.AccountGrant {
	expires := token.Expiry
	if expires.IsZero() {
		expires = time.Now().Add(usualLife)
	}
	grant := desk.AccountGrant{AccessToken: token.AccessToken, RefreshToken: token.RefreshToken, ExpiresAt: &expires}
	if grant.RefreshToken == "" {
		grant.RefreshToken = former
	}
	return grant
}

// refusal keeps what people can use of an error. The library's own text repeats the whole answer.
func refusal(of Provider, err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return &Error{Provider: of.Title, Err: err}
	}
	if answer.ErrorCode == "" || answer.Response != nil && answer.Response.StatusCode >= http.StatusInternalServerError {
		return &Error{Provider: of.Title, Err: fmt.Errorf("answered with status %d", answer.Response.StatusCode)}
	}
	return &Error{Provider: of.Title, Code: oneLine(answer.ErrorCode), Description: oneLine(answer.ErrorDescription)}
}

func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > maxDescription {
		text = strings.ToValidUTF8(text[:maxDescription], "")
	}
	return strings.TrimSpace(text)
}

// emailIn reads who signed in out of an id token. Its signature proves nothing that its way to us,
// by TLS from the provider, has not proved (OpenID Connect Core, 3.1.3.7).
func emailIn(idToken string) string {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims struct {
		Email     string `json:"email"`
		Preferred string `json:"preferred_username"`
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return ""
	}
	if claims.Email == "" {
		claims.Email = claims.Preferred
	}
	return strings.ToLower(strings.TrimSpace(claims.Email))
}
