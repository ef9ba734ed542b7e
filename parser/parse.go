package parser

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"postroom/internal/richtext"
)

// MaxSize is the largest mail that is parsed at all, in bytes.
const MaxSize = 256 << 20

// ErrTooLarge says that a mail is larger than MaxSize.
var ErrTooLarge = errors.New("mail larger than 256 MiB")

// Options are what the parser must know of the installation.
type Options struct {
	FQDN   string // of this installation: its own Message-IDs end with it
	OwnURL string // such as https://desk.example.com: links there open in place

	// Open is asked what is inside an encrypted or signed mail, before that is taken apart, and then
	// what is inside a sealed text. What it can't open, or has checked and leaves as it is, stays;
	// nil: it can open nothing.
	Open func(Seal) (entity []byte, opened bool)
}

// NoContent is the body of a mail that has none.
const NoContent = "no visible content"

const (
	tooManyLinks = "This message cannot be displayed because it has over 5,000 links. Download the raw message to read it."
	maxLinks     = 5000
	maxBody      = 1_500_000 // characters that are stored
	maxHTML      = 4 << 20   // bytes that are cleaned to get them
)

// Parse reads a mail. Its errors are permanent: the same bytes will never become a Message.
func Parse(raw []byte, opts Options) (msg Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = Message{}, fmt.Errorf("mail cannot be read: %v", r)
		}
	}()
	if len(raw) > MaxSize {
		return Message{}, ErrTooLarge
	}
	content := skipMboxLine(raw)
	head, size := readHeader(content, false)
	msg = readPeople(head)
	if msg.MessageID == "" {
		msg.MessageID = generatedID(raw)
		msg.Header["message-id"] = msg.MessageID
	}
	if msg.Sender, err = findSender(msg.Header); err != nil {
		return Message{}, err
	}
	msg.Recipients = recipients(msg.Header)
	root, err := readParts(unseal(&msg, head, content[size:], opts.Open))
	if err != nil {
		return Message{}, fmt.Errorf("structure of the mail: %w", err)
	}
	unsealText(&msg, root, opts.Open)
	msg.AutoResponse = isAutoResponse(msg.Header, opts.FQDN)
	msg.OutOfOffice = isOutOfOffice(msg.Header)
	msg.Bounce = root.bounce()
	msg.readContent(root, opts)
	return msg, nil
}

// readPeople fills what the header alone tells.
func readPeople(head []field) Message {
	h := decodeFields(head)
	msg := Message{
		Header:     h,
		MessageID:  h["message-id"],
		InReplyTo:  h["in-reply-to"],
		References: splitIDs(h["references"]),
		Subject:    h["subject"],
		Date:       parseDate(h["date"]),
		From:       h["from"],
		To:         h["to"],
		Cc:         h["cc"],
		ReplyTo:    h["reply-to"],
	}
	return msg
}

// recipientHeaders are kept only if they hold an address, and make up x-any-recipient in this order.
var recipientHeaders = []string{"to", "cc", "delivered-to", "x-original-to", "envelope-to"}

// decodeFields makes the map that filters see.
func decodeFields(head []field) map[string]string {
	header := make(map[string]string, len(head)+2)
	for _, f := range slices.Backward(head) { // the last of several wins
		name := strings.ToLower(f.name)
		if _, known := header[name]; !known {
			header[name] = withoutNUL(decodeField(name, f.value))
		}
	}
	var present []string
	for _, name := range recipientHeaders {
		text, given := header[name]
		switch {
		case !given:
		case !hasAddress(text):
			header[name] = ""
		default:
			present = append(present, text)
		}
	}
	if len(present) > 0 {
		header["x-any-recipient"] = strings.Join(present, ", ")
	}
	return header
}

func decodeField(name, value string) string {
	switch name {
	case "from", "to", "cc", "bcc", "reply-to", "sender",
		"resent-from", "resent-to", "resent-cc", "resent-bcc", "resent-sender", "resent-reply-to":
		if !isASCII(value) {
			value = eightBitHeader(value)
		}
		if list, err := addressList(value); err == nil {
			return serialise(list)
		}
		return decodeWords(value)
	case "message-id", "in-reply-to", "references":
		return joinIDs(decodeHeader(value))
	case "resent-date":
		if parseDate(value) == nil {
			return ""
		}
	}
	return decodeHeader(value)
}

// withoutNUL takes out what PostgreSQL can't store.
func withoutNUL(text string) string {
	if strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// readContent chooses the body and collects the attachments.
func (m *Message) readContent(root *part, opts Options) {
	body := chooseBody(root)
	m.Attachments = attachments(root, body)
	if !body.isHTML {
		var files []uuFile
		body.text, files = cutFiles(body.text)
		m.Attachments = appendFiles(m.Attachments, files)
	}
	m.ContentType, m.Body = "text/plain", body.text
	finish := richtext.Options{OwnURL: opts.OwnURL, MaxLength: maxBody}
	switch {
	case body.isBuilt:
		m.ContentType, m.built = "text/html", &finish
	case body.isHTML:
		m.ContentType = "text/html"
		m.Body, m.RemoteContentRemoved = cleanHTML(body.text, finish)
	}
	m.Body = withoutNUL(m.Body)
	if strings.TrimSpace(m.Body) == "" {
		m.ContentType, m.Body = "text/plain", NoContent
	}
}

func cleanHTML(source string, opts richtext.Options) (string, bool) {
	if countLinks(source) >= maxLinks {
		return tooManyLinks, false
	}
	if len(source) > maxHTML {
		source = string(beginning([]byte(source), maxHTML))
	}
	return richtext.Sanitize(source, opts)
}

func countLinks(html string) int {
	n := 0
	for i := 0; ; n++ {
		next := strings.IndexByte(html[i:], '<')
		if next < 0 {
			return n
		}
		i += next + 1
		for !(i+1 < len(html) && html[i]|0x20 == 'a' && html[i+1] == ' ') {
			next = strings.IndexByte(html[i:], '<')
			if next < 0 {
				return n
			}
			i += next + 1
		}
	}
}
