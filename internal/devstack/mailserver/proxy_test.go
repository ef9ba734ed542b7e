package mailserver_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"testing"

	"postroom/internal/devstack/mailserver"
)

func TestProxyCutsTheNextConnectionsOnly(t *testing.T) {
	t.Parallel()
	const size = 100_000
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			conn.Write(bytes.Repeat([]byte("x"), size))
			conn.Close()
		}
	}()
	proxy := mailserver.ProxyTo(t, server.Addr().String())
	proxy.CutNextAfter(1000, 0)
	for i, want := range []int{1000, 0, size, size} {
		conn, err := net.Dial("tcp", net.JoinHostPort(proxy.Host(), strconv.Itoa(proxy.Port())))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(conn) // how a cut shows depends on its moment
		conn.Close()
		if len(got) != want {
			t.Errorf("connection %d brought %d bytes, want %d", i, len(got), want)
		}
	}
	if n := proxy.Cuts(); n != 2 {
		t.Errorf("Cuts = %d, want 2", n)
	}
}

func TestCutAllCutsOpenConnections(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	proxy := mailserver.ProxyTo(t, server.Addr().String())
	client, err := net.Dial("tcp", net.JoinHostPort(proxy.Host(), strconv.Itoa(proxy.Port())))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	far, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	far.Write([]byte("x")) // once it has arrived, the proxy knows the connection
	if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	proxy.CutAll()
	if _, err := client.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still works after CutAll")
	}
}
