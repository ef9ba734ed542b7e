package main

import "testing"

func TestChatVerb(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO chat_sessions (chat_id, session_id, state, preferences, updated_at)
		SELECT 1, 'session ' || days, 'closed', '{"remote_ip": "192.0.2.1", "url": "x"}', now() - days * interval '1 day'
		FROM unnest(ARRAY[1, 8, 40]) AS days`); err != nil {
		t.Fatal(err)
	}
	wantIn(t, "chat remove-ip", s.ok("chat", "remove-ip", "--days", "30"), "of 1 chats")
	wantIn(t, "chat remove-ip", s.ok("chat", "remove-ip"), "of 1 chats")
	if n := value(t, conn, `(SELECT string_agg(session_id, ',') FROM chat_sessions WHERE preferences ? 'remote_ip')`); n != "session 1" {
		t.Errorf("addresses are left in %s", n)
	}
}
