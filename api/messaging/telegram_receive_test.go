package messaging_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"postroom/channels/telegram/telegramtest"
	"postroom/internal/desk"
)

func TestConversationIsOneTicket(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	b.work()
	b.says("message", 1, `"text": "/start"`)
	b.says("message", 2, `"sticker": {"file_id": "s1", "width": 512, "height": 512, "emoji": "", "set_name": ""}`)
	b.telegram.HasFile("s1", []byte("webp"))
	b.says("message", 3, `"text": "My printer is on fire, and I do not know what I am supposed to do about it"`)
	b.says("message", 3, `"text": "My printer is on fire, and I do not know what I am supposed to do about it"`) // under another number
	b.says("edited_message", 3, `"edit_date": 1700000100, "text": "My scanner is on fire"`)
	b.says("edited_message", 99, `"edit_date": 1700000100, "text": "Never seen"`)
	b.processed()
	ticket, articles := b.ticket()
	if ticket["title"] != "My printer is on fire, and I do not know what I am supposed to d..." && len(ticket["title"].(string)) != 63 {
		t.Errorf("title = %q", ticket["title"])
	}
	if ticket["group_id"] != 1.0 || ticket["state_id"] != float64(desk.StateNew) || ticket["create_article_type_id"] != float64(desk.ArticleTelegram) {
		t.Errorf("ticket = %v", ticket)
	}
	if want := fmt.Sprintf(`map[channel_id:%d telegram:map[bid:123456 chat_id:777]]`, b.channel); fmt.Sprint(ticket["preferences"]) != want {
		t.Errorf("preferences = %v, want %s", ticket["preferences"], want)
	}
	if len(articles) != 2 {
		t.Fatalf("%d articles, want the sticker and the text: %v", len(articles), articles)
	}
	said := articles[1]
	if said["body"] != "My scanner is on fire" || said["type"] != "telegram personal-message" || said["sender"] != "Customer" || said["internal"] != false ||
		said["from"] != "Ada_L" || said["to"] != "@desk_bot" || said["message_id"] != "3.777@telegram" || said["content_type"] != "text/plain" {
		t.Errorf("article = %v", said)
	}
	kept := said["preferences"].(map[string]any)
	if fmt.Sprint(kept["message"]) != "map[created_at:1.7e+09 from:map[first_name:Ada id:777 last_name:Lovelace username:Ada_L] message_id:3]" || kept["edited_message"] == nil {
		t.Errorf("preferences = %v", kept)
	}
	b.Eventually("the greeting", func() bool { return len(b.telegram.Calls("sendMessage")) == 1 })
	if greeting := b.telegram.Calls("sendMessage")[0].Params; greeting["text"] != "Hi there" || greeting["chat_id"] != "777" {
		t.Errorf("greeting = %v", greeting)
	}
	customer := b.Get("emma", fmt.Sprintf("/users/%v", ticket["customer_id"])).Is(200).Object()
	if customer["login"] != "ada_l" || customer["firstname"] != "Ada" || customer["lastname"] != "Lovelace" || customer["note"] != "Telegram @Ada_L" {
		t.Errorf("customer = %v", customer)
	}

	b.Put("emma", fmt.Sprintf("/tickets/%v", ticket["id"]), `{"state": "pending reminder", "pending_time": "2099-01-01T00:00:00Z"}`).Is(200)
	b.says("message", 4, `"text": "Still burning"`)
	b.processed()
	if ticket, articles = b.ticket(); len(articles) != 3 || ticket["state_id"] != float64(desk.StateOpen) {
		t.Errorf("after a follow-up: state %v, %d articles", ticket["state_id"], len(articles))
	}
	b.says("message", 5, `"text": "/end"`)
	b.says("message", 6, `"text": "Something else"`)
	b.processed()
	closed := b.Get("emma", fmt.Sprintf("/tickets/%v", ticket["id"])).Is(200).Object()
	next, _ := b.ticket()
	if closed["state_id"] != float64(desk.StateClosed) || closed["article_count"] != 3.0 || next["id"] == ticket["id"] || next["title"] != "Something else" {
		t.Errorf("after /end: %v, then %v", closed, next)
	}
	b.Eventually("the goodbye", func() bool {
		calls := b.telegram.Calls("sendMessage")
		return len(calls) == 2 && calls[1].Params["text"] == "Bye then"
	})
}

// picture is one of so many pixels.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shownIn returns the bytes of the picture that a body shows.
func (b *bots) shownIn(body string) string {
	b.T.Helper()
	_, path, shows := strings.Cut(body, `src="/api/v1`)
	if !shows {
		return ""
	}
	path, _, _ = strings.Cut(path, `"`)
	return string(b.Get("emma", path).Is(200).Body)
}

