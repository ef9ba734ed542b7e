package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"postroom/channels"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
	"postroom/internal/devstack/host"
	"postroom/internal/devstack/mailserver"
)

// scene is a mailbox on a real server and what was received from it.
type scene struct {
	server   *mailserver.Server
	line     *line
	inbound  inbox.Inbound
	received []channels.Inbound
}

func newScene(t *testing.T, more map[string]any) *scene {
	t.Helper()
	s := &scene{server: mailserver.New(t)}
	if err := s.server.AddUser(user, password); err != nil {
		t.Fatal(err)
	}
	s.line = newLine(t, fmt.Sprintf("%s:%d", s.server.Host(), s.server.IMAPPort))
	options := map[string]any{"host": s.line.host(), "port": s.line.port(), "ssl": "off", "user": user, "password": password}
	for name, value := range more {
		options[name] = value
	}
	s.inbound = parse(t, options)
	return s
}

func (s *scene) deliver(t *testing.T, raws ...string) {
	t.Helper()
	for _, raw := range raws {
		if err := s.server.Deliver(user, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *scene) receive(_ context.Context, messages []channels.Inbound) error {
	s.received = append(s.received, messages...)
	return nil
}

func (s *scene) poll(t *testing.T, mailbox channels.Poller) channels.Report {
	t.Helper()
	report, err := mailbox.Poll(t.Context(), s.receive)
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	return report
}

// names returns the external ids of what was received.
func (s *scene) names() (names []string) {
	for _, message := range s.received {
		names = append(names, message.ExternalID)
	}
	return names
}

func mailNumber(n int) string {
	return fmt.Sprintf("Message-ID: <%d@example.com>\r\nSubject: mail %d\r\n\r\nbody\r\n", n, n)
}

func TestNewUIDValidityGivesNewNames(t *testing.T) {
	t.Parallel()
	s := newScene(t, map[string]any{"keep_on_server": true, "folder": "Büro & Co"})
	client := login(t, s.server, user)
	defer client.Close()
	make := func() {
		t.Helper()
		if err := client.Create("Büro & Co", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		appendMail(t, client, "Büro & Co", mailNumber(1))
	}
	make()
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	s.poll(t, mailbox)
	if err := mailbox.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Delete("Büro & Co").Wait(); err != nil {
		t.Fatal(err)
	}
	// UIDVALIDITY has seconds in it: the folder must not be made again in the same one.
	eventuallyNext := time.NewTimer(2100 * time.Millisecond)
	defer eventuallyNext.Stop()
	<-eventuallyNext.C
	make()
	s.poll(t, mailbox)
	names := s.names()
	if len(names) != 2 || names[0] == names[1] || !strings.HasSuffix(names[0], ":1") || !strings.HasSuffix(names[1], ":1") {
		t.Errorf("names %q, want two with the UID 1 and different UIDVALIDITY", names)
	}
	if first := s.received[0]; first.ChannelID != 7 || first.Kind != "email" || first.ReceivedAt.IsZero() {
		t.Errorf("received %+v, want channel 7, kind email and a time", first)
	}
}

func TestAnArchiveIsTakenInTheOrderInWhichItWasWritten(t *testing.T) {
	t.Parallel()
	for archive, want := range map[bool]string{true: "321", false: "123"} {
		s := newScene(t, map[string]any{"archive": archive})
		for n := 1; n <= 3; n++ {
			s.deliver(t, fmt.Sprintf("Date: Mon, 0%d Mar 2021 10:00:00 +0000\r\n", 5-n)+mailNumber(n))
		}
		mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
		s.poll(t, mailbox)
		if err := mailbox.Close(); err != nil {
			t.Error(err)
		}
		got := ""
		for _, message := range s.received {
			got += message.ExternalID[strings.LastIndexByte(message.ExternalID, ':')+1:]
		}
		if got != want {
			t.Errorf("archive %t: UIDs in order %s, want %s", archive, got, want)
		}
	}
}

func TestTooLargeMailIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	exact := mailNumber(1)
	s.inbound.MaxSize = int64(len(exact))
	s.deliver(t, exact, mailNumber(2)+"x", mailNumber(3))
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	for range 2 {
		report := s.poll(t, mailbox)
		if len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "ignore message") || !strings.Contains(report.Notices[0], "too large") {
			t.Errorf("notices = %q, want one about a mail that is too large", report.Notices)
		}
	}
	if len(s.received) != 2 {
		t.Errorf("%d messages received, want the two that are not too large", len(s.received))
	}
	if mails, _ := s.server.Messages(user); len(mails) != 1 || !strings.Contains(string(mails[0]), "mail 2") {
		t.Errorf("%d mails are left, want the large one", len(mails))
	}
}

func TestPollTakesABoundedNumberAndComesBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.inbound.MaxSize = 100
	for i := range 30 { // before all others
		s.deliver(t, mailNumber(i)+strings.Repeat("x", 200))
	}
	for i := range 25 {
		s.deliver(t, mailNumber(100+i))
	}
	mailbox := inbox.NewMailbox(inbox.Few(s.inbound, 10), 7, quiet)
	defer mailbox.Close()
	for _, want := range []int{10, 10, 5} {
		report := s.poll(t, mailbox)
		if report.Fetched != want || len(report.Notices) != 21 || !strings.Contains(report.Notices[20], "10 more") {
			t.Errorf("%d fetched with notices %q, want %d, and 20 named and 10 counted", report.Fetched, report.Notices, want)
		}
		if want < 10 {
			break
		}
		if err := mailbox.Wait(t.Context()); err != nil { // it knows that there is more
			t.Errorf("Wait: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := mailbox.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait with only large mail left = %v, want it to wait", err)
	}
}

func TestMailThatCannotBeDescribedIsFetchedAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.deliver(t, mailNumber(1), mailNumber(2), mailNumber(3))
	s.line.poison("RFC822.SIZE")
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	if report := s.poll(t, mailbox); report.Fetched != 3 {
		t.Errorf("%d fetched, want 3", report.Fetched)
	}
	if mails, _ := s.server.Messages(user); len(mails) != 0 {
		t.Errorf("%d mails are left, want none", len(mails))
	}
}

func TestMailThatWaitsForAWizardHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	for range 10 {
		s.deliver(t, "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: "+time.Now().UTC().Format(time.RFC3339)+"\r\n\r\nbody\r\n")
	}
	s.deliver(t, mailNumber(1))
	mailbox := inbox.NewMailbox(inbox.Few(s.inbound, 5), 7, quiet)
	defer mailbox.Close()
	for range 3 {
		if report := s.poll(t, mailbox); len(report.Notices) > 0 {
			t.Errorf("notices = %q, want none", report.Notices)
		}
		if len(s.received) > 0 {
			return
		}
		if err := mailbox.Wait(t.Context()); err != nil { // it knows that there is more
			t.Fatal(err)
		}
	}
	t.Error("the mail behind them was not received")
}

func TestMailOfAWizardAtWorkIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	verify := func(age time.Duration) string {
		return "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: " + time.Now().Add(-age).UTC().Format(time.RFC3339) + "\r\n\r\nbody\r\n"
	}
	s.deliver(t, verify(time.Minute), verify(31*time.Minute), mailNumber(3))
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	report := s.poll(t, mailbox)
	if report.Fetched != 2 || len(report.Notices) != 0 {
		t.Errorf("report %+v, want two fetched and nothing to say", report)
	}
	if mails, _ := s.server.Messages(user); len(mails) != 1 {
		t.Errorf("%d mails are left, want the fresh one of the wizard", len(mails))
	}
}

// memory answers for Message-IDs and names alike.
type memory func(channel desk.ChannelID, ids []string) (map[string]bool, error)

func (m memory) KnownMessages(_ context.Context, channel desk.ChannelID, ids []string) (map[string]bool, error) {
	return m(channel, ids)
}

func (m memory) KnownNames(_ context.Context, channel desk.ChannelID, names []string) (map[string]bool, error) {
	return m(channel, names)
}

func TestKnownMailIsMarkedAndNotReceived(t *testing.T) {
	t.Parallel()
	s := newScene(t, map[string]any{"keep_on_server": "true"})
	asked := 0
	s.inbound.Known = memory(func(channel desk.ChannelID, ids []string) (map[string]bool, error) {
		asked++
		if channel != 7 || !slices.Contains(ids, "<2@example.com>") {
			t.Errorf("asked for %q of channel %d, want those of the mail in channel 7", ids, channel)
		}
		return map[string]bool{"<2@example.com>": true}, nil
	})
	s.deliver(t, mailNumber(1), mailNumber(2), mailNumber(3))
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	report := s.poll(t, mailbox)
	if report.Fetched != 2 || len(s.received) != 2 || asked != 1 {
		t.Errorf("%d fetched, %d received after %d questions; want 2, 2, 1", report.Fetched, len(s.received), asked)
	}
	if left := unacknowledged(t, s.server, user, true); left != 0 {
		t.Errorf("%d mails are unseen, want none", left)
	}
	failing := errors.New("no database")
	s.inbound.Known = memory(func(desk.ChannelID, []string) (map[string]bool, error) { return nil, failing })
	s.deliver(t, mailNumber(4))
	other := inbox.NewMailbox(s.inbound, 7, quiet)
	defer other.Close()
	if _, err := other.Poll(t.Context(), s.receive); !errors.Is(err, failing) {
		t.Errorf("Poll = %v, want the error of the question", err)
	}
	if left := unacknowledged(t, s.server, user, true); left != 1 {
		t.Errorf("%d mails are unseen, want the one nobody could be asked about", left)
	}
}

