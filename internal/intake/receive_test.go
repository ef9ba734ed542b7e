package intake_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
)

func TestSameMessageIsTakenOnce(t *testing.T) {
	t.Parallel()
	one, other := mail("Message-ID: <one@example.org>"), mail("Message-ID: <other@example.org>")
	for _, tc := range []struct {
		name   string
		first  channels.Inbound
		second channels.Inbound
		want   int
	}{
		{"same name", named("9:1", one), named("9:1", one), 1},
		{"same name with other bytes", named("9:1", one), named("9:1", one+"as the server shows it today"), 1},
		{"same name in another mailbox", named("9:1", one), named("9:1", other), 2},
		{"mailbox was renumbered", named("9:1", one), named("10:4", one), 1},
		{"other message", named("9:1", one), named("9:2", other), 2},
		{"copy that took another way", named("9:1", one), named("9:2", "Received: by other\n"+one), 2},
	} {
		for _, batch := range []bool{true, false} {
			h := newHouse(t)
			if batch {
				h.receiveFrom(tc.first, tc.second)
			} else {
				h.receiveFrom(tc.first)
				h.receiveFrom(tc.second)
			}
			if n := ask[int](h, `SELECT count(*) FROM inbound_messages`); n != tc.want {
				t.Errorf("%s (one batch: %v): %d messages, want %d", tc.name, batch, n, tc.want)
			}
			if n := len(h.waiting()); n != tc.want {
				t.Errorf("%s (one batch: %v): %d tasks, want %d", tc.name, batch, n, tc.want)
			}
		}
	}
}

func named(id, raw string) channels.Inbound {
	return channels.Inbound{Kind: "email", ExternalID: id, Raw: []byte(raw)}
}

func TestSameMailInTwoChannelsIsTakenTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO channels (id, area, updated_by_id, created_by_id) VALUES (40, 'Email::Account', 1, 1), (41, 'Email::Account', 1, 1)`)
	raw := mail("Message-ID: <both@example.org>")
	for _, channel := range []desk.ChannelID{40, 41} {
		message := named("9:1", raw)
		message.ChannelID = channel
		h.receiveFrom(message)
	}
	if n := ask[int](h, `SELECT count(*) FROM inbound_messages`); n != 2 {
		t.Errorf("%d messages, want 2: each channel has its own", n)
	}
	if n := ask[int](h, `SELECT count(*) FROM blobs`); n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
}

func TestReceivedMessageCarriesWhatTheChannelKnows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := time.Date(2026, 5, 4, 9, 30, 15, 123_000_000, time.UTC)
	h.receiveFrom(channels.Inbound{
		Kind: "email", ExternalID: "id\x00\xff" + strings.Repeat("x", 5000), Raw: []byte(mail()),
		Options: channels.Options{Trusted: true, GroupID: 1}, ReceivedAt: at,
	})
	message, err := h.store.Inbound(t.Context(), h.waiting()[0].Inbound)
	if err != nil {
		t.Fatal(err)
	}
	if !message.Options.Trusted || message.Options.GroupID != 1 || !message.ReceivedAt.Equal(at) || message.State != "received" ||
		message.ChannelID != nil || len(message.ExternalID) > 100 {
		t.Errorf("message = %+v", message)
	}
}

func TestMessageThatCannotBeTakenHarmsOnlyItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var batch []channels.Inbound
	for i := range 5 {
		batch = append(batch, h.inbound(mail(fmt.Sprintf("Subject: %d", i))))
	}
	batch[2].Kind = "e\x00mail" // no text for the database
	err := h.intake.Receive(t.Context(), batch)
	if err == nil || !desk.Permanent(err) || !strings.Contains(err.Error(), "message "+batch[2].ExternalID+" ") || strings.Count(err.Error(), "of channel") != 1 {
		t.Errorf("error = %v, want one that names message %s", err, batch[2].ExternalID)
	}
	if n := ask[int](h, `SELECT count(*) FROM inbound_messages`); n != 4 {
		t.Errorf("%d messages are taken, want the 4 others", n)
	}
}

func TestEmptyBatchIsTaken(t *testing.T) {
	t.Parallel()
	if err := newHouse(t).intake.Receive(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestTwoPollersOfOneMailboxTakeEachMailOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var batch []channels.Inbound
	for i := range 30 {
		batch = append(batch, h.inbound(mail(fmt.Sprintf("Subject: %d", i))))
	}
	var pollers sync.WaitGroup
	for range 4 {
		pollers.Go(func() {
			for i := 0; i < len(batch); i += 10 {
				if err := h.intake.Receive(t.Context(), batch[i:i+10]); err != nil {
					t.Errorf("receive: %v", err)
				}
			}
		})
	}
	pollers.Wait()
	if n, tasks := ask[int](h, `SELECT count(*) FROM inbound_messages`), len(h.waiting()); n != 30 || tasks != 30 {
		t.Errorf("%d messages and %d tasks, want 30 of each", n, tasks)
	}
}

func TestMessagesOutliveTheirChannel(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO channels (id, area, updated_by_id, created_by_id) VALUES (40, 'Email::Account', 1, 1), (41, 'Email::Account', 1, 1)`)
	for _, channel := range []desk.ChannelID{40, 41} {
		message := named("9:1", mail(fmt.Sprintf("Subject: of channel %d", channel)))
		message.ChannelID = channel
		h.receiveFrom(message)
	}
	h.exec(`DELETE FROM channels WHERE id IN (40, 41)`)
	h.processAll()
	if n := ask[int](h, `SELECT count(*) FROM tickets WHERE title LIKE 'of channel%' AND NOT preferences ? 'channel_id'`); n != 2 {
		t.Errorf("%d tickets, want 2 of no channel", n)
	}
}

func TestFirstMailOfNewChannelGoesToItsGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.take(mail()) // the catalog is in memory from here on
	// As another process would: ours is not told.
	_, err := h.db.Exec(t.Context(), `WITH fresh AS (
			INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (20, 'Sales', 'Sales', 1, 1) RETURNING id
		)
		INSERT INTO channels (id, group_id, area, updated_by_id, created_by_id) SELECT 40, id, 'Email::Account', 1, 1 FROM fresh`)
	if err != nil {
		t.Fatal(err)
	}
	message := named("9:1", mail("Message-ID: <fresh@x>"))
	message.ChannelID = 40
	h.receiveFrom(message)
	h.processAll()
	if out := h.outcomeOf("<fresh@x>"); out.Ticket.GroupID != 20 || out.Ticket.Preferences["channel_id"] != 40.0 {
		t.Errorf("ticket of group %d with %v, want group 20 and channel 40", out.Ticket.GroupID, out.Ticket.Preferences)
	}
}

func TestGroupThatIsGoneIsNoReasonToLoseAMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (20, 'Sales', 'Sales', 1, 1)`)
	h.take(mail())
	if _, err := h.db.Exec(t.Context(), `DELETE FROM groups WHERE id = 20`); err != nil {
		t.Fatal(err)
	}
	message := named("9:1", mail("Message-ID: <gone@x>"))
	message.Options.GroupID = 20
	h.receiveFrom(message)
	w := h.waiting()[0]
	err := h.intake.Process(t.Context(), w.Inbound, w.Outbox)
	if err != nil && !errors.Is(err, desk.ErrUnavailable) {
		t.Fatalf("first attempt: %v, want one that is tried again", err)
	}
	h.processAll()
	if out := h.outcomeOf("<gone@x>"); out.Ticket.GroupID != 1 {
		t.Errorf("ticket of group %d, want the first active one", out.Ticket.GroupID)
	}
}
