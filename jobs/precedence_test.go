package jobs

import (
	"context"
	"testing"
	"time"

	"postroom/jobs/task"
)

func TestMessagesGoFirstInARush(t *testing.T) {
	t.Parallel()
	p := newPrecedence(2)
	enter := func(queue string) func() { return p.enter(t.Context(), t.Context(), queue) }
	// Without a rush everything goes on at once.
	first := enter(task.Inbound)
	for range 3 {
		defer enter(task.Trigger)()
	}
	second := enter(task.Inbound) // now every worker is busy
	leave := enter(task.Trigger)  // one may pass
	for _, other := range []string{task.Deliver, task.SLA, task.Maintenance, task.Inbound} {
		enter(other)() // these never wait
	}
	passed := make(chan func())
	go func() { passed <- enter(task.Notify) }()
	select {
	case <-passed:
		t.Fatal("two pieces of what follows are done at once")
	case <-time.After(50 * time.Millisecond):
	}
	first()
	second()
	leave() // the rush is over
	select {
	case leave = <-passed:
		leave()
	case <-time.After(30 * time.Second):
		t.Fatal("what follows does not go on after a rush")
	}
}

func TestAPauseFollowsInARush(t *testing.T) {
	t.Parallel()
	p := newPrecedence(1)
	defer p.enter(t.Context(), t.Context(), task.Inbound)()
	begun := time.Now()
	for range 2 {
		leave := p.enter(t.Context(), t.Context(), task.Trigger)
		select { // work that takes a while
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
		}
		leave()
	}
	if took := time.Since(begun); took < (1+pauses)*20*time.Millisecond {
		t.Errorf("two pieces of work took %s in a rush, want a pause between them", took)
	}
}

func TestWhoStopsDoesNotWait(t *testing.T) {
	t.Parallel()
	p := newPrecedence(1)
	defer p.enter(t.Context(), t.Context(), task.Inbound)()
	defer p.enter(t.Context(), t.Context(), task.Trigger)()
	stopping, stop := context.WithCancel(t.Context())
	stop()
	p.enter(t.Context(), stopping, task.Trigger)() // returns
}

func TestMessagesTakenInElsewhereKeepNothing(t *testing.T) {
	t.Parallel()
	p := newPrecedence(0)
	if p.rush() {
		t.Error("a process that takes no messages in is in a rush")
	}
}
