package mailserver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/internal/devstack/host"
	"postroom/internal/devstack/mailserver"
)

func TestDovecotServesWhatIsDelivered(t *testing.T) {
	t.Parallel()
	server := mailserver.New(t)
	if err := server.AddUser("support@example.com", "secret"); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := server.Deliver("support@example.com", fmt.Appendf(nil, "Subject: mail %d\r\n\r\nHello\r\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	trusting := &tls.Config{InsecureSkipVerify: true} // self-signed
	for _, tc := range []struct {
		name string
		dial func() (*imapclient.Client, error)
	}{
		{"plain", func() (*imapclient.Client, error) {
			return imapclient.DialInsecure(address(server, server.IMAPPort), nil)
		}},
		{"STARTTLS", func() (*imapclient.Client, error) {
			return imapclient.DialStartTLS(address(server, server.IMAPPort), &imapclient.Options{TLSConfig: trusting})
		}},
		{"TLS", func() (*imapclient.Client, error) {
			return imapclient.DialTLS(address(server, server.IMAPSPort), &imapclient.Options{TLSConfig: trusting})
		}},
	} {
		subjects, err := subjects(tc.dial)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		for i, got := range subjects {
			if want := fmt.Sprintf("mail %d", i); got != want {
				t.Errorf("%s: subject of message %d = %q, want %q: not in the order of delivery", tc.name, i, got, want)
			}
		}
		if len(subjects) != 20 {
			t.Errorf("%s: %d messages, want 20", tc.name, len(subjects))
		}
	}
	mails, err := server.Messages("support@example.com")
	if err != nil || len(mails) != 20 || !bytes.Contains(mails[19], []byte("mail 19")) {
		t.Errorf("Messages = %d mails (%v), want 20 with the newest last", len(mails), err)
	}
}

func TestDovecotKeepsPortsAndMailOverARestart(t *testing.T) {
	t.Parallel()
	server := mailserver.New(t)
	if err := server.AddUser("a", "secret"); err != nil {
		t.Fatal(err)
	}
	if err := server.Deliver("a", []byte("Subject: mail 0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if conn, err := net.Dial("tcp", address(server, server.IMAPPort)); err == nil {
		conn.Close()
		t.Fatal("Dovecot still listens after Stop")
	}
	if err := server.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := subjects(func() (*imapclient.Client, error) {
		return imapclient.DialInsecure(address(server, server.IMAPPort), nil)
	}, "a")
	if err != nil || len(got) != 1 {
		t.Errorf("after a restart: subjects %q, %v; want the one mail", got, err)
	}
}

func TestKickCutsConnections(t *testing.T) {
	t.Parallel()
	server := mailserver.New(t)
	if err := server.AddUser("a", "secret"); err != nil {
		t.Fatal(err)
	}
	client, err := imapclient.DialInsecure(address(server, server.IMAPPort), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Login("a", "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	err = host.Until(t.Context(), host.StartWithin, func() (bool, error) { // Dovecot may not know yet that somebody is there
		if err := server.Kick(""); err != nil {
			return false, err
		}
		select {
		case <-client.Closed():
			return true, nil
		default:
			return false, nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Noop().Wait(); err == nil {
		t.Error("the connection works after Kick")
	}
}

func address(server *mailserver.Server, port int) string {
	return net.JoinHostPort(server.Host(), strconv.Itoa(port))
}

// subjects logs in and returns the subjects of all mails in the INBOX.
func subjects(dial func() (*imapclient.Client, error), user ...string) ([]string, error) {
	client, err := dial()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if len(user) == 0 {
		user = []string{"support@example.com"}
	}
	if err := client.Login(user[0], "secret").Wait(); err != nil {
		return nil, err
	}
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		return nil, err
	}
	all := imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}}
	messages, err := client.Fetch(all, &imap.FetchOptions{Envelope: true}).Collect()
	var subjects []string
	for _, message := range messages {
		subjects = append(subjects, message.Envelope.Subject)
	}
	return subjects, err
}
