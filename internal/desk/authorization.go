package desk

import "time"

// AuthorizationID is the id of an Authorization.
type AuthorizationID int64

// Account is what an identity provider calls somebody.
type Account struct{ UID, Username string }

// Authorization is an account at an identity provider by which somebody signs in.
type Authorization struct {
	UserID   UserID
	Provider string
	UID      string // what the provider calls the account
	Username string
}

// SignInAttempt is somebody who was sent to an identity provider and is to come back.
type SignInAttempt struct {
	Provider  string
	Nonce     string  // what the provider's answer must hold
	Verifier  string  // proves that who brings the answer is who asked for it
	UserID    *UserID // who links an account; nil: who signs in by it
	ExpiresAt time.Time
}
