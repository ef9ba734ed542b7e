package trigger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/jobs/jobtest"
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
	if seen := ask[string](o, `SELECT string_agg(type || ' ' || object, ',') FROM activity_stream WHERE created_by_id = 1`); seen != "create Ticket::Article" {
		t.Errorf("activities %q, want the answer", seen)
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
	if seen := ask[string](o, `SELECT string_agg(type || ' ' || object || ' ' || permission || ' ' || group_id, ',') FROM activity_stream WHERE o_id = $1 AND created_by_id = 1`, ticket.ID); seen != "update Ticket ticket.agent 1" {
		t.Errorf("activities %q", seen)
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

func TestWhatWantsNoAnswerGetsNoneInTheWholeChain(t *testing.T) {
	t.Parallel()
	jobtest.SameDay(t)
	o := open(t)
	o.noTriggers()
	o.set("ticket_trigger_recursive", "true")
	o.trigger("b notes", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"article.note":{"subject":"s","body":"b","internal":"true"}}`)
	o.trigger("a answers", `{"article.sender_id":{"operator":"is","value":"3"}}`, `{"notification.email":{"recipient":"ticket_customer","subject":"s","body":"b"}}`)
	o.trigger("c reminds", `{"ticket.pending_time":{"operator":"has reached"}}`,
		`{"notification.email":{"recipient":["ticket_customer"],"subject":"s","body":"b"},"ticket.note":{"value":"never"}}`, "activator", "time")
	for _, tc := range []struct {
		wanted bool
		mails  int
	}{{true, 3}, {false, 0}} { // to the note, to the reminder, and to the mail about it
		ticket := o.mail(func(t *desk.Ticket, a *desk.Article) {
			t.StateID, t.PendingTime = desk.StatePendingReminder, new(o.now().Add(-time.Minute))
			a.Preferences["send-auto-response"] = tc.wanted
		})
		first := ask[desk.ArticleID](o, `SELECT id FROM ticket_articles WHERE ticket_id = $1`, ticket.ID)
		o.work()
		event := desk.TicketEvent{TicketID: ticket.ID, Type: desk.EventReminderReached, By: desk.SystemUser, ArticleID: first}
		if err := o.AnnounceEvent(t.Context(), o.catalog(), event); err != nil {
			t.Fatal(err)
		}
		o.work()
		if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1 AND type_id = 1 AND sender_id = 3`, ticket.ID); n != tc.mails {
			t.Errorf("answers wanted: %v, got %d, want %d", tc.wanted, n, tc.mails)
		}
		if days := ask[int](o, `SELECT count(*) FROM daily_locks WHERE ticket_id = $1`, ticket.ID); (days == 1) != tc.wanted {
			t.Errorf("answers wanted: %v, %d days taken", tc.wanted, days)
		}
	}
}

