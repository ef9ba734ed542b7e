package sla_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/sla"
)

// timeline is what happens to one ticket, and its deadlines after each step.
type timeline struct {
	ID, Topic, Calendar string
	SLA                 map[string]*int
	Settings            map[string]json.RawMessage
	Events              []event
}

type event struct {
	Type            string
	At              time.Time
	State           string
	Sender, Channel string
	Internal        bool
	Attributes      map[string]time.Time
	SLA             map[string]*int
	BusinessHours   map[string]any `json:"business_hours"`
	PublicHolidays  map[string]any `json:"public_holidays"`
	Expected        map[string]any
	Stale           []string
}

// desktop plays the part of the database and of the rest of the program.
type desktop struct {
	t        *testing.T
	catalog  *desk.Catalog
	promise  *sla.Promise
	calendar desk.Calendar
	ticket   desk.Ticket
	past     sla.Past
}

var senders = map[string]desk.SenderID{"Agent": 1, "Customer": 2, "System": 3}

func newDesktop(t *testing.T, v vectors, tl timeline) *desktop {
	d := &desktop{t: t, calendar: v.Calendars[tl.Calendar].stored(), catalog: &desk.Catalog{
		Settings: desk.Settings{},
		Senders:  map[desk.SenderID]string{1: "Agent", 2: "Customer", 3: "System"},
		States:   map[desk.StateID]desk.State{}, StateTypes: map[desk.StateTypeID]string{},
		ArticleTypes: map[desk.ArticleTypeID]desk.ArticleType{1: {Name: "note"}, 2: {Communication: true}},
	}}
	for name, value := range tl.Settings {
		d.catalog.Settings[name] = value
	}
	for id, name := range stateNames[1:] {
		typ := name
		if name == "pending close" {
			typ = desk.StateTypePendingAction
		}
		d.catalog.States[desk.StateID(id+1)] = desk.State{StateTypeID: desk.StateTypeID(id + 1), IgnoreEscalation: id > 1}
		d.catalog.StateTypes[desk.StateTypeID(id+1)] = typ
	}
	if tl.SLA != nil {
		d.promise = &sla.Promise{SLA: desk.SLA{ID: 1, CalendarID: new(desk.CalendarID(1))}}
		d.setSLA(tl.SLA)
		d.setCalendar()
	}
	return d
}

func (d *desktop) setSLA(minutes map[string]*int) {
	for name, dst := range map[string]**int{
		"first_response_time": &d.promise.FirstResponseTime, "response_time": &d.promise.ResponseTime,
		"update_time": &d.promise.UpdateTime, "solution_time": &d.promise.SolutionTime,
	} {
		if value, sent := minutes[name]; sent {
			*dst = value
		}
	}
}

func (d *desktop) setCalendar() {
	ready, err := sla.NewCalendar(d.calendar)
	if err != nil {
		d.t.Fatal(err)
	}
	d.promise.Calendar = ready
}

// save is what the program does whenever it writes a ticket.
func (d *desktop) save(forced bool) {
	c := sla.Calculation{Ticket: &d.ticket, Promise: d.promise, Ignored: ignored, Forced: forced}
	switch c.Step() {
	case sla.Clear:
		c.Clear()
	case sla.Compute:
		c.Compute(d.past)
	}
	// Preferences go through the database.
	text, err := json.Marshal(d.ticket.Preferences)
	if err != nil {
		d.t.Fatal(err)
	}
	d.ticket.Preferences = nil
	if err := json.Unmarshal(text, &d.ticket.Preferences); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desktop) article(sender, channel string, internal bool, at time.Time) {
	a := desk.Article{SenderID: senders[sender], TypeID: 2, Internal: internal}
	if channel == "note" {
		a.TypeID = 1
	}
	a.CreatedAt = at
	before := d.ticket
	desk.ApplyArticle(&d.ticket, a, d.catalog)
	if sender == "Agent" && channel != "note" {
		d.past.Answers = append(d.past.Answers, at)
	}
	d.ticket.Settle(before, d.catalog, at)
	d.save(false)
	d.save(false) // the article's own commit touches the ticket
}

func (d *desktop) state(name string, at time.Time) {
	before := d.ticket
	d.ticket.StateID = stateNamed(d.t, name)
	d.ticket.Settle(before, d.catalog, at)
	d.past.States = append(d.past.States, sla.StateChange{At: at, From: before.StateID, To: d.ticket.StateID})
	d.save(false)
}

func (d *desktop) set(name string, at time.Time) {
	for known, dst := range map[string]**time.Time{
		"first_response_at": &d.ticket.FirstResponseAt, "last_contact_agent_at": &d.ticket.LastContactAgentAt,
		"close_at": &d.ticket.CloseAt,
	} {
		if name == known {
			*dst = &at
			return
		}
	}
	d.t.Fatalf("unknown attribute %s", name)
}

