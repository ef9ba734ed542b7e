package intake_test

import (
	"fmt"
	"testing"

	"postroom/internal/desk"
)

func TestManyMailsManyWorkersEachExactlyOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var raws []string
	for i := range 200 {
		headers := []string{
			fmt.Sprintf("Message-ID: <m%d@example.org>", i),
			fmt.Sprintf("From: Sender %d <s%d@example.org>", i%17, i%17),
			fmt.Sprintf("Cc: s%d@example.org, s%d@example.org, shared@example.org", (i*7)%17, (i*11)%17),
			fmt.Sprintf("Subject: Case %d", i),
		}
		if i%3 == 2 { // a reply to the mail before
			headers[3] = fmt.Sprintf("Subject: Re: Case %d", i-1)
			headers = append(headers, fmt.Sprintf("References: <m%d@example.org>", i-1))
		}
		raws = append(raws, mail(headers...))
	}
	h.receive(raws...)
	h.processParallel(8)

	counts := map[string]int{
		`SELECT count(*) FROM inbound_messages WHERE state = 'processed'`:                                                                200,
		`SELECT count(*) FROM ticket_articles WHERE ticket_id > 1`:                                                                       200,
		`SELECT count(DISTINCT message_id) FROM ticket_articles WHERE ticket_id > 1`:                                                     200,
		`SELECT count(*) FROM tickets WHERE id > 1`:                                                                                      134,
		`SELECT count(DISTINCT number) FROM tickets WHERE id > 1`:                                                                        134,
		`SELECT sum(article_count)::int FROM tickets WHERE id > 1`:                                                                       200,
		`SELECT count(*) FROM users WHERE email LIKE 's%@example.org'`:                                                                   18,
		`SELECT count(*) FROM outbox WHERE kind <> 'ticket.changed'`:                                                                     0,
		`SELECT count(*) FROM history WHERE type = 'created' AND o_id > 1 AND object <> 'User'`:                                          334,
		`SELECT count(*) FROM attachments WHERE object = 'Ticket::Article::Mail'`:                                                        200,
		`SELECT count(*) FROM tickets t WHERE id > 1 AND article_count <> (SELECT count(*) FROM ticket_articles WHERE ticket_id = t.id)`: 0,
	}
	for sql, want := range counts {
		if got := ask[int](h, sql); got != want {
			t.Errorf("%s = %d, want %d", sql, got, want)
		}
	}
}

func TestTwoFirstMailsOfOneSenderMakeOneUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for round := range 10 {
		sender := fmt.Sprintf("From: Twin <twin%d@example.org>", round)
		h.receive(mail(sender, "Subject: a"), mail(sender, "Subject: b"), mail(sender, "Subject: c"))
		h.processParallel(3)
	}
	if n := ask[int](h, `SELECT count(*) FROM users WHERE email LIKE 'twin%'`); n != 10 {
		t.Errorf("%d users, want 10", n)
	}
	if n := ask[int](h, `SELECT count(*) FROM tickets WHERE title IN ('a', 'b', 'c')`); n != 30 {
		t.Errorf("%d tickets, want 30", n)
	}
}

func TestParallelFollowUpsAllCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail())
	h.exec(`UPDATE tickets SET state_id = 4 WHERE id = $1`, first.Ticket.ID)
	var raws []string
	for i := range 24 {
		raws = append(raws, mail(fmt.Sprintf("From: p%d@example.org", i), fmt.Sprintf("Subject: %d [Ticket#%s]", i, first.Ticket.Number)))
	}
	h.receive(raws...)
	h.processParallel(8)
	ticket, err := h.store.Ticket(t.Context(), first.Ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if ticket.ArticleCount != 25 || ticket.StateID != desk.StateOpen {
		t.Errorf("article_count = %d in state %d, want 25 in state open", ticket.ArticleCount, ticket.StateID)
	}
	if n := ask[int](h, `SELECT count(*) FROM history WHERE attribute = 'state' AND o_id = $1`, ticket.ID); n != 1 {
		t.Errorf("the state changed %d times, want once", n)
	}
	disorder := ask[int](h, `
		SELECT count(*)
		FROM (SELECT created_at < lag(created_at) OVER (ORDER BY created_at, id) AS back FROM ticket_articles WHERE ticket_id = $1) a
		WHERE back`, ticket.ID)
	if disorder != 0 {
		t.Errorf("%d articles are older than their predecessor", disorder)
	}
}

func TestTaskThatIsRepeatedDoesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive(mail())
	w := h.waiting()[0]
	for range 3 {
		if err := h.intake.Process(t.Context(), w.Inbound, w.Outbox); err != nil {
			t.Errorf("process: %v", err)
		}
	}
	if n := ask[int](h, `SELECT count(*) FROM ticket_articles WHERE ticket_id > 1`); n != 1 {
		t.Errorf("%d articles, want 1", n)
	}
}

func TestNumberThatIsTakenIsSkipped(t *testing.T) {
	t.Parallel()
	for _, generator := range []string{desk.NumberIncrement, desk.NumberDate} {
		h := newHouse(t)
		h.setting("ticket_number", generator)
		first := h.take(mail("Subject: first"))
		// As after an import: the next numbers have tickets already.
		h.exec(`UPDATE tickets SET number = 'x' WHERE id = 1`)
		h.exec(`INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
			SELECT 1, 2, 1, $1::bigint + n, 'imported', 2, 1, 1
			FROM generate_series(1, 300) n`, first.Ticket.Number)
		if second := h.take(mail("Subject: second")); second.Ticket.ID == 0 {
			t.Errorf("%s: no ticket", generator)
		}
		if n := ask[int](h, `SELECT count(*) - count(DISTINCT number) FROM tickets`); n != 0 {
			t.Errorf("%s: %d numbers are used twice", generator, n)
		}
	}
}

// Locks are taken in one order, whatever order a mail names things in.
func TestMailsThatNameTheSameThingsDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var tickets []outcome
	for i := range 6 {
		tickets = append(tickets, h.take(mail(fmt.Sprintf("Message-ID: <base%d@x>", i), fmt.Sprintf("Subject: base %d", i))))
	}
	var raws []string
	for i := range 120 {
		subject, references, people := "Subject:", "References:", "Cc: "
		for j := range 6 {
			k := (j*5 + i*7 + i/6) % 6
			subject += " Ticket#" + tickets[k].Ticket.Number
			references += fmt.Sprintf(" <base%d@x>", (k+i)%6)
			people += fmt.Sprintf("crowd%d.%d@example.org, ", i/12, (k*i)%6)
		}
		raws = append(raws, mail(fmt.Sprintf("Message-ID: <tangle%d@x>", i), subject, references, people+"z@example.org"))
	}
	h.receive(raws...)
	h.processParallel(8)
	if n := ask[int](h, `SELECT sum(article_count)::int FROM tickets WHERE title LIKE 'base%'`); n != 126 {
		t.Errorf("%d articles, want 126", n)
	}
}
