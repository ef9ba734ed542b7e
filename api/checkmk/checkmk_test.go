package checkmk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postroom/api/apitest"
	"postroom/internal/desk"
)

const path = "/api/v1/integration/check_mk/secret"

// monitored is an office that Checkmk reports to.
func monitored(t *testing.T) (o *apitest.Office, report func(body string) apitest.Answer) {
	t.Helper()
	o = apitest.Open(t)
	o.Setting("check_mk_token", "secret")
	o.Setting("check_mk_integration", true)
	return o, func(body string) apitest.Answer {
		return o.Send(o.Request(http.MethodPost, "/api/v1/integration/check_mk/secret", body))
	}
}

func TestProblemOpensATicketAndRecoveryClosesIt(t *testing.T) {
	t.Parallel()
	o, report := monitored(t)
	opened := report(`{"event_id": 123, "host": "web1", "service": "some service", "state": "down", "text": "no answer", "priority": "3 high"}`).Is(200).Object()
	id := int(opened["ticket_id"].(float64))
	if opened["result"] != fmt.Sprintf("new ticket created (ticket id: %d)", id) {
		t.Errorf("answer = %v", opened)
	}
	ticket := o.Get("emma", apitest.TicketPath(id)).Is(200).Object()
	if ticket["title"] != "web1 is down" || ticket["priority_id"] != 3.0 || ticket["group_id"] != 1.0 || ticket["customer_id"] != 1.0 ||
		ticket["number"] != opened["ticket_number"] || fmt.Sprint(ticket["preferences"]) != "map[check_mk:map[host:web1 service:some service]]" {
		t.Errorf("ticket = %v", ticket)
	}
	articles := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", id)).Is(200).List()
	if len(articles) != 1 || articles[0]["type"] != "web" || articles[0]["sender"] != "Customer" || articles[0]["internal"] != false ||
		!strings.Contains(articles[0]["body"].(string), "EventID: 123\nHost: web1\nService: some service\nState: down\nText: no answer\nRemoteIP: ") {
		t.Errorf("articles = %v", articles)
	}

	noted := report(`{"event_id": 124, "host": "web1", "service": "some service", "state": "down"}`).Is(200)
	noted.Same(t, fmt.Sprintf(`{"result":"ticket already open, added note","ticket_ids":[%d]}`, id))
	report(`{"event_id": 125, "host": "web1", "service": "other service", "state": "OK"}`).Is(200).
		Same(t, `{"result":"no open tickets found, ignore action"}`)
	closed := report(`{"event_id": 126, "host": "web1", "service": "some service", "state": "OK"}`).Is(200)
	closed.Same(t, fmt.Sprintf(`{"result":"closed tickets with ids %d","ticket_ids":[%d]}`, id, id))
	ticket = o.Get("emma", apitest.TicketPath(id)).Is(200).Object()
	if ticket["state_id"] != float64(desk.StateClosed) || ticket["article_count"] != 3.0 {
		t.Errorf("ticket = %v", ticket)
	}
	if again := report(`{"event_id": 127, "host": "web1", "service": "some service", "state": "down"}`).Is(200).Object(); again["ticket_id"] == float64(id) {
		t.Errorf("a new problem went to the closed ticket: %v", again)
	}
}

func TestHostAndServiceAreDifferentTickets(t *testing.T) {
	t.Parallel()
	o, report := monitored(t)
	o.Setting("check_mk_auto_close", false)
	host := report(`{"event_id": 1, "host": "web1", "state": "down", "customer": "David@example.com"}`).Is(200).Object()["ticket_id"]
	service := report(`{"event_id": 2, "host": "web1", "service": "disk", "state": "down"}`).Is(200).Object()["ticket_id"]
	if host == service {
		t.Errorf("both are ticket %v", host)
	}
	form := url.Values{"event_id": {"3"}, "host": {"web1"}, "state": {"UP"}} // recovered, but closed by people
	req := o.Request(http.MethodPost, "/api/v1/integration/check_mk/secret", form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	o.Send(req).Is(200).Same(t, fmt.Sprintf(`{"result":"ticket already open, added note","ticket_ids":[%v]}`, host))
}

func TestReportsThatAreRefused(t *testing.T) {
	t.Parallel()
	o, report := monitored(t)
	report(`{"host": "web1", "state": "down"}`).Refuses(422, "event_id is missing!")
	report(`{"event_id": 1, "host": "web1"}`).Refuses(422, "state is missing!")
	report(`{"event_id": 1, "state": "down", "host": " "}`).Refuses(422, "host is missing!")
	o.Send(o.Request(http.MethodPost, "/api/v1/integration/check_mk/guess", `{}`)).Refuses(422, "The provided token is invalid.")
	o.Setting("check_mk_integration", false)
	report(`{"event_id": 1, "host": "web1", "state": "down"}`).Refuses(422, "Feature is disabled, please contact your administrator!")
	logs := o.Get("boss", "/http_logs/check_mk").Is(200).List()
	if len(logs) != 5 || logs[0]["status"] != "422" || strings.Contains(fmt.Sprint(logs), path) {
		t.Errorf("http log = %v", logs)
	}
}
