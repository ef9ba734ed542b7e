package email_test

import (
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
)

func (p *post) inbound(more map[string]any) map[string]any {
	options := map[string]any{
		"host": p.mail.Host(), "port": p.mail.IMAPSPort, "ssl": "ssl", "ssl_verify": false, "user": user, "password": "secret",
	}
	for name, value := range more {
		options[name] = value
	}
	return map[string]any{"adapter": "imap", "options": options}
}

func (p *post) put(t *testing.T, raw string) {
	t.Helper()
	if err := p.mail.Deliver(user, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

const probeMail = "X-Zammad-Ignore: true\r\nX-Zammad-Verify: true\r\nSubject: probe\r\n\r\nbody\r\n"

func TestCheckInboundCountsContent(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com"}
	old := false
	check := func(want int) {
		t.Helper()
		got, err := wizard.CheckInbound(t.Context(), p.inbound(nil))
		if err != nil || got.Messages != want || got.Old != old {
			t.Fatalf("CheckInbound = %v, %v; want %d", got, err, want)
		}
	}
	check(0)
	for range 3 {
		p.put(t, probeMail)
	}
	check(0) // only the mail of wizards
	p.put(t, "Subject: hello\r\n\r\nbody\r\n")
	p.put(t, time.Now().AddDate(0, 0, -8).Format("Date: "+time.RFC1123Z)+"\r\nSubject: young\r\n\r\nbody\r\n")
	check(5)
	p.put(t, "Date: Mon, 2 Jan 2006 15:04:05 +0000\r\nSubject: archive\r\n\r\nbody\r\n")
	old = true
	check(6)
}

func TestSetupErrorsNameTheField(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com"}
	in := func(more map[string]any) func() error {
		return func() error { _, err := wizard.CheckInbound(t.Context(), p.inbound(more)); return err }
	}
	out := func(port int, more map[string]any) func() error {
		return func() error { return wizard.CheckOutbound(t.Context(), p.outbound(port, more), "jane@example.com") }
	}
	for _, tc := range []struct {
		name   string
		try    func() error
		source string
		fields []string
	}{
		{"inbound, wrong password", in(map[string]any{"password": "guessed"}), channels.InboundSide, []string{"user", "password"}},
		{"inbound, nobody listens", in(map[string]any{"port": nobody}), channels.InboundSide, []string{"host"}},
		{"inbound, unknown host", in(map[string]any{"host": "mail.invalid"}), channels.InboundSide, []string{"host"}},
		{"inbound, unknown folder", in(map[string]any{"folder": "Nowhere"}), channels.InboundSide, []string{"folder"}},
		{"inbound, certificate", in(map[string]any{"ssl_verify": true}), channels.InboundSide, []string{"host"}},
		{"inbound, TLS at a plain port", in(map[string]any{"port": p.mail.IMAPPort}), channels.InboundSide, []string{"host"}},
		{"outbound, wrong password", out(p.mta.SubmissionPort, map[string]any{"user": "jane@example.com", "password": "guessed"}), channels.OutboundSide, []string{"user", "password"}},
		{"outbound, nobody listens", out(nobody, nil), channels.OutboundSide, []string{"host"}},
		{"outbound, unknown host", out(25, map[string]any{"host": "smtp.invalid"}), channels.OutboundSide, []string{"host"}},
		{"outbound, certificate", out(p.mta.SMTPPort, map[string]any{"ssl_verify": true}), channels.OutboundSide, []string{"host"}},
	} {
		err := tc.try()
		setup, ok := errors.AsType[*channels.SetupError](err)
		if !ok || setup.Source != tc.source || !slices.Equal(setup.Fields, tc.fields) || setup.Human == "" {
			t.Errorf("%s: %+v, want a *channels.SetupError of %s about %q with a sentence", tc.name, err, tc.source, tc.fields)
		}
		if err != nil && strings.Contains(err.Error(), "guessed") {
			t.Errorf("%s: the error tells the password", tc.name)
		}
	}
	if _, err := wizard.CheckInbound(t.Context(), map[string]any{"adapter": "uucp"}); err == nil || err.Error() != "Unknown adapter 'uucp'" {
		t.Errorf("uucp: %v, want Unknown adapter 'uucp'", err)
	}
	if err := wizard.CheckOutbound(t.Context(), map[string]any{"adapter": "pigeon"}, ""); err == nil || err.Error() != "Unknown adapter 'pigeon'" {
		t.Errorf("pigeon: %v, want Unknown adapter 'pigeon'", err)
	}
}

func TestCheckOutboundSendsFarAway(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com"}
	for i, outbound := range []map[string]any{
		p.outbound(p.mta.SMTPPort, nil),
		p.outbound(p.mta.SubmissionPort, map[string]any{"user": "jane@example.com", "password": "secret"}),
	} {
		for _, from := range []string{"jane@example.com", ""} { // without an address it only logs in
			if err := wizard.CheckOutbound(t.Context(), outbound, from); err != nil {
				t.Errorf("CheckOutbound(%v, %q): %v", outbound, from, err)
			}
		}
		if got := strings.Count(p.mta.Log(), " <= jane@example.com "); got != i+1 {
			t.Errorf("%d mails were taken by the server, want %d\n%s", got, i+1, p.mta.Log())
		}
	}
	if mails, _ := p.mail.Messages("jane@example.com"); len(mails) != 0 {
		t.Errorf("%d mails were sent to the account itself", len(mails))
	}
}

// A server that doesn't like probes, or doesn't know the far end, works all the same.
func TestRefusalsThatTellNothingAgainstAServer(t *testing.T) {
	t.Parallel()
	const from = "jane@example.com"
	for _, tc := range []struct {
		verb, answer string
		ok           bool
	}{
		{"", "", true},
		{"RCPT", "550 5.1.1 <verify-external-smtp-sending@discard.zammad.org>: Recipient address rejected: User unknown", true},
		{"RCPT", "450 4.1.2 <x>: recipient address rejected: Domain not found", true},
		{"RCPT", "550 relay not permitted", false},
		{"MAIL", "450 4.1.8 <jane@example.com>: Sender address rejected: Domain not found", true},
		{"MAIL", "553 5.7.1 <jane@example.com>: Sender address rejected: not owned by user", false},
		{"DATA", "554 5.7.1 <x>: Recipient address rejected: Access denied", true},
		{"DATA", "451 not now", false},
	} {
		server := &smtpScript{answers: map[string]string{tc.verb: tc.answer}}
		outbound := map[string]any{"adapter": "smtp", "options": map[string]any{"host": "127.0.0.1", "port": server.listen(t), "ssl": "off"}}
		err := (&email.Wizard{FQDN: "desk.example.com"}).CheckOutbound(t.Context(), outbound, from)
		if tc.ok && err != nil {
			t.Errorf("%s answered %q: %v, want that it tells nothing against the server", tc.verb, tc.answer, err)
		}
		if text, _, _ := strings.Cut(tc.answer, " "); !tc.ok && (sourceOf(err) != channels.OutboundSide || !strings.Contains(err.Error(), text)) {
			t.Errorf("%s answered %q: %v, want a *channels.SetupError of outbound with that answer", tc.verb, tc.answer, err)
		}
		if tc.verb == "" {
			wantProbe(t, <-server.mails)
		}
	}
}

// wantProbe checks what a test mail says to those who may get to see it.
func wantProbe(t *testing.T, mail string) {
	t.Helper()
	for _, line := range []string{
		"To: verify-external-smtp-sending@discard.zammad.org", "From: jane@example.com", "X-Zammad-Ignore: true", "X-Zammad-Verify: true",
		"X-Zammad-Fqdn: desk.example.com", "X-Loop: yes", "Precedence: bulk", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All",
	} {
		if !strings.Contains(strings.NewReplacer("<", "", ">", "").Replace(mail), line+"\n") {
			t.Errorf("the mail has no line %q:\n%s", line, mail)
		}
	}
	if !strings.Contains(mail, "X-Zammad-Verify-Time: ") || strings.Contains(mail, "X-Zammad-Test-Message") {
		t.Errorf("want the time and no marker, for nobody looks for this mail:\n%s", mail)
	}
}

func TestVerifySendsFindsAndDeletes(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com", Interval: 50 * time.Millisecond, Looks: 600}
	p.put(t, "Subject: older\r\n\r\nbody\r\n")
	for _, marker := range []string{"", "#0123456789abcdef0123"} {
		if err := wizard.Verify(t.Context(), p.inbound(nil), p.outbound(p.mta.SMTPPort, nil), user, marker); err != nil {
			t.Fatalf("Verify with marker %q: %v\n%s", marker, err, p.mta.Log())
		}
	}
	if mails := p.mailsOf(t, user, 1); len(mails) != 1 || !strings.Contains(mails[0], "older") {
		t.Errorf("%d mails are left, want the older one alone", len(mails))
	}
	if err := wizard.Verify(t.Context(), p.inbound(nil), p.outbound(p.mta.SMTPPort, nil), "nobody@example.com", ""); sourceOf(err) != channels.OutboundSide {
		t.Errorf("an address nobody has: %v, want a *channels.SetupError of outbound", err)
	}
	wizard.Looks = 2
	if err := wizard.Verify(t.Context(), p.inbound(nil), p.outbound(p.mta.SMTPPort, nil), "jane@example.com", ""); sourceOf(err) != channels.InboundSide {
		t.Errorf("mail that arrives elsewhere: %v, want a *channels.SetupError of inbound", err)
	}
}

func sourceOf(err error) string {
	setup, ok := errors.AsType[*channels.SetupError](err)
	if !ok {
		return fmt.Sprintf("%T", err)
	}
	return setup.Source
}

func TestProbeFindsTheServersThatWork(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	wizard := &email.Wizard{FQDN: "desk.example.com"}
	// The test server's certificate is not trusted, so the ways that work are plain ones.
	wizard.Guess(
		[]email.Server{
			{Host: "mail.invalid", Port: 993, SSL: "ssl", User: "full"},
			{Host: p.mail.Host(), Port: p.mail.IMAPPort, SSL: "off", User: "local"},
			{Host: p.mail.Host(), Port: p.mail.IMAPPort, SSL: "off", User: "full"},
		},
		[]email.Server{{Host: "smtp.invalid", Port: 465, SSL: "ssl", User: "full"}},
	)
	account, err := wizard.Probe(t.Context(), " Support@Example.com ", "secret", "")
	if sourceOf(err) != channels.OutboundSide {
		t.Errorf("Probe without a working SMTP server = %+v, %v; want a *channels.SetupError of outbound", account, err)
	}
	wizard.Guess(
		[]email.Server{{Host: p.mail.Host(), Port: p.mail.IMAPPort, SSL: "off", User: "full"}},
		[]email.Server{{Host: "127.0.0.1", Port: (&smtpScript{}).listen(t), SSL: "off", User: "full"}},
	)
	account, err = wizard.Probe(t.Context(), " Support@Example.com ", "secret", "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inbox.ParseInbound(account.Inbound); err != nil {
		t.Errorf("inbound side %v can't be used: %v", account.Inbound, err)
	}
	if _, err := email.NewSender(account.Outbound); err != nil {
		t.Errorf("outbound side %v can't be used: %v", account.Outbound, err)
	}
	_, err = wizard.Probe(t.Context(), user, "guessed", "")
	setup, ok := errors.AsType[*channels.SetupError](err)
	if !ok || setup.Source != channels.InboundSide || !slices.Contains(setup.Fields, "password") {
		t.Errorf("Probe with a wrong password = %v, want one about the password and not about a host that isn't", err)
	}
	for _, address := range []string{"", "support", "@example.com", "a@b@c d"} {
		_, err := wizard.Probe(t.Context(), address, "secret", "")
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Field != "email" {
			t.Errorf("Probe(%q) = %v, want a *desk.InvalidError about email", address, err)
		}
	}
}

// smtpScript is a server without encryption that likes everything but what its answers say.
type smtpScript struct {
	answers map[string]string // by verb
	mails   chan string
}

func (s *smtpScript) listen(t *testing.T) (port int) {
	t.Helper()
	s.mails = make(chan string, 10)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(textproto.NewConn(conn))
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *smtpScript) serve(conn *textproto.Conn) {
	defer conn.Close()
	_ = conn.PrintfLine("220 at your service")
	for {
		line, err := conn.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if answer := s.answers[verb]; answer != "" {
			_ = conn.PrintfLine("%s", answer)
			continue
		}
		switch verb {
		case "EHLO":
			_ = conn.PrintfLine("250-hello\r\n250 AUTH CRAM-MD5 PLAIN")
		case "AUTH":
			_ = conn.PrintfLine("235 welcome")
		case "DATA":
			_ = conn.PrintfLine("354 go on")
			mail, err := conn.ReadDotBytes()
			if err != nil {
				return
			}
			s.mails <- string(mail)
			_ = conn.PrintfLine("250 fine")
		case "QUIT":
			_ = conn.PrintfLine("221 bye")
			return
		default:
			_ = conn.PrintfLine("250 fine")
		}
	}
}
