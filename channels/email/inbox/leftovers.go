package inbox

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// leftovers are the messages of a mailbox that could not be fetched, or not yet. They stay on the
// server and are tried again later and later, so that they cost next to nothing and block nothing.
type leftovers[ID cmp.Ordered] map[ID]leftover

type leftover struct {
	notice   string // for people; empty: nothing to be said
	validity uint32 // UIDVALIDITY under which it was seen; POP3 has none
	tries    int
	until    time.Time // before that it isn't tried again
}

const (
	firstRetry = 10 * time.Minute
	lastRetry  = 6 * time.Hour
)

// add notes that a message could not be fetched.
func (l leftovers[ID]) add(id ID, validity uint32, notice string, now time.Time) {
	tries := l[id].tries + 1
	pause := min(firstRetry<<min(tries-1, 8), lastRetry)
	l[id] = leftover{notice: notice, validity: validity, tries: tries, until: now.Add(pause)}
}

// postpone leaves a message alone for some time, with which nothing is wrong.
func (l leftovers[ID]) postpone(id ID, validity uint32, until time.Time) {
	l[id] = leftover{validity: validity, until: until}
}

// waits reports whether a message is left alone for now.
func (l leftovers[ID]) waits(id ID, now time.Time) bool {
	left, ok := l[id]
	return ok && now.Before(left.until)
}

// retain drops what is no longer on the server.
func (l leftovers[ID]) retain(ids []ID) {
	if len(l) == 0 {
		return
	}
	there := make(map[ID]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	maps.DeleteFunc(l, func(id ID, _ leftover) bool { return !there[id] })
}

// forget drops what was seen under another UIDVALIDITY: its UIDs mean other messages now.
func (l leftovers[ID]) forget(validity uint32) {
	maps.DeleteFunc(l, func(_ ID, left leftover) bool { return left.validity != validity })
}

// taken says that a message was fetched after all.
func (l leftovers[ID]) taken(id ID) { delete(l, id) }

func (l leftovers[ID]) notices() (notices []string) {
	for _, id := range slices.Sorted(maps.Keys(l)) {
		if l[id].notice != "" {
			notices = append(notices, l[id].notice)
		}
	}
	return notices
}
