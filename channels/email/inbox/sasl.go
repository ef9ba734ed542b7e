package inbox

import (
	"context"

	"postroom/channels/email/account"
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
		in.AuthType = account.XOAuth2
	}
	err = login(in)
	if Refused(err) {
		// The login's error is what people have to know. If the token stays, it ends by itself.
		_ = in.Tokens.Refused(ctx, token)
	}
	return err
}
