package pause

import (
	"context"
	"testing"
	"time"
)

func TestFor(t *testing.T) {
	t.Parallel()
	const span = 20 * time.Millisecond
	begun := time.Now()
	if !For(t.Context(), span) || time.Since(begun) < span {
		t.Errorf("waited %s, want %s and more", time.Since(begun), span)
	}
	if !For(t.Context(), -time.Hour) {
		t.Error("ctx lives, want true")
	}
	over, end := context.WithCancel(t.Context())
	time.AfterFunc(span, end)
	if begun = time.Now(); For(over, time.Hour) || time.Since(begun) > time.Minute {
		t.Errorf("waited %s after ctx ended", time.Since(begun))
	}
	if For(over, 0) {
		t.Error("ctx is over, want false")
	}
}