func TestEveryKindOfMessageIsKept(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	b.work()
	for _, id := range []string{"small", "wide", "huge", "thumb", "doc", "vid", "voi", "aud", "ani", "note", "sti"} {
		b.telegram.HasFile(id, append(picture(t), id...))
	}
	const thumb = `{"file_id": "thumb", "file_unique_id": "t", "width": 90, "height": 60, "file_size": 70}`
	kinds := []struct {
		name, content string
		body          []string // parts of it
		files         []string // name and type
	}{
		{"photo", `"photo": [{"file_id": "small", "width": 90, "height": 60}, {"file_id": "wide", "width": 1280, "height": 800}, {"file_id": "huge", "width": 2560, "height": 1600}], "caption": "<b>Look</b>"`,
			[]string{"width: 640px", "height: 400px", "<br>&lt;b&gt;Look"}, nil},
		{"document", `"document": {"file_id": "doc", "file_name": "bill.pdf", "mime_type": "application/pdf", "file_size": 80, "thumbnail": ` + thumb + `}, "caption": "The bill"`,
			[]string{"<img", "The bill"}, []string{"bill.pdf application/pdf doc"}},
		{"document without words", `"document": {"file_id": "doc", "file_name": "bill.pdf", "mime_type": "application/pdf"}`,
			nil, []string{"bill.pdf application/pdf doc"}},
		{"video", `"video": {"file_id": "vid", "width": 10, "height": 10, "duration": 3, "mime_type": "video/mp4", "thumb": ` + thumb + `}`,
			[]string{"<img"}, []string{"video-vid.mp4 video/mp4 vid"}},
		{"voice", `"voice": {"file_id": "voi", "duration": 3, "mime_type": "audio/ogg"}`, nil, []string{"audio-voi.ogg audio/ogg voi"}},
		{"audio", `"audio": {"file_id": "aud", "duration": 3, "performer": "Duo", "title": "Song", "file_name": "song.mp3", "mime_type": "audio/mpeg"}`,
			[]string{"Duo - Song"}, []string{"song.mp3 audio/mpeg aud"}},
		{"animation", `"animation": {"file_id": "ani", "width": 1, "height": 1, "duration": 1, "file_name": "cat.mp4", "mime_type": "video/mp4"}, "document": {"file_id": "ani", "file_name": "cat.mp4"}`,
			nil, []string{"cat.mp4 video/mp4 ani"}},
		{"video note", `"video_note": {"file_id": "note", "length": 240, "duration": 2}`, nil, []string{"video-note-note.mp4 video/mp4 note"}},
		{"sticker", `"sticker": {"file_id": "sti", "width": 512, "height": 512, "emoji": "😀", "set_name": "Cats"}`, []string{"😀"}, []string{"Cats.webp image/webp sti"}},
		{"location", `"location": {"latitude": 52.5, "longitude": 13.25}`, []string{"52.5, 13.25", "mlat=52.5&mlon=13.25"}, nil},
		{"venue", `"venue": {"location": {"latitude": 1, "longitude": 2}, "title": "Café", "address": "Street 1"}, "location": {"latitude": 1, "longitude": 2}`,
			[]string{"Café\nStreet 1\n1, 2"}, nil},
		{"contact", `"contact": {"phone_number": "+49301234567", "first_name": "Bo", "last_name": "Li"}`, []string{"Bo Li\n+49301234567"}, nil},
		{"poll", `"poll": {"id": "1", "question": "When?", "options": [{"text": "Now"}, {"text": "Later"}]}`, []string{"When?\n- Now\n- Later"}, nil},
		{"dice", `"dice": {"emoji": "🎲", "value": 4}`, []string{"🎲 4"}, nil},
	}
	for i, kind := range kinds {
		b.says("message", i+1, kind.content)
	}
	b.says("message", 100, `"new_chat_title": "nobody said anything"`)
	b.processed()
	_, articles := b.ticket()
	if len(articles) != len(kinds) {
		t.Fatalf("%d articles of %d messages", len(articles), len(kinds))
	}
	for i, kind := range kinds {
		body := articles[i]["body"].(string)
		for _, part := range kind.body {
			if !strings.Contains(body, part) {
				t.Errorf("%s: body %q lacks %q", kind.name, body, part)
			}
		}
		var files []string
		for _, f := range articles[i]["attachments"].([]any) {
			file := f.(map[string]any)
			data := b.Get("emma", fmt.Sprintf("/ticket_attachment/%v/%v/%v", articles[i]["ticket_id"], articles[i]["id"], file["id"])).Is(200).Body
			name := strings.TrimPrefix(string(data), string(picture(t)))
			files = append(files, fmt.Sprintf("%v %v %s", file["filename"], file["preferences"].(map[string]any)["Content-Type"], name))
		}
		if strings.Join(files, ", ") != strings.Join(kind.files, ", ") {
			t.Errorf("%s: files %q, want %q", kind.name, files, kind.files)
		}
		got, shown := strings.TrimPrefix(b.shownIn(body), string(picture(t))), map[string]string{"photo": "wide", "document": "thumb", "video": "thumb"}[kind.name]
		if got != shown {
			t.Errorf("%s: body %q shows %q, want %q", kind.name, body, got, shown)
		}
	}
}

