package email

import (
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// leftovers are the messages of a mailbox that could not be fetched, or not yet. They stay on the
// server and are tried again later and later, so that they cost next to nothing and block nothing.
type leftovers map[imap.UID]leftover

type leftover struct {
	notice   string // for people; empty: nothing to be said
	validity uint32 // UIDVALIDITY under which it was seen
	tries    int
	until    time.Time // before that it isn't tried again
}

const (
	firstRetry = 10 * time.Minute
	lastRetry  = 6 * time.Hour
)

// add notes that a message could not be fetched.
func (l leftovers) add(uid imap.UID, validity uint32, notice string, now time.Time) {
	tries := l[uid].tries + 1
	pause := min(firstRetry<<min(tries-1, 8), lastRetry)
	l[uid] = leftover{notice: notice, validity: validity, tries: tries, until: now.Add(pause)}
}

// postpone leaves a message alone for some time, with which nothing is wrong.
func (l leftovers) postpone(uid imap.UID, validity uint32, until time.Time) {
	l[uid] = leftover{validity: validity, until: until}
}

// waits reports whether a message is left alone for now.
func (l leftovers) waits(uid imap.UID, now time.Time) bool {
	left, ok := l[uid]
	return ok && now.Before(left.until)
}

// retain drops what is no longer on the server.
func (l leftovers) retain(uids []imap.UID) {
	if len(l) == 0 {
		return
	}
	there := make(map[imap.UID]bool, len(uids))
	for _, uid := range uids {
		there[uid] = true
	}
	maps.DeleteFunc(l, func(uid imap.UID, _ leftover) bool { return !there[uid] })
}

// forget drops what was seen under another UIDVALIDITY: its UIDs mean other messages now.
func (l leftovers) forget(validity uint32) {
	maps.DeleteFunc(l, func(_ imap.UID, left leftover) bool { return left.validity != validity })
}

// taken says that a message was fetched after all.
func (l leftovers) taken(uid imap.UID) { delete(l, uid) }

func (l leftovers) notices() (notices []string) {
	for _, uid := range slices.Sorted(maps.Keys(l)) {
		if l[uid].notice != "" {
			notices = append(notices, l[uid].notice)
		}
	}
	return notices
}
