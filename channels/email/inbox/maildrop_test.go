package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/channeltest"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
	"postroom/internal/devstack/mailserver"
)

func TestMaildropKeepsThePollerContract(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, ssl string
		keep      bool
	}{
		{"plain, delete", "off", false},
		{"plain, keep", "off", true},
		{"STLS, delete", "starttls", false},
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
				return maildropSource(t, server, <-users, tc.ssl, tc.keep)
			})
		})
	}
}

// maildropSource is a mailbox of its own on the server, behind a line that can be broken.
func maildropSource(t *testing.T, server *mailserver.Server, user, ssl string, keep bool) channeltest.Source {
	t.Helper()
	port := server.POP3Port
	if ssl == "ssl" {
		port = server.POP3SPort
	}
	line := newLine(t, net.JoinHostPort(server.Host(), strconv.Itoa(port)))
	inbound := parsePOP3(t, map[string]any{
		"host": line.host(), "port": line.port(), "ssl": ssl, "ssl_verify": false,
		"user": user, "password": password, "keep_on_server": keep,
	})
	had := &diary{names: map[string]bool{}}
	inbound.Known = had
	source := channeltest.Source{
		Poller: keeping{inbox.NewMaildrop(inbound, 7, quiet), had},
		Put: func(t *testing.T, text string) {
			raw := "From: a@example.com\r\nSubject: test\r\n\r\n" + text
			if err := server.Deliver(user, []byte(raw)); err != nil {
				t.Fatal(err)
			}
		},
		Left: func(t *testing.T) int {
			there := unacknowledged(t, server, user, false)
			if keep { // nothing on the server tells
				there -= had.count()
			}
			return there
		},
		CutAfter: line.cutAfter,
	}
	if ssl == "off" { // who listens on the line can read it
		source.Poison = line.poison
	}
	return source
}

func parsePOP3(t *testing.T, options map[string]any) inbox.Inbound {
	t.Helper()
	inbound, err := inbox.ParseInbound(map[string]any{"adapter": "pop3", "options": options})
	if err != nil {
		t.Fatal(err)
	}
	return inbound
}

// diary remembers what was received, as the database does.
type diary struct {
	mu    sync.Mutex
	names map[string]bool
	asked int
}

func (d *diary) KnownMessages(context.Context, desk.ChannelID, []string) (map[string]bool, error) {
	return nil, nil
}

func (d *diary) KnownNames(_ context.Context, _ desk.ChannelID, names []string) (map[string]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked += len(names)
	known := map[string]bool{}
	for _, name := range names {
		known[name] = d.names[name]
	}
	return known, nil
}

func (d *diary) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.names)
}

// keeping writes into the diary what was received.
type keeping struct {
	channels.Poller
	diary *diary
}

func (k keeping) Poll(ctx context.Context, receive channels.Receive) (channels.Report, error) {
	return k.Poller.Poll(ctx, func(ctx context.Context, messages []channels.Inbound) error {
		err := receive(ctx, messages)
		if err == nil {
			k.diary.mu.Lock()
			defer k.diary.mu.Unlock()
			for _, message := range messages {
				k.diary.names[message.ExternalID] = true
			}
		}
		return err
	})
}

// newMaildropScene is a mailbox that is fetched by POP3.
func newMaildropScene(t *testing.T, more map[string]any) *scene {
	t.Helper()
	s := &scene{server: mailserver.New(t)}
	for _, name := range []string{user, "jane@example.com"} {
		if err := s.server.AddUser(name, password); err != nil {
			t.Fatal(err)
		}
	}
	s.line = newLine(t, fmt.Sprintf("%s:%d", s.server.Host(), s.server.POP3Port))
	options := map[string]any{"host": s.line.host(), "port": s.line.port(), "ssl": "off", "user": user, "password": password}
	for name, value := range more {
		options[name] = value
	}
	s.inbound = parsePOP3(t, options)
	return s
}

func TestMaildropBytesAndNames(t *testing.T) {
	t.Parallel()
	s := newMaildropScene(t, nil)
	s.deliver(t, "Message-ID: <dots@example.com>\r\n\r\n.\r\n..two\r\n. one and more\r\nlast\r\n", mailNumber(2))
	s.poll(t, inbox.NewMaildrop(s.inbound, 7, quiet))
	if got := string(s.received[0].Raw); got != "Message-ID: <dots@example.com>\r\n\r\n.\r\n..two\r\n. one and more\r\nlast\r\n" {
		t.Errorf("the mail came as %q", got)
	}
	names := s.names()
	if first := s.received[0]; first.ChannelID != 7 || first.Kind != "email" || first.ReceivedAt.IsZero() || names[0] == names[1] {
		t.Errorf("received %+v, want channel 7, kind email, a time and a name of its own", first)
	}
	// The same names in another mailbox are other mails.
	other := s.inbound
	other.User = "jane@example.com"
	if err := s.server.Deliver("jane@example.com", []byte(mailNumber(3))); err != nil {
		t.Fatal(err)
	}
	s.poll(t, inbox.NewMaildrop(other, 7, quiet))
	if source, _, _ := strings.Cut(s.names()[2], ":"); strings.HasPrefix(names[0], source) {
		t.Errorf("names %q of two mailboxes begin alike", s.names())
	}
}