func TestATriggerThatChangesNothingSetsOffNoOther(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.set("ticket_trigger_recursive", "true")
	o.trigger("a tags", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"ticket.tags":{"operator":"add","value":"new"}}`)
	// Asked about anything but the mail itself, it would answer nobody.
	o.trigger("b answers", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"notification.email":{"recipient":"article_last_sender","subject":"s","body":"b"}}`)
	ticket := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1 AND sender_id = 3`, ticket.ID); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
}

func TestAgentsAreToldThatTriggersMovedTheState(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("closes", `{"ticket.title":{"operator":"contains","value":"spam"}}`, `{"ticket.state_id":{"value":"4"}}`)
	o.mail(nil)
	o.mail(func(t *desk.Ticket, _ *desk.Article) { t.Title = "spam" })
	o.work()
	if len(o.told) != 2 || o.told[0].MovesState() || !o.told[1].MovesState() || len(o.told[1].Changes) != 0 {
		t.Errorf("told of %+v", o.told)
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

func TestTextsAreInTheLanguageOfTheRule(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.exec(`INSERT INTO translations (locale, source, target, updated_by_id, created_by_id) VALUES ('de-de', '2 normal', 'wie immer', 1, 1)`)
	texts := `{"ticket.title":{"value":"#{t(ticket.state.name)}, #{t(ticket.priority.name)}, #{t('Printer')}"}}`
	o.trigger("a", `{"ticket.action":{"operator":"is","value":"create"}}`, texts, "localization", "de-de")
	ticket := o.mail(nil)
	o.work()
	if title := ask[string](o, `SELECT title FROM tickets WHERE id = $1`, ticket.ID); title != "neu, wie immer, Printer" {
		t.Errorf("title %q", title)
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
	jobtest.SameDay(t)
	o := open(t)
	o.noTriggers()
	o.trigger("reminder", `{"ticket.pending_time":{"operator":"has reached"}}`,
		`{"ticket.pending_time":{"operator":"relative","value":"2","range":"day"}, "article.note":{"subject":"s","body":"reached","internal":"true"}}`, "activator", "time")
	o.trigger("then", `{"ticket.pending_time":{"operator":"has changed"}}`, `{"ticket.tags":{"operator":"add","value":"moved"}}`)
	ticket := o.mail(func(t *desk.Ticket, _ *desk.Article) {
		t.StateID, t.PendingTime = desk.StatePendingReminder, new(o.now().Add(-time.Minute))
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

func TestAStormGetsNoMoreAnswersThanAllowed(t *testing.T) {
	t.Parallel()
	o := open(t)
	// A machine that doesn't say that it is one answers every answer with a new mail.
	for range 1000 {
		o.mail(nil)
	}
	o.together(4)
	answers := `SELECT count(*) FROM ticket_articles WHERE sender_id = 3 AND type_id = 1 AND "to" = 'nina@example.org'`
	if n := ask[int](o, answers); n != 30 {
		t.Errorf("%d answers to one address within ten minutes, want 30", n)
	}
	o.exec(`UPDATE rule_mails SET created_at = created_at - interval '11 minutes'`)
	for range 40 {
		o.mail(nil)
	}
	o.together(4)
	if n := ask[int](o, answers); n != 60 {
		t.Errorf("%d answers after eleven minutes, want 60", n)
	}
	// About one ticket there are fewer.
	o.exec(`DELETE FROM rule_mails`)
	o.exec(`UPDATE triggers SET active = id = 2`)
	ticket := o.mail(nil)
	for range 15 {
		o.change(ticket.ID, nil, &desk.Article{TypeID: desk.ArticleEmail, SenderID: desk.SenderCustomer, From: new("nina@example.org"), Body: "again"})
	}
	o.work()
	if n := ask[int](o, answers+` AND ticket_id = $1`, ticket.ID); n != 10 {
		t.Errorf("%d answers about one ticket, want 10", n)
	}
}

func TestRecipientsAndWhatComesAlong(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.exec(`INSERT INTO users (id, login, firstname, lastname, email, active, updated_by_id, created_by_id)
		VALUES (52, 'aaa', 'Abe', 'Agent', 'abe@example.com', true, 1, 1), (53, 'gone', '', '', 'gone@example.com', false, 1, 1)`)
	o.exec(`INSERT INTO roles_users (user_id, role_id) VALUES (52, 2), (53, 2)`)
	o.exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES (52, 1, 'full'), (53, 1, 'full')`)
	o.trigger("mail", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"notification.email":{
		"recipient":["ticket_owner","article_last_sender","ticket_customer","ticket_agents","userid_51","userid_4711"],
		"subject":"#{ticket.title}", "body":"<p>#{article.body_as_html}</p><img src=\"data:image/png;base64,iVBORw0KGgo=\">", "include_attachments":"true", "internal":"true"}}`)
	ticket := o.mail(func(_ *desk.Ticket, a *desk.Article) {
		a.ReplyTo = new("Other <other@example.org>, second@example.org")
	})
	o.exec(`INSERT INTO blobs (sha256, size, place) VALUES (sha256('x'), 1, 'DB')`)
	o.exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id)
		SELECT 'Ticket::Article', (SELECT max(id) FROM ticket_articles), 'plan.pdf', 1, (SELECT max(id) FROM blobs), 1`)
	o.exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id, preferences)
		SELECT 'Ticket::Article', o_id, 'message.html', 1, blob_id, 1, '{"content-alternative": true}' FROM attachments WHERE filename = 'plan.pdf'`)
	o.work()
	var to string
	var id int64
	if err := o.db.QueryRow(t.Context(), `SELECT "to", id FROM ticket_articles WHERE ticket_id = $1 AND sender_id = 3 AND internal`, ticket.ID).Scan(&to, &id); err != nil {
		t.Fatal(err)
	}
	if want := "other@example.org, nina@example.org, abe@example.com, agent@example.com"; to != want {
		t.Errorf("to %s, want %s", to, want)
	}
	if files := ask[string](o, `SELECT string_agg(filename, ' ' ORDER BY filename) FROM attachments WHERE object = 'Ticket::Article' AND o_id = $1`, id); files != "image1.png plan.pdf" {
		t.Errorf("files %s", files)
	}
}

func TestAttributesOwnersAndTimes(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("a", `{"ticket.action":{"operator":"is","value":"update"}}`, `{
		"ticket.owner_id":{"pre_condition":"current_user.id"}, "ticket.state_id":{"value":3},
		"ticket.pending_time":{"operator":"relative","value":"2","range":"hour"},
		"ticket.title":{"value":"#{ticket.number} #{ticket.customer.lastname}"}, "ticket.subscribe":{"pre_condition":"current_user.id"}}`)
	o.trigger("b", `{"ticket.owner_id":{"operator":"is","pre_condition":"current_user.id"}}`, `{"ticket.tags":{"operator":"add","value":"mine"}}`, "mode", "always")
	ticket := o.mail(nil)
	o.exec(`DELETE FROM outbox`)
	o.change(ticket.ID, nil, &desk.Article{TypeID: desk.ArticleNote, SenderID: desk.SenderAgent, Body: "I take it"})
	before := o.now()
	o.work()
	got, err := o.Ticket(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.OwnerID != 51 || got.StateID != 3 || got.Title != ticket.Number+" O'Neil & Sons" || got.PendingTime == nil {
		t.Fatalf("owner %d, state %d, title %q, pending %v", got.OwnerID, got.StateID, got.Title, got.PendingTime)
	}
	if late := got.PendingTime.Sub(before); late < 118*time.Minute || late > 121*time.Minute || got.PendingTime.Second() != 0 {
		t.Errorf("pending in %s at %s, want two hours, to the minute", late, got.PendingTime)
	}
	if n := ask[int](o, `SELECT count(*) FROM mentions WHERE ticket_id = $1 AND user_id = 51`, ticket.ID); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	if n := ask[int](o, `SELECT count(*) FROM taggings WHERE o_id = $1`, ticket.ID); n != 1 {
		t.Error("the agent was not the current user of the second trigger")
	}
	if source := ask[string](o, `SELECT sourceable_type || sourceable_name FROM history WHERE o_id = $1 AND attribute = 'owner'`, ticket.ID); source != "Triggera" {
		t.Errorf("source %q", source)
	}
}

func TestATriggerCanDelete(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.trigger("a", `{"ticket.title":{"operator":"contains","value":"printer"}}`, `{"ticket.action":{"value":"delete"}}`)
	o.trigger("b", `{}`, `{"article.note":{"subject":"s","body":"b","internal":"true"}}`)
	ticket := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM tickets WHERE id = $1`, ticket.ID); n != 0 {
		t.Error("the ticket is still there")
	}
	if n := ask[int](o, `SELECT count(*) FROM outbox WHERE kind = 'ticket.changed'`); n != 0 || len(o.told) != 0 {
		t.Errorf("%d events are left, %d told", n, len(o.told))
	}
}

