package jobs

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"postroom/jobs/task"
)

// precedence lets messages go first. While every worker of queue inbound is busy, more messages wait
// than we can take in, and what follows from messages - triggers, notifications - is done one piece
// at a time, with pauses: it would only take the time that messages need. It goes on, though, however
// long the rush is, and catches up afterwards.
type precedence struct {
	workers int // of queue inbound in this process; 0: messages are taken in elsewhere
	busy    atomic.Int32
	lane    chan struct{} // holds a token while nobody is in it
}

// followers are the queues that wait.
var followers = []string{task.Trigger, task.Notify, task.Index}

const (
	// pauses is how often as long as a piece of work took the lane stays closed after it.
	pauses       = 9
	longestPause = time.Second
)

func newPrecedence(workers int) *precedence {
	p := &precedence{workers: workers, lane: make(chan struct{}, 1)}
	p.lane <- struct{}{}
	return p
}

// rush reports whether more messages wait than are being taken in.
func (p *precedence) rush() bool { return p.workers > 0 && int(p.busy.Load()) >= p.workers }

// enter waits until it is a queue's turn. leave is to be called when the work is done.
func (p *precedence) enter(ctx, stopping context.Context, queue string) (leave func()) {
	if queue == task.Inbound {
		p.busy.Add(1)
		return func() { p.busy.Add(-1) }
	}
	if !p.rush() || !slices.Contains(followers, queue) {
		return func() {}
	}
	select {
	case <-p.lane:
	case <-ctx.Done():
		return func() {}
	case <-stopping.Done():
		return func() {}
	}
	begun := time.Now()
	return func() {
		pause := time.Duration(0)
		if p.rush() {
			pause = min(pauses*time.Since(begun), longestPause)
		}
		time.AfterFunc(pause, func() { p.lane <- struct{}{} })
	}
}
