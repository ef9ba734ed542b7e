package email_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/internal/desk"
	"postroom/internal/devstack/host"
	"postroom/internal/devstack/mailserver"
)

const (
	user   = "support@example.com"
	nobody = 1 // port where nobody listens: another one that is free now may be somebody's in a moment
)

// post is a mail server with two people who have mailboxes.
type post struct {
	mail *mailserver.Server
	mta  *mailserver.MTA
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{mail: mailserver.New(t)}
	for _, name := range []string{user, "jane@example.com", "john@example.com"} {
		if err := p.mail.AddUser(name, "secret"); err != nil {
			t.Fatal(err)
		}
	}
	p.mta = mailserver.NewMTA(t, p.mail)
	return p
}

func (p *post) outbound(port int, more map[string]any) map[string]any {
	options := map[string]any{"host": p.mta.Host(), "port": port, "ssl_verify": false}
	for name, value := range more {
		options[name] = value
	}
	return map[string]any{"adapter": "smtp", "options": options}
}

func letter(to string, n int) channels.Outbound {
	return channels.Outbound{
		MessageID: fmt.Sprintf("<%d.letter@desk.example.com>", n), From: "Support <" + user + ">", To: to,
		Subject: fmt.Sprintf("Letter %d", n), ContentType: "text/plain", Body: "Hello\n.\nGrüße\n", EHLODomain: "desk.example.com",
	}
}

// mailsOf waits until somebody has so many mails.
func (p *post) mailsOf(t *testing.T, name string, want int) []string {
	t.Helper()
	limit := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		raws, err := p.mail.Messages(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(raws) >= want {
			var mails []string
			for _, raw := range raws {
				mails = append(mails, string(raw))
			}
			return mails
		}
		select {
		case <-limit:
			t.Fatalf("%s has %d mails, want %d\n%s", name, len(raws), want, p.mta.Log())
		case <-tick.C:
		}
	}
}

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	login := map[string]any{"user": "jane@example.com", "password": "secret"}
	with := func(name string, value any) map[string]any {
		return map[string]any{"user": "jane@example.com", "password": "secret", name: value}
	}
	for i, tc := range []struct {
		name string
		port int
		more map[string]any
	}{
		{"between servers, STARTTLS as offered", p.mta.SMTPPort, nil},
		{"between servers, plain", p.mta.SMTPPort, map[string]any{"enable_starttls_auto": false}},
		{"submission, STARTTLS as offered", p.mta.SubmissionPort, login},
		{"submission, STARTTLS required", p.mta.SubmissionPort, with("ssl", "starttls")},
		{"submission, login asked for", p.mta.SubmissionPort, with("authentication", "login")},
		{"submission over TLS", p.mta.SubmissionsPort, with("ssl", true)},
	} {
		sender, err := email.NewSender(p.outbound(tc.port, tc.more))
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		raw, err := sender.Send(t.Context(), letter("Jane <jane@example.com>", i))
		if err != nil {
			t.Fatalf("%s: %v\n%s", tc.name, err, p.mta.Log())
		}
		mails := p.mailsOf(t, "jane@example.com", i+1)
		if !slices.ContainsFunc(mails, func(mail string) bool { return strings.HasSuffix(mail, unix(string(raw))) }) {
			t.Errorf("%s: %q arrived, want one that ends in what Send returned: %q", tc.name, mails, raw)
		}
	}
}