func TestTriggersKnowWhatConditionsAskAbout(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.exec(`INSERT INTO organizations (id, name, shared, updated_by_id, created_by_id) VALUES (70, 'Ink & Co', true, 1, 1)`)
	o.exec(`UPDATE users SET organization_id = 70 WHERE id = 50`)
	o.exec(`UPDATE users SET out_of_office = true, out_of_office_start_at = current_date - 1, out_of_office_end_at = current_date + 1,
		out_of_office_replacement_id = 2 WHERE id = 51`)
	o.exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, active, editable, position, updated_by_id, created_by_id)
		VALUES ('Ticket', 'color', 'Color', 'input', '{}', true, true, 900, 1, 1)`)
	ticket := o.mail(func(t *desk.Ticket, _ *desk.Article) {
		t.OwnerID, t.OrganizationID, t.Custom = 51, new(desk.OrganizationID(70)), map[string]any{"color": "red"}
	})
	o.exec(`INSERT INTO tags (id, name, created_by_id) VALUES (900, 'vip', 1)`)
	o.exec(`INSERT INTO taggings (tag_id, object, o_id, created_by_id) VALUES (900, 'Ticket', $1, 1)`, ticket.ID)
	o.exec(`INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id) VALUES ($1, 51, 1, 1)`, ticket.ID)
	o.exec(`UPDATE tickets SET created_at = created_at - interval '1 minute'`)
	fits := []string{
		`{"ticket.tags":{"operator":"contains all","value":"vip"}}`,
		`{"ticket.mention_user_ids":{"operator":"is","value":["51"]}}`,
		`{"ticket.out_of_office_replacement_id":{"operator":"is","value":["2"]}}`,
		`{"ticket.color":{"operator":"is","value":"red"}}`,
		`{"organization.name":{"operator":"contains","value":"ink"}}`,
		`{"customer.organization_id":{"operator":"is","value":["70"]}}`,
		`{"owner.firstname":{"operator":"is any of","value":["Alma"]}}`,
		`{"ticket_state.name":{"operator":"is","value":"new"}}`,
		`{"article.action":{"operator":"is","value":"create"}}`,
		`{"article.body":{"operator":"matches regex","value":"is (empty|full)"}}`,
		`{"article.time_accounting":{"operator":"not set"}}`,
		`{"ticket.organization_id":{"operator":"is","pre_condition":"current_user.organization_id"}}`,
		`{"ticket.created_at":{"operator":"within last (relative)","value":"1","range":"hour"}}`,
		`{"execution_time.calendar_id":{"operator":"is in working time","value":"4711"}}`,
		`{"operator":"NOT","conditions":[{"name":"ticket.tags","operator":"contains one","value":"other"}]}`,
	}
	for i, condition := range fits {
		o.trigger(fmt.Sprintf("fits %02d", i), condition, fmt.Sprintf(`{"ticket.tags":{"operator":"add","value":"fits %02d"}}`, i), "mode", "always")
	}
	o.trigger("never", `{"ticket.tags":{"operator":"contains all","value":"vip, nobody"}}`, `{"ticket.tags":{"operator":"add","value":"never"}}`)
	o.work()
	got := ask[[]string](o, `SELECT array_agg(t.name) FROM taggings g JOIN tags t ON t.id = g.tag_id WHERE g.o_id = $1`, ticket.ID)
	for i, condition := range fits {
		if !slices.Contains(got, fmt.Sprintf("fits %02d", i)) {
			t.Errorf("no trigger for %s", condition)
		}
	}
	if slices.Contains(got, "never") {
		t.Error("a trigger acted although its condition does not hold")
	}
}

func TestTextMessagesAndOrdersToForget(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.exec(`UPDATE users SET mobile = '+49 170 1' WHERE id IN (50, 51)`)
	o.trigger("a sms", `{"ticket.action":{"operator":"is","value":"create"}}`,
		`{"notification.sms":{"recipient":["article_last_sender","ticket_owner","userid_51","userid_2"],"body":"<b>#{ticket.title}</b>"}}`)
	without := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1`, without.ID); n != 1 {
		t.Errorf("%d articles although there is no channel for text messages", n)
	}
	o.exec(`INSERT INTO channels (id, area, options, active, updated_by_id, created_by_id) VALUES (101, 'Sms::Notification', '{}', true, 1, 1)`)
	with := o.mail(nil)
	o.work()
	got := ask[string](o, `SELECT "to" || '|' || body || '|' || (preferences->'sms_recipients')::text || (preferences->>'channel_id')
		FROM ticket_articles WHERE ticket_id = $1 AND type_id = 2`, with.ID)
	if want := `Nina O'Neil & Sons (+49 170 1), Alma Agent (+49 170 1)|Printer <3 & ink|["+49 170 1", "+49 170 1"]101`; got != want {
		t.Errorf("sms %s, want %s", got, want)
	}
	o.noTriggers()
	o.trigger("forget", `{"ticket.action":{"operator":"is","value":"create"}}`, `{"ticket.action":{"value":"data_privacy_deletion_task"}}`)
	gone := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM data_privacy_tasks WHERE deletable_type = 'Ticket' AND deletable_id = $1`, gone.ID); n != 1 {
		t.Errorf("%d orders to forget the ticket", n)
	}
}

func TestWebhooksAreAnnouncedOnceForEachTrigger(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	o.exec(`INSERT INTO webhooks (id, name, endpoint, active, updated_by_id, created_by_id)
		VALUES (7, 'in use', 'https://example.com', true, 1, 1), (8, 'off', 'https://example.com', false, 1, 1)`)
	for i, id := range []string{"7", "8", "9"} {
		o.trigger(fmt.Sprint("calls ", id), `{"ticket.action":{"operator":"is","value":"create"}}`,
			fmt.Sprintf(`{"notification.webhook":{"webhook_id":"%s"},"ticket.tags":{"operator":"add","value":"t%d"}}`, id, i))
	}
	ticket := o.mail(nil)
	o.work()
	if n := ask[int](o, `SELECT count(*) FROM outbox WHERE kind = 'webhook.call' AND payload->>'webhook_id' = '7' AND payload->>'rule' = 'calls 7'
		AND (payload->>'article_id')::bigint > 0 AND payload->'event'->>'type' = 'create' AND length(payload->>'delivery') = 36`); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
	if n := ask[int](o, `SELECT count(*) FROM outbox WHERE kind = 'webhook.call'`); n != 1 {
		t.Errorf("%d calls with those of webhooks that can't be called", n)
	}
	if n := ask[int](o, `SELECT count(*) FROM taggings WHERE o_id = $1`, ticket.ID); n != 3 {
		t.Errorf("%d tags: the other actions have to be taken all the same", n)
	}
}
