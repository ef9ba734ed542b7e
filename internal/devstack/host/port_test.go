package host

import (
	"testing"
)

func TestNoPortIsDrawnTwice(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 500 {
		port, err := FreePort(0)
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] {
			t.Fatalf("port %d was drawn twice: two servers would want it", port)
		}
		seen[port] = true
	}
}
