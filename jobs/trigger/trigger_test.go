package trigger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postroom/internal/desk"
)

func TestNewMailGetsItsConfirmationOutOfTheBox(t *testing.T) {
	t.Parallel()
	o := open(t)
	ticket := o.mail(nil)
	o.work()
	var to, subject, body, from string
	var sender, by int
	err := o.db.QueryRow(t.Context(), `
		SELECT "to", subject, body, "from", sender_id, created_by_id
		FROM ticket_articles
		WHERE ticket_id = $1
		ORDER BY id DESC
		LIMIT 1`, ticket.ID).Scan(&to, &subject, &body, &from, &sender, &by)
	if err != nil {
		t.Fatal(err)
	}
	if to != "nina@example.org" || from != "Desk <desk@example.com>" || sender != 3 || by != 1 {
		t.Errorf("to %q from %q by sender %d user %d", to, from, sender, by)
	}
	if want := "Thank you for your message: Printer <3 & ink"; subject != want {
		t.Errorf("subject %q, want %q", subject, want)
	}
	for _, part := range []string{"Hello Nina,", "Ticket#" + ticket.Number, "desk.example.com/#ticket/zoom/" + fmt.Sprint(ticket.ID)} {
		if !strings.Contains(body, part) {
			t.Errorf("body has no %q: %s", part, body)
		}
	}
	if n := ask[int](o, `SELECT count(*) FROM outbox WHERE kind = 'article.deliver'`); n != 1 {
		t.Errorf("%d mails to deliver, want 1", n)
	}
	if n := ask[int](o, `SELECT count(*) FROM outbox WHERE kind = 'ticket.changed'`); n != 0 {
		t.Errorf("%d events are left: what triggers do must not be one", n)
	}
	if len(o.told) != 1 || o.told[0].Type != desk.EventCreate {
		t.Errorf("told of %+v, want the creation alone", o.told)
	}
}

func TestNoMachineIsAnswered(t *testing.T) {
	t.Parallel()
	o := open(t)
	for name, change := range map[string]func(*desk.Ticket, *desk.Article){
		"an auto-response":      func(_ *desk.Ticket, a *desk.Article) { a.Preferences = map[string]any{"send-auto-response": false} },
		"our own address":       func(_ *desk.Ticket, a *desk.Article) { a.From = new("desk@example.com") },
		"a mailer daemon":       func(_ *desk.Ticket, a *desk.Article) { a.From = new("MAILER-DAEMON@example.org") },
		"a machine by its from": func(_ *desk.Ticket, a *desk.Article) { a.Preferences = map[string]any{"is-auto-response": true} },
	} {
		ticket := o.mail(change)
		o.work()
		if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1`, ticket.ID); n != 1 {
			t.Errorf("%s: %d articles, want no answer", name, n)
		}
	}
	o.exec(`UPDATE users SET preferences = jsonb_build_object('mail_delivery_failed', true, 'mail_delivery_failed_data', now() - interval '59 days') WHERE id = 50`)
	back := o.mail(nil)
	o.work()
	o.exec(`UPDATE users SET preferences = jsonb_build_object('mail_delivery_failed', true, 'mail_delivery_failed_data', now() - interval '62 days') WHERE id = 50`)
	again := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1`, back.ID); n != 1 {
		t.Errorf("an address from which mail came back 59 days ago got an answer")
	}
	if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1`, again.ID); n != 2 {
		t.Errorf("an address from which mail came back 62 days ago got none")
	}
}

func TestTriggersActInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	// b reacts to what a did, and does nothing for c, which comes before it.
	o.trigger("B second", `{"ticket.priority_id":{"operator":"is","value":"3"}}`, `{"ticket.title":{"value":"seen #{ticket.priority.name}"}}`, "mode", "always")
	o.trigger("a first", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"ticket.priority_id":{"value":"3"}, "ticket.tags":{"operator":"add","value":"urgent, vip"}}`)
	o.trigger("A before all", `{"ticket.tags":{"operator":"contains one","value":"urgent"}}`, `{"ticket.note":{"value":"never"}}`, "mode", "always")
	ticket := o.mail(nil)
	o.work()
	after, err := o.Ticket(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if after.PriorityID != 3 || after.Title != "seen 3 high" || after.Note != nil || after.UpdatedByID != 1 {
		t.Errorf("priority %d, title %q, note %v by %d", after.PriorityID, after.Title, after.Note, after.UpdatedByID)
	}
	if tags := ask[[]string](o, `SELECT array_agg(value_to ORDER BY value_to) FROM history WHERE o_id = $1 AND attribute = 'tag'`, ticket.ID); !slices.Equal(tags, []string{"urgent", "vip"}) {
		t.Errorf("history of tags %v", tags)
	}
}

