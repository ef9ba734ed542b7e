package email_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
)

func TestWizardChecksPOP3(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com", Interval: 50 * time.Millisecond, Looks: 600}
	inbound := func(more map[string]any) map[string]any {
		options := map[string]any{"host": p.mail.Host(), "port": p.mail.POP3SPort, "ssl": "ssl", "ssl_verify": false, "user": user, "password": "secret"}
		for name, value := range more {
			options[name] = value
		}
		return map[string]any{"adapter": "pop3", "options": options}
	}
	check := func(want int) {
		t.Helper()
		got, err := wizard.CheckInbound(t.Context(), inbound(nil))
		if err != nil || got.Messages != want {
			t.Fatalf("CheckInbound = %v, %v; want %d", got, err, want)
		}
	}
	check(0)
	p.put(t, probeMail)
	check(0) // only the mail of wizards
	p.put(t, "Subject: older\r\n\r\nbody\r\n")
	check(2)
	if err := wizard.Verify(t.Context(), inbound(nil), p.outbound(p.mta.SMTPPort, nil), user, "#0123456789abcdef0123"); err != nil {
		t.Fatalf("Verify: %v\n%s", err, p.mta.Log())
	}
	check(2) // the test mail is gone
	for _, tc := range []struct {
		more   map[string]any
		fields []string
	}{
		{map[string]any{"password": "guessed"}, []string{"user", "password"}},
		{map[string]any{"host": "mail.invalid"}, []string{"host"}},
		{map[string]any{"ssl_verify": true}, []string{"host"}},
		{map[string]any{"port": p.mail.POP3Port}, []string{"host"}},
	} {
		_, err := wizard.CheckInbound(t.Context(), inbound(tc.more))
		setup, ok := errors.AsType[*channels.SetupError](err)
		if !ok || setup.Source != channels.InboundSide || !slices.Equal(setup.Fields, tc.fields) || setup.Human == "" {
			t.Errorf("%v: %+v, want a *channels.SetupError about %q with a sentence", tc.more, err, tc.fields)
		}
	}
}

func TestProbeTriesPOP3AfterIMAP(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com"}
	wizard.Guess(
		[]email.Server{
			{Host: p.mail.Host(), Port: nobody, SSL: "ssl", User: "full"}, // dead; not so the host
			{Host: p.mail.Host(), Port: p.mail.POP3Port, SSL: "off", User: "local", Adapter: "pop3"},
			{Host: p.mail.Host(), Port: p.mail.POP3Port, SSL: "off", User: "full", Adapter: "pop3"},
		},
		[]email.Server{{Host: "127.0.0.1", Port: (&smtpScript{}).listen(t), SSL: "off", User: "full"}},
	)
	account, err := wizard.Probe(t.Context(), user, "secret", "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	options := account.Inbound["options"].(map[string]any)
	if account.Inbound["adapter"] != "pop3" || options["user"] != user || options["folder"] != nil {
		t.Errorf("inbound side %v, want POP3 with the whole address and no folder", account.Inbound)
	}
}
