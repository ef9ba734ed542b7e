package email_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/account"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/store"
)

// relay is an SMTP server that notes what happens to it, and does what a test wants in some places.
type relay struct {
	port int

	mu    sync.Mutex
	conns []net.Conn
	log   []string                                    // verbs, each with the number of its connection
	mails []string                                    // that it took
	twist func(conn int, line string) (answer string) // empty: as usual; "hang up": that
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{port: listener.Addr().(*net.TCPAddr).Port}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.conns = append(r.conns, conn)
			n := len(r.conns)
			r.mu.Unlock()
			serving.Go(func() { r.serve(n, conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		r.hangUp()
		serving.Wait()
	})
	return r
}

// hangUp ends all connections, as servers do after a while.
func (r *relay) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		conn.Close()
	}
}

func (r *relay) serve(n int, raw net.Conn) {
	conn := textproto.NewConn(raw)
	defer conn.Close()
	_ = conn.PrintfLine("220 at your service")
	for {
		line, err := conn.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if !r.answer(conn, n, verb, line) {
			return
		}
	}
}

// answer answers a command, and reports whether the connection goes on.
func (r *relay) answer(conn *textproto.Conn, n int, verb, line string) bool {
	said := r.note(n, verb, line)
	switch {
	case said == "hang up":
		return false
	case said != "" && verb != "DATA":
		_ = conn.PrintfLine("%s", said)
	case verb == "EHLO":
		_ = conn.PrintfLine("250-hello\r\n250 AUTH PLAIN LOGIN XOAUTH2")
	case verb == "AUTH":
		_ = conn.PrintfLine("235 welcome")
	case verb == "DATA":
		_ = conn.PrintfLine("354 go on")
		mail, err := conn.ReadDotBytes()
		if err != nil {
			return false
		}
		end := r.note(n, "END", string(mail))
		if end == "hang up" {
			return false
		}
		if end != "" {
			_ = conn.PrintfLine("%s", end)
			return true
		}
		r.mu.Lock()
		r.mails = append(r.mails, string(mail))
		r.mu.Unlock()
		_ = conn.PrintfLine("250 taken")
	case verb == "QUIT":
		_ = conn.PrintfLine("221 bye")
		return false
	default:
		_ = conn.PrintfLine("250 fine")
	}
	return true
}

func (r *relay) note(n int, verb, line string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf("%d:%s", n, verb))
	if r.twist == nil {
		return ""
	}
	return r.twist(n, line)
}

func (r *relay) count(verb string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.log {
		if strings.HasSuffix(line, ":"+verb) {
			n++
		}
	}
	return n
}

func (r *relay) taken() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.mails)
}

func (r *relay) channel(more map[string]any) desk.Channel {
	options := map[string]any{"host": "127.0.0.1", "port": r.port, "ssl": "off", "user": "u", "password": "p"}
	for name, value := range more {
		options[name] = value
	}
	return desk.Channel{ID: 7, Options: map[string]any{"outbound": map[string]any{"adapter": "smtp", "options": options}, "auth": more["auth"]}}
}

func newAccounts(t *testing.T, options email.Options) *email.Accounts {
	t.Helper()
	options.Log = slog.New(slog.DiscardHandler)
	accounts := email.NewAccounts(options)
	t.Cleanup(accounts.Close)
	return accounts
}

// send sends through a sender of its own, as each delivery does.
func send(ctx context.Context, accounts *email.Accounts, channel desk.Channel, n int) error {
	sender, err := accounts.Sender(channel)
	if err != nil {
		return err
	}
	_, err = sender.Send(ctx, letter("jane@example.com", n))
	return err
}

func TestConnectionsAreKeptForTheNextMessage(t *testing.T) {
	t.Parallel()
	r := newRelay(t)
	accounts := newAccounts(t, email.Options{})
	for n := range 10 {
		if err := send(t.Context(), accounts, r.channel(nil), n); err != nil {
			t.Fatal(err)
		}
	}
	if r.count("EHLO") != 1 || r.count("RSET") != 9 || r.taken() != 10 {
		t.Errorf("%d connections, %d resets, %d mails; want 1, 9, 10", r.count("EHLO"), r.count("RSET"), r.taken())
	}
	// Another account of the same server, and the same one with another password, log in for themselves.
	for _, more := range []map[string]any{{"user": "other"}, {"password": "changed"}} {
		if err := send(t.Context(), accounts, r.channel(more), 11); err != nil {
			t.Fatal(err)
		}
	}
	if r.count("AUTH") != 3 {
		t.Errorf("%d logins, want 3", r.count("AUTH"))
	}
	accounts.Close()
	if r.count("QUIT") != 3 {
		t.Errorf("%d connections ended in good manners, want 3", r.count("QUIT"))
	}
	if err := send(t.Context(), accounts, r.channel(nil), 12); err != nil || r.count("QUIT") != 4 {
		t.Errorf("after Close: %v, %d ended; want a connection that is not kept", err, r.count("QUIT"))
	}
}