func TestFilesThatCanNotBeHadAreToldToTheirSender(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	spooled := b.work()
	b.says("message", 1, `"document": {"file_id": "big", "file_name": "big.iso", "file_size": 20971520}, "caption": "too large"`)
	b.says("message", 2, `"document": {"file_id": "gone", "file_name": "gone.txt"}, "caption": "gone"`)
	b.telegram.HasFile("late", []byte("here at last"))
	b.telegram.Fail("file", telegramtest.Failure{Status: 404}, telegramtest.Failure{Status: 503}, telegramtest.Failure{Cut: true})
	b.says("message", 3, `"document": {"file_id": "late", "file_name": "late.txt"}, "caption": "an outage, twice"`)
	b.says("message", 4, `"text": "And this comes after it"`)
	b.processed()
	b.Eventually("both told", func() bool { return len(b.telegram.Calls("sendMessage")) == 2 })
	for _, told := range b.telegram.Calls("sendMessage") {
		if told.Params["chat_id"] != "777" || !strings.Contains(told.Params["text"], "20 MB") {
			t.Errorf("told %v", told.Params)
		}
	}
	_, articles := b.ticket()
	if len(articles) != 2 || !strings.Contains(articles[0]["body"].(string), "an outage, twice") || articles[1]["body"] != "And this comes after it" {
		t.Errorf("articles = %v", articles)
	}
	var reasons int
	if b.One(&reasons, `SELECT count(*) FROM inbound_messages WHERE state = 'ignored' AND error LIKE 'a file can''t be fetched: %'`); reasons != 2 {
		t.Errorf("%d messages say why they became nothing, want 2", reasons)
	}
	if reasons := spooled(); len(reasons) != 0 {
		t.Errorf("spooled: %q", reasons)
	}
}

func TestGroupsChannelsAndOddMessages(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	spooled := b.work()
	const group = `"chat": {"id": -5, "type": "group", "title": "Friends"}, "from": {"id": 8, "first_name": "Bo"}`
	for i, update := range []string{
		`"message": {"message_id": 1, "date": 1, ` + group + `, "text": "chatter"}`,
		`"message": {"message_id": 2, "date": 1, ` + group + `, "text": "hey @desk_bot, help"}`,
		`"message": {"message_id": 3, "date": 1, "chat": {"id": 9, "type": "private"}, "from": {"id": 9, "is_bot": true, "first_name": "Bot"}, "text": "spam"}`,
		`"channel_post": {"message_id": 4, "date": 1, "chat": {"id": -100, "type": "channel", "title": "News"}, "text": "Extra!"}`,
		`"edited_channel_post": {"message_id": 4, "date": 1, "chat": {"id": -100, "type": "channel", "title": "News"}, "text": "Corrected!"}`,
		`"message": {"message_id": "a text", "chat": {"id": 9}}`,
	} {
		b.calls(fmt.Sprintf(`{"update_id": %d, %s}`, 50+i, update)).Is(200)
	}
	b.processed()
	b.Eventually("the group told", func() bool { return len(b.telegram.Calls("sendMessage")) == 1 })
	if told := b.telegram.Calls("sendMessage")[0].Params; told["chat_id"] != "-5" || !strings.Contains(told["text"], "private chat") {
		t.Errorf("told %v", told)
	}
	var tickets int
	var customer, body string
	b.One(&tickets, `SELECT count(*) FROM tickets WHERE create_article_type_id = $1`, desk.ArticleTelegram)
	if tickets != 1 {
		t.Fatalf("%d tickets, want the channel's", tickets)
	}
	b.One(&customer, `SELECT u.login || ' ' || u.firstname || ' ' || u.lastname FROM users u JOIN messenger_accounts a ON a.user_id = u.id`)
	b.One(&body, `SELECT string_agg(body, ',') FROM ticket_articles WHERE type_id = $1`, desk.ArticleTelegram)
	if customer != "channel-100 News Channel" || body != "Corrected!" {
		t.Errorf("customer %q said %q", customer, body)
	}
	// What nobody can read is kept where people look for it.
	if reasons := spooled(); len(reasons) != 1 || !strings.Contains(reasons[0], "invalid telegram message") {
		t.Errorf("spooled: %q", reasons)
	}
}

func TestLoginsOfOthersAreNotTakenOver(t *testing.T) {
	t.Parallel()
	b := openBots(t).connect()
	b.work()
	b.Exec(`UPDATE users SET login = 'ada_l' WHERE login = 'david'`)
	b.says("message", 1, `"text": "It is me, David"`)
	b.processed()
	ticket, _ := b.ticket()
	customer := b.Get("emma", fmt.Sprintf("/users/%v", ticket["customer_id"])).Is(200).Object()
	if customer["login"] != "777" || customer["email"] == "david@example.com" {
		t.Errorf("customer = %v", customer)
	}
}
