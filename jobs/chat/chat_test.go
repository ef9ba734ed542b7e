package chat_test

import (
	"context"
	"testing"

	"postroom/internal/desk"
	"postroom/jobs/chat"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// talked is a session that runs, in which something was said.
func talked(t *testing.T) (o *jobtest.Office, id desk.ChatSessionID) {
	t.Helper()
	o = jobtest.Open(t)
	o.Exec(`INSERT INTO chats (id, name, preferences, updated_by_id, created_by_id)
		VALUES (50, 'shop', '{"ticket": {"on_close": true, "group_id": "1", "customer_id": 2}}', 1, 1)`)
	o.Exec(`INSERT INTO push_clients (id, user_id) VALUES ('agent', 2), ('visitor', NULL)`)
	o.Exec(`INSERT INTO chat_sessions (chat_id, session_id, state, user_id, preferences)
		VALUES (50, 'secret', 'running', 2, '{"participants": ["agent"]}')`)
	id = jobtest.Ask[desk.ChatSessionID](o, `SELECT id FROM chat_sessions`)
	o.Exec(`INSERT INTO chat_messages (chat_session_id, content) VALUES ($1, 'Good morning')`, id)
	return o, id
}

// work does announced work twice, as may happen.
func work[T task.Kind](o *jobtest.Office, t T, do func(context.Context, T, desk.OutboxID) error) {
	o.T.Helper()
	if err := o.Announce(o.T.Context(), t); err != nil {
		o.T.Fatal(err)
	}
	id := jobtest.Ask[desk.OutboxID](o, `SELECT max(id) FROM outbox WHERE kind = $1`, t.Kind())
	for range 2 {
		if err := do(o.T.Context(), t, id); err != nil {
			o.T.Fatal(err)
		}
	}
	if left := jobtest.Ask[int](o, `SELECT count(*) FROM outbox WHERE id = $1`, id); left != 0 {
		o.T.Error("the work did not end")
	}
}

func TestVisitorWhoDoesNotComeBackEndsTheSession(t *testing.T) {
	t.Parallel()
	o, id := talked(t)
	woken := 0
	leave := chat.NewLeave(o.Store, func(context.Context) { woken++ })
	o.Exec(`UPDATE chat_sessions SET preferences = '{"participants": ["agent", "visitor"]}'`)
	work(o, task.ChatLeft{ChatSessionID: id}, leave.Work)
	if state := jobtest.Ask[string](o, `SELECT state FROM chat_sessions`); state != desk.ChatRunning {
		t.Errorf("the session of a visitor who is back is %s", state)
	}
	o.Exec(`DELETE FROM push_clients WHERE id = 'visitor'`)
	work(o, task.ChatLeft{ChatSessionID: id}, leave.Work)
	if state := jobtest.Ask[string](o, `SELECT state FROM chat_sessions`); state != desk.ChatClosed || woken == 0 {
		t.Errorf("the session of a visitor who is gone is %s", state)
	}
	told := jobtest.Ask[string](o, `SELECT string_agg(client_id || ' ' || (event->>'event') || ' ' || (event->'data'->>'realname'), ',') FROM push_events`)
	if told != "agent chat_session_left Anonymous" {
		t.Errorf("pages are told %q", told)
	}
	if n := jobtest.Ask[int](o, `SELECT count(*) FROM outbox WHERE kind = 'chat.ended'`); n != 1 {
		t.Errorf("the end is announced %d times", n)
	}
	work(o, task.ChatLeft{ChatSessionID: id + 1}, leave.Work) // one that is gone
}

func TestTopicsMayWantTicketsOfWhatEnded(t *testing.T) {
	t.Parallel()
	o, id := talked(t)
	file := chat.NewFile(o.Store)
	work(o, task.ChatEnded{ChatSessionID: id}, file.Work)
	work(o, task.ChatEnded{ChatSessionID: id}, file.Work)
	made := jobtest.All[string](o, `
		SELECT concat_ws('|', t.title, t.customer_id, t.group_id, a.type_id, a.body LIKE '%Good morning%')
		FROM chat_sessions s
		JOIN tickets t ON t.id = s.ticket_id
		JOIN ticket_articles a ON a.ticket_id = t.id`)
	if len(made) != 1 || made[0] != "Chat with Anonymous|2|1|3|t" {
		t.Errorf("tickets %v", made)
	}
	if n := jobtest.Ask[int](o, `SELECT count(*) FROM tickets WHERE preferences ? 'chat_session_id'`); n != 1 {
		t.Errorf("%d tickets of one session", n)
	}
	o.Exec(`UPDATE chat_sessions SET ticket_id = NULL`)
	o.Exec(`DELETE FROM chat_messages`)
	work(o, task.ChatEnded{ChatSessionID: id}, file.Work)
	if n := jobtest.Ask[int](o, `SELECT count(*) FROM tickets WHERE preferences ? 'chat_session_id'`); n != 1 {
		t.Error("a ticket was made of nothing")
	}
}
