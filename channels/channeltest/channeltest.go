// Package channeltest holds the conformance suites of the channel contracts.
//
// A channel's own test says how to open its source; what a source has to keep to is said here,
// once for all channels.
package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
)

// Source is a place that messages come from, with the means to put some there and to break it.
type Source struct {
	Poller channels.Poller

	// Put makes a message arrive. It contains the text.
	Put func(t *testing.T, text string)
	// Left counts the messages that are not acknowledged.
	Left func(t *testing.T) int

	// CutAfter makes each of the next connections break after so many bytes from the source; the
	// one after them works. Nil: connections can't be broken.
	CutAfter func(bytes ...int)
	// Poison makes every connection break that transfers this text. Empty: none does. Nil:
	// messages can't be made unfetchable.
	Poison func(text string)
}

// patience is how long a test waits for what should happen at once.
const patience = 60 * time.Second

// inbox is a receive that keeps what it gets.
type inbox struct {
	mu       sync.Mutex
	messages []channels.Inbound
	refuse   func(batch []channels.Inbound) error
}

func (in *inbox) receive(_ context.Context, batch []channels.Inbound) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.refuse != nil {
		if err := in.refuse(batch); err != nil {
			return err
		}
	}
	for _, message := range batch {
		message.Raw = slices.Clone(message.Raw)
		in.messages = append(in.messages, message)
	}
	return nil
}

// texts names the messages by the numbers that arrive put into them.
func (in *inbox) texts() (texts []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, message := range in.messages {
		_, text, _ := strings.Cut(string(message.Raw), "[[")
		text, _, _ = strings.Cut(text, "]]")
		texts = append(texts, text)
	}
	return texts
}

// filler makes messages that don't fit into one packet.
var filler = strings.Repeat("All work and no play makes a dull test.\r\n", 200)

// arrive puts n messages there, named from..from+n-1, and returns their names.
func arrive(t *testing.T, source Source, from, n int) (names []string) {
	t.Helper()
	for i := from; i < from+n; i++ {
		name := fmt.Sprintf("message-%03d", i)
		source.Put(t, "[["+name+"]]\r\n"+filler)
		names = append(names, name)
	}
	return names
}

