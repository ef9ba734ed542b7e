package inbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	detailsCount = 500      // messages a command; a command line has to stay below 8,000 bytes
	exactBuffer  = 16 << 20 // bytes up to which we take the server's word for a message's size
)

// body is the whole message, without marking it as seen.
var body = &imap.FetchItemBodySection{Peek: true}

var errNoBody = errors.New("the server shows no content")

// tooLargeError is a message above the limit of which the server did not tell the size before.
type tooLargeError struct{ size int64 }

func (e *tooLargeError) Error() string { return fmt.Sprintf("too large: %d bytes", e.size) }

// details asks for sizes and flags, and drops what is marked as deleted. A message whose size the
// server doesn't tell stays, as one to be fetched alone; an error says that the connection is lost.
func (m *Mailbox) details(ctx context.Context, mails []listed[imap.UID]) ([]listed[imap.UID], error) {
	gone := map[imap.UID]bool{}
	for part := range slices.Chunk(mails, detailsCount) {
		var set imap.UIDSet
		place := make(map[imap.UID]int, len(part))
		for i, item := range part {
			set.AddNum(item.id)
			place[item.id] = i
		}
		err := m.session.within(ctx, m.inbound.limits.details, func() error {
			found, err := m.session.client.Fetch(set, &imap.FetchOptions{Flags: true, RFC822Size: true}).Collect()
			for _, one := range found {
				i, asked := place[one.UID]
				if !asked {
					continue
				}
				if one.RFC822Size > 0 {
					part[i].size = one.RFC822Size
				}
				gone[one.UID] = slices.Contains(one.Flags, imap.FlagDeleted)
			}
			return err
		})
		if lost(err) {
			return mails, err
		}
	}
	return slices.DeleteFunc(mails, func(item listed[imap.UID]) bool { return gone[item.id] }), nil
}

// request asks for the bodies of a batch. The answer has to be collected before another request.
func (s *session) request(batch []listed[imap.UID]) {
	var set imap.UIDSet
	for _, item := range batch {
		set.AddNum(item.id)
	}
	s.asked = s.client.Fetch(set, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{body}})
}

// collect reads the answer to the request. What it has read is whole, even when it returns an error.
func (s *session) collect(ctx context.Context, maxSize int64) (map[imap.UID]fetched, error) {
	got := map[imap.UID]fetched{}
	command := s.asked
	s.asked = nil
	err := s.within(ctx, s.limits.fetch, func() error {
		return s.messages(command, maxSize, func(uid imap.UID, one fetched) { got[uid] = one })
	})
	return got, err
}

// messages shows each whole message of an answer. That a message was whole is known when what follows
// it can be read, too: a server that miscounts goes on in the middle of it.
func (s *session) messages(command *imapclient.FetchCommand, maxSize int64, show func(imap.UID, fetched)) error {
	var last struct {
		uid imap.UID
		one fetched
		ok  bool
	}
	for message := command.Next(); message != nil; message = command.Next() {
		if last.ok {
			show(last.uid, last.one)
		}
		last.uid, last.one, last.ok = readMessage(message, maxSize)
		if errors.Is(last.one.err, io.ErrUnexpectedEOF) {
			// The library must not be asked on: it would read what is left of the message while
			// its own reader is already past it.
			_ = s.conn.Close()
			return last.one.err
		}
	}
	err := command.Close()
	if last.ok && !lost(err) {
		show(last.uid, last.one)
	}
	return err
}

// readMessage reads one message of an answer. ok is false when there is no body in it.
func readMessage(message *imapclient.FetchMessageData, maxSize int64) (uid imap.UID, one fetched, ok bool) {
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataBodySection:
			raw, err := readLiteral(item.Literal, maxSize)
			one, ok = fetched{raw, err}, true
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return uid, one, false
			}
		}
	}
	return uid, one, ok && uid != 0
}

// readLiteral reads exactly as many bytes as were announced: a cut connection looks like the end.
func readLiteral(literal imap.LiteralReader, maxSize int64) ([]byte, error) {
	if literal == nil {
		return nil, errNoBody
	}
	size := literal.Size()
	if maxSize > 0 && size > maxSize {
		return nil, &tooLargeError{size}
	}
	if size <= exactBuffer {
		raw := make([]byte, size)
		if _, err := io.ReadFull(literal, raw); err != nil {
			return nil, io.ErrUnexpectedEOF
		}
		return raw, nil
	}
	var buffer bytes.Buffer
	if n, err := buffer.ReadFrom(literal); err != nil || n != size {
		return nil, io.ErrUnexpectedEOF
	}
	return buffer.Bytes(), nil
}
