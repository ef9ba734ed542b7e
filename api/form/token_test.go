package form

import (
	"testing"
	"time"
)

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	ours, err := newTokens([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	token := ours.issue("desk.example.com", "finger", made)
	for after, want := range map[time.Duration]bool{
		0: true, 24 * time.Hour: true, 24*time.Hour + time.Second: false, -time.Second: true, -time.Hour: false,
	} {
		if got := ours.hold(token, "desk.example.com", "finger", made.Add(after)); got != want {
			t.Errorf("after %s: %t, want %t", after, got, want)
		}
	}
	theirs, err := newTokens([]byte("another secret"))
	if err != nil {
		t.Fatal(err)
	}
	if theirs.hold(token, "desk.example.com", "finger", made) {
		t.Error("a token of another installation is taken")
	}
}
