package system

import (
	"testing"
	"time"
)

func TestHowLongInWords(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for span, want := range map[time.Duration]string{
		61 * time.Minute: "about 1 hour", 100 * time.Minute: "about 2 hours", 23 * time.Hour: "about 23 hours",
		25 * time.Hour: "1 day", 50 * time.Hour: "2 days", 29 * day: "29 days", 31 * day: "about 1 month", 100 * day: "3 months", 800 * day: "about 2 years",
	} {
		if got := inWords(span); got != want {
			t.Errorf("%s in words: %q, want %q", span, got, want)
		}
	}
}
