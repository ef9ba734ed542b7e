// Package pop3 speaks the Post Office Protocol (RFC 1939), as much of it as fetching mail takes.
//
// A Client is one session over a connection that its caller made. It sets no deadline and starts
// no goroutine: who has waited long enough closes the connection.
package pop3

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// Client is a session with a POP3 server. It serves one caller at a time.
type Client struct {
	conn   net.Conn
	reader *bufio.Reader
}

// Message is what a server says of a message before it shows it.
type Message struct {
	Number int    // in this session
	Size   int64  // bytes; -1: the server didn't say
	UID    string // its name in every session, of printable ASCII
}

// Error is a refusal of the server. Every other error ends the session.
type Error struct {
	Command string
	Text    string // with the response code, such as [IN-USE]
}

func (e *Error) Error() string { return "the server refuses " + e.Command + ": " + e.Text }

// Temporary reports whether the server said that it may think otherwise later (RFC 2449, RFC 3206).
func (e *Error) Temporary() bool {
	code, _, coded := strings.Cut(strings.ToUpper(e.Text), "]")
	if !coded {
		return false
	}
	switch strings.SplitN(code, "/", 2)[0] {
	case "[IN-USE", "[LOGIN-DELAY":
		return true
	case "[SYS":
		return code != "[SYS/PERM"
	}
	return false
}

// TooLargeError is a message of more bytes than were asked for. The session goes on behind it.
type TooLargeError struct{ Size int64 }

func (e *TooLargeError) Error() string { return fmt.Sprintf("too large: %d bytes", e.Size) }

const (
	maxLine     = 4096    // bytes of an answer's line; RFC 2449 says 512
	maxMessages = 500_000 // of a listing: each costs memory; those behind come when these are gone
	maxHint     = 16 << 20
	maxComplain = 300 // bytes of what a server says that is passed on
)

// New waits for the server's greeting.
func New(conn net.Conn) (*Client, error) {
	c := &Client{conn: conn, reader: bufio.NewReaderSize(conn, maxLine)}
	if err := c.answer("the connection"); err != nil {
		return nil, err
	}
	return c, nil
}

// StartTLS encrypts what follows (RFC 2595).
func (c *Client) StartTLS(config *tls.Config) error {
	if err := c.command("STLS"); err != nil {
		return err
	}
	if c.reader.Buffered() > 0 {
		return errors.New("the server went on unencrypted")
	}
	secure := tls.Client(c.conn, config)
	if err := secure.Handshake(); err != nil {
		return err
	}
	c.conn, c.reader = secure, bufio.NewReaderSize(secure, maxLine)
	return nil
}

// Login opens the mailbox of a user.
func (c *Client) Login(user, password string) error {
	if strings.ContainsAny(user+password, "\r\n\x00") {
		return errors.New("a line break in the user name or password")
	}
	if err := c.command("USER", user); err != nil {
		return err
	}
	return c.command("PASS", password)
}

// Mechanism is one side of a SASL exchange, as package sasl has it.
type Mechanism interface {
	Start() (name string, first []byte, err error)
	Next(challenge []byte) (response []byte, err error)
}

// maxChallenges bounds how long a server may go on asking.
const maxChallenges = 10

// Authenticate opens a mailbox by a SASL mechanism (RFC 5034). What the client has to say first goes in
// a line of its own: with an access token in it the command's would be too long for some servers.
func (c *Client) Authenticate(mechanism Mechanism) error {
	name, response, err := mechanism.Start()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(c.conn, "AUTH "+name+"\r\n"); err != nil {
		return err
	}
	for range maxChallenges {
		line, err := c.line()
		if err != nil {
			return err
		}
		encoded, more := strings.CutPrefix(line, "+ ")
		if !more && line != "+" {
			return verdict("AUTH", line)
		}
		challenge, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return errors.New("the server's challenge is no base64")
		}
		if response == nil {
			if response, err = mechanism.Next(challenge); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(c.conn, base64.StdEncoding.EncodeToString(response)+"\r\n"); err != nil {
			return err
		}
		response = nil
	}
	return errors.New("the server's challenges have no end")
}

