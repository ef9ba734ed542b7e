package reports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"postroom/api/apitest"
)

// A year of tickets in Berlin, where clocks change on 2024-03-31 and 2024-10-27, both at 01:00 UTC. Times are
// those of UTC: 1001 was made on the first of February there, 1007 in the year after.
const year = `
	INSERT INTO tickets (id, number, title, group_id, priority_id, state_id, customer_id, create_article_type_id,
		create_article_sender_id, created_at, close_at, updated_by_id, created_by_id)
	VALUES
		(1001, 'r1', 'Phone', 1, 2, 2, 2, 5, 2, '2024-01-31 23:30Z', '2024-03-31 00:59Z', 1, 1),
		(1002, 'r2', '=1+1',  2, 2, 4, 2, 1, 2, '2024-03-31 01:00Z', '2024-03-31 01:10Z', 1, 1),
		(1003, 'r3', 'Mail',  1, 3, 2, 2, 1, 1, '2024-10-27 00:30Z', NULL, 1, 1),
		(1004, 'r4', 'Web',   1, 2, 2, 2, 11, 2, '2024-10-27 01:30Z', NULL, 1, 1),
		(1005, 'r5', 'Twice', 1, 2, 5, 2, 1, 2, '2024-05-05 10:00Z', '2024-05-05 10:01Z', 1, 1),
		(1006, 'r6', 'Old',   1, 2, 4, 2, 1, 2, '2023-12-31 22:59Z', '2024-12-31 22:59Z', 1, 1),
		(1007, 'r7', 'Young', 1, 2, 2, 2, 1, 2, '2024-12-31 23:00Z', NULL, 1, 1);
	INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, internal, created_at, updated_by_id, created_by_id)
	VALUES
		(1001, 5, 2, 'ring', false, '2024-01-31 23:30Z', 1, 1), (1001, 5, 2, 'ring', true, '2024-02-29 22:59Z', 1, 1),
		(1001, 5, 1, 'back', false, '2024-02-29 23:00Z', 1, 1), (1001, 10, 1, 'note', true, '2024-03-01 12:00Z', 1, 1),
		(1003, 1, 1, 'mail', false, '2024-10-27 00:30Z', 1, 1), (1002, 1, 2, 'mail', false, '2024-03-31 01:00Z', 1, 1);
	INSERT INTO history (object, o_id, type, attribute, id_from, id_to, created_at, created_by_id)
	VALUES
		('Ticket', 1001, 'updated', 'state', 4, 2, '2024-04-30 21:59Z', 1), ('Ticket', 1001, 'updated', 'state', 2, 4, '2024-03-31 00:59Z', 1),
		('Ticket', 1001, 'updated', 'state', 4, 2, '2024-04-30 22:00Z', 1), ('Ticket', 1001, 'updated', 'state', 4, 5, '2024-04-30 22:00Z', 1),
		('Ticket', 1002, 'updated', 'group', 1, 2, '2024-06-30 22:00Z', 1), ('Ticket', 1003, 'updated', 'group', 3, 1, '2024-11-30 12:00Z', 1),
		('Ticket', 1005, 'merged_into', NULL, 1005, 1001, '2024-05-05 10:01Z', 1), ('User', 1005, 'merged_into', NULL, 1, 2, '2024-05-05 10:01Z', 1)`

func open(t *testing.T) *apitest.Office {
	t.Helper()
	o := apitest.Open(t)
	o.Setting("timezone_default", "Europe/Berlin")
	o.Exec(year)
	return o
}

// numbers are those of some lines; a line that is left out has nothing but zeros.
func check(t testing.TB, what string, answer apitest.Answer, slots int, want map[string]map[int]int) {
	t.Helper()
	var got struct{ Data map[string][]int }
	answer.Is(200).Into(&got)
	for line := range want {
		if got.Data[line] == nil {
			t.Errorf("%s: no line %s", what, line)
		}
	}
	for line, counts := range got.Data {
		expected := make([]int, slots)
		for slot, count := range want[line] {
			expected[slot-1] = count
		}
		if !slices.Equal(counts, expected) {
			t.Errorf("%s, %s: %v, want %v", what, line, counts, expected)
		}
	}
}

func TestNumbersOfAYear(t *testing.T) {
	t.Parallel()
	numbersOfAYear(open(t))
}

