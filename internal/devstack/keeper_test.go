package devstack

import (
	"context"
	"errors"
	"testing"
	"time"

	"postroom/internal/devstack/host"
)

// A keeper must not end the server of another one, however slow that server is to answer.
func TestOneKeeperAtATime(t *testing.T) {
	t.Parallel()
	dir := host.TempPlace(t).Dir
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Keep(ctx, dir, quiet) }()
	var url string
	err := host.Until(t.Context(), 2*host.StartWithin, func() (ok bool, _ error) {
		url, _, ok = Find(dir)
		return ok, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := Keep(within, dir, quiet); !errors.Is(err, host.ErrLocked) {
		t.Errorf("second keeper: %v, want that there is one", err)
	}
	if err := pingPostgres(t.Context(), url); err != nil {
		t.Errorf("the first one's server: %v", err)
	}
	removeState(dir) // as if it did not answer
	slow, cancelSlow := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancelSlow()
	if found, err := awaitKeeper(slow, dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("awaited a keeper whose server does not answer: %q, %v, want patience", found, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("first keeper: %v", err)
	}
	if found, err := awaitKeeper(t.Context(), dir); found != "" || err != nil {
		t.Errorf("after the keeper ended: %q, %v, want that a new one may start", found, err)
	}
}
