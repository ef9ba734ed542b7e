package intake_test

import (
	"strings"
	"testing"

	"postroom/channels"
)

// What is announced costs work later, so only a mail that can have a signature is looked at.
func TestOnlyMailWithLinesToCompareIsComparedLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	announced := func() int {
		t.Helper()
		return ask[int](h, `SELECT count(*) FROM outbox WHERE kind = 'signature.detect'`)
	}
	long := "The printer is dead.\n\n--\nNicole Braun\nExample Street 1\n12345 Berlin\n"
	write := func(body string, headers ...string) string {
		head, _, _ := strings.Cut(mail(headers...), "\n\n")
		return head + "\n\n" + body
	}
	first := h.take(write(long))
	if n := announced(); n != 0 {
		t.Errorf("the first mail of somebody: %d comparisons, want none", n)
	}
	for _, tc := range []struct {
		name string
		raw  string
		want int // more than before
	}{
		{"a short one", write("help\nme\n", "Subject: short"), 0},
		{"the next one", write(long, "Subject: next"), 1},
		{"an answer", write(long, "Subject: Re [Ticket#"+first.Ticket.Number+"]"), 0},
		{"a stranger", write(long, "From: other@example.org"), 0},
		{"a short one in HTML", write("<p>a<br>b</p>", "Subject: html", "Content-Type: text/html"), 0},
		{"a long one in HTML", write("<p>a<br>b<br>c<br>d<br>e</p>", "Subject: long html", "Content-Type: text/html"), 1},
	} {
		before := announced()
		h.take(tc.raw)
		if got := announced() - before; got != tc.want {
			t.Errorf("%s: %d comparisons, want %d", tc.name, got, tc.want)
		}
	}
	before := announced()
	message := h.inbound(write(long, "Subject: of an agent", "X-Zammad-Article-Sender: Agent"))
	message.Options = channels.Options{Trusted: true}
	h.receiveFrom(message)
	h.processAll()
	if got := announced() - before; got != 0 {
		t.Errorf("what is no customer's: %d comparisons, want none", got)
	}
}
