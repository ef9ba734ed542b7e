package inbox

import (
	"context"

	"github.com/emersion/go-sasl"

	"postroom/internal/desk"
)

// withToken hands the mailbox on with an access token in place of its password, where it has one. A
// token that the server refuses is one that is not to be used again.
func (in Inbound) withToken(ctx context.Context, login func(Inbound) error) error {
	if in.Tokens == nil {
		return login(in)
	}
	token, err := in.Tokens.Token(ctx)
	if err != nil {
		return err
	}
	in.Password = token
	if in.AuthType == "" {
		in.AuthType = xoauth2Name
	}
	err = login(in)
	if Refused(err) {
		// The login's error is what people have to know. If the token stays, it ends by itself.
		_ = in.Tokens.Refused(ctx, token)
	}
	return err
}

const xoauth2Name = "XOAUTH2"

// mechanism is how user and password, or an access token, are shown to the server.
func (in Inbound) mechanism() (sasl.Client, error) {
	switch in.AuthType {
	case "PLAIN":
		return sasl.NewPlainClient("", in.User, in.Password), nil
	case "LOGIN":
		return sasl.NewLoginClient(in.User, in.Password), nil
	case xoauth2Name:
		return xoauth2{user: in.User, token: in.Password}, nil
	case "OAUTHBEARER":
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: in.User, Token: in.Password, Host: in.Host, Port: in.Port}), nil
	}
	return nil, &desk.InvalidError{Field: "auth_type", Reason: "Unknown authentication type '" + in.AuthType + "'"}
}

// xoauth2 is Google's and Microsoft's SASL mechanism for OAuth tokens.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (mech string, first []byte, err error) {
	return xoauth2Name, []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's account of what is wrong; it then refuses for good.
func (x xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
