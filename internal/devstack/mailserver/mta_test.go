package mailserver_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"strconv"
	"testing"
	"time"

	"postroom/internal/devstack/mailserver"
)

func TestMailSentOverSMTPArrivesInTheMailbox(t *testing.T) {
	t.Parallel()
	mail := mailserver.New(t)
	mta := mailserver.NewMTA(t, mail)
	if err := mail.AddUser("jane@example.com", "secret"); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(mta.CertificateFile())
	if err != nil {
		t.Fatal(err)
	}
	trusted := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "localhost"}
	trusted.RootCAs.AppendCertsFromPEM(pem)
	login := smtp.PlainAuth("", "jane@example.com", "secret", mta.Host())
	for _, tc := range []struct {
		name     string
		port     int
		tls      string
		auth     smtp.Auth
		to       string
		wantCode int // 0: accepted
	}{
		{"between servers", mta.SMTPPort, "", nil, "jane@example.com", 0},
		{"unknown user", mta.SMTPPort, "", nil, "nobody@example.com", 550},
		{"thrown away", mta.SMTPPort, "", nil, "anybody@discard.zammad.org", 0},
		{"not now", mta.SMTPPort, "", nil, "tempfail@example.com", 451},
		{"submission without login", mta.SubmissionPort, "STARTTLS", nil, "jane@example.com", 530},
		{"submission", mta.SubmissionPort, "STARTTLS", login, "jane@example.com", 0},
		{"submission over TLS", mta.SubmissionsPort, "TLS", login, "jane@example.com", 0},
	} {
		err := send(net.JoinHostPort(mta.Host(), strconv.Itoa(tc.port)), tc.tls, trusted, tc.auth, tc.to, tc.name)
		code := 0
		if refused, ok := errors.AsType[*textproto.Error](err); ok {
			code = refused.Code
		} else if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if code != tc.wantCode {
			t.Errorf("%s: SMTP code %d, want %d (%v)", tc.name, code, tc.wantCode, err)
		}
	}
	awaitMails(t, mail, "jane@example.com", 3, mta)
	mails, err := mail.Messages("jane@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"between servers", "submission", "submission over TLS"} {
		if !bytes.Contains(bytes.Join(mails, nil), []byte("Subject: "+subject+"\n")) {
			t.Errorf("the mail %q is not in the mailbox", subject)
		}
	}
}

func awaitMails(t *testing.T, mail *mailserver.Server, user string, want int, mta *mailserver.MTA) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		mails, err := mail.Messages(user)
		if err != nil {
			t.Fatal(err)
		}
		if len(mails) == want {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%d mails in the mailbox, want %d; the log says\n%s", len(mails), want, mta.Log())
		case <-ticker.C:
		}
	}
}

func send(address, security string, config *tls.Config, auth smtp.Auth, to, subject string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	if security == "TLS" {
		conn = tls.Client(conn, config)
	}
	client, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		return err
	}
	defer client.Close()
	if security == "STARTTLS" {
		if err := client.StartTLS(config); err != nil {
			return err
		}
	}
	if auth != nil {
		if err := client.Auth(auth); err != nil {
			return err
		}
	}
	if err := client.Mail("agent@postroom.test"); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := body.Write([]byte("Subject: " + subject + "\r\n\r\nHello\r\n")); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	return client.Quit()
}