// unix has the line ends of a Maildir, which are LF.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func TestSMTPRefusals(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for _, tc := range []struct {
		name      string
		outbound  map[string]any
		to        string
		permanent bool
		field     string
		says      string
	}{
		{"unknown recipient", p.outbound(p.mta.SMTPPort, nil), "nobody@example.com", true, "to", "nobody@example.com: 550"},
		{"one of two unknown", p.outbound(p.mta.SMTPPort, nil), "jane@example.com, nobody@example.com", true, "to", "550"},
		{"not now", p.outbound(p.mta.SMTPPort, nil), "tempfail@example.com", false, "", "451"},
		{"wrong password", p.outbound(p.mta.SubmissionPort, map[string]any{"user": "jane@example.com", "password": "wrong!"}), "jane@example.com", false, "", "log in"},
		{"login needed", p.outbound(p.mta.SubmissionPort, nil), "jane@example.com", false, "", "530"},
		{"certificate not trusted", p.outbound(p.mta.SMTPPort, map[string]any{"ssl_verify": true}), "jane@example.com", false, "", "certificate"},
		{"nobody listens", p.outbound(nobody, nil), "jane@example.com", false, "", "connect"},
		{"no address", p.outbound(p.mta.SMTPPort, nil), "Jane", true, "to", "address"},
	} {
		sender, err := email.NewSender(tc.outbound)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		_, err = sender.Send(t.Context(), letter(tc.to, 1))
		if err == nil {
			t.Errorf("%s: no error", tc.name)
			continue
		}
		invalid, _ := errors.AsType[*desk.InvalidError](err)
		if desk.Permanent(err) != tc.permanent || tc.permanent && invalid.Field != tc.field || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v (permanent: %t), want permanent: %t about %q saying %q", tc.name, err, desk.Permanent(err), tc.permanent, tc.field, tc.says)
		}
		if answer, ok := errors.AsType[*textproto.Error](err); strings.Contains(tc.says, "550") && (!ok || answer.Code != 550) {
			t.Errorf("%s: %v doesn't hold the server's answer", tc.name, err)
		}
		if strings.Contains(err.Error(), "wrong!") {
			t.Errorf("%s: the error tells the password: %v", tc.name, err)
		}
	}
	if mails, _ := p.mail.Messages("jane@example.com"); len(mails) != 0 {
		t.Errorf("jane got %d mails that were refused to others", len(mails))
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	sender, err := email.NewSender(map[string]any{"adapter": "smtp", "options": map[string]any{
		"host": "127.0.0.1", "port": silent.Addr().(*net.TCPAddr).Port,
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	started := time.Now()
	if _, err = sender.Send(ctx, letter("jane@example.com", 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send = %v after %s, want the end of its context", err, time.Since(started))
	}
}

func TestNewSenderNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		outbound map[string]any
		field    string
	}{
		{"unknown adapter", map[string]any{"adapter": "x"}, "adapter"},
		{"no host", map[string]any{"adapter": "smtp"}, "host"},
		{"port", map[string]any{"adapter": "smtp", "options": map[string]any{"host": "h", "port": "smtp"}}, "port"},
		{"authentication", map[string]any{"adapter": "smtp", "options": map[string]any{"host": "h", "authentication": "magic"}}, "authentication"},
	} {
		_, err := email.NewSender(tc.outbound)
		invalid, ok := errors.AsType[*desk.InvalidError](err)
		if !ok || invalid.Field != tc.field {
			t.Errorf("%s: %v, want a *desk.InvalidError about %s", tc.name, err, tc.field)
		}
	}
}

func TestSendmail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := func(name, script string) channels.Sender {
		path := filepath.Join(dir, name)
		if err := host.WriteProgram(path, []byte("#!/bin/sh\n"+script)); err != nil {
			t.Fatal(err)
		}
		return email.SendmailAt(path)
	}
	message := letter("Jane <jane@example.com>", 1)
	message.Cc, message.Bcc = "-oops@example.com", "john@example.com"
	raw, err := program("good", "cd "+dir+`; echo "$@" > args; cat > mail`).Send(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	args, _ := os.ReadFile(filepath.Join(dir, "args"))
	if want := "-i -f support@example.com -- jane@example.com -oops@example.com john@example.com\n"; string(args) != want {
		t.Errorf("arguments %q, want %q", args, want)
	}
	if mail, _ := os.ReadFile(filepath.Join(dir, "mail")); string(mail) != unix(string(raw)) {
		t.Errorf("the program got %q, want %q", mail, unix(string(raw)))
	}
	for _, tc := range []struct {
		name, script string
		permanent    bool
	}{
		{"no such user", "cat >/dev/null; echo who is that >&2; exit 67", true},
		{"not now", "cat >/dev/null; echo who is that >&2; exit 75", false},
		{"anything", "echo who is that; exit 1", false},
	} {
		_, err := program(strings.ReplaceAll(tc.name, " ", "-"), tc.script).Send(t.Context(), letter("jane@example.com", 1))
		if err == nil || desk.Permanent(err) != tc.permanent || !strings.Contains(err.Error(), "who is that") {
			t.Errorf("%s: %v, want an error with what the program said, permanent: %t", tc.name, err, tc.permanent)
		}
	}
	if _, err := email.SendmailAt(filepath.Join(dir, "none")).Send(t.Context(), message); err == nil || desk.Permanent(err) {
		t.Errorf("no program: %v, want an error that may go away", err)
	}
}
