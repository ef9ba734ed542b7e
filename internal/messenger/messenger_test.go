package messenger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/internal/messenger"
	"postroom/jobs/jobtest"
)

// office is an installation with a messenger that brings whatever a test says.
type office struct {
	*jobtest.Office
	intake    *intake.Intake
	messenger *messenger.Messenger
	written   map[string]*channels.Written // by the bytes that stand for it
	channel   desk.ChannelID
}

func open(t *testing.T, kind messenger.Kind) *office {
	t.Helper()
	o := &office{Office: jobtest.Open(t), written: map[string]*channels.Written{}}
	o.Exec(`INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (70, 'Messages', 'Messages', 1, 1)`)
	o.channel = jobtest.Ask[desk.ChannelID](o.Office, `
		INSERT INTO channels (area, group_id, options, active, updated_by_id, created_by_id) VALUES ('Test', 70, '{}', true, 1, 1) RETURNING id`)
	o.ForgetCatalog()
	kind.Read = func(_ context.Context, _ desk.Channel, raw []byte) (*channels.Written, error) {
		return o.written[string(raw)], nil
	}
	log, blobs := slog.New(slog.DiscardHandler), blob.New(t.TempDir())
	o.intake = intake.New(o.Store, blobs, log)
	o.messenger = messenger.New(o.Store, blobs, map[string]messenger.Kind{"test": kind}, log)
	return o
}

// receives takes messages in, each named by its order.
func (o *office) receives(messages ...*channels.Written) {
	o.T.Helper()
	for _, w := range messages {
		raw := fmt.Sprint("message ", len(o.written))
		o.written[raw] = w
		who := "stranger"
		if w != nil {
			who = w.By.Key()
		}
		err := o.intake.Receive(o.T.Context(), []channels.Inbound{{ChannelID: o.channel, Kind: "test", ExternalID: raw, Conversation: who, Raw: []byte(raw)}})
		if err != nil {
			o.T.Fatal(err)
		}
	}
}

// process works on what was received, the newest first, until nothing is left.
func (o *office) process() {
	o.T.Helper()
	for range 50 {
		work := jobtest.All[int64](o.Office, `SELECT id FROM outbox WHERE kind = 'message.received' ORDER BY id DESC`)
		if len(work) == 0 {
			return
		}
		id := jobtest.Ask[desk.InboundID](o.Office, `SELECT (payload->>'inbound_id')::bigint FROM outbox WHERE id = $1`, work[0])
		inbound, err := o.InboundWithBytes(o.T.Context(), id, 1<<20)
		if err == nil {
			err = o.messenger.Process(o.T.Context(), inbound, desk.OutboxID(work[0]))
		}
		if err != nil {
			o.T.Fatal(err)
		}
	}
	o.T.Fatal("there is always something left to do")
}

func from(number string) desk.Writer { return desk.Writer{Mobile: number, Firstname: number} }

func text(id, number, body string) *channels.Written {
	return &channels.Written{ID: id, By: from(number), From: number, To: "+491", Title: channels.Title(body, 10), Body: body}
}

func TestConversationsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	o := open(t, messenger.Kind{Type: desk.ArticleSMS, ByType: true})
	o.receives(text("1", "+4930", "one"), text("2", "+4940", "other"), text("3", "+4930", "two"), nil, text("4", "+4930", "three"))
	o.process()
	said := jobtest.All[string](o.Office, `
		SELECT string_agg(a.body, ' ' ORDER BY a.id)
		FROM ticket_articles a
		JOIN tickets t ON t.id = a.ticket_id
		WHERE t.group_id = 70
		GROUP BY t.id
		ORDER BY 1`)
	if fmt.Sprint(said) != "[one two three other]" {
		t.Errorf("tickets = %q", said)
	}
}

