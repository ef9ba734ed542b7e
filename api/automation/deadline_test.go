package automation_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

const office = `"business_hours": {"mon": {"active": true, "timeframes": [["09:00", "17:00"]]}}`

func TestCalendars(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	seeded := o.Get("boss", "/calendars/1").Is(200).Object()
	if got := facts(seeded["name"], seeded["timezone"], seeded["default"], seeded["ical_url"], seeded["public_holidays"], seeded["last_log"]); got != "Default UTC true  map[] <nil>" {
		t.Errorf("calendar 1 is %s", got)
	}
	made := o.Post("boss", "/calendars", `{"name": " Berlin ", "timezone": "Europe/Berlin", `+office+`, "ical_url": "", "id": "c-1", "note": "",
		"public_holidays": {"2024-12-25": {"active": "true", "summary": "Christmas"}, "2024-12-26": {"summary": "Boxing day"}}}`).Is(201)
	path := at("calendars", made.ID())
	got := made.Object()
	if facts(got["name"], got["default"], got["public_holidays"]) !=
		"Berlin false map[2024-12-25:map[active:true summary:Christmas] 2024-12-26:map[active:false summary:Boxing day]]" || got["last_sync"] == nil {
		t.Errorf("made %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	for body, want := range map[string]string{
		`{` + office + `}`:                   "Name can't be blank",
		`{"name": "berlin", ` + office + `}`: "Name has already been taken",
		`{"name": "x"}`:                      "There are no business hours configured.",
		`{"name": "x", "business_hours": {"mon": {"active": false, "timeframes": [["09:00", "17:00"]]}}}`:                            "There are no business hours configured.",
		`{"name": "x", "business_hours": {"mon": {"active": true, "timeframes": [["17:00", "09:00"]]}}}`:                             "nonsensical hours provided",
		`{"name": "x", "timezone": "Mars/Crater", ` + office + `}`:                                                                   `Invalid value for param 'timezone': "Mars/Crater"`,
		`{"name": "x", "timezone": "Local", ` + office + `}`:                                                                         `Invalid value for param 'timezone': "Local"`,
		`{"name": "x", ` + office + `, "public_holidays": {"soon": {}}}`:                                                             `Invalid public holiday: "soon"`,
		`{"name": "x", "business_hours": {"mon": {"active": true, "timeframes": [["` + strings.Repeat("0", 4000) + `", "17:00"]]}}}`: "Business hours is too long (maximum is 3000 characters)",
	} {
		o.Post("boss", "/calendars", body).Refuses(422, want)
	}
	o.Put("boss", path, `{"default": true}`).Is(200)
	if got := o.Get("boss", "/calendars/1").Object()["default"]; got != false {
		t.Errorf("default of calendar 1 = %v after another became it", got)
	}
	o.Put("boss", path, `{"default": false}`).Is(200)
	if got := o.Get("boss", "/calendars/1").Object()["default"]; got != true {
		t.Errorf("default of calendar 1 = %v after the other is none", got)
	}
	o.Del("boss", path).Is(200)
	o.Del("boss", "/calendars/1").Refuses(422, "At least one calendar needs to exist.")
	o.Get("boss", path).Refuses(404, fmt.Sprintf("Couldn't find Calendar with 'id'=%d", made.ID()))
}

func TestHolidaysOfAFeedStayAsLongAsTheFeed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE calendars SET ical_url = 'x', last_sync = NULL, public_holidays = '{
		"2024-12-25": {"active": true, "feed": "9dd4e461268c8034f5c8564e155c67a6"}, "2024-12-26": {"active": true}}'`)
	holidays := func(body string) string {
		t.Helper()
		return fmt.Sprint(o.Put("boss", "/calendars/1", body).Is(200).Object()["public_holidays"])
	}
	const both = "map[2024-12-25:map[active:%v feed:9dd4e461268c8034f5c8564e155c67a6] 2024-12-26:map[active:true]]"
	if got, want := holidays(`{"name": "Default"}`), fmt.Sprintf(both, true); got != want {
		t.Errorf("holidays = %s, want %s", got, want)
	}
	if got, want := holidays(`{"public_holidays": {"2024-12-25": {"active": false}, "2024-12-26": {"active": true}}}`), fmt.Sprintf(both, false); got != want {
		t.Errorf("holidays = %s after one was switched off, want %s", got, want)
	}
	if got := holidays(`{"ical_url": "https://example.com/other.ics"}`); got != "map[2024-12-26:map[active:true]]" {
		t.Errorf("holidays = %s with another feed, want those of no feed", got)
	}
	if got := o.Get("boss", "/calendars/1").Object()["last_sync"]; got != nil {
		t.Errorf("last sync = %v, but nobody read the feed", got)
	}
}