// happen lets an event happen.
func (d *desktop) happen(e event) {
	switch e.Type {
	case "create":
		d.ticket = desk.Ticket{OwnerID: 1, StateID: stateNamed(d.t, e.State), Stamp: desk.Stamp{CreatedAt: e.At}}
		d.ticket.Settle(desk.Ticket{}, d.catalog, e.At)
		d.save(false)
	case "article":
		d.article(e.Sender, e.Channel, e.Internal, e.At)
	case "state":
		d.state(e.State, e.At)
	case "set":
		for name, at := range e.Attributes {
			d.set(name, at)
		}
		d.save(false)
	case "touch":
		d.save(false)
	case "sla":
		if e.SLA == nil {
			d.promise = nil
		} else {
			d.setSLA(e.SLA)
			d.promise.UpdatedAt = e.At
		}
		d.save(true)
	case "calendar":
		if e.BusinessHours != nil {
			d.calendar.BusinessHours = e.BusinessHours
		}
		if e.PublicHolidays != nil {
			d.calendar.PublicHolidays = e.PublicHolidays
		}
		d.promise.CalendarUpdatedAt = e.At
		d.setCalendar()
		d.save(true)
	default:
		d.t.Fatalf("unknown event %s", e.Type)
	}
}

func TestTimelinesAreWhatTheVectorsSay(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for _, tl := range v.Timelines {
		t.Run(tl.ID, func(t *testing.T) {
			t.Parallel()
			d := newDesktop(t, v, tl)
			for i, e := range tl.Events {
				d.happen(e)
				d.compare(tl.Topic+", event "+strconv.Itoa(i)+" "+e.Type, e.Expected, e.Stale)
			}
		})
	}
}

// values are the ticket's times and minutes by their names.
func (d *desktop) values() (times map[string]*time.Time, minutes map[string]*int) {
	t := d.ticket
	times = map[string]*time.Time{
		"escalation_at": t.EscalationAt, "first_response_at": t.FirstResponseAt, "first_response_escalation_at": t.FirstResponseEscalationAt,
		"update_escalation_at": t.UpdateEscalationAt, "close_at": t.CloseAt, "last_close_at": t.LastCloseAt,
		"close_escalation_at": t.CloseEscalationAt, "last_contact_at": t.LastContactAt,
		"last_contact_agent_at": t.LastContactAgentAt, "last_contact_customer_at": t.LastContactCustomerAt,
	}
	minutes = map[string]*int{
		"first_response_in_min": t.FirstResponseInMin, "first_response_diff_in_min": t.FirstResponseDiffInMin,
		"update_in_min": t.UpdateInMin, "update_diff_in_min": t.UpdateDiffInMin,
		"close_in_min": t.CloseInMin, "close_diff_in_min": t.CloseDiffInMin,
	}
	return times, minutes
}

// compareSome holds those of the ticket's values against what is expected that are named there.
func (d *desktop) compareSome(what string, want map[string]any) {
	times, minutes := d.values()
	for name, expected := range want {
		var got any
		if at, known := times[name]; known && at != nil {
			got = at.UTC().Format(time.RFC3339)
		} else if n := minutes[name]; n != nil {
			got = float64(*n)
		}
		if got != expected {
			d.t.Errorf("%s: %s = %v, want %v", what, name, got, expected)
		}
	}
}

// compare holds the ticket against what is expected; what was left over may also be gone.
func (d *desktop) compare(what string, want map[string]any, stale []string) {
	times, minutes := d.values()
	for name := range want {
		if _, known := times[name]; !known && minutes[name] == nil {
			d.t.Errorf("%s: no %s, want %v", what, name, want[name])
		}
	}
	for name, got := range times {
		var expected *time.Time
		if text, ok := want[name].(string); ok {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				d.t.Fatal(err)
			}
			expected = &at
		}
		if got == nil && slices.Contains(stale, name) {
			continue
		}
		if (got == nil) != (expected == nil) || got != nil && !got.Equal(*expected) {
			d.t.Errorf("%s: %s = %v, want %v", what, name, got, expected)
		}
	}
	for name, got := range minutes {
		expected, there := want[name].(float64)
		if (got != nil) != there || got != nil && *got != int(expected) {
			d.t.Errorf("%s: %s = %v, want %v", what, name, show(got), want[name])
		}
	}
}

func show(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}

func TestPromisesAreChosenAsTheVectorsSay(t *testing.T) {
	t.Parallel()
	for _, tc := range readVectors(t).Selection {
		type promise struct {
			name, word string
		}
		var all []promise
		for _, s := range tc.SLAs {
			word := ""
			if leaf, ok := s.Condition["ticket.title"].(map[string]any); ok {
				word, _ = leaf["value"].(string)
			}
			all = append(all, promise{s.Name, word})
		}
		slices.SortFunc(all, func(a, b promise) int { return strings.Compare(a.name, b.name) })
		got := sla.Select(len(all), func(i int) bool { return all[i].word == "" },
			func(i int) bool { return strings.Contains(tc.Ticket.Title, all[i].word) })
		if (got < 0) != (tc.Expected == nil) || got >= 0 && all[got].name != *tc.Expected {
			t.Errorf("%s %s: %d of %v, want %v", tc.ID, tc.Topic, got, all, tc.Expected)
		}
	}
}
