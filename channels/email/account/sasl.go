package account

import (
	"github.com/emersion/go-sasl"

	"postroom/internal/desk"
)

// XOAuth2 is the mechanism by which Google and Microsoft take access tokens.
const XOAuth2 = "XOAUTH2"

// Mechanism is how a user shows a mail server a secret: a password, or an access token.
func Mechanism(name, user, secret, host string, port int) (sasl.Client, error) {
	switch name {
	case "PLAIN":
		return sasl.NewPlainClient("", user, secret), nil
	case "LOGIN":
		return sasl.NewLoginClient(user, secret), nil
	case XOAuth2:
		return token{name, "user=" + user + "\x01auth=Bearer " + secret + "\x01\x01", nil}, nil
	case "OAUTHBEARER":
		_, first, err := sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: user, Token: secret, Host: host, Port: port}).Start()
		return token{name, string(first), []byte{1}}, err
	}
	return nil, &desk.InvalidError{Field: "auth_type", Reason: "Unknown authentication type '" + name + "'"}
}

// token says all it has to say at once.
type token struct {
	name, first string
	yield       []byte // answers the server's account of what is wrong; it then refuses for good
}

func (t token) Start() (mech string, first []byte, err error) { return t.name, []byte(t.first), nil }

func (t token) Next([]byte) ([]byte, error) { return append([]byte{}, t.yield...), nil }
