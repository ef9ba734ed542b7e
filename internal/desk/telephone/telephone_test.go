package telephone

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
)

// story plays events given as "+seconds event direction cause" and returns the call.
func story(t *testing.T, events ...string) Call {
	t.Helper()
	var call Call
	start := time.Date(2024, 3, 18, 12, 0, 0, 0, time.UTC)
	for _, text := range events {
		var after int
		var event, direction, cause string
		if n, _ := fmt.Sscanf(text, "+%d %s %s %s", &after, &event, &direction, &cause); n < 3 {
			t.Fatalf("%q is no event", text)
		}
		e := CallEvent{Event: event, Direction: direction, CallID: "a", From: "4930", To: "49221", Cause: cause}
		call, _ = call.After(e, nil, start.Add(time.Duration(after)*time.Second))
	}
	return call
}

// told is a call in one line: state, done, waiting and talking time, comment.
func told(c Call) string {
	number := func(n *int) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	comment := "-"
	if c.Comment != nil {
		comment = *c.Comment
	}
	return strings.Join([]string{c.State, fmt.Sprint(c.Done), number(c.DurationWaitingTime), number(c.DurationTalkingTime), comment}, " ")
}

func TestEventsOfACall(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		events []string
		want   string
	}{
		{"in", []string{"+0 newCall in"}, "newCall false - - -"},
		{"out", []string{"+0 newCall out"}, "newCall true - - -"},
		{"answered", []string{"+0 newCall in", "+9 answer in"}, "answer true 9 - -"},
		{"talked", []string{"+0 newCall in", "+9 answer in", "+30 hangup in normalClearing"}, "hangup true 9 21 normalClearing"},
		{"missed", []string{"+0 newCall in", "+9 hangup in cancel"}, "hangup false 9 - cancel"},
		{"forwarded", []string{"+0 newCall in", "+9 hangup in forwarded"}, "hangup true 9 - forwarded"},
		{"nobody there", []string{"+0 newCall out", "+9 hangup out noAnswer"}, "hangup true 9 - noAnswer"},
		{"everything twice", []string{"+0 newCall in", "+1 newCall in", "+9 answer in", "+10 answer in", "+30 hangup in normalClearing", "+31 hangup in cancel"}, "hangup true 9 21 normalClearing"},
		{"answered too late", []string{"+0 newCall in", "+9 hangup in cancel", "+10 answer in"}, "hangup false 9 - cancel"},
		{"the answer overtakes", []string{"+9 answer in", "+10 newCall in"}, "answer true 0 - -"},
		{"the answer overtakes, then the end", []string{"+9 answer in", "+10 newCall in", "+30 hangup in normalClearing"}, "hangup true 0 21 normalClearing"},
		{"the end overtakes", []string{"+9 hangup in cancel", "+10 newCall in"}, "hangup false 0 - cancel"},
		{"only the end", []string{"+9 hangup out cancel"}, "hangup true - - cancel"},
		{"something else", []string{"+0 newCall in", "+9 dtmf in"}, "newCall false - - -"},
	} {
		if got := told(story(t, tc.events...)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestNamesOfACall(t *testing.T) {
	t.Parallel()
	user, comment := desk.UserID(7), "Hotel"
	known := []CallerID{{Level: CallerKnown, UserID: &user, FullName: "Jane Doe"}, {Level: CallerKnown, UserID: &user, FullName: "John Doe"}, {Level: CallerKnown, Comment: &comment}}
	maybe := []CallerID{{Level: CallerMaybe, UserID: &user, FullName: "Jane Doe"}, {Level: CallerMaybe, UserID: &user, FullName: "Jane Doe"}}
	now := time.Now()
	for _, tc := range []struct {
		name            string
		event           CallEvent
		found           []CallerID
		from, to, queue string
	}{
		{"known", CallEvent{Direction: CallIn, From: "4930", To: "49221", User: "Emma"}, known, "Jane Doe,John Doe,Hotel", "Emma", "49221"},
		{"maybe, queue", CallEvent{Direction: CallIn, From: "4930", To: "49221", Queue: "sales"}, maybe, "maybe Jane Doe", "sales", "sales"},
		{"unknown", CallEvent{Direction: CallIn, From: "4930", To: "49221"}, nil, "", "", "49221"},
		{"out", CallEvent{Direction: CallOut, From: "49221", To: "4930", User: "Emma"}, known[:1], "Emma", "Jane Doe", "49221"},
	} {
		tc.event.Event, tc.event.CallID = NewCall, "a"
		call, _ := Call{}.After(tc.event, tc.found, now)
		if got := [3]string{said(call.FromComment), said(call.ToComment), said(call.Queue)}; got != [3]string{tc.from, tc.to, tc.queue} {
			t.Errorf("%s: from, to and queue are %q, want %q", tc.name, got, [3]string{tc.from, tc.to, tc.queue})
		}
		if n := len(call.Preferences.From) + len(call.Preferences.To); n != len(tc.found) {
			t.Errorf("%s: %d records kept, want %d", tc.name, n, len(tc.found))
		}
	}
	call, _ := Call{}.After(CallEvent{Event: NewCall, Direction: CallIn, CallID: "a", Comment: "reject, busy", Cause: "x"}, nil, now)
	if said(call.Comment) != "reject, busy" {
		t.Errorf("comment %q, want ours", said(call.Comment))
	}
	call, _ = call.After(CallEvent{Event: CallAnswer, Direction: CallIn, CallID: "a", User: "voicemail"}, nil, now)
	call, _ = call.After(CallEvent{Event: CallHangup, Direction: CallIn, CallID: "a"}, nil, now)
	if said(call.ToComment) != "voicemail" || call.Done {
		t.Errorf("a call that the answering machine took is done: %t", call.Done)
	}
}

func said(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
