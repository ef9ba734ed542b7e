// Package messenger sends articles and replies out by messengers.
//
// Sending can't be rolled back, so it happens between two transactions: the first claims the work and
// reads what is to be sent, the second notes the result and ends the work. If we die in between, what
// had arrived is sent again; how much of it had arrived is noted after every attempt.
package messenger

import (
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Way is how articles of one type leave the house.
type Way struct {
	Sender  channels.Messenger
	Area    string // of its channels
	Failure string // what agents are told when it failed for good, such as: Unable to send SMS message
	// History is the type of the line that the history gets when the system wrote; empty: none.
	History string
}

// Ways are all of them, by the type of articles.
type Ways map[desk.ArticleTypeID]Way

// of returns the way of a channel's kind.
func (w Ways) of(area string) (Way, bool) {
	for _, way := range w {
		if way.Area == area {
			return way, true
		}
	}
	return Way{}, false
}

// Delays are the pauses after the first, second, third failure. The fourth is the last.
func Delays() []time.Duration {
	return []time.Duration{120 * time.Second, 240 * time.Second, 360 * time.Second}
}

const (
	sendWithin = 5 * time.Minute // a letter with its files
	noteWithin = time.Minute     // for noting a result while the database is away
	// Timeout is how long one attempt may take.
	Timeout = sendWithin + noteWithin
	// claimSpan is longer than an attempt can take.
	claimSpan = Timeout + 10*time.Second
)

// office is what both jobs of the room work with.
type office struct {
	store *store.Store
	blobs *blob.Store
	ways  Ways
	log   *slog.Logger
	slots *semaphore.Weighted // what is on its way
}

// atOnce bounds how many articles, and how many replies, are on their way at once in this process, and
// turnWithin says when the others ask for their turn again: a messenger that does not answer must not
// occupy the workers that mail needs.
const (
	atOnce     = 4
	turnWithin = time.Second
)

// enter waits for nothing: when it is not our turn, work that was claimed is given back. leave has to
// be called in the end.
func (o *office) enter() (leave func(), err error) {
	if !o.slots.TryAcquire(1) {
		return nil, &channels.LaterError{After: turnWithin, Err: errors.New("other messages are on their way")}
	}
	return func() { o.slots.Release(1) }, nil
}