func TestRecursionIsOffAndEndsWhereItIsOn(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("z begins", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"ticket.priority_id":{"value":"3"}}`)
	o.trigger("a reacts", `{"ticket.priority_id":{"operator":"has changed"}}`, `{"ticket.title":{"value":"reacted"}}`)
	first := o.mail(nil)
	o.work()
	o.set("ticket_trigger_recursive", "true")
	second := o.mail(nil)
	o.work()
	title := func(id desk.TicketID) string { return ask[string](o, `SELECT title FROM tickets WHERE id = $1`, id) }
	if title(first.ID) == "reacted" || title(second.ID) != "reacted" {
		t.Errorf("without recursion %q, with %q", title(first.ID), title(second.ID))
	}
	// Triggers that always find something to do come to an end: each acts once.
	for i := range 15 {
		o.trigger(fmt.Sprintf("loop %02d", i), `{"ticket.title":{"operator":"has changed"}}`, fmt.Sprintf(`{"ticket.title":{"value":"%d"}}`, i))
	}
	third := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM history WHERE object = 'Ticket' AND o_id = $1 AND attribute = 'title'`, third.ID); n == 0 || n > 16 {
		t.Errorf("%d changes of the title, want at most one a trigger", n)
	}
}

func TestUpdatesCountOnlyWhereTheConditionNamesWhatChanged(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("selective", `{"ticket.priority_id":{"operator":"is","value":"2"}}`, `{"ticket.tags":{"operator":"add","value":"selective"}}`)
	o.trigger("always", `{"ticket.priority_id":{"operator":"is","value":"2"}}`, `{"ticket.tags":{"operator":"add","value":"always"}}`, "mode", "always")
	ticket := o.mail(nil)
	o.exec(`DELETE FROM outbox`)
	o.change(ticket.ID, func(t *desk.Ticket) { t.Title = "other" }, nil)
	o.work()
	tags := func() []string {
		return ask[[]string](o, `SELECT coalesce(array_agg(t.name ORDER BY t.name), '{}') FROM taggings g JOIN tags t ON t.id = g.tag_id WHERE g.o_id = $1`, ticket.ID)
	}
	if got := tags(); !slices.Equal(got, []string{"always"}) {
		t.Errorf("after another attribute changed: %v", got)
	}
	o.change(ticket.ID, nil, &desk.Article{TypeID: desk.ArticleNote, SenderID: desk.SenderAgent, Body: "an article always counts"})
	o.work()
	if got := tags(); !slices.Equal(got, []string{"always", "selective"}) {
		t.Errorf("after an article: %v", got)
	}
}

func TestEventsOfOneTicketKeepTheirOrder(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	ticket := o.mail(nil)
	for _, state := range []desk.StateID{desk.StateOpen, desk.StateClosed, desk.StateOpen} {
		o.change(ticket.ID, func(t *desk.Ticket) { t.StateID = state }, nil)
	}
	o.work(true)
	var got []any
	for _, e := range o.told {
		got = append(got, e.Type, e.Changes["state_id"][1])
	}
	if want := "[create <nil> update 2 update 4 update 2]"; fmt.Sprint(got) != want {
		t.Errorf("worked off as %v, want %s", got, want)
	}
}

func TestATriggerThatCannotActHoldsUpNobody(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("a", `{}`, `{"ticket.title":{"value":"half done"}, "ticket.no_such":{"value":"x"}}`)
	o.trigger("b", `{}`, `{"article.note":{"subject":"b","body":"<b>#{ticket.customer.lastname}</b>","internal":"true"}}`)
	ticket := o.mail(nil)
	o.work()
	if title := ask[string](o, `SELECT title FROM tickets WHERE id = $1`, ticket.ID); title != ticket.Title {
		t.Errorf("title %q: half of a trigger was done", title)
	}
	if body := ask[string](o, `SELECT body FROM ticket_articles WHERE ticket_id = $1 AND type_id = 10 AND internal`, ticket.ID); !strings.Contains(body, "O'Neil &amp; Sons") && !strings.Contains(body, "O&#39;Neil &amp; Sons") {
		t.Errorf("note %q", body)
	}
}

func TestTimesThatAreReachedActOnceADay(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("reminder", `{"ticket.pending_time":{"operator":"has reached"}}`,
		`{"ticket.pending_time":{"operator":"relative","value":"2","range":"day"}, "article.note":{"subject":"s","body":"reached","internal":"true"}}`, "activator", "time")
	o.trigger("then", `{"ticket.pending_time":{"operator":"has changed"}}`, `{"ticket.tags":{"operator":"add","value":"moved"}}`)
	ticket := o.mail(func(t *desk.Ticket, _ *desk.Article) {
		t.StateID, t.PendingTime = desk.StatePendingReminder, new(o.now())
	})
	o.work()
	for range 2 {
		event := desk.TicketEvent{TicketID: ticket.ID, Type: desk.EventReminderReached, By: desk.SystemUser}
		if err := o.AnnounceEvent(t.Context(), o.catalog(), event); err != nil {
			t.Fatal(err)
		}
		o.work()
	}
	if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1 AND type_id = 10`, ticket.ID); n != 1 {
		t.Errorf("%d notes, want one a day", n)
	}
	if n := ask[int](o, `SELECT count(*) FROM history WHERE o_id = $1 AND type = 'time_trigger_performed' AND value_from = 'reminder_reached'`, ticket.ID); n != 1 {
		t.Errorf("%d lines of history, want 1", n)
	}
	if n := ask[int](o, `SELECT count(*) FROM taggings WHERE o_id = $1`, ticket.ID); n != 1 {
		t.Error("what a trigger of time changed set off no other")
	}
}
