package collab_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"

	"postroom/api/apitest"
)

// timed is a helpdesk in which time is accounted, with one type of activity.
func timed(t *testing.T) (o *apitest.Office, kind int) {
	t.Helper()
	o = apitest.Open(t)
	o.Setting("time_accounting", true)
	return o, o.Post("boss", "/time_accounting/types", `{"name":"Travel","note":"by train"}`).Is(201).ID()
}

func TestTimeOfATicket(t *testing.T) {
	t.Parallel()
	o, kind := timed(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	other := o.NewTicket(1, "david", "Another")
	path := fmt.Sprintf("/tickets/%d/time_accountings", id)
	article := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"body":"On my way"}`, id)).Is(201).ID()
	made := o.Post("emma", path, fmt.Sprintf(`{"time_unit":"15","type":"Travel","ticket_article_id":%d}`, article)).Is(201)
	first := made.ID()
	made.Same(t, fmt.Sprintf(`{"id":%d,"ticket_id":%d,"ticket_article_id":%d,"time_unit":"15.0","type_id":%d,"created_by_id":%d,"created_at":%q,"updated_at":%q}`,
		first, id, article, kind, o.UserID("emma"), made.Object()["created_at"], made.Object()["updated_at"]))
	o.Get("emma", fmt.Sprintf("%s/%d", path, first)).Is(200).Same(t, string(made.Body))
	second := o.Post("creator", path, `{"time_unit":0.25}`).Is(201).ID()
	sum := func() any { return o.Get("emma", apitest.TicketPath(id)).Is(200).Object()["time_unit"] }
	if got := sum(); got != "15.25" {
		t.Errorf("time of the ticket %v, want 15.25", got)
	}
	if got := o.Get("emma", fmt.Sprintf("/ticket_articles/%d", article)).Object()["time_unit"]; got != "15.0" {
		t.Errorf("time of the article %v, want 15.0", got)
	}
	if got := len(o.Get("changer", path).Is(200).List()); got != 2 {
		t.Errorf("%d lines, want 2", got)
	}
	expanded := o.Get("emma", path+"?expand=true").Is(200).List()[0]
	if expanded["type"] != "Travel" || expanded["created_by"] != "emma" {
		t.Errorf("expanded: %v", expanded)
	}
	for body, want := range map[string]string{
		`{}`:                             "Time unit is not a number",
		`{"time_unit":"an hour"}`:        "Time unit is not a number",
		`{"time_unit":1,"type_id":4711}`: "Invalid value for param 'type_id': 4711",
		`{"time_unit":1,"type":"Lunch"}`: `No lookup value found for 'type': "Lunch"`,
		fmt.Sprintf(`{"time_unit":1,"ticket_article_id":%d}`, article): "Ticket article has already been taken",
		`{"time_unit":1,"ticket_article_id":1}`:                        "Ticket article is not part of the ticket",
	} {
		o.Post("emma", path, body).Refuses(422, want)
	}
	for _, who := range []string{"david", "stranger"} {
		o.Get(who, path).Refuses(403, "Not authorized")
		o.Post(who, path, `{"time_unit":1}`).Refuses(403, "Not authorized")
	}
	o.Post("reader", path, `{"time_unit":1}`).Refuses(403, "Not authorized")
	o.Put("emma", fmt.Sprintf("%s/%d", path, first), `{"time_unit":1}`).Refuses(403, "User authorization failed.")
	o.Get("emma", fmt.Sprintf("/tickets/%d/time_accountings/%d", other, first)).Refuses(404, fmt.Sprintf("Couldn't find Ticket::TimeAccounting with 'id'=%d", first))

	changed := o.Put("boss", fmt.Sprintf("/tickets/%d/time_accounting/%d", id, first), `{"time_unit":"20.5","type_id":null,"ticket_article_id":null}`).Is(200).Object()
	if changed["time_unit"] != "20.5" || changed["type_id"] != nil || sum() != "20.75" {
		t.Errorf("changed to %v, sum %v, want 20.5 and 20.75", changed, sum())
	}
	o.Del("boss", fmt.Sprintf("/time_accountings/%d", second)).Is(200).Same(t, "{}")
	o.Del("boss", fmt.Sprintf("%s/%d", path, first)).Is(200)
	if got := sum(); got != nil {
		t.Errorf("time of the ticket %v after all was deleted, want none", got)
	}
	o.Del("boss", fmt.Sprintf("%s/%d", path, first)).Refuses(404, fmt.Sprintf("Couldn't find Ticket::TimeAccounting with 'id'=%d", first))
}

func TestTimeIsBookedByAgentsOnlyWhileItIsAccounted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	path := fmt.Sprintf("/tickets/%d/time_accountings", id)
	o.Post("emma", path, `{"time_unit":1}`).Refuses(403, "Not authorized (Time Accounting is not enabled)!")
	o.Post("boss", path, `{"time_unit":1}`).Is(201)
	o.Post("boss", "/time_accountings", fmt.Sprintf(`{"time_unit":2,"ticket_id":%d}`, id)).Is(201)
	o.Get("emma", "/time_accountings").Refuses(403, "Not authorized")
	if list := o.Get("boss", "/time_accountings?per_page=1&sort_by=id&order_by=desc").Is(200).List(); len(list) != 1 || list[0]["time_unit"] != "2.0" {
		t.Errorf("newest time %v, want that of 2.0", list)
	}
	o.Post("boss", "/time_accountings", `{"time_unit":2}`).Refuses(404, "Couldn't find Ticket with 'id'=0")
}

func TestTypesOfActivities(t *testing.T) {
	t.Parallel()
	o, kind := timed(t)
	one := fmt.Sprintf("/time_accounting/types/%d", kind)
	o.Post("boss", "/time_accounting/types", `{"name":"TRAVEL"}`).Refuses(422, "Name has already been taken")
	o.Post("boss", "/time_accounting/types", `{}`).Refuses(422, "Name can't be blank")
	if got := o.Ask("boss", "PATCH", one, `{"active":false}`).Is(200).Object(); got["active"] != false || got["note"] != "by train" {
		t.Errorf("changed type %v", got)
	}
	if got := len(o.Get("boss", "/time_accounting/types").Is(200).List()); got != 1 {
		t.Errorf("%d types, want 1", got)
	}
	o.Get("emma", "/time_accounting/types").Refuses(403, "User authorization failed.")
}

func TestReportsOfSpentTime(t *testing.T) {
	t.Parallel()
	o, kind := timed(t)
	one, two := o.NewTicket(1, "david", "One"), o.NewTicket(1, "single", "Two")
	o.Exec(`INSERT INTO ticket_time_accountings (ticket_id, time_unit, type_id, created_by_id, created_at) VALUES
		($1, 10, $3, $4, '2024-03-05 10:00Z'), ($1, 5.5, NULL, $4, '2024-03-06 10:00Z'), ($2, 7, NULL, $4, '2024-03-07 10:00Z'),
		($2, 100, NULL, $4, '2024-04-01 00:00Z')`, one, two, kind, o.UserID("emma"))
	activity := o.Get("boss", "/time_accounting/log/by_activity/2024/3").Is(200).List()
	if len(activity) != 3 || activity[0]["time_unit"] != "10.0" || activity[0]["type"] != "Travel" || activity[0]["customer"] != "David Bell" ||
		activity[0]["organization"] != "Acme" || activity[0]["agent"] != "Emma Taylor" || activity[0]["ticket"].(map[string]any)["title"] != "One" ||
		activity[2]["type"] != "-" || activity[2]["organization"] != "-" {
		t.Errorf("by activity: %v", activity)
	}
	tickets := o.Get("boss", "/time_accounting/log/by_ticket/2024/03").Is(200).List()
	if len(tickets) != 2 || tickets[0]["time_unit"] != "15.5" || tickets[1]["time_unit"] != "7.0" {
		t.Errorf("by ticket: %v", tickets)
	}
	customers := o.Get("boss", "/time_accounting/log/by_customer/2024/3").Is(200).List()
	if len(customers) != 2 || customers[0]["customer"].(map[string]any)["login"] != "david" || customers[0]["organization"].(map[string]any)["name"] != "Acme" ||
		customers[1]["organization"] != nil || customers[1]["time_unit"] != "7.0" {
		t.Errorf("by customer: %v", customers)
	}
	organizations := o.Get("boss", "/time_accounting/log/by_organization/2024/3?limit=10").Is(200).List()
	if len(organizations) != 1 || organizations[0]["organization"].(map[string]any)["name"] != "Acme" || organizations[0]["time_unit"] != "15.5" {
		t.Errorf("by organization: %v", organizations)
	}
	if got := len(o.Get("boss", "/time_accounting/log/by_activity/2023/1").Is(200).List()); got != 0 {
		t.Errorf("%d lines of an idle month", got)
	}
	o.Get("boss", "/time_accounting/log/by_activity/2024/13").Refuses(422, "Invalid month '2024-13'.")
	o.Get("emma", "/time_accounting/log/by_activity/2024/3").Refuses(403, "User authorization failed.")
}

func TestReportIsDownloadedAsASheet(t *testing.T) {
	t.Parallel()
	o, kind := timed(t)
	id := o.NewTicket(1, "david", "=1+1")
	o.Exec(`INSERT INTO ticket_time_accountings (ticket_id, time_unit, type_id, created_by_id, created_at) VALUES ($1, 10.25, $2, $3, '2024-03-05 10:00Z')`,
		id, kind, o.UserID("emma"))
	for report, want := range map[string]string{
		"by_activity":     "[[Ticket# Title Customer Organization Agent Time Units Activity Type Created at] [%s =1+1 David Bell Acme Emma Taylor 10.25 Travel 3/5/24 10:00]]",
		"by_ticket":       "",
		"by_customer":     "[[Customer Organization Time Units] [David Bell Acme 10.25]]",
		"by_organization": "[[Organization Time Units] [Acme 10.25]]",
	} {
		answer := o.Get("boss", "/time_accounting/log/"+report+"/2024/3?download=true").Is(200)
		book, err := excelize.OpenReader(bytes.NewReader(answer.Body))
		if err != nil {
			t.Fatalf("%s: %v", report, err)
		}
		rows, err := book.GetRows(book.GetSheetName(0))
		if err != nil || len(rows) != 2 {
			t.Errorf("%s: %d rows, %v, want 2", report, len(rows), err)
		}
		if report == "by_activity" {
			want = fmt.Sprintf(want, numberOf(o, id))
		}
		if got := fmt.Sprint(rows); want != "" && got != want {
			t.Errorf("%s: %s, want %s", report, got, want)
		}
		if got, want := answer.Header.Get("Content-Disposition"), `attachment; filename="`+report+`-2024-3.xlsx"`; got != want {
			t.Errorf("%s: %s, want %s", report, got, want)
		}
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}
}
