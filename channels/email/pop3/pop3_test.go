package pop3_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"postroom/channels/email/pop3"
)

// serve answers each command by its verb, and everything it was not told about with -ERR. It returns
// a client, and the commands that it got, which are complete when the client's end is closed.
func serve(t *testing.T, greeting string, answers map[string]string) (*pop3.Client, net.Conn, <-chan []string, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	heard := make(chan []string, 1)
	go func() {
		var commands []string
		defer func() { heard <- commands }()
		defer theirs.Close()
		if _, err := io.WriteString(theirs, greeting); err != nil {
			return
		}
		lines := bufio.NewScanner(theirs)
		for lines.Scan() {
			commands = append(commands, lines.Text())
			verb, _, _ := strings.Cut(lines.Text(), " ")
			answer, ok := answers[verb]
			if !ok {
				answer = "-ERR [SYS/TEMP] not now\r\n"
			}
			if _, err := io.WriteString(theirs, answer); err != nil || answer == "" {
				return
			}
		}
	}()
	client, err := pop3.New(ours)
	return client, ours, heard, err
}

const hello = "+OK POP3 at your service\r\n"

func TestSession(t *testing.T) {
	t.Parallel()
	client, conn, heard, err := serve(t, hello, map[string]string{
		"USER": "+OK\r\n", "PASS": "+OK welcome\r\n", "DELE": "+OK\r\n", "QUIT": "+OK bye\r\n",
		"LIST": "+OK\r\n1 120\r\n2 x\r\n3 300 more\r\n4 44\r\nnonsense\r\n.\r\n",
		"UIDL": "+OK\r\n1 a\"1\r\n2 b\r\n3 c more\r\n4\r\n5 \xe4\r\n.\r\n",
		"RETR": "+OK 20 octets\r\nSubject: x\r\n\r\n..dot\r\n.\r\n",
		"TOP":  "+OK\r\nSubject: x\r\n\r\n.\r\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Login("jane", "se cret"); err != nil {
		t.Fatal(err)
	}
	messages, err := client.Messages()
	want := []pop3.Message{{1, 120, `"a\"1"`}, {2, -1, "b"}, {3, 300, "c"}, {5, -1, `"\xe4"`}}
	if err != nil || !slices.Equal(messages, want) {
		t.Fatalf("Messages = %v, %v; want %v", messages, err, want)
	}
	raw, err := client.Retrieve(messages[2], 0)
	if err != nil || string(raw) != "Subject: x\r\n\r\n.dot\r\n" {
		t.Errorf("Retrieve = %q, %v", raw, err)
	}
	if _, err := client.Retrieve(messages[2], 5); err == nil || err.Error() != "too large: 20 bytes" {
		t.Errorf("Retrieve of at most 5 bytes = %v", err)
	}
	if header, err := client.Header(messages[2]); err != nil || string(header) != "Subject: x\r\n\r\n" {
		t.Errorf("Header = %q, %v", header, err)
	}
	if err := errors.Join(client.Delete(messages[2]), client.Quit()); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if got := strings.Join(<-heard, ", "); got != "USER jane, PASS se cret, LIST, UIDL, RETR 3, RETR 3, TOP 3 0, DELE 3, QUIT" {
		t.Errorf("commands: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	client, _, _, err := serve(t, hello, map[string]string{
		"USER": "+OK\r\n", "PASS": "-ERR [AUTH] no, not \"secret\"\r\n", "DELE": "-ERR [in-use] \xff\r\n", "RETR": "what?\r\n",
		"LIST": "+OK\r\n1 1\r\n.\r\n", "UIDL": strings.Repeat("x", 5000) + "\r\n", "STLS": "+OK\r\n+OK injected\r\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name      string
		do        func() error
		refused   bool
		temporary bool
		says      string
	}{
		{"password", func() error { return client.Login("jane", "guess") }, true, false, "PASS: [AUTH]"},
		{"line break", func() error { return client.Login("jane\r\nDELE 1", "x") }, false, false, "line break"},
		{"in use", func() error { return client.Delete(pop3.Message{Number: 1}) }, true, true, "[in-use] ?"},
		{"unknown", func() error { return client.Quit() }, true, true, "[SYS/TEMP]"},
		{"nonsense", func() error { _, err := client.Retrieve(pop3.Message{Number: 1}, 0); return err }, false, false, `no POP3: "what?"`},
		{"injected", func() error { return client.StartTLS(nil) }, false, false, "unencrypted"},
	} {
		err := tc.do()
		refused, ok := errors.AsType[*pop3.Error](err)
		if err == nil || ok != tc.refused || ok && refused.Temporary() != tc.temporary || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v (refused: %t), want refused: %t, temporary: %t, and %q", tc.name, err, ok, tc.refused, tc.temporary, tc.says)
		}
		if err != nil && strings.Contains(err.Error(), "guess") {
			t.Errorf("%s: the error tells the password", tc.name)
		}
	}
	for _, greeting := range []string{"-ERR go away\r\n", "220 SMTP\r\n", "+OK without an end", strings.Repeat("+", 5000)} {
		ours, theirs := net.Pipe()
		go func() { io.WriteString(theirs, greeting); theirs.Close() }()
		if _, err := pop3.New(ours); err == nil {
			t.Errorf("greeting %.20q was taken for POP3", greeting)
		}
		ours.Close()
	}
}

// A mail may hold whatever a stranger wrote, also line ends that look like the end of an answer.
func TestMessageEndsWhereItEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 4095)
	for sent, want := range map[string]string{
		".\r\n":                                     "",
		"a\r\n.\r\n":                                "a\r\n",
		"a\n.\r\n+OK\r\n.\r\n":                      "a\n.\r\n+OK\r\n",
		"a\r\n..\r\n...\r\n.b\r\n.\r\n":             "a\r\n.\r\n..\r\nb\r\n",
		"a\r.\r\nb\r\n.\r\n":                        "a\r.\r\nb\r\n",
		long + "\r\n.\r\n":                          long + "\r\n", // CR and LF in two reads
		long + "\r.\n.\r\n\r\n.\r\n":                long + "\r.\n.\r\n\r\n",
		long + long + "\r\n.." + long + "\r\n.\r\n": long + long + "\r\n." + long + "\r\n",
	} {
		client, _, _, err := serve(t, hello, map[string]string{"RETR": "+OK\r\n" + sent, "DELE": "+OK\r\n"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Retrieve(pop3.Message{Number: 1}, 0)
		if err != nil || string(got) != want {
			t.Errorf("%.60q was read as %.60q, %v; want %.60q", sent, got, err, want)
		}
		if err := client.Delete(pop3.Message{Number: 1}); err != nil {
			t.Errorf("after %.60q: %v", sent, err)
		}
	}
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		defer theirs.Close()
		io.WriteString(theirs, hello)
		bufio.NewReader(theirs).ReadString('\n')
		io.WriteString(theirs, "+OK\r\ncut off\r\n")
	}()
	client, err := pop3.New(ours)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := client.Retrieve(pop3.Message{Number: 1}, 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a message was taken for a whole one: %q, %v", raw, err)
	}
}

func FuzzRetrieve(f *testing.F) {
	for _, seed := range []string{"", "a", ".", "a\r\n.\r\nb", "\r\n", "\n.\r\n", "..\r\n.", "a\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !bytes.HasSuffix(raw, []byte("\r\n")) {
			raw = append(raw, "\r\n"...)
		}
		sent := bytes.ReplaceAll(raw, []byte("\r\n."), []byte("\r\n.."))
		if raw[0] == '.' {
			sent = append([]byte("."), sent...)
		}
		client, _, _, err := serve(t, hello, map[string]string{"RETR": "+OK\r\n" + string(sent) + ".\r\n"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Retrieve(pop3.Message{Number: 1}, 0)
		if err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%q came as %q, %v", raw, got, err)
		}
	})
}