// numbersOfAYear holds the numbers of all lines, whoever counts.
func numbersOfAYear(o *apitest.Office) {
	profile := func(name, condition string) int {
		return o.Post("boss", "/report_profiles", fmt.Sprintf(`{"name":%q,"condition":%s}`, name, condition)).Is(201).ID()
	}
	sales := profile("Sales", `{"ticket.group_id":{"operator":"is","value":["2"]}}`)
	others := profile("Others", `{"operator":"AND","conditions":[{"name":"ticket.group_id","operator":"is not","value":[2]},{"name":"ticket.priority_id","operator":"is","value":[2]}]}`)
	secret := profile("Notes", `{"article.body":{"operator":"contains","value":"note"}}`)
	whole := map[string]map[int]int{
		"created": {2: 1, 3: 1, 10: 2}, "closed": {3: 2, 12: 1}, "backlog": {2: 1, 10: 2, 11: 2, 12: 1},
		"first_solution": {3: 1}, "reopened": {4: 1, 5: 1}, "merged": {5: 1},
	}
	march := `"metric":"count","timeRange":"day","year":2024,"month":3,"day":31`
	for _, tc := range []struct {
		name, asked string
		profile     int
		slots       int
		want        map[string]map[int]int
	}{
		{"year", `"metric":"count","timeRange":"year","year":2024`, 1, 12, whole},
		{"year as text", `"metric":"count","timeRange":"year","year":"2024","backends":{"created":true}`, 1, 12, whole},
		{"leap month", `"metric":"count","timeRange":"month","year":2024,"month":2`, 1, 29, map[string]map[int]int{"created": {1: 1}, "backlog": ones(1, 29)}},
		{"month of UTC", `"metric":"count","timeRange":"month","year":2024,"month":1,"timezone":"UTC"`, 1, 31, map[string]map[int]int{"created": {31: 1}, "backlog": {31: 1}}},
		{"week", `"metric":"count","timeRange":"week","year":2024,"week":43`, 1, 7, map[string]map[int]int{"created": {7: 2}, "backlog": {7: 2}}},
		{"day of 23 hours", march, 1, 24, map[string]map[int]int{"created": {4: 1}, "closed": {2: 1, 4: 1}, "first_solution": {4: 1}, "backlog": {2: -1, 3: -1, 4: -1, 5: -1, 6: -1, 7: -1, 8: -1, 9: -1,
			10: -1, 11: -1, 12: -1, 13: -1, 14: -1, 15: -1, 16: -1, 17: -1, 18: -1, 19: -1, 20: -1, 21: -1, 22: -1, 23: -1, 24: -1}}},
		{"day of 25 hours", `"metric":"count","timeRange":"day","year":2024,"month":10,"day":27`, 1, 24, map[string]map[int]int{"created": {3: 2}, "backlog": twos(3, 24)}},
		{"last hour", `"metric":"create_channels","timeRange":"realtime"`, sales, 60, map[string]map[int]int{"phone_in": {}}},
		{"group", `"metric":"count","year":2024`, sales, 12, map[string]map[int]int{"created": {3: 1}, "closed": {3: 1}, "first_solution": {3: 1}, "movedin": {7: 1}}},
		{"all but a group", `"metric":"count","year":2024`, others, 12, map[string]map[int]int{
			"created": {2: 1, 10: 1}, "closed": {3: 1, 12: 1}, "backlog": {2: 1, 10: 1, 11: 1}, "reopened": {4: 1, 5: 1}, "merged": {5: 1}, "movedout": {7: 1}}},
		{"internal articles", `"metric":"count","year":2024`, secret, 12, map[string]map[int]int{"created": {2: 1}, "closed": {3: 1}, "backlog": {2: 1}, "reopened": {4: 1, 5: 1}}},
		{"channels", `"metric":"create_channels","year":2024`, 1, 12, map[string]map[int]int{"phone_in": {2: 1}, "email_in": {3: 1}, "email_out": {10: 1}, "web_in": {10: 1}}},
		{"articles", `"metric":"communication","year":2024`, 1, 12, map[string]map[int]int{"phone_in": {2: 2}, "phone_out": {3: 1}, "email_in": {3: 1}, "email_out": {10: 1}}},
	} {
		body := fmt.Sprintf(`{%s,"profiles":{"%d":true,"4711":false}}`, tc.asked, tc.profile)
		check(o.T, tc.name, o.Post("reporter", "/reports/generate", body), tc.slots, tc.want)
	}
}

func ones(from, to int) map[int]int { return filled(1, from, to) }
func twos(from, to int) map[int]int { return filled(2, from, to) }

func filled(count, from, to int) map[int]int {
	slots := map[int]int{}
	for slot := from; slot <= to; slot++ {
		slots[slot] = count
	}
	return slots
}

// listOf is the address of the tickets that a line of a year counted.
const listOf = "/reports/sets?metric=count&year=2024&timeRange=year&profile_id=1&downloadBackendSelected="

