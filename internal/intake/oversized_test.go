package intake_test

import (
	"errors"
	"strings"
	"testing"

	"postroom/internal/desk"
)

func TestSendersOfLargeMailAreToldOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO users (login, email, preferences, updated_by_id, created_by_id) VALUES ('gone@example.org', 'gone@example.org', jsonb_build_object('mail_delivery_failed', true, 'mail_delivery_failed_data', now()), 1, 1)`)
	h.givenAddress("support@example.com", "Users")
	kept := map[string]bool{}
	refuse := h.intake.Refuse(func(raw []byte, channel desk.ChannelID, reason string) (bool, error) {
		if channel != 7 || !strings.Contains(reason, "limit is 10 MB") {
			t.Errorf("channel %d, reason %q", channel, reason)
		}
		fresh := !kept[string(raw)]
		kept[string(raw)] = true
		return fresh, nil
	})
	body := "Content-Type: multipart/mixed; boundary=\"B\"\n\n--B\n\nphotos\n--B--\n"
	for _, tc := range []struct {
		name, raw string
		told      bool
	}{
		{"a person", "From: Nicole Braun <nicole@example.org>\nSubject: photos\nMessage-ID: <big@example.org>\n" + body, true},
		{"the same again", "From: Nicole Braun <nicole@example.org>\nSubject: photos\nMessage-ID: <big@example.org>\n" + body, false},
		{"a machine", "From: Robot <robot@example.org>\nAuto-Submitted: auto-generated\nSubject: dump\n" + body, false},
		{"an address of ours", "From: support@example.com\nSubject: x\n" + body, false},
		{"a mail server", "From: MAILER-DAEMON@mx.example.org\nSubject: bounce\n" + body, false},
		{"who can't be reached", "From: gone@example.org\nSubject: x\n" + body, false},
		{"nobody", "Subject: x\n" + body, false},
	} {
		before := ask[int](h, `SELECT count(*) FROM outbox WHERE kind = 'mail.too_large'`)
		if err := refuse(t.Context(), 7, []byte(tc.raw)); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if told := ask[int](h, `SELECT count(*) FROM outbox WHERE kind = 'mail.too_large'`) > before; told != tc.told {
			t.Errorf("%s: told = %v, want %v", tc.name, told, tc.told)
		}
	}
	if got := ask[string](h, `SELECT payload->>'to' || '|' || (payload->>'name') || '|' || (payload->>'subject') || '|' || (payload->>'message_id') FROM outbox`); got != "nicole@example.org|Nicole Braun|photos|<big@example.org>" {
		t.Errorf("the answer is for %s", got)
	}
	if len(kept) != 6 || ask[int](h, `SELECT count(*) FROM inbound_messages`) != 0 {
		t.Errorf("%d mails kept apart, want six, and none in the inbox", len(kept))
	}
}

func TestLargeMailThatCannotBeKeptIsNotAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	full := errors.New("disk full")
	refuse := h.intake.Refuse(func([]byte, desk.ChannelID, string) (bool, error) { return false, full })
	if err := refuse(t.Context(), 7, []byte("From: a@example.org\n\nx")); !errors.Is(err, full) {
		t.Errorf("error = %v, want %v", err, full)
	}
	if n := ask[int](h, `SELECT count(*) FROM outbox`); n != 0 {
		t.Errorf("%d answers", n)
	}
}
