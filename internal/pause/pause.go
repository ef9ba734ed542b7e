// Package pause waits, unless nobody needs it any more.
package pause

import (
	"context"
	"time"
)

// For waits and reports whether ctx still lives. A span of nothing is no wait.
func For(ctx context.Context, span time.Duration) bool {
	timer := time.NewTimer(max(span, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
