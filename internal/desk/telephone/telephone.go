// Package telephone holds the nouns of telephony: calls, what a telephone system tells of them, and whose numbers
// they come from.
//
// What becomes of a call is arithmetic over its events, in whatever order they come. It does no I/O.
package telephone

import (
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Ids of telephony.
type (
	CallID     int64 // of a row of the caller log; the telephone system's own name is Call.CallID
	CallerIDID int64
)

// Directions of a call.
const (
	CallIn  = "in"
	CallOut = "out"
)

// Events of a call, and at the same time its states.
const (
	NewCall    = "newCall"
	CallAnswer = "answer"
	CallHangup = "hangup"
)

// CallEvent is what a telephone system tells us about a call.
type CallEvent struct {
	Event     string // NewCall, CallAnswer, CallHangup
	Direction string // empty: that of the known call
	CallID    string
	From      string
	To        string
	User      string // agents, by name
	Queue     string
	Cause     string // of a hangup
	Comment   string // ours; empty: the cause
	Taker     CallTaker
}

// CallTaker is what a telephone system says about who took a call. Any of it may be empty.
type CallTaker struct {
	Number string // that the call was taken at, as the system writes it
	Login  string // of our user, perhaps: a name that the system shows
	Device string // at the system
	User   string // id or mail address of our user
}

// Call is a row of the caller log.
type Call struct {
	ID        CallID
	CallID    string // what the telephone system calls it
	Direction string
	State     string
	CallSides
	CallTimes
	Comment     *string
	Done        bool // nobody has to call back
	Preferences CallPreferences
	Events      int // changes so far; 0: not stored
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// CallSides are the two ends of a call: numbers as the telephone system writes them, and names.
type CallSides struct {
	From        string
	FromComment *string
	To          string
	ToComment   *string
	Queue       *string
	CallerID    string // number of the side that is not ours, see internal/phone
}

// CallTimes say when a call began, was answered and ended.
type CallTimes struct {
	InitializedAt       *time.Time // nil: the event that begins it is still to come
	StartAt             *time.Time // answered
	EndAt               *time.Time
	DurationWaitingTime *int // seconds
	DurationTalkingTime *int // seconds
}

// CallPreferences are the records that were found for the numbers of a call.
type CallPreferences struct {
	From []CallerID `json:"from,omitempty"`
	To   []CallerID `json:"to,omitempty"`
}

// CallerID says where a number occurs.
type CallerID struct {
	ID          CallerIDID     `json:"id"`
	CallerID    string         `json:"caller_id"` // the number
	Comment     *string        `json:"comment"`
	Level       string         `json:"level"` // known, maybe
	Object      string         `json:"object"`
	OID         int64          `json:"o_id"`
	UserID      *desk.UserID   `json:"user_id"`
	Preferences map[string]any `json:"preferences"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
	FullName    string         `json:"-"` // of the user
}

// Levels of caller ids.
const (
	CallerKnown = "known" // it stands in the user
	CallerMaybe = "maybe" // it stands in what a customer wrote
)

// Missed reports whether somebody called, nobody took the call, and nobody called back yet.
func (c Call) Missed() bool { return c.Direction == CallIn && c.State == CallHangup && !c.Done }

// OuterNumber is the number of the side that is not ours.
func (e CallEvent) OuterNumber() string {
	if e.Direction == CallOut {
		return e.To
	}
	return e.From
}

// queue is where the call is put: as the system says, or else under the number of our side.
func (e CallEvent) queue() *string {
	if e.Direction == CallIn {
		return orNil(firstOf(e.Queue, e.To))
	}
	return orNil(firstOf(e.Queue, e.From))
}

// After returns the call after an event, and whether the event changed it. Events come repeated and
// in any order: each counts once, and the first one that comes makes the call. found is who has the
// outer number.
func (c Call) After(e CallEvent, found []CallerID, now time.Time) (after Call, changed bool) {
	known := c.Events > 0
	if !known {
		c = Call{CallID: e.CallID, Direction: e.Direction, State: e.Event, CallSides: CallSides{From: e.From, To: e.To, Queue: e.queue()}}
	}
	switch e.Event {
	case NewCall:
		if c.InitializedAt != nil {
			return c, false
		}
		c.begin(e, found, now)
	case CallAnswer:
		if c.StartAt != nil || c.State == CallHangup && known {
			return c, false
		}
		c.answer(e, now)
	case CallHangup:
		if c.EndAt != nil {
			return c, false
		}
		c.hangUp(e, known, now)
	default:
		return c, false
	}
	c.Events++
	return c, true
}

// begin takes in what only the event that begins a call says. It may come after the others.
func (c *Call) begin(e CallEvent, found []CallerID, now time.Time) {
	began := now
	for _, at := range []*time.Time{c.StartAt, c.EndAt} {
		if at != nil && at.Before(began) {
			began = *at
		}
	}
	c.InitializedAt = &began
	c.From, c.To, c.Queue = e.From, e.To, e.queue()
	caller := callerComment(found)
	if e.Direction == CallIn {
		c.FromComment, c.Preferences.From = caller, found
		if c.ToComment == nil {
			c.ToComment = orNil(firstOf(e.User, e.Queue))
		}
	} else {
		c.FromComment, c.ToComment, c.Preferences.To = orNil(e.User), firstText(c.ToComment, caller), found
	}
	if c.State == NewCall {
		c.Comment, c.Done = orNil(firstOf(e.Comment, e.Cause)), e.Direction == CallOut
	}
	c.wait()
}

func (c *Call) answer(e CallEvent, now time.Time) {
	c.State, c.StartAt, c.Done, c.Comment = CallAnswer, &now, true, orNil(e.Cause)
	if e.User != "" {
		c.ToComment = &e.User
	}
	c.wait()
}

// hangUp ends a call. An incoming one that nobody took is still to be done, and so is one that ended
// at an answering machine.
func (c *Call) hangUp(e CallEvent, known bool, now time.Time) {
	missed := !known || c.State == NewCall
	c.State, c.EndAt, c.Comment = CallHangup, &now, orNil(e.Cause)
	if c.StartAt != nil {
		c.DurationTalkingTime = seconds(*c.StartAt, now)
	}
	c.wait()
	atMachine := c.ToComment != nil && *c.ToComment == "voicemail"
	c.Done = c.Direction != CallIn || !atMachine && (!missed || e.Cause == "forwarded")
}

// wait sets how long the caller waited, as soon as it is known when it began and when it ended.
func (c *CallTimes) wait() {
	if c.DurationWaitingTime != nil || c.InitializedAt == nil {
		return
	}
	switch {
	case c.StartAt != nil:
		c.DurationWaitingTime = seconds(*c.InitializedAt, *c.StartAt)
	case c.EndAt != nil:
		c.DurationWaitingTime = seconds(*c.InitializedAt, *c.EndAt)
	}
}

// callerComment names those who have a number: for people, in one line.
func callerComment(found []CallerID) *string {
	var names []string
	for _, one := range found {
		name := one.FullName
		if one.UserID == nil && one.Comment != nil {
			name = *one.Comment
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	comment := strings.Join(names, ",")
	if found[0].Level == CallerMaybe {
		comment = "maybe " + comment
	}
	return &comment
}

func seconds(from, to time.Time) *int {
	n := int(to.Sub(from) / time.Second)
	return &n
}

func firstText(texts ...*string) *string {
	for _, text := range texts {
		if text != nil {
			return text
		}
	}
	return nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
