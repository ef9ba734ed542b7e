package inbox_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
)

// oddity is an IMAP server that behaves, except where a test wants it not to.
type oddity struct {
	port int

	mu       sync.Mutex
	mails    map[int]string // by UID
	flags    map[int]string
	validity int
	caps     string
	conns    []net.Conn
	served   int // connections
	log      []string
	// twist answers a command in the server's place: the whole answer without its tag line, which is
	// "OK done" where tagged is empty. handled says whether it did; "hang up" and "hang" are what they say.
	twist func(o *oddity, conn int, command string) (untagged, tagged string, handled bool)
}

func newOddity(t *testing.T, mails int) *oddity {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &oddity{port: listener.Addr().(*net.TCPAddr).Port, mails: map[int]string{}, flags: map[int]string{}, validity: 77, caps: "IMAP4rev1 UIDPLUS"}
	for n := 1; n <= mails; n++ {
		o.mails[n] = mailNumber(n)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			o.mu.Lock()
			o.conns = append(o.conns, conn)
			o.served++
			n := o.served
			o.mu.Unlock()
			serving.Go(func() { o.serve(n, conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		o.mu.Lock()
		for _, conn := range o.conns {
			conn.Close()
		}
		o.mu.Unlock()
		serving.Wait()
	})
	return o
}

func (o *oddity) serve(n int, conn net.Conn) {
	defer conn.Close()
	fmt.Fprintf(conn, "* OK [CAPABILITY %s] at your service\r\n", o.caps)
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		o.mu.Lock()
		o.log = append(o.log, command)
		untagged, tagged, handled := "", "", false
		if o.twist != nil {
			untagged, tagged, handled = o.twist(o, n, command)
		}
		if !handled {
			untagged, tagged = o.usual(command)
		}
		o.mu.Unlock()
		if tagged == "hang" { // without a word, until the client has had enough
			for lines.Scan() {
			}
			return
		}
		if _, err := conn.Write([]byte(untagged)); err != nil || tagged == "hang up" {
			return
		}
		if tagged == "" {
			tagged = "OK done"
		}
		fmt.Fprintf(conn, "%s %s\r\n", tag, tagged)
		if strings.HasPrefix(command, "LOGOUT") {
			return
		}
	}
}

// uids are those of a set as a client writes it.
func (o *oddity) uids(set string) (uids []int) {
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		first, _ := strconv.Atoi(from)
		last := first
		if isRange {
			last, _ = strconv.Atoi(to)
		}
		for uid := range o.mails {
			if uid >= first && uid <= last {
				uids = append(uids, uid)
			}
		}
	}
	slices.Sort(uids)
	return uids
}

