package sla_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/sla"
)

// vectors are what calendars, promises and tickets must come out as.
type vectors struct {
	Calendars   map[string]calendarVector
	Destination []struct {
		ID, Topic, Calendar string
		Start, Expected     time.Time
		Minutes             int
	} `json:"destination_time"`
	Minutes []struct {
		ID, Topic, Calendar string
		Start, End          time.Time
		Expected            int `json:"expected_minutes"`
	} `json:"working_minutes"`
	Open []struct {
		ID, Topic, Calendar string
		At                  time.Time
		Expected            bool
	} `json:"in_working_time"`
	Pauses []struct {
		ID, Topic, Timezone string
		Created             time.Time `json:"ticket_created_at"`
		History             []struct {
			At       time.Time
			From, To string
		} `json:"state_history"`
		Expected map[string]map[string]string `json:"expected_local_breaks"`
	} `json:"pause_intervals"`
	Selection []struct {
		ID, Topic string
		SLAs      []struct {
			Name      string
			Condition map[string]any
		}
		Ticket   struct{ Title string }
		Expected *string
	} `json:"sla_selection"`
	Timelines []timeline
}

type calendarVector struct {
	Timezone       string
	BusinessHours  map[string]any `json:"business_hours"`
	PublicHolidays map[string]any `json:"public_holidays"`
}

func (v calendarVector) stored() desk.Calendar {
	return desk.Calendar{ID: 1, Timezone: v.Timezone, BusinessHours: v.BusinessHours, PublicHolidays: v.PublicHolidays}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	file, err := os.ReadFile("testdata/sla_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Destination) < 40 || len(v.Minutes) < 15 || len(v.Open) < 10 || len(v.Pauses) < 7 || len(v.Selection) < 4 || len(v.Timelines) < 40 {
		t.Fatal("some vectors are missing")
	}
	return v
}

func (v vectors) calendar(t testing.TB, name string) *sla.Calendar {
	t.Helper()
	c, err := sla.NewCalendar(v.Calendars[name].stored())
	if err != nil {
		t.Fatalf("calendar %s: %v", name, err)
	}
	return c
}

func TestDeadlinesAreWhereTheVectorsSay(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for _, tc := range v.Destination {
		got, ok := v.calendar(t, tc.Calendar).After(tc.Start, tc.Minutes, nil)
		if !ok || !got.Equal(tc.Expected) {
			t.Errorf("%s %s: %d minutes after %s = %s, want %s", tc.ID, tc.Topic, tc.Minutes, tc.Start, got, tc.Expected)
		}
	}
}

func TestWorkingMinutesAreWhatTheVectorsSay(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for _, tc := range v.Minutes {
		if got := v.calendar(t, tc.Calendar).Within(tc.Start, tc.End, nil); got != tc.Expected {
			t.Errorf("%s %s: %d minutes, want %d", tc.ID, tc.Topic, got, tc.Expected)
		}
	}
}

func TestPeopleWorkWhenTheVectorsSay(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for _, tc := range v.Open {
		if got := v.calendar(t, tc.Calendar).Open(tc.At); got != tc.Expected {
			t.Errorf("%s %s: open = %v, want %v", tc.ID, tc.Topic, got, tc.Expected)
		}
	}
}

// stateNames are the states of the vectors; the clock stands still from the third on.
var stateNames = []string{"", "new", "open", "pending reminder", "pending close", "closed", "merged"}

func stateNamed(t *testing.T, name string) desk.StateID {
	for id, known := range stateNames {
		if known == name {
			return desk.StateID(id)
		}
	}
	t.Fatalf("unknown state %q", name)
	return 0
}

func ignored(id desk.StateID) bool { return id > 2 }

func TestPausesAreWhatTheVectorsSay(t *testing.T) {
	t.Parallel()
	for _, tc := range readVectors(t).Pauses {
		zone, err := time.LoadLocation(tc.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		var changes []sla.StateChange
		now := desk.StateID(1)
		for _, h := range tc.History {
			now = stateNamed(t, h.To)
			changes = append(changes, sla.StateChange{At: h.At, From: stateNamed(t, h.From), To: now})
		}
		got := map[string]map[string]string{}
		for _, pause := range sla.Pauses(tc.Created, changes, now, ignored) {
			localBreaks(got, pause.From.In(zone), pause.To.In(zone))
		}
		if !reflect.DeepEqual(got, tc.Expected) {
			t.Errorf("%s %s: %v, want %v", tc.ID, tc.Topic, got, tc.Expected)
		}
	}
}

// localBreaks splits a pause at local midnights.
func localBreaks(into map[string]map[string]string, from, to time.Time) {
	for from.Before(to) {
		midnight := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, from.Location())
		end := to.Format("15:04")
		if !midnight.After(to) {
			end = "24:00"
		}
		day := from.Format(time.DateOnly)
		if into[day] == nil {
			into[day] = map[string]string{}
		}
		into[day][from.Format("15:04")] = end
		from = midnight
	}
}
