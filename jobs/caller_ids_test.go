package jobs

import (
	"fmt"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/jobs/task"
)

// callerIDs are the collected numbers in one line each: number, level, owner.
func (r *rig) callerIDs(t *testing.T) string {
	t.Helper()
	var all *string
	err := r.db.QueryRow(t.Context(), `
		SELECT string_agg(concat_ws(' ', caller_id, level, 'user', user_id, 'ticket ' || ticket_id), ', ' ORDER BY caller_id, id)
		FROM cti_caller_ids`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	if all == nil {
		return ""
	}
	return *all
}

// collectAnnounced does the work with numbers that is announced, and returns how much it was.
func (r *rig) collectAnnounced(t *testing.T) (n int) {
	t.Helper()
	for {
		var id desk.OutboxID
		var kind string
		var payload []byte
		err := r.db.QueryRow(t.Context(), `SELECT id, kind, payload FROM outbox WHERE kind LIKE 'caller_ids.%' ORDER BY id LIMIT 1`).Scan(&id, &kind, &payload)
		if err != nil {
			return n
		}
		n++
		handler := NewCollectCallerIDs(r.store).Handler()
		if kind == (task.AllCallerIDsToCollect{}).Kind() {
			handler = NewCollectAllCallerIDs(r.store).Handler()
		}
		for range 2 { // a task may come twice
			if err := handler.work(t.Context(), payload, id); err != nil {
				t.Fatalf("%s %s: %v", kind, payload, err)
			}
		}
	}
}

const (
	addCaller = `
		INSERT INTO users (id, login, firstname, phone, mobile, note, updated_by_id, created_by_id)
		VALUES (100, 'jane', 'Jane', '030 123456', '0172/12345', 'Zip 10115; fax +41 44 123 45 67', 1, 1)`
	addLetters = `
		INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT n, 1, 2, 1, 'n' || n, 'x', 2, 2, 2 FROM generate_series(201, 203) n;
		INSERT INTO ticket_articles (ticket_id, type_id, sender_id, subject, body, updated_by_id, created_by_id)
		VALUES (201, 1, 2, 'Call me', 'at 0172 7654321<br>', 2, 2), (201, 1, 2, 'x', 'or 030 999999', 2, 2), (202, 1, 1, 'Ours', '030 888888', 1, 1)`
	jane      = "41441234567 known user 100, 4930123456 known user 100"
	written   = "491727654321 maybe user 2 ticket 201"
	connected = `UPDATE settings SET state_current = '{"value": true}' WHERE name = 'sipgate_integration'`
)

func TestNumbersAreCollectedWhileATelephoneIsConnected(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	r.exec(t, addCaller)
	if n := r.collectAnnounced(t); n != 0 || r.callerIDs(t) != "" {
		t.Errorf("%d tasks without a telephone system, want none", n)
	}
	r.exec(t, connected)
	if n := r.collectAnnounced(t); n != 1 || r.callerIDs(t) != jane {
		t.Errorf("after %d tasks: %s; want what was there before: %s", n, r.callerIDs(t), jane)
	}
	r.exec(t, connected) // it was already
	r.exec(t, addLetters)
	if n := r.collectAnnounced(t); n != 3 || r.callerIDs(t) != strings.Join([]string{"41441234567 known user 100", written, "4930123456 known user 100"}, ", ") {
		t.Errorf("after %d tasks: %s; want the number in the customer's first article too", n, r.callerIDs(t))
	}
	r.exec(t, `UPDATE users SET last_login = now(), note = '' WHERE id = 100`) // only phone and mobile count
	if n := r.collectAnnounced(t); n != 0 {
		t.Errorf("%d tasks after a login", n)
	}
	r.exec(t, `UPDATE users SET phone = '030 123457' WHERE id = 100`)
	if n := r.collectAnnounced(t); n != 1 || r.callerIDs(t) != written+", 4930123457 known user 100" {
		t.Errorf("after %d tasks: %s; want the new number", n, r.callerIDs(t))
	}
	r.exec(t, `DELETE FROM users WHERE id = 100`)
	r.exec(t, `DELETE FROM tickets WHERE id = 201`)
	if left := r.callerIDs(t); left != "" {
		t.Errorf("numbers of users and tickets that are gone: %s", left)
	}
}

func TestAllNumbersAreCollectedByThePage(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	r.exec(t, fmt.Sprintf(`
		INSERT INTO users (id, login, phone, updated_by_id, created_by_id)
		SELECT 1000 + n, 'u' || n, '030 100' || 1000 + n, 1, 1 FROM generate_series(1, %d) n`, usersRead+5))
	r.exec(t, fmt.Sprintf(`
		INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT 1000 + n, 1, 2, 1, 'm' || n, 'x', 2, 2, 2 FROM generate_series(1, %d) n`, 2*ticketsRead+5))
	r.exec(t, `
		INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, updated_by_id, created_by_id)
		SELECT id, 1, 2, '0172 1234' || id, 2, 2 FROM tickets`)
	r.exec(t, connected)
	var numbers, tickets int
	if n := r.collectAnnounced(t); n != 3 {
		t.Errorf("%d tasks, want 3 pages", n)
	}
	if err := r.db.QueryRow(t.Context(), `SELECT count(*), count(ticket_id) FROM cti_caller_ids`).Scan(&numbers, &tickets); err != nil {
		t.Fatal(err)
	}
	if numbers-tickets != usersRead+5 || tickets != 2*ticketsRead+5 {
		t.Errorf("%d numbers of users and %d of tickets, want %d and %d", numbers-tickets, tickets, usersRead+5, 2*ticketsRead+5)
	}
}

func TestCallsLearnWhoCalled(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	r.exec(t, connected)
	r.exec(t, fmt.Sprintf(`
		INSERT INTO cti_logs (direction, state, "from", "to", call_id, caller_id, created_at)
		SELECT 'in', 'hangup', '030123456', '49221', 'call ' || n, '4930123456', now() - n * interval '1 hour' FROM generate_series(1, %d) n`, renamedCalls+2))
	r.exec(t, `INSERT INTO cti_logs (direction, state, "from", "to", call_id, caller_id) VALUES ('out', 'hangup', '49221', '030123456', 'mine', '4930123456')`)
	r.exec(t, `
		INSERT INTO users (id, login, updated_by_id, created_by_id) VALUES (99, 'emma', 1, 1);
		INSERT INTO roles_users (user_id, role_id) SELECT 99, r.id FROM roles r WHERE r.name = 'Agent';
		INSERT INTO push_clients (id, user_id) VALUES ('page of emma', 99)`)
	r.exec(t, addCaller)
	r.collectAnnounced(t)
	var named, newest int
	err := r.db.QueryRow(t.Context(), `
		SELECT count(*), count(*) FILTER (WHERE created_at > now() - $1 * interval '1 hour' - interval '1 minute')
		FROM cti_logs WHERE preferences->'from'->0->>'user_id' = '100' AND direction = 'in'`, renamedCalls).Scan(&named, &newest)
	if err != nil || named != renamedCalls || newest != renamedCalls {
		t.Errorf("%d calls tell who called, %d of the newest (%v), want the newest %d", named, newest, err, renamedCalls)
	}
	var told string
	if err := r.db.QueryRow(t.Context(), `SELECT string_agg(event->>'event', ' ') FROM push_events`).Scan(&told); err != nil || told != "cti_list_push" {
		t.Errorf("pages of agents are told %q (%v), want that the caller log changed", told, err)
	}
}

func TestNumbersInAttributesOfAnAdministrator(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	r.exec(t, connected)
	r.exec(t, `
		INSERT INTO users (id, login, custom, updated_by_id, created_by_id)
		VALUES (100, 'jane', '{"door": "ring 030 777777", "floor": 1234567, "keys": ["030 888888"]}', 1, 1)`)
	r.collectAnnounced(t)
	if got := r.callerIDs(t); got != "4930777777 known user 100" {
		t.Errorf("numbers %q, want that of the text", got)
	}
}
