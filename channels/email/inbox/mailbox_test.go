package inbox_test

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/channels/channeltest"
	"postroom/channels/email/inbox"
	"postroom/internal/devstack/mailserver"
)

const (
	user     = "support@example.com"
	password = "se cret\"ß"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMailboxKeepsThePollerContract(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, ssl string
		keep      bool
	}{
		{"plain, delete", "off", false},
		{"plain, keep", "off", true},
		{"STARTTLS, delete", "starttls", false},
		{"TLS, keep", "ssl", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.New(t)
			users := make(chan string, 20)
			for i := range cap(users) { // now: Dovecot doesn't see each of several changes in a second
				user := fmt.Sprintf("user%d@example.com", i)
				if err := server.AddUser(user, password); err != nil {
					t.Fatal(err)
				}
				users <- user
			}
			channeltest.Poller(t, func(t *testing.T) channeltest.Source {
				return dovecotSource(t, server, <-users, tc.ssl, tc.keep)
			})
		})
	}
}

// dovecotSource is a mailbox of its own on the server, behind a line that can be broken.
func dovecotSource(t *testing.T, server *mailserver.Server, user, ssl string, keep bool) channeltest.Source {
	t.Helper()
	port := server.IMAPPort
	if ssl == "ssl" {
		port = server.IMAPSPort
	}
	line := newLine(t, net.JoinHostPort(server.Host(), strconv.Itoa(port)))
	inbound := parse(t, map[string]any{
		"host": line.host(), "port": line.port(), "ssl": ssl, "ssl_verify": false,
		"user": user, "password": password, "keep_on_server": keep,
	})
	source := channeltest.Source{
		Poller: inbox.NewMailbox(inbound, 7, quiet),
		Put: func(t *testing.T, text string) {
			raw := "From: a@example.com\r\nSubject: test\r\n\r\n" + text
			if err := server.Deliver(user, []byte(raw)); err != nil {
				t.Fatal(err)
			}
		},
		Left:     func(t *testing.T) int { return unacknowledged(t, server, user, keep) },
		CutAfter: line.cutAfter,
	}
	if ssl == "off" { // who listens on the line can read it
		source.Poison = line.poison
	}
	return source
}

func parse(t *testing.T, options map[string]any) inbox.Inbound {
	t.Helper()
	inbound, err := inbox.ParseInbound(map[string]any{"adapter": "imap", "options": options})
	if err != nil {
		t.Fatal(err)
	}
	return inbound
}

// unacknowledged counts what is neither seen nor deleted.
func unacknowledged(t *testing.T, server *mailserver.Server, user string, keep bool) int {
	t.Helper()
	client := login(t, server, user)
	defer client.Close()
	status, err := client.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if keep {
		return int(*status.NumUnseen)
	}
	return int(*status.NumMessages)
}

func login(t *testing.T, server *mailserver.Server, user string) *imapclient.Client {
	t.Helper()
	client, err := imapclient.DialInsecure(net.JoinHostPort(server.Host(), strconv.Itoa(server.IMAPPort)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Login(user, password).Wait(); err != nil {
		t.Fatal(err)
	}
	return client
}

func appendMail(t *testing.T, client *imapclient.Client, folder, raw string) {
	t.Helper()
	command := client.Append(folder, int64(len(raw)), nil)
	if _, err := command.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	if err := command.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := command.Wait(); err != nil {
		t.Fatal(err)
	}
}
