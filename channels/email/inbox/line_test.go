package inbox_test

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
	heard [2][]byte     // a text of the client, and as what it comes out
	names [][2][]byte   // texts of the server, and as what they come out
	ice   chan struct{} // to be closed when the line carries again; nil: it does
	ends  []net.Conn
}

// rename makes the server's text come out as another of the same length.
func (l *line) rename(from, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, [2][]byte{[]byte(from), []byte(to)})
}

// mishear makes the client's text come out as another of the same length.
func (l *line) mishear(from, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = [2][]byte{[]byte(from), []byte(to)}
}

// freeze makes the line carry nothing in either direction, without ending a connection.
func (l *line) freeze(frozen bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if frozen {
		l.ice = make(chan struct{})
	} else if l.ice != nil {
		close(l.ice)
		l.ice = nil
	}
}

// thaw waits while the line is frozen.
func (l *line) thaw() {
	l.mu.Lock()
	ice := l.ice
	l.mu.Unlock()
	if ice != nil {
		<-ice
	}
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
		l.freeze(false)
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
		l.up(server, client)
		server.Close()
	})
	l.down(client, server, left)
	client.Close()
	server.Close()
	up.Wait()
}

// up passes on what the client says.
func (l *line) up(server io.Writer, client io.Reader) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := client.Read(buffer)
		l.thaw()
		l.mu.Lock()
		if len(l.heard[0]) > 0 {
			copy(buffer[:n], bytes.ReplaceAll(buffer[:n], l.heard[0], l.heard[1]))
		}
		l.mu.Unlock()
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// down passes on what the server says until the line breaks.
func (l *line) down(client, server net.Conn, left int) {
	buffer := make([]byte, 16<<10)
	var tail []byte // what a text to look for may begin in
	for {
		n, err := server.Read(buffer)
		piece := buffer[:n]
		l.thaw()
		l.mu.Lock()
		venom := l.venom
		for _, name := range l.names {
			copy(piece, bytes.ReplaceAll(piece, name[0], name[1]))
		}
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