func (o *oddity) all() (uids []int) {
	for uid := range o.mails {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

func literal(text string) string { return fmt.Sprintf("{%d}\r\n%s", len(text), text) }

// sequence is the number of a message among those that are there.
func (o *oddity) sequence(uid int) int { return slices.Index(o.all(), uid) + 1 }

func (o *oddity) body(uid int) string {
	return fmt.Sprintf("* %d FETCH (UID %d BODY[] %s)\r\n", o.sequence(uid), uid, literal(o.mails[uid]))
}

func (o *oddity) bodies(command string) (answer string) {
	for _, uid := range o.uids(strings.Fields(command)[2]) {
		answer += o.body(uid)
	}
	return answer
}

func isBodies(command string) bool {
	return strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "BODY")
}

func (o *oddity) usual(command string) (untagged, tagged string) {
	words := strings.Fields(command)
	switch {
	case strings.HasPrefix(command, "CAPABILITY"):
		return "* CAPABILITY " + o.caps + "\r\n", ""
	case strings.HasPrefix(command, "SELECT"):
		return fmt.Sprintf("* %d EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted)] ok\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT 1000] ok\r\n",
			len(o.mails), o.validity), "OK [READ-WRITE] selected"
	case strings.HasPrefix(command, "UID SEARCH"):
		answer := "* SEARCH"
		for _, uid := range o.all() {
			flags := o.flags[uid]
			if strings.Contains(command, "UNDELETED") && strings.Contains(flags, `\Deleted`) || strings.Contains(command, "UNSEEN") && strings.Contains(flags, `\Seen`) {
				continue
			}
			answer += " " + strconv.Itoa(uid)
		}
		return answer + "\r\n", ""
	case isBodies(command):
		return o.bodies(command), ""
	case strings.HasPrefix(command, "UID FETCH"):
		for _, uid := range o.uids(words[2]) {
			untagged += fmt.Sprintf("* %d FETCH (UID %d FLAGS (%s) RFC822.SIZE %d)\r\n", o.sequence(uid), uid, o.flags[uid], len(o.mails[uid]))
		}
		return untagged, ""
	case strings.HasPrefix(command, "UID STORE"):
		for _, uid := range o.uids(words[2]) {
			o.flags[uid] += strings.Trim(strings.Join(words[4:], " "), "()") + " "
		}
		return "", ""
	case strings.HasPrefix(command, "UID EXPUNGE"), command == "EXPUNGE":
		for _, uid := range o.all() {
			if strings.Contains(o.flags[uid], `\Deleted`) {
				untagged += fmt.Sprintf("* %d EXPUNGE\r\n", o.sequence(uid))
				delete(o.mails, uid)
			}
		}
		return untagged, ""
	case strings.HasPrefix(command, "LOGOUT"):
		return "* BYE\r\n", ""
	}
	return "", ""
}

// received counts the messages that came, by their names.
type received map[string]int

func (r received) receive(_ context.Context, messages []channels.Inbound) error {
	for _, message := range messages {
		_, name, _ := strings.Cut(string(message.Raw), "Subject: ")
		name, _, _ = strings.Cut(name, "\r\n")
		r[name]++
	}
	return nil
}

// want checks that exactly these mails came, once each.
func (r received) want(t *testing.T, numbers ...int) {
	t.Helper()
	wanted := map[string]bool{}
	for _, n := range numbers {
		name := fmt.Sprintf("mail %d", n)
		wanted[name] = true
		if r[name] != 1 {
			t.Errorf("%s came %d times, want once", name, r[name])
		}
	}
	for name, n := range r {
		if !wanted[name] {
			t.Errorf("%q came %d times, want not at all", name, n)
		}
	}
}

func (o *oddity) mailbox(t *testing.T, more map[string]any) *inbox.Mailbox {
	t.Helper()
	options := map[string]any{"host": "127.0.0.1", "port": o.port, "ssl": "off", "user": "u", "password": "p"}
	for name, value := range more {
		options[name] = value
	}
	in := parse(t, options)
	in.MaxSize = 1 << 20
	mailbox := inbox.NewMailbox(inbox.Hasty(in, 2*time.Second, time.Minute), 7, quiet)
	t.Cleanup(func() { _ = mailbox.Close() })
	return mailbox
}

// pollAll polls until a poll goes well, as a mailbox's owner would.
func pollAll(t *testing.T, mailbox *inbox.Mailbox, got received) channels.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for try := 1; ; try++ {
		report, err := mailbox.Poll(ctx, got.receive)
		if err == nil {
			return report
		}
		if try == 5 {
			t.Fatalf("still fails after %d tries: %v", try, err)
		}
	}
}

// once makes something happen for the first command that fits.
func once(fits func(string) bool, what func(o *oddity, command string) (untagged, tagged string)) func(*oddity, int, string) (string, string, bool) {
	done := false
	return func(o *oddity, _ int, command string) (string, string, bool) {
		if done || !fits(command) {
			return "", "", false
		}
		done = true
		untagged, tagged := what(o, command)
		return untagged, tagged, true
	}
}

// always makes something happen to the bodies of every answer in which a message is.
func always(uid int, what func(o *oddity, command string) (untagged, tagged string)) func(*oddity, int, string) (string, string, bool) {
	return func(o *oddity, _ int, command string) (string, string, bool) {
		if !isBodies(command) || !slices.Contains(o.uids(strings.Fields(command)[2]), uid) {
			return "", "", false
		}
		untagged, tagged := what(o, command)
		return untagged, tagged, true
	}
}

func starts(prefix string) func(string) bool {
	return func(command string) bool { return strings.HasPrefix(command, prefix) }
}

