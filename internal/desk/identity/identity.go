// Package identity holds what people sign in with: passwords, accounts elsewhere, applications that act for them.
// What signing in leaves behind, sessions and devices, is here too.
//
// It says what is good enough and how long it lasts. It does no I/O and knows no secret.
package identity

import (
	"time"

	"postroom/internal/desk"
)

// Authorization is an account at an identity provider by which somebody signs in.
type Authorization struct {
	UserID   desk.UserID
	Provider string
	UID      string // what the provider calls the account
	Username string
}

// SignInAttempt is somebody who was sent to an identity provider and is to come back.
type SignInAttempt struct {
	Provider  string
	Nonce     string       // what the provider's answer must hold
	Verifier  string       // proves that who brings the answer is who asked for it
	UserID    *desk.UserID // who links an account; nil: who signs in by it
	ExpiresAt time.Time
}
