package host

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long servers may take.
const (
	StartWithin = time.Minute // a PostgreSQL that repairs itself after a crash may need it
	StopWithin  = 20 * time.Second
	askEvery    = 20 * time.Millisecond
)

// Until asks done again and again, until it says yes, fails, or time is up. Its last reason to
// wait is part of the error.
func Until(ctx context.Context, within time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("not after %s: %w", within, ctx.Err())
			}
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