// Whatever a server does for once: all mail comes, each once, and is gone from the server.
func TestServersThatStumble(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		twist func(o *oddity, conn int, command string) (string, string, bool)
	}{
		{"nothing at all", nil},
		{"BYE in mid-stream", once(isBodies, func(o *oddity, command string) (string, string) {
			answer := o.bodies(command)
			return answer[:len(answer)/2], "hang up"
		})},
		{"BYE between messages", once(isBodies, func(o *oddity, command string) (string, string) {
			return o.body(1) + "* BYE Server shutting down\r\n", "hang up"
		})},
		{"a literal that is too long", once(isBodies, func(o *oddity, command string) (string, string) {
			return fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n", len(o.mails[1])+5000, o.mails[1]), "hang up"
		})},
		{"a literal that is too short", once(isBodies, func(o *oddity, command string) (string, string) {
			return fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n", len(o.mails[1])-20, o.mails[1]), "hang up"
		})},
		{"a literal beyond measure", once(isBodies, func(o *oddity, command string) (string, string) {
			return "* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\nx", "hang up"
		})},
		{"a negative literal", once(isBodies, func(o *oddity, command string) (string, string) {
			return "* 1 FETCH (UID 1 BODY[] {-1}\r\nx", "hang up"
		})},
		{"messages without their UIDs", once(isBodies, func(o *oddity, command string) (string, string) {
			return fmt.Sprintf("* 1 FETCH (BODY[] %s)\r\n", literal(o.mails[1])) + o.body(2), ""
		})},
		{"another message's UID", once(isBodies, func(o *oddity, command string) (string, string) {
			return fmt.Sprintf("* 1 FETCH (UID 4711 BODY[] %s)\r\n", literal("Subject: stray\r\n\r\n")) + o.bodies(command), ""
		})},
		{"each message twice", once(isBodies, func(o *oddity, command string) (string, string) {
			return o.bodies(command) + o.bodies(command), ""
		})},
		{"empty answer", once(isBodies, func(o *oddity, command string) (string, string) { return "", "" })},
		{"half of an answer", once(isBodies, func(o *oddity, command string) (string, string) { return o.body(2), "" })},
		{"NO to many at once", once(isBodies, func(o *oddity, command string) (string, string) { return "", "NO too much" })},
		{"BAD to many at once", once(isBodies, func(o *oddity, command string) (string, string) { return "", "BAD what" })},
		{"throttled", once(isBodies, func(o *oddity, command string) (string, string) { return "", "NO [THROTTLED] slow down" })},
		{"unavailable", once(starts("UID SEARCH"), func(o *oddity, command string) (string, string) { return "", "NO [UNAVAILABLE] later" })},
		{"alerts", once(isBodies, func(o *oddity, command string) (string, string) {
			return "* OK [ALERT] Web login required\r\n" + o.bodies(command), ""
		})},
		{"EXISTS and EXPUNGE in between", once(isBodies, func(o *oddity, command string) (string, string) {
			return o.body(1) + "* 9 EXISTS\r\n* 9 RECENT\r\n" + o.body(2) + "* 9 EXPUNGE\r\n* 3 FETCH (FLAGS (\\Seen))\r\n" + o.body(3) + o.body(4), ""
		})},
		{"unknown items and untagged answers", once(isBodies, func(o *oddity, command string) (string, string) {
			return "* 1 FETCH (UID 1 X-GM-LABELS (\"\\\\Inbox\") X-GM-MSGID 12 BODY[] " + literal(o.mails[1]) + ")\r\n* XFOO bar\r\n" + o.body(2) + o.body(3) + o.body(4), "hang up"
		})},
		{"no sizes", once(starts("UID FETCH"), func(o *oddity, command string) (string, string) { return "", "NO not today" })},
		{"sizes that are nonsense", once(starts("UID FETCH"), func(o *oddity, command string) (string, string) {
			return "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 0)\r\n* 2 FETCH (UID 2 FLAGS () RFC822.SIZE 99999)\r\n", ""
		})},
		{"hangs up at login", once(starts("LOGIN"), func(o *oddity, command string) (string, string) { return "", "hang up" })},
		{"hangs up at SELECT", once(starts("SELECT"), func(o *oddity, command string) (string, string) { return "", "hang up" })},
		{"hangs up at SEARCH", once(starts("UID SEARCH"), func(o *oddity, command string) (string, string) { return "", "hang up" })},
		{"hangs up at sizes", once(starts("UID FETCH"), func(o *oddity, command string) (string, string) { return "", "hang up" })},
		{"hangs up before it marks", once(starts("UID STORE"), func(o *oddity, command string) (string, string) { return "", "hang up" })},
		{"hangs up after it marked", once(starts("UID STORE"), func(o *oddity, command string) (string, string) { o.usual(command); return "", "hang up" })},
		{"hangs up at EXPUNGE", once(starts("UID EXPUNGE"), func(o *oddity, command string) (string, string) { return "", "hang up" })},
		{"hangs up after EXPUNGE", once(starts("UID EXPUNGE"), func(o *oddity, command string) (string, string) { o.usual(command); return "", "hang up" })},
		{"hangs at SEARCH", once(starts("UID SEARCH"), func(o *oddity, command string) (string, string) { return "", "hang" })},
		{"hangs at bodies", once(isBodies, func(o *oddity, command string) (string, string) { return "", "hang" })},
		{"hangs when it marks", once(starts("UID STORE"), func(o *oddity, command string) (string, string) { return "", "hang" })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := newOddity(t, 4)
			o.twist = tc.twist
			got, mailbox := received{}, o.mailbox(t, nil)
			for range 4 {
				pollAll(t, mailbox, got)
			}
			got.want(t, 1, 2, 3, 4)
			o.mu.Lock()
			defer o.mu.Unlock()
			if len(o.mails) != 0 {
				t.Errorf("%d mails are left on the server: %v", len(o.mails), o.log)
			}
		})
	}
}