func TestMaildropLeavesLargeMailAlone(t *testing.T) {
	t.Parallel()
	for _, lies := range []bool{false, true} { // about the size, so that it shows only when the mail is fetched
		s := newMaildropScene(t, nil)
		large := mailNumber(2) + strings.Repeat("x", 40_000) + "\r\n"
		s.deliver(t, mailNumber(1), large, mailNumber(3))
		s.inbound.MaxSize = 10_000
		if lies {
			s.line.rename(fmt.Sprintf("2 %d\r\n", len(large)), "2 00100\r\n")
		}
		drop := inbox.NewMaildrop(s.inbound, 7, quiet)
		report := s.poll(t, drop)
		if len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "ignore message 2/3 - because message is too large (is:0.04 MB") {
			t.Errorf("lies: %t: notices = %q, want one about a mail that is too large", lies, report.Notices)
		}
		if report := s.poll(t, drop); len(report.Notices) != 1 {
			t.Errorf("lies: %t: notices of the next poll = %q, want the mail named again", lies, report.Notices)
		}
		if mails, _ := s.server.Messages(user); len(s.received) != 2 || len(mails) != 1 || !strings.Contains(string(mails[0]), "mail 2") {
			t.Errorf("%d received, %d left; want two, and the large one", len(s.received), len(mails))
		}
	}
}

func TestMaildropTakesABoundedNumberAndComesBack(t *testing.T) {
	t.Parallel()
	s := newMaildropScene(t, nil)
	for i := range 25 {
		s.deliver(t, mailNumber(i))
	}
	drop := inbox.NewMaildrop(inbox.Few(s.inbound, 10), 7, quiet)
	for _, want := range []int{10, 10, 5} {
		if report := s.poll(t, drop); report.Fetched != want {
			t.Errorf("%d fetched, want %d", report.Fetched, want)
		}
		if err := drop.Wait(t.Context()); (err == nil) != (want == 10) {
			t.Errorf("Wait = %v after %d of 25", err, len(s.received))
		}
	}
}

func TestMaildropLeavesTheWizardItsMail(t *testing.T) {
	t.Parallel()
	s := newMaildropScene(t, nil)
	verify := func(age time.Duration) string {
		return "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: " + time.Now().Add(-age).UTC().Format(time.RFC3339) + "\r\n\r\nbody\r\n"
	}
	s.deliver(t, verify(time.Minute), verify(31*time.Minute), mailNumber(3))
	report := s.poll(t, inbox.NewMaildrop(s.inbound, 7, quiet))
	if report.Fetched != 2 || len(report.Notices) != 0 {
		t.Errorf("report %+v, want two fetched and nothing to say", report)
	}
	if mails, _ := s.server.Messages(user); len(mails) != 1 {
		t.Errorf("%d mails are left, want the fresh one of the wizard", len(mails))
	}
}

// What is kept is asked for once, and not fetched again, also not by the next process.
func TestMaildropFetchesKeptMailOnce(t *testing.T) {
	t.Parallel()
	s := newMaildropScene(t, map[string]any{"keep_on_server": true})
	had := &diary{names: map[string]bool{}}
	s.inbound.Known = had
	s.deliver(t, mailNumber(1), mailNumber(2))
	for process := range 2 {
		drop := keeping{inbox.NewMaildrop(s.inbound, 7, quiet), had}
		for range 2 {
			if _, err := drop.Poll(t.Context(), s.receive); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.received) != 2 || had.asked != 2*(process+1) {
			t.Errorf("process %d: %d received after %d questions, want 2 and %d", process+1, len(s.received), had.asked, 2*(process+1))
		}
	}
	if mails, _ := s.server.Messages(user); len(mails) != 2 {
		t.Errorf("%d mails are left, want both", len(mails))
	}
}

// A server may delete what it was told to, and the line break before it says so; or not delete it.
func TestMaildropAsksAgainAfterAnEndInDoubt(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{"DELE", "QUIT"} {
		t.Run(refused, func(t *testing.T) {
			t.Parallel()
			s := newMaildropScene(t, nil)
			s.line.mishear(refused, "XXXX")
			s.deliver(t, mailNumber(1), mailNumber(2))
			drop := inbox.NewMaildrop(s.inbound, 7, quiet)
			report := s.poll(t, drop)
			if len(s.received) != 2 || len(report.Notices) == 0 || !strings.Contains(report.Notices[0], "can't be deleted") {
				t.Errorf("%d received with notices %q, want 2, and what the server refuses", len(s.received), report.Notices)
			}
			s.line.mishear("XXXX", "XXXX")
			s.poll(t, drop)
			mails, _ := s.server.Messages(user)
			if left := map[string]int{"DELE": 2, "QUIT": 0}[refused]; len(s.received) != 2 || len(mails) != left {
				t.Errorf("%d received, %d left; want 2 and %d", len(s.received), len(mails), left)
			}
		})
	}
}

func TestMaildropTroubleIsToldByStepAndNotByWord(t *testing.T) {
	t.Parallel()
	s := newMaildropScene(t, map[string]any{"password": "guessed"})
	_, err := inbox.NewMaildrop(s.inbound, 7, quiet).Poll(t.Context(), s.receive)
	if err == nil || !strings.Contains(err.Error(), "log in") || strings.Contains(err.Error(), "guessed") {
		t.Errorf("Poll = %v, want an error about logging in, without the password", err)
	}
	s = newMaildropScene(t, nil)
	s.line.mishear("UIDL", "XIDL")
	if _, err := inbox.NewMaildrop(s.inbound, 7, quiet).Poll(t.Context(), s.receive); err == nil || !strings.Contains(err.Error(), "list messages: the server refuses UIDL") {
		t.Errorf("Poll of a server that names no messages = %v, want that said", err)
	}
	s = newMaildropScene(t, nil)
	s.line.freeze(true)
	if _, err := inbox.NewMaildrop(inbox.Hasty(s.inbound, 100*time.Millisecond, time.Second), 7, quiet).Poll(t.Context(), s.receive); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("Poll of a silent server = %v, want that it took too long", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := inbox.NewMaildrop(s.inbound, 7, quiet).Poll(ctx, s.receive); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Poll of a silent server = %v, want the end of its context", err)
	}
}
