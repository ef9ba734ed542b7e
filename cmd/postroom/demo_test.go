package main

import (
	"net/http"
	"testing"
)

func TestDemoFillVerb(t *testing.T) {
	t.Parallel()
	s, conn := newShell(t, "ZAMMAD_RAILS_PORT=0", "AUTOWIZARD_RELATIVE_PATH="+t.TempDir()+"/none.json")
	api := s.start("api")
	out := api.printed("ready on")
	base, token := match(t, out, baseURL), match(t, out, apiToken)
	wantIn(t, "demo fill", s.ok("demo", "fill", "--tickets", "40", "--articles-per-ticket", "2", "--seed", "3"),
		"made 40 tickets with 80 articles", "3 groups")
	if got := value(t, conn, `SELECT count(*) FROM tickets`); got != "41" {
		t.Errorf("%s tickets, want 40 and the one that was there", got)
	}
	awaitTicket(t, base, token, value(t, conn, `SELECT title FROM tickets ORDER BY id DESC LIMIT 1`))
	var ticket struct{ Number string }
	if status := get(t, base+"/api/v1/tickets/2", token, &ticket); status != http.StatusOK || ticket.Number != value(t, conn, `SELECT number FROM tickets WHERE id = 2`) {
		t.Errorf("GET tickets/2 = %d, %+v", status, ticket)
	}
	s.fails(1, "say --yes", "demo", "fill", "--tickets", "5")
	s.fails(1, "nothing to make", "demo", "fill", "--tickets", "0")
	wantIn(t, "demo fill --yes", s.ok("demo", "fill", "--tickets", "5", "--yes"), "made 5 tickets")
	if status := api.ends(); status != 0 {
		t.Errorf("api: exit %d", status)
	}
}