// One message that the server can't show harms only itself.
func TestOneBadMessageHarmsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		bad  func(o *oddity, command string) (string, string)
	}{
		{"NO, as Exchange says it", func(o *oddity, command string) (string, string) {
			return "", "NO The requested message could not be converted to an RFC-822 compatible format."
		}},
		{"NO in the middle", func(o *oddity, command string) (string, string) {
			var before string
			for _, uid := range o.uids(strings.Fields(command)[2]) {
				if uid == 3 {
					break
				}
				before += o.body(uid)
			}
			return before, "NO [SERVERBUG] oops"
		}},
		{"left out without a word", func(o *oddity, command string) (string, string) {
			var others string
			for _, uid := range o.uids(strings.Fields(command)[2]) {
				if uid != 3 {
					others += o.body(uid)
				}
			}
			return others, ""
		}},
		{"NIL", func(o *oddity, command string) (string, string) {
			return strings.Replace(o.bodies(command), literal(o.mails[3]), "NIL", 1), ""
		}},
		{"the connection breaks each time", func(o *oddity, command string) (string, string) {
			before, _, _ := strings.Cut(o.bodies(command), "mail 3")
			return before, "hang up"
		}},
		{"syntax that nobody can read", func(o *oddity, command string) (string, string) {
			return strings.Replace(o.bodies(command), "UID 3 BODY[]", "UID 3 ENVELOPE (((\x01 BODY[", 1), ""
		}},
		{"a literal that is too long", func(o *oddity, command string) (string, string) {
			return strings.Replace(o.bodies(command), literal(o.mails[3]), "{9000}\r\n"+o.mails[3], 1), "hang up"
		}},
		{"it hangs", func(o *oddity, command string) (string, string) { return "", "hang" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := newOddity(t, 5)
			o.twist = always(3, tc.bad)
			got, mailbox := received{}, o.mailbox(t, nil)
			for range 2 {
				pollAll(t, mailbox, got)
			}
			got.want(t, 1, 2, 4, 5)
			o.mu.Lock()
			if left := o.all(); !slices.Equal(left, []int{3}) {
				t.Errorf("%v are left on the server, want 3 alone", left)
			}
			// When the server recovers, so does the message: for somebody who remembers nothing at once.
			o.twist = nil
			o.mu.Unlock()
			pollAll(t, o.mailbox(t, nil), got)
			got.want(t, 1, 2, 3, 4, 5)
		})
	}
}

// A server that is busy is left in peace: the poll ends, and no message is taken for a bad one.
func TestThrottledServerIsLeftInPeace(t *testing.T) {
	t.Parallel()
	o := newOddity(t, 9)
	busy := true
	o.twist = func(_ *oddity, _ int, command string) (string, string, bool) {
		return "", "NO [THROTTLED] slow down", busy && isBodies(command)
	}
	got, mailbox := received{}, o.mailbox(t, nil)
	if _, err := mailbox.Poll(t.Context(), got.receive); err == nil || !strings.Contains(err.Error(), "slow down") {
		t.Errorf("Poll = %v, want what the server said", err)
	}
	o.mu.Lock()
	asked := 0
	for _, command := range o.log {
		if isBodies(command) {
			asked++
		}
	}
	busy = false
	o.mu.Unlock()
	if asked != 1 {
		t.Errorf("asked for bodies %d times, want once", asked)
	}
	if report := pollAll(t, mailbox, got); len(report.Notices) > 0 {
		t.Errorf("notices %q, want none", report.Notices)
	}
	got.want(t, 1, 2, 3, 4, 5, 6, 7, 8, 9)
}