// Messages lists what is in the mailbox, which is what was in it when the session began.
func (c *Client) Messages() ([]Message, error) {
	sizes := map[int]int64{}
	err := c.listing("LIST", func(number int, text string) {
		size, err := strconv.ParseInt(text, 10, 64)
		if err == nil && size >= 0 {
			sizes[number] = size
		}
	})
	if err != nil {
		return nil, err
	}
	var messages []Message
	err = c.listing("UIDL", func(number int, text string) {
		if text == "" || len(messages) == maxMessages {
			return
		}
		size, known := sizes[number]
		if !known {
			size = -1
		}
		messages = append(messages, Message{number, size, printable(text)})
	})
	return messages, err
}

// printable spells out what is not printable ASCII, as names have to be.
func printable(text string) string {
	quoted := strconv.QuoteToASCII(text)
	if quoted == `"`+text+`"` {
		return text
	}
	return quoted
}

// listing shows the lines of a scan listing: a number, and what follows it. A mailbox of more
// messages than maxMessages is read to its end, but not shown.
func (c *Client) listing(command string, show func(number int, text string)) error {
	if err := c.command(command); err != nil {
		return err
	}
	for shown := 0; ; {
		line, err := c.line()
		if err != nil || line == "." {
			return err
		}
		first, rest, _ := strings.Cut(line, " ")
		if number, err := strconv.Atoi(first); err == nil && number > 0 && shown < maxMessages {
			text, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			show(number, text)
			shown++
		}
	}
}

// Retrieve returns a message, byte for byte. One of more than maxSize bytes is a *TooLargeError; 0
// means that none is.
func (c *Client) Retrieve(message Message, maxSize int64) ([]byte, error) {
	if err := c.command("RETR", strconv.Itoa(message.Number)); err != nil {
		return nil, err
	}
	return c.body(message.Size, maxSize)
}

// Header returns the header block of a message. Servers need not know how to (TOP is optional).
func (c *Client) Header(message Message) ([]byte, error) {
	if err := c.command("TOP", strconv.Itoa(message.Number), "0"); err != nil {
		return nil, err
	}
	return c.body(0, 0)
}

// Delete marks a message, which the server then deletes when the session ends with Quit.
func (c *Client) Delete(message Message) error {
	return c.command("DELE", strconv.Itoa(message.Number))
}

// Quit ends the session. Marked messages are deleted when it returns nil; after an error nobody
// knows. The connection is still to be closed.
func (c *Client) Quit() error { return c.command("QUIT") }

// command sends a command and reads the first line of its answer.
func (c *Client) command(words ...string) error {
	if _, err := io.WriteString(c.conn, strings.Join(words, " ")+"\r\n"); err != nil {
		return err
	}
	return c.answer(words[0])
}

// answer reads whether the server does as it was told. Of a command only its name is known here: a
// password must not end up in an error.
func (c *Client) answer(command string) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	return verdict(command, line)
}

func verdict(command, line string) error {
	word, text, _ := strings.Cut(line, " ")
	switch word {
	case "+OK":
		return nil
	case "-ERR":
		return &Error{Command: command, Text: strings.ToValidUTF8(text[:min(len(text), maxComplain)], "?")}
	}
	return fmt.Errorf("answer to %s is no POP3: %.60q", command, line)
}

// line reads a line without its end.
func (c *Client) line() (string, error) {
	line, err := c.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errors.New("the server's answer has no end")
	}
	if err != nil {
		return "", early(err)
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}

// body reads a message up to the line with a dot alone. Lines end in CRLF and nothing else: a mail
// with other line ends in it could otherwise pretend to be over, and go on as the server.
func (c *Client) body(sizeHint, maxSize int64) ([]byte, error) {
	raw := make([]byte, 0, max(0, min(sizeHint, maxHint)))
	size, begins, before := int64(0), true, byte(0)
	for {
		piece, err := c.reader.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, early(err)
		}
		if begins && string(piece) == ".\r\n" {
			break
		}
		whole := piece
		if begins && piece[0] == '.' {
			piece = piece[1:]
		}
		if size += int64(len(piece)); maxSize <= 0 || size <= maxSize {
			raw = append(raw, piece...)
		}
		if len(whole) > 1 {
			before = whole[len(whole)-2]
		}
		begins = before == '\r' && whole[len(whole)-1] == '\n'
		before = whole[len(whole)-1]
	}
	if maxSize > 0 && size > maxSize {
		return nil, &TooLargeError{size}
	}
	return raw, nil
}

// early tells an end that comes in the middle from one that was asked for.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