func TestWhatOthersDeletedIsTheirs(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.deliver(t, mailNumber(1), mailNumber(2), mailNumber(3))
	client := login(t, s.server, user)
	defer client.Close()
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := client.Store(imap.SeqSetNum(2), deleted, nil).Close(); err != nil {
		t.Fatal(err)
	}
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	s.poll(t, mailbox)
	if len(s.received) != 2 {
		t.Errorf("%d messages received, want the two nobody has deleted", len(s.received))
	}
	if mails, _ := s.server.Messages(user); len(mails) != 1 || !strings.Contains(string(mails[0]), "mail 2") {
		t.Errorf("%d mails are left, want the one that somebody else marked", len(mails))
	}
}

// EXPUNGE without UIDPLUS removes all that is marked, also what somebody may want to bring back.
func TestWhatOthersDeletedIsTheirsWithoutUIDPLUS(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.line.rename("UIDPLUS", "UIDLESS")
	s.deliver(t, mailNumber(1), mailNumber(2), mailNumber(3))
	client := login(t, s.server, user)
	defer client.Close()
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	mark := func(op imap.StoreFlagsOp) {
		t.Helper()
		if err := client.Store(imap.SeqSetNum(2), &imap.StoreFlags{Op: op, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
			t.Fatal(err)
		}
	}
	mark(imap.StoreFlagsAdd)
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	report := s.poll(t, mailbox)
	if len(s.received) != 2 || len(report.Notices) != 1 {
		t.Errorf("%d received with notices %q, want two and one", len(s.received), report.Notices)
	}
	if mails, _ := s.server.Messages(user); len(mails) != 3 {
		t.Errorf("%d mails are left, want all: one of them is somebody else's", len(mails))
	}
	mark(imap.StoreFlagsDel) // brought back
	report = s.poll(t, mailbox)
	if mails, _ := s.server.Messages(user); len(s.received) != 3 || len(mails) != 0 || len(report.Notices) != 0 {
		t.Errorf("%d received, %d left with notices %q; want all, none and none", len(s.received), len(mails), report.Notices)
	}
}

// A process may die between marking mail as deleted and removing it.
func TestMarkedMailOfADeadProcessIsRemoved(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.deliver(t, mailNumber(1), mailNumber(2), mailNumber(3))
	client := login(t, s.server, user)
	defer client.Close()
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	theirs := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := client.Store(imap.SeqSetNum(2), theirs, nil).Close(); err != nil {
		t.Fatal(err)
	}
	s.line.mishear("UID EXPUNGE", "UID XXXXXXX")
	first := inbox.NewMailbox(s.inbound, 7, quiet)
	s.poll(t, first)
	_ = first.Close()
	if mails, _ := s.server.Messages(user); len(s.received) != 2 || len(mails) != 3 {
		t.Fatalf("%d received, %d left; want 2 and all", len(s.received), len(mails))
	}
	s.line.mishear("UID XXXXXXX", "UID XXXXXXX")
	second := inbox.NewMailbox(s.inbound, 7, quiet)
	defer second.Close()
	s.poll(t, second)
	mails, _ := s.server.Messages(user)
	if len(s.received) != 2 || len(mails) != 1 || !strings.Contains(string(mails[0]), "mail 2") {
		t.Errorf("%d received, %d left; want no more, and the one that somebody else marked", len(s.received), len(mails))
	}
}

// A mailbox that we may read but not change shows all its mail, and says what is wrong.
func TestMailThatCannotBeMarkedIsReceivedOnce(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{"STORE", "EXPUNGE"} {
		t.Run(refused, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, nil)
			s.line.mishear("UID "+refused, "UID "+strings.Repeat("X", len(refused)))
			for i := range 60 { // more than a batch
				s.deliver(t, mailNumber(i))
			}
			mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
			defer mailbox.Close()
			for range 2 {
				report := s.poll(t, mailbox)
				if len(s.received) != 60 {
					t.Errorf("%d received, want each of 60 once", len(s.received))
				}
				if report.Fetched > 0 && (len(report.Notices) == 0 || !strings.Contains(report.Notices[0], "can't be")) {
					t.Errorf("notices = %q, want one about what the server refuses", report.Notices)
				}
			}
		})
	}
}

