package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/internal/devstack"
)

// Statements and round trips are what a mail costs wherever the database is. The numbers are upper
// bounds, with prepared statements known; they leave room for a look at the catalog's version and
// for a word to the relay, which happen at times of their own.
func TestMailCostsFewRoundTrips(t *testing.T) {
	w := tap(t, devstack.DatabaseFrom(t, "installed", install))
	h := openHouse(t, w.url)
	people := make([]string, 30)
	for i := range people {
		people[i] = fmt.Sprintf("p%d@example.net", i)
	}
	crowd := "Cc: " + strings.Join(people, ", ")
	first := h.take(mail())
	reply := "Subject: Re [Ticket#" + first.Ticket.Number + "]"
	h.exec(`UPDATE tickets SET state_id = 4`)
	h.take(mail(reply)) // statements of a follow-up are prepared from here on
	h.take(multipart)
	for _, tc := range []struct {
		name                   string
		raw                    string
		statements, roundTrips int64
	}{
		{"new ticket of a known sender", mail(), 21, 11},
		{"new ticket of a stranger", mail("From: stranger@example.org"), 23, 12},
		{"new ticket with 30 strangers in Cc", mail(crowd), 23, 12},
		{"new ticket with 30 known people in Cc", mail(crowd, "Subject: again"), 21, 11},
		{"follow-up", mail(reply, "X-Twice: no"), 20, 10},
		{"with two attachments", strings.ReplaceAll(multipart, "files@", "other@"), 24, 12},
	} {
		h.receive(tc.raw)
		tasks := h.waiting()
		statements, roundTrips := w.during(func() {
			if err := h.intake.Process(t.Context(), tasks[0].Inbound, tasks[0].Outbox); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %d statements in %d round trips", tc.name, statements, roundTrips)
		if statements > tc.statements || roundTrips > tc.roundTrips {
			t.Errorf("%s: %d statements in %d round trips, want at most %d in %d", tc.name, statements, roundTrips, tc.statements, tc.roundTrips)
		}
	}
	var batch []channels.Inbound
	for i := range 50 {
		batch = append(batch, h.inbound(mail(fmt.Sprintf("Subject: %d of many", i))))
	}
	statements, roundTrips := w.during(func() { h.receiveFrom(batch...) })
	t.Logf("50 mails received: %d statements in %d round trips", statements, roundTrips)
	if roundTrips > 5 {
		t.Errorf("50 mails are received in %d round trips, want at most 5", roundTrips)
	}
}