func context20(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Poller checks what the contract of channels.Poller promises.
func Poller(t *testing.T, open func(t *testing.T) Source) {
	for _, tc := range []struct {
		name string
		test func(t *testing.T, source Source)
	}{
		{"oldest first, and acknowledged", oldestFirst},
		{"an empty source is no error", emptySource},
		{"names are stable and unique", stableNames},
		{"nothing is acknowledged that was refused", refused},
		{"one refused message harms only itself", refusedOne},
		{"what is received is acknowledged also when told to stop", told},
		{"wait wakes on a new message", wakes},
		{"wait ends with its context", waitEnds},
		{"a closed poller connects again", reopens},
		{"a cut connection loses nothing", cut},
		{"an unfetchable message blocks nobody", poisoned},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source := open(t)
			t.Cleanup(func() {
				if err := source.Poller.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			tc.test(t, source)
		})
	}
}

func poll(t *testing.T, source Source, in *inbox) channels.Report {
	t.Helper()
	report, err := source.Poller.Poll(context20(t), in.receive)
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	return report
}

func wantTexts(t *testing.T, in *inbox, want []string) {
	t.Helper()
	if got := in.texts(); !slices.Equal(got, want) {
		t.Fatalf("received %q, want %q", got, want)
	}
}

func wantLeft(t *testing.T, source Source, want int) {
	t.Helper()
	if left := source.Left(t); left != want {
		t.Fatalf("%d messages are left at the source, want %d", left, want)
	}
}

func oldestFirst(t *testing.T, source Source) {
	in := &inbox{}
	want := arrive(t, source, 0, 130) // more than a batch
	report := poll(t, source, in)
	wantTexts(t, in, want)
	wantLeft(t, source, 0)
	if report.Fetched != len(want) || len(report.Notices) > 0 {
		t.Errorf("report = %+v, want %d fetched and no notices", report, len(want))
	}
	want = append(want, arrive(t, source, 130, 3)...)
	poll(t, source, in)
	wantTexts(t, in, want)
	wantLeft(t, source, 0)
}

func emptySource(t *testing.T, source Source) {
	in := &inbox{refuse: func(batch []channels.Inbound) error {
		t.Errorf("receive was called with %d messages, there are none", len(batch))
		return nil
	}}
	for range 2 {
		if report := poll(t, source, in); report.Fetched != 0 {
			t.Errorf("%d messages fetched of none", report.Fetched)
		}
	}
}

func stableNames(t *testing.T, source Source) {
	arrive(t, source, 0, 3)
	seen := map[string]string{}
	failing := errors.New("not now")
	for range 2 {
		in := &inbox{}
		in.refuse = func(batch []channels.Inbound) error {
			for _, message := range batch {
				name, text := message.ExternalID, string(message.Raw)
				if before, known := seen[name]; known && before != text {
					t.Errorf("name %s stands for two messages", name)
				}
				seen[name] = text
			}
			return failing
		}
		if _, err := source.Poller.Poll(context20(t), in.receive); !errors.Is(err, failing) {
			t.Fatalf("Poll = %v, want the error of receive", err)
		}
	}
	if len(seen) != 3 {
		t.Errorf("3 messages have %d names", len(seen))
	}
}

func refused(t *testing.T, source Source) {
	want := arrive(t, source, 0, 5)
	failing := errors.New("the database is on fire")
	in := &inbox{refuse: func([]channels.Inbound) error { return failing }}
	if _, err := source.Poller.Poll(context20(t), in.receive); !errors.Is(err, failing) {
		t.Fatalf("Poll = %v, want the error of receive", err)
	}
	wantLeft(t, source, 5)
	in.refuse = nil
	poll(t, source, in)
	wantTexts(t, in, want)
	wantLeft(t, source, 0)
}

func refusedOne(t *testing.T, source Source) {
	want := arrive(t, source, 0, 8)
	in := &inbox{refuse: func(batch []channels.Inbound) error {
		for _, message := range batch {
			if strings.Contains(string(message.Raw), "[[message-003]]") {
				return errors.New("can't be stored")
			}
		}
		return nil
	}}
	report := poll(t, source, in)
	wantTexts(t, in, slices.Delete(want, 3, 4))
	wantLeft(t, source, 1)
	if len(report.Notices) != 1 {
		t.Errorf("notices = %q, want one about the refused message", report.Notices)
	}
}

func told(t *testing.T, source Source) {
	arrive(t, source, 0, 130)
	ctx, stop := context.WithCancel(context20(t))
	defer stop()
	in := &inbox{refuse: func([]channels.Inbound) error { stop(); return nil }}
	if _, err := source.Poller.Poll(ctx, in.receive); !errors.Is(err, context.Canceled) {
		t.Fatalf("Poll = %v, want context.Canceled", err)
	}
	taken := len(in.texts())
	if taken == 0 || taken == 130 {
		t.Fatalf("%d of 130 messages received after stop in the first batch, want some and not all", taken)
	}
	wantLeft(t, source, 130-taken)
}

func wakes(t *testing.T, source Source) {
	in := &inbox{}
	poll(t, source, in)
	woken := make(chan error, 1)
	ctx := context20(t)
	go func() { woken <- source.Poller.Wait(ctx) }()
	want := arrive(t, source, 0, 1)
	err := <-woken
	if errors.Is(err, channels.ErrCannotWait) {
		return // it said so; it will be asked at intervals
	}
	if err != nil {
		t.Fatalf("Wait: %v", err)
	}
	poll(t, source, in)
	wantTexts(t, in, want)
}

func waitEnds(t *testing.T, source Source) {
	in := &inbox{}
	poll(t, source, in)
	ctx, stop := context.WithCancel(context20(t))
	stop()
	if err := source.Poller.Wait(ctx); err == nil {
		t.Error("Wait returned nil with nothing new and its context at an end")
	}
	want := arrive(t, source, 0, 1)
	poll(t, source, in)
	wantTexts(t, in, want)
}

func reopens(t *testing.T, source Source) {
	in := &inbox{}
	want := arrive(t, source, 0, 1)
	poll(t, source, in)
	for range 2 {
		if err := source.Poller.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	want = append(want, arrive(t, source, 1, 1)...)
	poll(t, source, in)
	wantTexts(t, in, want)
	wantLeft(t, source, 0)
}

// cut breaks the connection at many places, again and again. Whole messages must come, each at
// least once, in order, and in the end all are acknowledged.
func cut(t *testing.T, source Source) {
	if source.CutAfter == nil {
		return
	}
	in := &inbox{}
	var want []string
	for round, cuts := range [][]int{{900}, {3000}, {20_000}, {100_000}, {200_000, 50_000}, {1500, 1500, 60_000}} {
		want = append(want, arrive(t, source, 100*round, 40)...)
		_ = source.Poller.Close() // the cut is for the next connection
		source.CutAfter(cuts...)
		pollUntilDone(t, source, in)
	}
	wantTexts(t, in, want)
	wantLeft(t, source, 0)
	for _, message := range in.messages {
		if !strings.HasSuffix(strings.TrimRight(string(message.Raw), "\r\n"), "dull test.") {
			t.Errorf("message %s is cut off after %d bytes", message.ExternalID, len(message.Raw))
		}
	}
}

// pollUntilDone polls until a poll goes well, as a poller's owner would.
func pollUntilDone(t *testing.T, source Source, in *inbox) {
	t.Helper()
	ctx := context20(t)
	for try := 0; ; try++ {
		_, err := source.Poller.Poll(ctx, in.receive)
		if err == nil {
			return
		}
		if try == 10 || ctx.Err() != nil {
			t.Fatalf("Poll still fails after %d tries: %v", try, err)
		}
	}
}

func poisoned(t *testing.T, source Source) {
	if source.Poison == nil {
		return
	}
	want := arrive(t, source, 0, 60)
	source.Poison("[[message-020]]")
	in := &inbox{}
	report := poll(t, source, in)
	wantTexts(t, in, slices.Delete(slices.Clone(want), 20, 21))
	wantLeft(t, source, 1)
	if len(report.Notices) != 1 {
		t.Errorf("notices = %q, want one about the message that can't be fetched", report.Notices)
	}
	// It is not tried again at once, but it is not forgotten either.
	want = append(slices.Delete(want, 20, 21), arrive(t, source, 60, 2)...)
	report = poll(t, source, in)
	wantTexts(t, in, want)
	if len(report.Notices) != 1 {
		t.Errorf("notices of the next poll = %q, want the message named again", report.Notices)
	}
	// A poller without memory gets it as soon as it can be had.
	source.Poison("")
	wantLeft(t, source, 1)
}
