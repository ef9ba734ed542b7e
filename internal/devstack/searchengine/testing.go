package searchengine

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"postroom/internal/devstack/host"
)

// sharedNode is found or started once a process.
var sharedNode = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	engine, err := Chosen()
	if err != nil {
		return "", err
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	url, using, err := share(ctx, root, engine.folder(root))
	if err == nil {
		inUse.Store(using)
	}
	return url, err
})

// inUse is open as long as the process lives.
var inUse atomic.Pointer[os.File]

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || filepath.Dir(dir) == dir {
			return dir, nil
		}
		dir = filepath.Dir(dir)
	}
}

// URL returns the address of the engine that all tests share. The test is left out where there is no
// Java or no Maven.
func URL(t testing.TB) string {
	t.Helper()
	need(t)
	url, err := sharedNode()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func need(t testing.TB) Engine {
	t.Helper()
	engine, err := Chosen()
	if err != nil {
		t.Fatal(err)
	}
	if lacking := engine.missing(jvms); lacking != "" {
		host.LeaveOut(t, "what runs "+engine.Name, lacking)
	}
	return engine
}

// Namespace returns how the names of a test's indexes begin, for setting es_index. Its indexes are
// deleted when the test ends.
func Namespace(t testing.TB) string {
	t.Helper()
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, t.Name()+rand.Text()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := forget(ctx, URL(t), name); err != nil {
			t.Logf("delete the test's indexes: %v", err)
		}
	})
	return name
}

// Own starts a node that belongs to this test alone, to stop, kill and restart.
func Own(t testing.TB) *Node {
	t.Helper()
	engine := need(t)
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	artefacts := engine.folder(root)
	if err := os.MkdirAll(artefacts, 0o755); err != nil {
		t.Fatal(err)
	}
	n, err := engine.start(context.Background(), artefacts, t.TempDir(), brief)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Go()
		n.process.Stop(host.StopWithin) // its data go with the test: no need to close them well
	})
	return n
}

// Freeze lets the node answer nobody, while it goes on listening.
func (n *Node) Freeze() { _ = n.cmd.Process.Signal(syscall.SIGSTOP) }

// Go lets a frozen node go on.
func (n *Node) Go() { _ = n.cmd.Process.Signal(syscall.SIGCONT) }

// Kill ends the node as a power cut does.
func (n *Node) Kill(t testing.TB) {
	t.Helper()
	n.process.Stop(host.StopWithin)
}

// Restart starts a node that was killed again, with its data, where it was.
func (n *Node) Restart(t testing.TB) {
	t.Helper()
	before := n.URL
	if err := n.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n.URL != before {
		t.Fatalf("the node is at %s now, it was at %s", n.URL, before)
	}
}