func TestTicketsThatWereCounted(t *testing.T) {
	t.Parallel()
	o := open(t)
	for line, want := range map[string][]int{
		"created": {1004, 1003, 1002, 1001}, "closed": {1006, 1002, 1001}, "reopened": {1001}, "merged": {1005},
		"backlog": {}, "movedin": {},
	} {
		var got struct {
			Count     int
			TicketIDs []int `json:"ticket_ids"`
			Assets    map[string]map[string]json.RawMessage
		}
		o.Get("reporter", listOf+line).Is(200).Into(&got)
		if got.Count != len(want) || !slices.Equal(got.TicketIDs, want) || len(got.Assets["Ticket"]) != len(want) {
			t.Errorf("%s: %d tickets %v with %d assets, want %v", line, got.Count, got.TicketIDs, len(got.Assets["Ticket"]), want)
		}
	}
	sheet := o.Get("reporter", "/reports/sets?sheet=true;metric=count;year=2024;month=3;timeRange=month;profile_id=1;downloadBackendSelected=created").Is(200)
	if got, want := sheet.Header.Get("Content-Disposition"), "attachment; filename=tickets--all--Created.xlsx"; got != want {
		t.Errorf("file %q, want %q", got, want)
	}
	book, err := excelize.OpenReader(bytes.NewReader(sheet.Body))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v, want a head and one ticket", len(rows), err)
	}
	want := []string{"r2", "=1+1", "closed", "2 normal", "Sales"}
	if got := rows[1]; !slices.Equal(got[:5], want) || got[8] != "email" || got[9] != "Customer" || got[11] != "2024-03-31 03:00:00" || got[14] != "2024-03-31 03:10:00" {
		t.Errorf("row %q, want one that begins with %q", got, want)
	}
}

func TestWhatReportsCanBeAsked(t *testing.T) {
	t.Parallel()
	o := open(t)
	var got struct {
		Config struct {
			Metric map[string]struct {
				Name, Display string
				Default       bool
				Backend       []struct {
					Name, Display, Adapter string
					Selected, DataDownload bool
				}
			}
		}
		Profiles []struct {
			ID   int
			Name string
		}
	}
	o.Get("boss", "/reports/config").Is(200).Into(&got)
	count := got.Config.Metric["count"]
	if len(got.Config.Metric) != 3 || !count.Default || len(count.Backend) != 8 || count.Backend[0].Adapter != "Report::TicketGenericTime" {
		t.Errorf("metrics %+v, want three, of which count is the first", got.Config.Metric)
	}
	for _, line := range count.Backend {
		if line.DataDownload == (line.Name == "backlog") {
			t.Errorf("%s: tickets can be listed: %v", line.Name, line.DataDownload)
		}
	}
	if len(got.Profiles) != 1 || got.Profiles[0].Name != "-all-" {
		t.Errorf("profiles %v, want the shipped one", got.Profiles)
	}
	for _, who := range []string{"emma", "david"} {
		o.Get(who, "/reports/config").Is(403)
		o.Post(who, "/reports/generate", `{}`).Is(403)
		o.Get(who, "/reports/sets").Is(403)
	}
	for body, want := range map[string]string{
		`{"metric":"sales"}`:                                                  "Could not find metric sales",
		`{"metric":"count","year":"soon"}`:                                    `Invalid value for param 'year': "soon"`,
		`{"metric":"count","year":2024,"timeRange":"month","month":13}`:       "Invalid value for param 'month': 13",
		`{"metric":"count","year":2023,"timeRange":"day","month":2,"day":29}`: "Invalid value for param 'day': 29",
		`{"metric":"count","year":2024,"timeRange":"week","week":53}`:         "Invalid value for param 'week': 53",
		`{"metric":"count","year":2024,"timeRange":"decade"}`:                 `Invalid value for param 'timeRange': "decade"`,
		`{"metric":"count","year":2024,"timezone":"Mars/Base"}`:               `Invalid value for param 'timezone': "Mars/Base"`,
		`{"metric":"count","year":2024}`:                                      "No such profiles param",
		`{"metric":"count","year":2024,"profiles":{"1":false}}`:               "No active profile found!",
	} {
		o.Post("boss", "/reports/generate", body).Refuses(422, want)
	}
	o.Post("boss", "/reports/generate", `{"metric":"count","year":2024,"profile_id":4711}`).Is(404)
	o.Post("boss", "/reports/sets", `{"metric":"count","year":2024,"profile_id":1}`).Refuses(422, "No such downloadBackendSelected param")
	o.Post("boss", "/reports/sets", `{"metric":"count","year":2024,"profile_id":1,"downloadBackendSelected":"sold"}`).
		Refuses(422, `Invalid value for param 'downloadBackendSelected': "sold"`)
}