func TestServerWithoutExtensions(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.line.rename("IDLE", "IDOL")
	s.line.rename("UIDPLUS", "UIDLESS")
	s.deliver(t, mailNumber(1), mailNumber(2))
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	s.poll(t, mailbox)
	if mails, _ := s.server.Messages(user); len(s.received) != 2 || len(mails) != 0 {
		t.Errorf("%d received, %d left; want 2 and none", len(s.received), len(mails))
	}
	if err := mailbox.Wait(t.Context()); !errors.Is(err, channels.ErrCannotWait) {
		t.Errorf("Wait = %v, want that it can't", err)
	}
	s.deliver(t, mailNumber(3))
	s.poll(t, mailbox)
	if len(s.received) != 3 {
		t.Errorf("%d received, want 3", len(s.received))
	}
}

func TestDeadServerIsNoticed(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	mailbox := inbox.NewMailbox(inbox.Hasty(s.inbound, 4*time.Second, 100*time.Millisecond), 7, quiet)
	defer mailbox.Close()
	s.poll(t, mailbox)
	if err := mailbox.Wait(t.Context()); err != nil {
		t.Fatalf("Wait on a living server: %v", err)
	}
	s.line.freeze(true)
	if err := mailbox.Wait(t.Context()); err == nil {
		t.Error("Wait on a server that fell silent returned nil")
	}
	s.deliver(t, mailNumber(1))
	if _, err := mailbox.Poll(t.Context(), s.receive); err == nil {
		t.Error("Poll on a silent server returned nil")
	}
	s.line.freeze(false)
	s.poll(t, mailbox)
	if len(s.received) != 1 {
		t.Errorf("%d received after the server came back, want 1", len(s.received))
	}
}

func TestConnectionLostWhileWaiting(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	s.poll(t, mailbox)
	waited := make(chan error, 1)
	go func() { waited <- mailbox.Wait(t.Context()) }()
	err := errors.New("it still waits")
	if late := host.Until(t.Context(), host.StartWithin, func() (bool, error) { // the server may not know yet that somebody is there
		select {
		case err = <-waited:
			return true, nil
		default:
			return false, s.server.Kick("")
		}
	}); late != nil {
		t.Fatal(late)
	}
	if err == nil {
		// The kick may come before the wait began; then the next poll finds out.
		t.Log("the mailbox waited for nothing")
	}
	s.deliver(t, mailNumber(1))
	s.poll(t, mailbox)
	if len(s.received) != 1 {
		t.Errorf("%d received after the connection was lost, want 1", len(s.received))
	}
}

func TestWrongPasswordIsToldByStepAndNotByWord(t *testing.T) {
	t.Parallel()
	s := newScene(t, map[string]any{"password": "guessed"})
	_, err := inbox.NewMailbox(s.inbound, 7, quiet).Poll(t.Context(), s.receive)
	if err == nil || !strings.Contains(err.Error(), "log in") || strings.Contains(err.Error(), "guessed") {
		t.Errorf("Poll = %v, want an error about logging in, without the password", err)
	}
}

func TestLoginMechanisms(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	for _, mechanism := range []string{"", "PLAIN", "LOGIN"} {
		s.inbound.AuthType = mechanism
		mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
		if _, err := mailbox.Poll(t.Context(), s.receive); err != nil {
			t.Errorf("auth_type %q: %v", mechanism, err)
		}
		_ = mailbox.Close()
	}
	for _, mechanism := range []string{"XOAUTH2", "MAGIC"} { // this server knows neither
		s.inbound.AuthType = mechanism
		if _, err := inbox.NewMailbox(s.inbound, 7, quiet).Poll(t.Context(), s.receive); err == nil {
			t.Errorf("auth_type %s worked", mechanism)
		}
	}
}

func TestEndlessPollEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	inbound := parse(t, map[string]any{"host": "127.0.0.1", "port": silent.Addr().(*net.TCPAddr).Port, "ssl": "off", "user": "u"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = inbox.NewMailbox(inbound, 7, quiet).Poll(ctx, func(context.Context, []channels.Inbound) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Poll of a silent server = %v, want the end of its context", err)
	}
}
