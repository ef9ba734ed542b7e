package inbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/cloudtest"
	"postroom/channels/email/inbox"
	"postroom/internal/devstack/mailserver"
)

// A real server asks the provider whose a token is, as those of Google and Microsoft do.
func TestTokensOpenMailboxes(t *testing.T) {
	t.Parallel()
	provider := cloudtest.Start(t)
	server := mailserver.WithTokens(t, provider.Introspection())
	if err := server.AddUser(user, password); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, adapter, mechanism, ssl string
		port                          int
	}{
		{"IMAP", "imap", "XOAUTH2", "off", server.IMAPPort},
		{"IMAP, TLS", "imap", "", "ssl", server.IMAPSPort}, // a token goes by XOAUTH2
		{"IMAP, standard mechanism", "imap", "OAUTHBEARER", "starttls", server.IMAPPort},
		{"POP3", "pop3", "XOAUTH2", "off", server.POP3Port},
		{"POP3, TLS", "pop3", "XOAUTH2", "ssl", server.POP3SPort},
		{"POP3, standard mechanism", "pop3", "OAUTHBEARER", "starttls", server.POP3Port},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in, err := inbox.ParseInbound(map[string]any{"adapter": tc.adapter, "options": map[string]any{
				"host": server.Host(), "port": tc.port, "ssl": tc.ssl, "ssl_verify": false, "user": user, "auth_type": tc.mechanism,
			}})
			if err != nil {
				t.Fatal(err)
			}
			tokens := &counted{}
			tokens.token, _ = provider.Grant(user)
			in.Tokens = tokens
			if err := server.Deliver(user, []byte(mailNumber(1))); err != nil {
				t.Fatal(err)
			}
			if got := fetchAll(t, in); got != 1 {
				t.Errorf("%d messages fetched, want 1", got)
			}
			if tokens.asked.Load() == 0 || tokens.refused.Load() != 0 {
				t.Errorf("asked %d times, refused %d tokens; want some and none", tokens.asked.Load(), tokens.refused.Load())
			}
			for _, other := range []string{"nonsense", grantOf(provider, "stranger@example.com")} {
				tokens = &counted{token: other}
				in.Tokens = tokens
				_, err := open(in).Poll(t.Context(), func(context.Context, []channels.Inbound) error { return nil })
				if step, ok := errors.AsType[*account.StepError](err); !ok || step.Step != account.Login || !inbox.Refused(err) {
					t.Errorf("another token: %v, want a refusal of the login", err)
				}
				if tokens.refused.Load() != 1 {
					t.Errorf("%d tokens reported as refused, want one", tokens.refused.Load())
				}
			}
		})
	}
}

func grantOf(provider *cloudtest.Provider, email string) string {
	access, _ := provider.Grant(email)
	return access
}

type counted struct {
	token          string
	asked, refused atomic.Int32
}

func (c *counted) Token(context.Context) (string, error)         { c.asked.Add(1); return c.token, nil }
func (c *counted) Refused(_ context.Context, token string) error { c.refused.Add(1); return nil }

func open(in inbox.Inbound) channels.Poller {
	if in.Adapter == account.POP3 {
		return inbox.NewMaildrop(in, 7, quiet)
	}
	return inbox.NewMailbox(in, 7, quiet)
}

func fetchAll(t *testing.T, in inbox.Inbound) int {
	t.Helper()
	mailbox := open(in)
	defer mailbox.Close()
	report, err := mailbox.Poll(t.Context(), func(context.Context, []channels.Inbound) error { return nil })
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	return report.Fetched
}