func TestWritersAreKnownByTheirNumber(t *testing.T) {
	t.Parallel()
	o := open(t, messenger.Kind{Type: desk.ArticleSMS, ByType: true})
	o.Exec(`INSERT INTO users (id, login, mobile, updated_by_id, created_by_id) VALUES (900, 'mobile', '+49171111', 1, 1), (901, 'caller', '', 1, 1)`)
	o.Exec(`INSERT INTO cti_caller_ids (caller_id, level, user_id) VALUES ('49172222', 'known', 901)`)
	o.receives(text("1", "+49171111", "a"), text("2", "+49172222", "b"), text("3", "+49173333", "c"))
	o.process()
	who := jobtest.All[string](o.Office, `SELECT u.login FROM tickets t JOIN users u ON u.id = t.customer_id WHERE t.group_id = 70 ORDER BY t.title`)
	if fmt.Sprint(who) != "[mobile caller +49173333]" {
		t.Errorf("customers = %q", who)
	}
	roles := jobtest.All[string](o.Office, `SELECT r.name FROM roles_users ru JOIN roles r ON r.id = ru.role_id JOIN users u ON u.id = ru.user_id WHERE u.login = '+49173333'`)
	if fmt.Sprint(roles) != "[Customer]" {
		t.Errorf("roles of a stranger = %q", roles)
	}
}

func TestTicketsAreFollowedInTheirChannel(t *testing.T) {
	t.Parallel()
	o := open(t, messenger.Kind{Type: desk.ArticleWhatsApp})
	first := text("1", "+4930", "hello")
	first.Welcome, first.Ticket = "Thank you", map[string]any{"whatsapp": map[string]any{"from": "4930", "timestamp_incoming": "1"}}
	second := text("2", "+4930", "again")
	second.Ticket = map[string]any{"whatsapp": map[string]any{"timestamp_incoming": "2"}}
	o.receives(first, second)
	o.process()
	// A new ticket is answered once, by the system and by the same way.
	articles := jobtest.All[string](o.Office, `SELECT sender_id || ' ' || body FROM ticket_articles WHERE type_id = $1 ORDER BY id`, desk.ArticleWhatsApp)
	if len(articles) != 3 || articles[1] != "3 Thank you" {
		t.Errorf("articles = %q", articles)
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM outbox WHERE kind = 'message.deliver'`); n != 1 {
		t.Errorf("%d answers are to be delivered", n)
	}
	kept := jobtest.Ask[string](o.Office, `SELECT preferences->'whatsapp' #>> '{}' FROM tickets WHERE group_id = 70`)
	if kept != `{"from": "4930", "timestamp_incoming": "2"}` {
		t.Errorf("preferences = %s", kept)
	}
	// What began in another channel is something else.
	o.Exec(`UPDATE tickets SET preferences = '{"channel_id": 424242}' WHERE group_id = 70`)
	o.receives(text("3", "+4930", "third"))
	o.process()
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM tickets WHERE group_id = 70`); n != 2 {
		t.Errorf("%d tickets, want 2", n)
	}
}

func TestReportsAndLostFiles(t *testing.T) {
	t.Parallel()
	o := open(t, messenger.Kind{Type: desk.ArticleWhatsApp})
	lost := text("1", "+4930", "see the picture")
	file := channels.RemoteFile{Fetch: func(context.Context) ([]byte, error) {
		return nil, &desk.InvalidError{Reason: "gone"}
	}}
	lost.Files = []channels.RemoteFile{file, {File: channels.File{Filename: "kept.txt", ContentType: "text/plain", Data: []byte("kept")}}}
	seen := text("1", "+4930", "")
	seen.Act, seen.Article = channels.Reports, map[string]any{"delivery_status": "read"}
	o.receives(lost, seen)
	o.process()
	state := jobtest.Ask[string](o.Office, `
		SELECT a.preferences->>'media_error' || ' ' || (a.preferences->>'delivery_status') || ' ' || f.filename
		FROM ticket_articles a
		JOIN attachments f ON f.object = 'Ticket::Article' AND f.o_id = a.id
		WHERE a.message_id = '1'`)
	if state != "true read kept.txt" {
		t.Errorf("article = %q", state)
	}

	// A file that can be had later holds the message, and nothing of it is written.
	late := text("2", "+4930", "later")
	outage := errors.New("an outage")
	late.Files = []channels.RemoteFile{{Fetch: func(context.Context) ([]byte, error) { return nil, outage }}}
	o.receives(late)
	work := jobtest.Ask[desk.OutboxID](o.Office, `SELECT id FROM outbox WHERE kind = 'message.received'`)
	id := jobtest.Ask[desk.InboundID](o.Office, `SELECT max(id) FROM inbound_messages`)
	inbound, err := o.InboundWithBytes(t.Context(), id, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.messenger.Process(t.Context(), inbound, work); !errors.Is(err, outage) {
		t.Errorf("process = %v, want the outage", err)
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM ticket_articles WHERE message_id = '2'`); n != 0 {
		t.Errorf("%d articles of a message that waits", n)
	}
}
