package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
)

// process works off the task of one message, if it has one.
func (h *house) process(messageID string) {
	h.t.Helper()
	id := ask[desk.InboundID](h, `SELECT id FROM inbound_messages WHERE message_id_md5 = $1`, thread.MessageIDSum(messageID))
	for _, w := range h.waiting() {
		if w.Inbound != id {
			continue
		}
		if err := h.intake.Process(h.t.Context(), w.Inbound, w.Outbox); err != nil {
			h.t.Fatalf("process %s: %v", messageID, err)
		}
	}
}

func (h *house) state(messageID string) string {
	h.t.Helper()
	return ask[string](h, `SELECT CASE WHEN waits_for_id IS NOT NULL AND state = 'received' THEN 'waits' ELSE state END
		FROM inbound_messages WHERE message_id_md5 = $1`, thread.MessageIDSum(messageID))
}

func TestReplyWaitsForItsParent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive(
		mail("Message-ID: <parent@x>", "Subject: Lunch"),
		mail("Message-ID: <reply@x>", "Subject: Re: Lunch", "In-Reply-To: <parent@x>"),
		mail("Message-ID: <again@x>", "Subject: Re: Re: Lunch", "References: <parent@x> <reply@x>"),
		mail("Message-ID: <stranger@x>", "Subject: Else"),
	)
	h.process("<again@x>")
	h.process("<reply@x>")
	h.process("<stranger@x>")
	for id, want := range map[string]string{"<again@x>": "waits", "<reply@x>": "waits", "<stranger@x>": "processed"} {
		if got := h.state(id); got != want {
			t.Errorf("%s is %s before its parent, want %s", id, got, want)
		}
	}
	if n := len(h.waiting()); n != 1 {
		t.Fatalf("%d tasks, want that of the parent alone", n)
	}
	h.process("<parent@x>")
	h.processAll()
	first, reply, again := h.outcomeOf("<parent@x>"), h.outcomeOf("<reply@x>"), h.outcomeOf("<again@x>")
	if reply.Ticket.ID != first.Ticket.ID || again.Ticket.ID != first.Ticket.ID {
		t.Errorf("tickets %d, %d, %d, want one", first.Ticket.ID, reply.Ticket.ID, again.Ticket.ID)
	}
	if first.Article.ID >= reply.Article.ID || reply.Article.ID >= again.Article.ID {
		t.Errorf("articles %d, %d, %d, want them in the order of the conversation", first.Article.ID, reply.Article.ID, again.Article.ID)
	}
}

func TestReplyWaitsNoLongerThanItsParentLives(t *testing.T) {
	t.Parallel()
	for _, end := range []string{arrivals.Ignored, arrivals.Failed} {
		h := newHouse(t)
		h.receive(mail("Message-ID: <parent@x>"), mail("Message-ID: <reply@x>", "In-Reply-To: <parent@x>"))
		h.process("<reply@x>")
		parent := h.waiting()[0]
		err := h.store.InTx(t.Context(), func(tx *store.Store) error {
			if err := tx.EndInbound(t.Context(), parent.Inbound, end, "because", nil, nil); err != nil {
				return err
			}
			return tx.FinishTask(t.Context(), parent.Outbox)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.processAll()
		if got := h.state("<reply@x>"); got != arrivals.Processed {
			t.Errorf("the reply to a message that was %s is %s", end, got)
		}
	}
}

func TestMessagesThatAnswerEachOtherDoNotWaitForever(t *testing.T) {
	t.Parallel()
	for size := 1; size <= 5; size++ {
		h := newHouse(t)
		var raws []string
		for i := range size {
			raws = append(raws, mail(
				fmt.Sprintf("Message-ID: <c%d@x>", i),
				fmt.Sprintf("Subject: c%d", i),
				fmt.Sprintf("In-Reply-To: <c%d@x>", (i+1)%size)))
		}
		h.receive(raws...)
		h.processAll()
		if n := ask[int](h, `SELECT count(*) FROM inbound_messages WHERE state = 'processed'`); n != size {
			t.Errorf("%d of %d messages in a circle are processed", n, size)
		}
	}
}

func TestCirclesEndUnderManyWorkersToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const circles, size = 12, 4
	var raws []string
	for c := range circles {
		for i := range size {
			raws = append(raws, mail(
				fmt.Sprintf("Message-ID: <c%d.%d@x>", c, i),
				fmt.Sprintf("Subject: c%d", i),
				fmt.Sprintf("References: <c%d.%d@x> <c%d.%d@x>", c, (i+1)%size, c, (i+2)%size)))
		}
	}
	h.receive(raws...)
	h.processParallel(8)
	if n := ask[int](h, `SELECT count(*) FROM inbound_messages WHERE state = 'processed'`); n != circles*size {
		t.Errorf("%d of %d messages are processed", n, circles*size)
	}
}

func TestLongConversationThatArrivesBackwards(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var raws []string
	for i := 19; i >= 0; i-- {
		headers := []string{fmt.Sprintf("Message-ID: <n%d@x>", i), "Subject: Re: Chain"}
		if i > 0 {
			headers = append(headers, fmt.Sprintf("In-Reply-To: <n%d@x>", i-1))
		} else {
			headers[1] = "Subject: Chain"
		}
		raws = append(raws, mail(headers...))
	}
	h.receive(raws...)
	h.processParallel(4)
	// The subject of an answer loses its Re:, so that it is that of the first article all along.
	if n := ask[int](h, `SELECT count(DISTINCT ticket_id) FROM ticket_articles WHERE ticket_id > 1`); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
	if n := ask[int](h, `SELECT count(*) FROM outbox WHERE kind <> 'ticket.changed'`); n != 0 {
		t.Errorf("%d tasks are left over", n)
	}
}

func TestFailedMessageCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.receive(mail("Message-ID: <f@x>"))
	w := h.waiting()[0]
	err := h.store.InTx(t.Context(), func(tx *store.Store) error {
		if err := tx.FailInbound(t.Context(), w.Inbound, "no\x00 luck\xff"+strings.Repeat("!", 5000)); err != nil {
			return err
		}
		return tx.FinishTask(t.Context(), w.Outbox)
	})
	if err != nil {
		t.Fatal(err)
	}
	message, err := h.store.Inbound(t.Context(), w.Inbound)
	if err != nil || message.State != arrivals.Failed || message.Error == nil || !strings.HasPrefix(*message.Error, "no? luck?!") || len(*message.Error) > 2000 {
		t.Errorf("message = %+v, %v", message, err)
	}
	if n, err := h.store.FailedInbound(t.Context()); n != 1 || err != nil {
		t.Errorf("%d failed messages, %v; want 1", n, err)
	}
	failed := channels.Failed{Attempts: 2, FirstAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if err := h.store.RetryInbound(t.Context(), w.Inbound, failed); err != nil {
		t.Fatal(err)
	}
	if message, err := h.store.Inbound(t.Context(), w.Inbound); err != nil || message.Options.Failed != failed {
		t.Errorf("options = %+v, %v, want what is known of the failure", message.Options, err)
	}
	h.processAll()
	if got := h.state("<f@x>"); got != arrivals.Processed {
		t.Errorf("state after the retry = %s", got)
	}
	if err := h.store.RetryInbound(t.Context(), w.Inbound, failed); !isMissing(err) {
		t.Errorf("retry of a message that has not failed: %v, want desk.ErrNotFound", err)
	}
}