// What is too large is named and left, whether the server says so before or only in its answer.
func TestHugeLiteralIsNotRead(t *testing.T) {
	t.Parallel()
	o := newOddity(t, 3)
	o.mails[2] = mailNumber(2) + strings.Repeat("x", 2<<20)
	o.twist = func(o *oddity, _ int, command string) (string, string, bool) {
		if starts("UID FETCH")(command) && !isBodies(command) {
			return "* 2 FETCH (UID 2 FLAGS () RFC822.SIZE 10)\r\n", "", true // a lie
		}
		return "", "", false
	}
	got, mailbox := received{}, o.mailbox(t, nil)
	report := pollAll(t, mailbox, got)
	got.want(t, 1, 3)
	if len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "too large") {
		t.Errorf("notices %q, want one about a mail that is too large", report.Notices)
	}
}

// A folder that is replaced while it is fetched has other messages under the same numbers.
func TestUIDValidityChangesWhileFetching(t *testing.T) {
	t.Parallel()
	o := newOddity(t, 3)
	o.twist = once(isBodies, func(o *oddity, _ string) (string, string) {
		o.validity = 78
		for n := 1; n <= 3; n++ {
			o.mails[n] = mailNumber(10 + n)
		}
		return "", "hang up"
	})
	got := received{}
	pollAll(t, o.mailbox(t, nil), got)
	got.want(t, 11, 12, 13)
}

// A server that sends a byte now and then gets no more time than one that says nothing.
func TestTrickleIsCutOff(t *testing.T) {
	t.Parallel()
	o := newOddity(t, 1)
	trickle := make(chan struct{})
	t.Cleanup(func() { close(trickle) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	target := fmt.Sprintf("127.0.0.1:%d", o.port)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				return
			}
			go func() { _, _ = bufio.NewReader(client).WriteTo(server); server.Close() }()
			go drip(client, server, trickle)
		}
	}()
	o.port = listener.Addr().(*net.TCPAddr).Port
	mailbox := o.mailbox(t, nil)
	started := time.Now()
	if _, err := mailbox.Poll(t.Context(), received{}.receive); err == nil {
		t.Error("no error from a server that takes minutes for a word")
	}
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("gave up after %s, want a few seconds", took)
	}
}

// drip passes on a byte now and then.
func drip(client, server net.Conn, end chan struct{}) {
	defer client.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	one := make([]byte, 1)
	for {
		select {
		case <-tick.C:
		case <-end:
			return
		}
		if _, err := server.Read(one); err != nil {
			return
		}
		if _, err := client.Write(one); err != nil {
			return
		}
	}
}

// Gmail shows a mail in its folder and once more in All Mail: the Message-ID tells that it is one.
func TestCopyOfAKeptMailIsKnown(t *testing.T) {
	t.Parallel()
	o := newOddity(t, 2)
	o.mails[3] = o.mails[1]
	memory := &remembered{ids: map[string]bool{}}
	in := parse(t, map[string]any{"host": "127.0.0.1", "port": o.port, "ssl": "off", "user": "u", "password": "p", "keep_on_server": true, "folder": "[Gmail]/All Mail"})
	in.Known = memory
	got := received{}
	for range 2 {
		mailbox := inbox.NewMailbox(in, 7, quiet)
		if _, err := mailbox.Poll(t.Context(), func(ctx context.Context, messages []channels.Inbound) error {
			for _, message := range messages { // what is received first is known from then on
				_, id, _ := strings.Cut(string(message.Raw), "Message-ID: ")
				id, _, _ = strings.Cut(id, "\r\n")
				memory.ids[id] = true
			}
			return got.receive(ctx, messages)
		}); err != nil {
			t.Fatal(err)
		}
		_ = mailbox.Close()
		o.mu.Lock()
		o.mails[4] = o.mails[2]
		o.mu.Unlock()
	}
	if got["mail 2"] != 1 {
		t.Errorf("mail 2 came %d times, want once", got["mail 2"])
	}
}

type remembered struct{ ids map[string]bool }

func (r *remembered) KnownMessages(_ context.Context, _ desk.ChannelID, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	for _, id := range ids {
		known[id] = r.ids[id]
	}
	return known, nil
}

func (r *remembered) KnownNames(context.Context, desk.ChannelID, []string) (map[string]bool, error) {
	return nil, nil
}
