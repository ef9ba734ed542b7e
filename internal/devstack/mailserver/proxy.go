package mailserver

import (
	"io"
	"net"
	"sync"
	"testing"

	"postroom/internal/devstack/host"
)

// A Proxy stands between a client and a server, to break their connections as networks do.
type Proxy struct {
	target   string
	listener net.Listener
	work     sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool // both ends of every connection
	cutAfter []int64           // bytes from the server, one entry a coming connection
	cuts     int
}

// ProxyTo returns a proxy before the server at the address. It ends with the test.
func ProxyTo(t testing.TB, address string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host.Localhost, "0"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: address, listener: listener, conns: map[net.Conn]bool{}}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.CutAll()
		p.work.Wait()
	})
	return p
}

// Host is where clients connect to.
func (p *Proxy) Host() string { return host.Localhost }

// Port is where clients connect to.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// CutNextAfter has each of the next connections cut when the server has sent that many bytes over
// it, one number a connection. Later ones live.
func (p *Proxy) CutNextAfter(bytes ...int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutAfter = append(p.cutAfter, bytes...)
}

// Cuts is how many connections CutNextAfter has cut so far.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// CutAll cuts all connections that are open now.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the test is over
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close() // as refused as it gets from here
			continue
		}
		limit := p.add(client, server)
		p.work.Go(func() { p.pass(client, server, limit) })
	}
}

// add notes a new connection and returns after how many bytes it is to be cut, negative: never.
func (p *Proxy) add(client, server net.Conn) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[client], p.conns[server] = true, true
	if len(p.cutAfter) == 0 {
		return -1
	}
	limit := p.cutAfter[0]
	p.cutAfter = p.cutAfter[1:]
	return limit
}

func (p *Proxy) pass(client, server net.Conn, limit int64) {
	var upstream sync.WaitGroup
	upstream.Go(func() {
		io.Copy(server, client)
		server.Close()
	})
	if limit < 0 {
		io.Copy(client, server)
	} else if n, _ := io.CopyN(client, server, limit); n == limit {
		p.mu.Lock()
		p.cuts++
		p.mu.Unlock()
	}
	client.Close()
	server.Close()
	upstream.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}
