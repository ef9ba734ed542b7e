package e2e

import (
	"syscall"
	"testing"

	"postroom/internal/devstack"
)

// TestToldTwiceAtOnceStopsCleanly stops it as a whole group of processes is stopped: each gets the
// signal, and make passes its own on.
func TestToldTwiceAtOnceStopsCleanly(t *testing.T) {
	t.Parallel()
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	if err := in.process.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	in.stop()
}