func TestConnectionsAreNotUsedForEver(t *testing.T) {
	t.Parallel()
	r := newRelay(t)
	accounts := newAccounts(t, email.Options{})
	for n := range 60 {
		if err := send(t.Context(), accounts, r.channel(nil), n); err != nil {
			t.Fatal(err)
		}
	}
	if r.count("EHLO") != 2 || r.taken() != 60 {
		t.Errorf("%d connections for %d mails, want 2 for 60", r.count("EHLO"), r.taken())
	}
}

// A kept connection that turns out to be dead costs nobody a mail, and no attempt.
func TestDeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		harm func(r *relay)
	}{
		{"hung up meanwhile", func(r *relay) { r.hangUp() }},
		{"hangs up at RSET", func(r *relay) { r.at(1, "RSET", "hang up") }},
		{"hangs up at MAIL", func(r *relay) { r.at(1, "MAIL", "hang up") }},
		{"hangs up at RCPT", func(r *relay) { r.at(1, "RCPT", "hang up") }},
		{"hangs up at DATA", func(r *relay) { r.at(1, "DATA", "hang up") }},
		{"refuses RSET", func(r *relay) { r.at(1, "RSET", "502 what") }},
		{"has had enough", func(r *relay) { r.at(1, "MAIL", "421 too many messages in this connection") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRelay(t)
			accounts := newAccounts(t, email.Options{})
			for n := range 2 {
				if n == 1 {
					tc.harm(r)
				}
				if err := send(t.Context(), accounts, r.channel(nil), n); err != nil {
					t.Fatalf("mail %d: %v", n+1, err)
				}
			}
			if r.count("EHLO") != 2 || r.taken() != 2 {
				t.Errorf("%d connections, %d mails; want 2 each", r.count("EHLO"), r.taken())
			}
		})
	}
}

// at has the server answer a verb of one of its connections.
func (r *relay) at(conn int, verb, answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.twist = func(n int, line string) string {
		if n == conn && (strings.HasPrefix(strings.ToUpper(line), verb) || verb == "END" && strings.Contains(line, "Message-ID")) {
			return answer
		}
		return ""
	}
}

// Once the server has seen something of a message nobody may say that it has not: the next attempt
// is the job's, with the same Message-ID.
func TestMessageIsNotRepeatedBehindTheSendersBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		answer    string
		permanent bool
		reused    bool // the connection, for the next message
	}{
		{"hang up", false, false},
		{"451 not now", false, true},
		{"554 spam", true, true},
		{"421 going down", false, false},
	} {
		r := newRelay(t)
		accounts := newAccounts(t, email.Options{})
		if err := send(t.Context(), accounts, r.channel(nil), 1); err != nil {
			t.Fatal(err)
		}
		r.at(1, "END", tc.answer)
		err := send(t.Context(), accounts, r.channel(nil), 2)
		if err == nil || desk.Permanent(err) != tc.permanent || r.count("END") != 2 {
			t.Errorf("%s: %v after %d tries, want an error (permanent: %t) after the second", tc.answer, err, r.count("END"), tc.permanent)
		}
		r.at(0, "", "")
		if err := send(t.Context(), accounts, r.channel(nil), 3); err != nil {
			t.Errorf("%s: the next message: %v", tc.answer, err)
		}
		if want := map[bool]int{true: 1, false: 2}[tc.reused]; r.count("EHLO") != want {
			t.Errorf("%s: %d connections, want %d", tc.answer, r.count("EHLO"), want)
		}
	}
}

// A refused recipient says nothing against the connection.
func TestConnectionOutlivesARefusal(t *testing.T) {
	t.Parallel()
	r := newRelay(t)
	accounts := newAccounts(t, email.Options{})
	r.at(1, "RCPT", "550 no such user")
	if err := send(t.Context(), accounts, r.channel(nil), 1); err == nil || !desk.Permanent(err) {
		t.Errorf("%v, want a permanent error", err)
	}
	r.at(0, "", "")
	if err := send(t.Context(), accounts, r.channel(nil), 2); err != nil || r.count("EHLO") != 1 || r.count("RSET") != 1 {
		t.Errorf("%v over %d connections with %d resets, want one each", err, r.count("EHLO"), r.count("RSET"))
	}
}

func TestManyAtOnceHaveConnectionsOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := newRelay(t)
	accounts := newAccounts(t, email.Options{})
	var sending sync.WaitGroup
	for n := range 12 {
		sending.Go(func() {
			if err := send(t.Context(), accounts, r.channel(nil), n); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	if r.taken() != 12 {
		t.Errorf("%d mails taken, want 12", r.taken())
	}
}

// lookup are tokens of which a server takes only the last.
type lookup struct {
	mu      sync.Mutex
	left    []string
	refused []string
}

func (l *lookup) Token(context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left[0], nil
}

func (l *lookup) Refused(_ context.Context, token string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = append(l.refused, token)
	if len(l.left) > 1 {
		l.left = l.left[1:]
	}
	return nil
}

func TestTokensOpenSMTPServers(t *testing.T) {
	t.Parallel()
	// user=team@example.com^Aauth=Bearer good^A^A
	const good = "AUTH XOAUTH2 dXNlcj10ZWFtQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIGdvb2QBAQ=="
	r := newRelay(t)
	r.twist = func(_ int, line string) string {
		switch {
		case strings.HasPrefix(line, "AUTH XOAUTH2") && line != good:
			return "334 eyJzdGF0dXMiOiI0MDEifQ=="
		case line == "":
			return "535 5.7.3 Authentication unsuccessful"
		}
		return ""
	}
	tokens := &lookup{left: []string{"outdated", "good"}}
	accounts := newAccounts(t, email.Options{Tokens: func(desk.Channel) account.Tokens { return tokens }})
	channel := r.channel(map[string]any{"user": "me@example.com", "shared_mailbox": "team@example.com", "authentication": "xoauth2"})
	if err := send(t.Context(), accounts, channel, 1); err != nil {
		t.Fatal(err)
	}
	if r.taken() != 1 || fmt.Sprint(tokens.refused) != "[outdated]" {
		t.Errorf("%d mails, refused %q; want one, and the first token", r.taken(), tokens.refused)
	}
	tokens.left = []string{"bad"}
	accounts.Close()
	err := send(t.Context(), accounts, channel, 2)
	if step, ok := errors.AsType[*account.StepError](err); !ok || step.Step != account.Login || desk.Permanent(err) || strings.Contains(err.Error(), "bad") {
		t.Errorf("a token that no server takes: %v, want an error of logging in that doesn't tell it", err)
	}
}

func TestMessagesAMinute(t *testing.T) {
	t.Parallel()
	url := devstack.Database(t)
	r := newRelay(t)
	var processes []*email.Accounts
	var channel desk.Channel
	for range 2 {
		s, err := store.Open(t.Context(), store.Options{URL: url, SecretKey: []byte("0123456789abcdef0123456789abcdef")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		if channel.ID == 0 {
			channel = r.channel(map[string]any{"messages_per_minute": "240"})
			made := desk.Channel{Area: desk.AreaEmailAccount, Options: channel.Options, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
			if err := s.AddChannel(t.Context(), &made); err != nil {
				t.Fatal(err)
			}
			channel.ID = made.ID
		}
		processes = append(processes, newAccounts(t, email.Options{Turn: s.ChannelTurn}))
	}
	started := time.Now()
	var sending sync.WaitGroup
	for n := range 9 { // the ninth goes two seconds after the first
		sending.Go(func() {
			if err := send(t.Context(), processes[n%2], channel, n); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	if took := time.Since(started); took < time.Second || r.taken() != 9 {
		t.Errorf("%d mails in %s, want 9 in two seconds", r.taken(), took)
	}
	slow := channel
	slow.Options = r.channel(map[string]any{"messages_per_minute": 1}).Options
	if err := send(t.Context(), processes[0], slow, 10); err != nil { // it still has a turn
		t.Fatal(err)
	}
	err := send(t.Context(), processes[1], slow, 11)
	if later, ok := errors.AsType[*channels.LaterError](err); !ok || later.After < 20*time.Second || later.After > 2*time.Minute {
		t.Errorf("a message too many: %v, want a *channels.LaterError of nearly a minute", err)
	}
	for _, bad := range []any{-1, "many", 20_000} {
		_, err := processes[0].Sender(r.channel(map[string]any{"messages_per_minute": bad}))
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Field != "messages_per_minute" {
			t.Errorf("messages_per_minute %v: %v, want a *desk.InvalidError about it", bad, err)
		}
	}
}

func TestDeliveryReportsAreAskedForWhereThereAreAny(t *testing.T) {
	t.Parallel()
	for offer, want := range map[string][]string{
		"250-hello\r\n250-DSN\r\n250 AUTH PLAIN": {"MAIL RET=HDRS", "RCPT NOTIFY=FAILURE,DELAY"},
		"250-hello\r\n250 AUTH PLAIN":            {"MAIL", "RCPT"},
	} {
		r := newRelay(t)
		var asked []string
		r.twist = func(_ int, line string) string {
			verb, rest, _ := strings.Cut(line, " ")
			switch strings.ToUpper(verb) {
			case "EHLO":
				return offer
			case "MAIL", "RCPT":
				_, parameters, _ := strings.Cut(rest, "> ")
				asked = append(asked, strings.TrimSpace(verb+" "+parameters))
			}
			return ""
		}
		if err := send(t.Context(), newAccounts(t, email.Options{}), r.channel(nil), 1); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(asked, want) {
			t.Errorf("asked for %q, want %q", asked, want)
		}
	}
}
