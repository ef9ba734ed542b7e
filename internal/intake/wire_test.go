package intake_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// wire stands between a store and its database and counts what is asked.
type wire struct {
	url        string
	statements atomic.Int64
	roundTrips atomic.Int64
}

// tap listens in front of a database.
func tap(t testing.TB, database string) *wire {
	t.Helper()
	target, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	w, front := &wire{}, *target
	front.Host = listener.Addr().String()
	w.url = front.String()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target.Host)
			if err != nil {
				client.Close()
				continue
			}
			go func() { defer client.Close(); io.Copy(client, server) }()
			go func() { defer server.Close(); w.forward(server, client) }()
		}
	}()
	return w
}

// forward passes the client's messages on (PostgreSQL manual, "Message Formats"): Execute is a
// statement, Sync ends a round trip, Query is both.
func (w *wire) forward(server io.Writer, client io.Reader) {
	for started := false; ; started = true {
		head := make([]byte, 5)
		if !started {
			head = head[:4] // the first message has no type
		}
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if started {
			w.count(head[0])
		}
		if _, err := server.Write(append(head, body...)); err != nil {
			return
		}
	}
}

func (w *wire) count(message byte) {
	switch message {
	case 'E':
		w.statements.Add(1)
	case 'S':
		w.roundTrips.Add(1)
	case 'Q':
		w.statements.Add(1)
		w.roundTrips.Add(1)
	}
}

// during returns how many statements and round trips something costs.
func (w *wire) during(work func()) (statements, roundTrips int64) {
	s, r := w.statements.Load(), w.roundTrips.Load()
	work()
	return w.statements.Load() - s, w.roundTrips.Load() - r
}
