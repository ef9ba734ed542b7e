package intake_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/internal/devstack"
)

// Statements and round trips are what a mail costs wherever the database is, once its statements
// are prepared. The cheapest of a few tries counts: a try may meet a connection that has to prepare
// them first, a look at the catalog's version, or a word to the relay, all at times of their own.
func TestMailCostsFewRoundTrips(t *testing.T) {
	w := tap(t, devstack.DatabaseFrom(t, "installed", install))
	h := openHouse(t, w.url)
	people := make([]string, 30)
	for i := range people {
		people[i] = fmt.Sprintf("p%d@example.net", i)
	}
	known := "Cc: " + strings.Join(people, ", ")
	strangers := strings.ReplaceAll(known, " p", " TRY-")
	first := h.take(mail(known))
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
		{"new ticket of a stranger", mail("From: stranger-TRY@example.org"), 23, 12},
		{"new ticket with 30 strangers in Cc", mail(strangers), 23, 12},
		{"new ticket with 30 known people in Cc", mail(known, "Subject: again"), 21, 11},
		{"follow-up", mail(reply, "X-Twice: no"), 20, 10},
		{"with two attachments", strings.ReplaceAll(multipart, "files@", "other@"), 24, 12},
	} {
		statements, roundTrips := int64(math.MaxInt64), int64(math.MaxInt64)
		for try := range 4 {
			h.receive("X-Try: " + strconv.Itoa(try) + "\n" + strings.ReplaceAll(tc.raw, "TRY", strconv.Itoa(try)))
			tasks := h.waiting()
			s, r := w.during(func() {
				if err := h.intake.Process(t.Context(), tasks[0].Inbound, tasks[0].Outbox); err != nil {
					t.Fatal(err)
				}
			})
			statements, roundTrips = min(statements, s), min(roundTrips, r)
		}
		t.Logf("%s: %d statements in %d round trips", tc.name, statements, roundTrips)
		if statements > tc.statements || roundTrips > tc.roundTrips {
			t.Errorf("%s: %d statements in %d round trips, want at most %d in %d", tc.name, statements, roundTrips, tc.statements, tc.roundTrips)
		}
	}
	roundTrips := int64(math.MaxInt64)
	for try := range 4 {
		var batch []channels.Inbound
		for i := range 50 {
			batch = append(batch, h.inbound(mail(fmt.Sprintf("Subject: %d of many, try %d", i, try))))
		}
		_, r := w.during(func() { h.receiveFrom(batch...) })
		roundTrips = min(roundTrips, r)
	}
	if roundTrips > 5 {
		t.Errorf("50 mails are received in %d round trips, want at most 5", roundTrips)
	}
}
