package subscription_test

import (
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
	"postroom/internal/ical"
)

// calendar asks for a calendar as a calendar program does.
func calendar(o *apitest.Office, who, path string) apitest.Answer {
	o.T.Helper()
	req := o.Request(http.MethodGet, path, "")
	req.Header.Set("Authorization", apitest.Basic(who, apitest.Password))
	return o.Send(req)
}

// summaries are those of the events in a calendar.
func summaries(a apitest.Answer) []string {
	a.T.Helper()
	entries, err := ical.Read(a.Is(200).Body)
	if err != nil {
		a.T.Fatalf("%s: %v in %s", a.Asked, err, a.Body)
	}
	all := []string{}
	for _, e := range entries {
		all = append(all, e.Summary)
	}
	return all
}

func has(all []string, part string) bool { return strings.Contains(strings.Join(all, "\n"), part) }

func TestCalendarHasTheTicketsThatAreWanted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	mine, late, waiting, _, foreign := o.NewTicket(1, "david", "Mine"), o.NewTicket(1, "david", "Late"), o.NewTicket(1, "david", "Waiting"),
		o.NewTicket(1, "david", "Nobody's"), o.NewTicket(2, "david", "Foreign")
	emma := o.UserID("emma")
	o.Exec(`UPDATE tickets SET owner_id = $1 WHERE id = ANY($2)`, emma, []int{mine, late, waiting, foreign})
	o.Exec(`UPDATE tickets SET state_id = 3, pending_time = now() + interval '1 day' WHERE id = $1`, waiting)
	o.Exec(`UPDATE tickets SET state_id = 4, escalation_at = now() - interval '1 day' WHERE id = $1`, late)

	all := summaries(calendar(o, "emma", "/ical"))
	if len(all) != 3 || !has(all, "open ticket: 'Mine'") || !has(all, "pending reminder ticket: 'Waiting' customer: David Bell") || !has(all, "ticket escalation: 'Late' customer: David Bell") {
		t.Errorf("emma's calendar: %q", all)
	}
	for path, want := range map[string]string{
		"/ical/tickets/new_open": "'Mine'", "/ical/tickets/pending": "'Waiting'", "/calendar_subscriptions/tickets/escalation": "'Late'",
	} {
		if part := summaries(calendar(o, "emma", path)); len(part) != 1 || !has(part, want) {
			t.Errorf("%s: %q, want %s", path, part, want)
		}
	}
	if other := summaries(calendar(o, "emma", "/ical/chats")); len(other) != 0 {
		t.Errorf("a calendar of nothing: %q", other)
	}
	calendar(o, "emma", "/ical/tickets/closed").Refuses(422, `Unknown method "closed" of calendar subscriptions`)

	o.Put("emma", "/users/preferences", `{"calendar_subscriptions":{"tickets":{"new_open":{"own":false,"not_assigned":"true"},"pending":{"own":true},"alarm":true}}}`).Is(200)
	a := calendar(o, "emma", "/calendar_subscriptions/tickets")
	if all := summaries(a); len(all) != 3 || !has(all, "'Nobody's'") || !has(all, "'Waiting'") || strings.Count(string(a.Body), "BEGIN:VALARM") != 1 {
		t.Errorf("with preferences of her own, the shipped ticket among them: %q in\n%s", all, a.Body)
	}
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/calendar") {
		t.Errorf("Content-Type %s", kind)
	}
	unchanged := false
	for range 2 { // a calendar changes at midnight, but not twice
		again := o.Request("PROPFIND", "/calendar_subscriptions/tickets", "")
		again.Header.Set("Authorization", apitest.Basic("emma", apitest.Password))
		again.Header.Set("If-None-Match", calendar(o, "emma", "/calendar_subscriptions/tickets").Header.Get("ETag"))
		unchanged = unchanged || o.Send(again).Status == http.StatusNotModified
	}
	if !unchanged {
		t.Error("who has the calendar as it is gets it again")
	}
}

func TestCalendarProgramsAreAskedForAPassword(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	nobody := o.Send(o.Request(http.MethodGet, "/ical/tickets", "")).Is(401)
	if ask := nobody.Header.Get("WWW-Authenticate"); !strings.HasPrefix(ask, "Basic ") {
		t.Errorf("WWW-Authenticate %q", ask)
	}
	wrong := o.Request(http.MethodGet, "/ical", "")
	wrong.Header.Set("Authorization", apitest.Basic("emma", "wrong"))
	if a := o.Send(wrong).Is(401); a.Header.Get("WWW-Authenticate") == "" {
		t.Error("whoever mistypes a password is not asked again")
	}
	if a := calendar(o, "david", "/ical").Is(403); a.Header.Get("WWW-Authenticate") != "" {
		t.Error("a customer is asked for another password")
	}
}
