package inbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestLeftoversAreTriedLaterAndLater(t *testing.T) {
	t.Parallel()
	l, now := leftovers[imap.UID]{}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, want := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute, 80 * time.Minute, 160 * time.Minute, 320 * time.Minute, 6 * time.Hour, 6 * time.Hour} {
		l.add(7, 1, "no", now)
		if !l.waits(7, now.Add(want-time.Second)) || l.waits(7, now.Add(want)) {
			t.Errorf("after failure %d a message does not wait %s but until %s", i+1, want, l[7].until.Sub(now))
		}
	}
	l.taken(7)
	if l.waits(7, now) {
		t.Error("a message that was taken still waits")
	}
}

func TestLeftoversFollowTheMailbox(t *testing.T) {
	t.Parallel()
	l, now := leftovers[imap.UID]{}, time.Now()
	for uid := range imap.UID(30) {
		l.add(uid, 1, fmt.Sprintf("message %d", uid), now)
	}
	if got := notices(l.notices()); len(got) != maxNotices+1 || !strings.Contains(got[maxNotices], "10 more") {
		t.Errorf("notices = %q, want %d and a count of the others", got, maxNotices)
	}
	l.retain([]imap.UID{3, 99})
	if len(l) != 1 || !l.waits(3, now) {
		t.Errorf("after all but one are gone %d are left, want 1", len(l))
	}
	l.forget(1)
	if len(l) != 1 {
		t.Error("the same UIDVALIDITY made a message forgotten")
	}
	l.forget(2)
	if len(l) != 0 {
		t.Error("another UIDVALIDITY did not make messages forgotten")
	}
}
