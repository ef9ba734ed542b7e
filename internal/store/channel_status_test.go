package store_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
)

func TestChannelFetched(t *testing.T) {
	t.Parallel()
	s := open(t).Store
	channel := desk.Channel{Area: desk.AreaEmailAccount, Active: true, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
	if err := s.AddChannel(t.Context(), &channel); err != nil {
		t.Fatal(err)
	}
	before, err := s.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	for _, tc := range []struct{ problem, remark, status, log string }{
		{"", "", "ok", ""},
		{"", "one was too large", "ok", "one was too large"},
		{"imap: log in: NO", "", "error", "imap: log in: NO"},
		{"one is left", "one was too large", "error", "one is left\none was too large"},
		{"not \x00 \xff text" + strings.Repeat("x", 10_000), "", "error", "not ? ? text"},
	} {
		if err := s.ChannelFetched(t.Context(), channel.ID, at, tc.problem, tc.remark); err != nil {
			t.Fatalf("problem %.20q: %v", tc.problem, err)
		}
		got, err := s.Channel(t.Context(), channel.ID)
		if err != nil {
			t.Fatal(err)
		}
		if *got.StatusIn != tc.status || !strings.HasPrefix(*got.LastLogIn, tc.log) || len(*got.LastLogIn) > 5000 || !got.LastFetch.Equal(at) {
			t.Errorf("problem %.20q: status %s, log %.40q, fetched %s; want %s, %q, %s", tc.problem, *got.StatusIn, *got.LastLogIn, got.LastFetch, tc.status, tc.log, at)
		}
		if !got.UpdatedAt.Equal(got.CreatedAt) {
			t.Error("a fetch counts as a change of the channel")
		}
	}
	s.ForgetCatalog()
	if after, err := s.Catalog(t.Context()); err != nil || after.Version != before.Version {
		t.Errorf("a fetch makes every process read its catalog anew: version %d after %d (%v)", after.Version, before.Version, err)
	}
}

func TestKnownMessages(t *testing.T) {
	t.Parallel()
	b := open(t)
	article := func(number, messageID, preferences string) {
		t.Helper()
		ticket := b.ticket(number)
		b.exec(`UPDATE ticket_articles SET created_at = created_at - interval '1 hour'`) // clocks may be set back meanwhile
		b.exec(`UPDATE tickets SET preferences = $2::jsonb WHERE id = $1`, ticket.ID, preferences)
		b.exec(`
			INSERT INTO ticket_articles (ticket_id, type_id, sender_id, message_id, message_id_md5, body, updated_by_id, created_by_id)
			VALUES ($1, 1, 2, $2, md5($2), '', 1, 1)`, ticket.ID, messageID)
	}
	article("1", "<seven@x>", `{"channel_id": 7}`)
	article("2", "<eight@x>", `{"channel_id": 8}`)
	article("3", "<web@x>", `{}`)
	article("4", "<both@x>", `{"channel_id": 7}`)
	article("5", "<both@x>", `{"channel_id": 8}`) // the newer one decides
	asked := []string{"<seven@x>", "<eight@x>", "<web@x>", "<both@x>", "<none@x>", "<seven@x>"}
	for channel, want := range map[desk.ChannelID][]string{
		7: {"<seven@x>", "<web@x>"},
		8: {"<both@x>", "<eight@x>", "<web@x>"},
		9: {"<web@x>"},
	} {
		known, err := b.KnownMessages(t.Context(), channel, asked)
		if got := slices.Sorted(maps.Keys(known)); err != nil || !slices.Equal(got, want) {
			t.Errorf("channel %d knows %q (%v), want %q", channel, got, err, want)
		}
	}
}

func TestKnownNames(t *testing.T) {
	t.Parallel()
	b := open(t)
	blobs, err := b.PutBlobs(t.Context(), []desk.Blob{{Sum: desk.BlobSum{1}, Size: 4, Place: "DB", Data: []byte("mail")}})
	if err != nil {
		t.Fatal(err)
	}
	for channel, name := range map[int]string{7: "a", 8: "b"} {
		b.exec(`INSERT INTO inbound_messages (channel_id, channel_kind, external_id, blob_id) VALUES ($1, 'email', $2, $3)`, channel, name, blobs[0])
	}
	b.exec(`INSERT INTO inbound_messages (channel_id, channel_kind, external_id, blob_id) VALUES (7, 'telegram', 'c', $1)`, blobs[0])
	known, err := b.KnownNames(t.Context(), 7, []string{"a", "b", "c", "d"})
	if got := slices.Sorted(maps.Keys(known)); err != nil || !slices.Equal(got, []string{"a"}) {
		t.Errorf("channel 7 knows %q (%v), want a alone", got, err)
	}
}
