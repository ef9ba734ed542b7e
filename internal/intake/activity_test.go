package intake_test

import "testing"

// told is what the activity stream says, the oldest first: type, class, who may see it and who did it.
const told = `
	SELECT coalesce(string_agg(concat_ws(' ', a.type, a.object, a.permission, nullif(a.group_id, 0), u.email), ', ' ORDER BY a.id), '')
	FROM activity_stream a
	JOIN users u ON u.id = a.created_by_id`

func TestMailsAreShownInTheActivityStream(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail("From: nina@example.com", "To: help@example.com", "Cc: carl@example.com", "Subject: Hello", "Message-ID: <1@example.com>"))
	if got, want := ask[string](h, told), "create User admin.user , create User admin.user , create User admin.user , create Ticket ticket.agent 1 nina@example.com, create Ticket::Article ticket.agent 1 nina@example.com"; got != want {
		t.Errorf("after a new ticket: %s\nwant %s", got, want)
	}
	if got := ask[int](h, `SELECT count(*) FROM history h JOIN users u ON u.id = h.o_id WHERE h.object = 'User' AND h.type = 'created' AND u.email IN ('nina@example.com', 'carl@example.com')`); got != 2 {
		t.Errorf("%d of two new users have a history", got)
	}
	h.exec(`UPDATE tickets SET state_id = 4`)
	h.exec(`DELETE FROM activity_stream`)
	h.take(mail("From: carl@example.com", "To: help@example.com", "Subject: Re: Hello", "In-Reply-To: <1@example.com>", "References: <1@example.com>", "Message-ID: <2@example.com>"))
	if got, want := ask[string](h, told), "update Ticket ticket.agent 1 carl@example.com, create Ticket::Article ticket.agent 1 carl@example.com"; got != want {
		t.Errorf("after a follow-up of %+v: %s\nwant %s", first, got, want)
	}
	h.exec(`DELETE FROM activity_stream`)
	h.setting("import_mode", true)
	h.take(mail("From: olaf@example.com", "To: help@example.com", "Subject: Old", "Message-ID: <3@example.com>"))
	if got := ask[string](h, told); got != "" {
		t.Errorf("while data is taken in: %s", got)
	}
}