func TestWhatFormsOfCalendarsNeed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/calendars", `{"name": "A first one", `+office+`}`).Is(201)
	init := o.Get("boss", "/calendars_init").Is(200).Object()
	if got := fmt.Sprint(init["record_ids"]); got != fmt.Sprintf("[%d 1]", made.ID()) {
		t.Errorf("record_ids = %s, want them by name", got)
	}
	shown := init["assets"].(map[string]any)["Calendar"].(map[string]any)
	if len(shown) != 2 {
		t.Errorf("assets = %v, want both calendars", shown)
	}
	feeds := init["ical_feeds"].(map[string]any)
	if got := feeds["https://www.google.com/calendar/ical/de.german%23holiday%40group.v.calendar.google.com/public/basic.ics"]; got != "Germany" || len(feeds) < 40 {
		t.Errorf("%d feeds, that of Germany is for %v", len(feeds), got)
	}
	zones := o.Get("boss", "/calendars/timezones").Is(200).Object()["timezones"].(map[string]any)
	for name, want := range map[string]float64{"UTC": 0, "Asia/Tokyo": 9, "Asia/Kathmandu": 5, "Pacific/Marquesas": -10} {
		if zones[name] != want {
			t.Errorf("%s is %v hours from UTC, want %v", name, zones[name], want)
		}
	}
	if len(zones) < 400 {
		t.Errorf("%d time zones, want those of the world", len(zones))
	}
}

func TestSLAs(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/slas", `{"name": "Gold", "calendar": "Default", "first_response_time": "120", "response_time": "", "update_time": 90, "solution_time": null,
		"condition": {"ticket.state_id": {"operator": "is", "value": "2"}}}`).Is(201)
	path := at("slas", made.ID())
	if got := made.Object(); facts(got["calendar_id"], got["first_response_time"], got["response_time"], got["update_time"], got["solution_time"]) != "1 120 <nil> 90 <nil>" {
		t.Errorf("made %s", made.Body)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	if got := o.Get("boss", path+"?expand=true").Is(200).Object(); facts(got["calendar"], got["created_by"]) != "Default boss" {
		t.Errorf("expanded: %v", got)
	}
	full := o.Get("boss", path+"?full=true").Is(200).Object()["assets"].(map[string]any)
	if full["Sla"] == nil || full["Calendar"].(map[string]any)["1"] == nil {
		t.Errorf("assets = %v, want the SLA and its calendar", full)
	}
	for body, want := range map[string]string{
		`{"calendar_id": 1}`:                 "Name can't be blank",
		`{"name": "gold", "calendar_id": 1}`: "Name has already been taken",
		`{"name": "x"}`:                      "Attribute 'calendar_id' required!",
		`{"name": "x", "calendar_id": 99}`:   "Invalid value for param 'calendar_id': 99",
		`{"name": "x", "calendar": "Nope"}`:  `No lookup value found for 'calendar': "Nope"`,
		`{"name": "x", "calendar_id": 1, "response_time": 10, "update_time": 10}`:     "Cannot have both response time and update time.",
		`{"name": "x", "calendar_id": 1, "solution_time": -1}`:                        "Invalid value for param 'solution_time': -1",
		`{"name": "x", "calendar_id": 1, "solution_time": "soon"}`:                    `Invalid value for param 'solution_time': "soon"`,
		`{"name": "x", "calendar_id": 1, "condition": {"ticket.x": {"operator": 1}}}`: "Invalid object selector conditions",
	} {
		o.Post("boss", "/slas", body).Refuses(422, want)
	}
	if got := o.Put("boss", path, `{"response_time": 0, "condition": null}`).Is(200).Object(); facts(got["response_time"], got["update_time"], got["condition"]) != "0 90 map[]" {
		t.Errorf("changed: %v", got)
	}
	o.Put("boss", path, `{"response_time": 30}`).Refuses(422, "Cannot have both response time and update time.")
	o.Del("boss", "/calendars/1").Refuses(422, "At least one calendar needs to exist.")
	o.Post("boss", "/calendars", `{"name": "Another", `+office+`}`).Is(201)
	o.Del("boss", "/calendars/1").Refuses(422, "Can't delete, object has references.")
	o.Del("boss", path).Is(200)
	o.Del("boss", "/calendars/1").Is(200)
}
