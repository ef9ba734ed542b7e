package account

import "context"

// Tokens are the access tokens of an account whose owner signed in at a provider.
type Tokens interface {
	// Token returns one that can be used for a while.
	Token(ctx context.Context) (string, error)
	// Refused says that a server took no login with a token: whatever it was meant to last, the next
	// one is a new one.
	Refused(ctx context.Context, token string) error
}
