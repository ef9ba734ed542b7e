package poll

import (
	"testing"
	"time"
)

func TestBackOffDoublesUpToFiveMinutes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		failures int
		random   float64
		want     time.Duration
	}{
		{1, 0.5, 2 * time.Second},
		{2, 0.5, 4 * time.Second},
		{3, 0.5, 8 * time.Second},
		{8, 0.5, 256 * time.Second},
		{9, 0.5, 5 * time.Minute},
		{1000, 0.5, 5 * time.Minute},
		{1, 0, 1500 * time.Millisecond},
		{1, 1, 2500 * time.Millisecond},
		{1000, 1, 375 * time.Second},
	} {
		if got := backOff(tc.failures, tc.random); got != tc.want {
			t.Errorf("backOff(%d, %g) = %s, want %s", tc.failures, tc.random, got, tc.want)
		}
	}
}
