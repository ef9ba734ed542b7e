package email_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
)

// line is a TCP connection to a server that can be broken.
type line struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	cuts  []int // bytes from the server after which the next connections break
	venom []byte
	ends  []net.Conn
}

func newLine(t *testing.T, target string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, target: target}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { l.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.mu.Lock()
		for _, end := range l.ends {
			end.Close()
		}
		l.mu.Unlock()
		serving.Wait()
	})
	return l
}

func (l *line) host() string { return "127.0.0.1" }

func (l *line) port() string {
	return strconv.Itoa(l.listener.Addr().(*net.TCPAddr).Port)
}

func (l *line) cutAfter(bytes ...int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cuts = bytes
}

func (l *line) poison(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.venom = []byte(text)
}

func (l *line) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer server.Close()
	l.mu.Lock()
	left := -1
	if len(l.cuts) > 0 {
		left, l.cuts = l.cuts[0], l.cuts[1:]
	}
	l.ends = append(l.ends, client, server)
	l.mu.Unlock()
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(server, client)
		server.Close()
	})
	l.down(client, server, left)
	client.Close()
	server.Close()
	up.Wait()
}

// down passes on what the server says until the line breaks.
func (l *line) down(client, server net.Conn, left int) {
	buffer := make([]byte, 16<<10)
	var tail []byte // what a text to look for may begin in
	for {
		n, err := server.Read(buffer)
		piece := buffer[:n]
		l.mu.Lock()
		venom := l.venom
		l.mu.Unlock()
		tail = append(tail, piece...)
		if len(venom) > 0 && bytes.Contains(tail, venom) {
			return
		}
		tail = tail[max(0, len(tail)-64):]
		if left >= 0 {
			piece = piece[:min(left, n)]
			left -= len(piece)
		}
		if _, err := client.Write(piece); err != nil || left == 0 {
			return
		}
		if err != nil {
			return
		}
	}
}
