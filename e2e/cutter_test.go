package e2e

import (
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// cutter is a TCP proxy in front of a server that cuts the first connections after so many bytes
// from the server, and lets those after them through.
type cutter struct {
	port int
	cuts atomic.Int32
}

// newCutter listens on a free port and passes connections on to port.
func newCutter(t *testing.T, port int, after ...int64) *cutter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	c := &cutter{port: listener.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			limit := int64(0)
			if len(after) > 0 {
				limit, after = after[0], after[1:]
			}
			go c.pass(client, port, limit)
		}
	}()
	return c
}

// pass connects client with the server; a limit above 0 is how many bytes the client gets.
func (c *cutter) pass(client net.Conn, port int, limit int64) {
	defer client.Close()
	server, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client) // ends with either side
		server.Close()
	}()
	if limit == 0 {
		_, _ = io.Copy(client, server)
		return
	}
	if n, _ := io.CopyN(client, server, limit); n == limit {
		c.cuts.Add(1)
	}
}
