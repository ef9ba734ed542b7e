package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestInternalArticlesAreForAgentsOfTheTicket(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "with secrets")
	public := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "public", "attachments": [{"filename": "p.txt", "data": "%s", "mime-type": "text/plain"}]}`, id, apitest.Encoded("p"))).Is(201)
	secret := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "secret", "internal": true, "attachments": [{"filename": "s.txt", "data": "%s", "mime-type": "text/plain"}]}`, id, apitest.Encoded("s"))).Is(201)
	file := fileOf(secret)
	for _, tc := range []struct {
		who  string
		sees string // nothing, public, all
	}{
		{"emma", "all"}, {"reader", "all"}, {"changer", "all"}, {"chris", "all"},
		{"david", "public"}, {"dora", "public"}, {"both", "public"}, // dora and both are colleagues of david
		{"creator", "nothing"}, {"stranger", "nothing"}, {"boss", "nothing"}, {"lone", "nothing"}, {"lars", "public"}, {"reporter", "nothing"},
	} {
		status := map[bool]int{true: 200, false: 403}
		list := d.Get(tc.who, fmt.Sprintf("/ticket_articles/by_ticket/%d", id)).Is(status[tc.sees != "nothing"])
		if tc.sees != "nothing" {
			want := []int{public.ID()}
			if tc.sees == "all" {
				want = append(want, secret.ID())
			}
			if got := idsOf(list.List()); !slices.Equal(got, want) {
				t.Errorf("%s lists articles %v, want %v", tc.who, got, want)
			}
			var shown struct {
				IDs []int `json:"article_ids"`
			}
			d.Get(tc.who, apitest.TicketPath(id)+"?expand=true").Is(200).Into(&shown)
			slices.Sort(shown.IDs)
			if !slices.Equal(shown.IDs, want) {
				t.Errorf("%s sees article_ids %v, want %v", tc.who, shown.IDs, want)
			}
		}
		for path, may := range map[string]bool{
			fmt.Sprintf("/ticket_articles/%d", public.ID()):                     tc.sees != "nothing",
			fmt.Sprintf("/ticket_articles/%d", secret.ID()):                     tc.sees == "all",
			fmt.Sprintf("/ticket_attachment/%d/%d/%d", id, secret.ID(), file):   tc.sees == "all",
			fmt.Sprintf("/tickets/search?query=secrets&ids=%d&expand=true", id): true,
		} {
			if got := d.Get(tc.who, path).Status; got != status[may] {
				t.Errorf("%s gets %s: %d, want %d", tc.who, path, got, status[may])
			}
		}
		if got, want := d.Get(tc.who, fmt.Sprintf("/attachments/%d", file)).Status, map[bool]int{true: 200, false: 404}[tc.sees == "all"]; got != want {
			t.Errorf("%s gets the secret file by its id: %d, want %d", tc.who, got, want)
		}
	}
}

// fileOf is the id of the first attachment of an article that was answered.
func fileOf(a apitest.Answer) int {
	a.T.Helper()
	var article struct{ Attachments []struct{ ID int } }
	a.Into(&article)
	if len(article.Attachments) == 0 {
		a.T.Fatalf("%s: no attachment in %s", a.Asked, a.Body)
	}
	return article.Attachments[0].ID
}

func TestWhoWritesArticles(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	open := d.NewTicket(1, "david", "open")
	closed := d.NewTicket(2, "david", "closed, and new tickets wanted")
	d.Exec(`UPDATE tickets SET state_id = 4, last_close_at = now() WHERE id = $1`, closed)
	for who, status := range map[string]int{
		"emma": 201, "creator": 201, "reader": 403, "changer": 403, "overviewer": 403, "stranger": 403, "boss": 403,
		"david": 201, "dora": 201, "lone": 403, "lars": 201, "reporter": 403,
	} {
		if got := d.Post(who, "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "by %s"}`, open, who)); got.Status != status {
			t.Errorf("%s writes: %d %s, want %d", who, got.Status, got.Body, status)
		}
	}
	d.Post("david", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "again"}`, closed)).
		Refuses(422, "Cannot follow-up on a closed ticket. Please create a new ticket.")
	d.Post("both", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "as agent"}`, closed)).Is(201)
	d.Post("emma", "/ticket_articles", `{"ticket_id": 99999, "body": "x"}`).Refuses(404, "Couldn't find Ticket with 'id'=99999")
}

func TestCustomersCannotPretend(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "mine")
	got := d.Post("david", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x", "type": "email", "sender": "Agent", "internal": true,
		"to": "a@example.com", "origin_by_id": %d, "reply_to": "victim@example.com", "message_id": "<1@x>", "in_reply_to": "<2@x>",
		"references": "<3@x>", "preferences": {"delivery_status": "success"}}`, id, d.UserID("emma"))).Is(201).Object()
	for key, want := range map[string]any{
		"type": "note", "sender": "Customer", "internal": false, "from": "David Bell", "origin_by_id": nil, "created_by": "david", "to": "a@example.com",
		"reply_to": nil, "message_id": nil, "message_id_md5": nil, "in_reply_to": nil, "references": nil,
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if preferences := fmt.Sprint(got["preferences"]); preferences != "map[]" {
		t.Errorf("preferences = %s", preferences)
	}
	var deliveries int
	d.One(&deliveries, `SELECT count(*) FROM outbox WHERE kind = 'article.deliver'`)
	if deliveries != 0 {
		t.Errorf("a customer sent %d mails", deliveries)
	}
}

func TestAnEmailArticleIsAnnouncedForDelivery(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.Post("emma", "/tickets", `{"title": "Order", "group": "Users", "customer": "david"}`).Is(201).ID()
	sent := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "email", "to": "David Bell <david@example.com>", "cc": "c@example.com",
		"subject": "Re: [Ticket#20001] Your order", "body": "Hi<br>there", "content_type": "text/html", "subtype": "reply", "in_reply_to": "<1@example.com>"}`, id)).Is(201)
	got := sent.Object()
	for key, want := range map[string]any{
		"from": "Emma Taylor via Acme Desk <help@desk.example.com>", "to": "David Bell <david@example.com>", "cc": "c@example.com",
		"in_reply_to": "<1@example.com>", "type": "email", "sender": "Agent", "type_id": 1.0,
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if want := regexp.MustCompile(fmt.Sprintf(`^<\d{14}\.%d\.[0-9a-f-]{36}@desk\.example\.com>$`, id)); !want.MatchString(fmt.Sprint(got["message_id"])) {
		t.Errorf("message_id = %v, want %v", got["message_id"], want)
	}
	if md5, _ := got["message_id_md5"].(string); len(md5) != 32 {
		t.Errorf("message_id_md5 = %v", got["message_id_md5"])
	}
	preferences, _ := got["preferences"].(map[string]any)
	if preferences["subtype"] != "reply" || preferences["email_address_id"] != 1.0 {
		t.Errorf("preferences = %v", preferences)
	}
	var announced, state int
	var first bool
	d.One(&announced, `SELECT count(*) FROM outbox WHERE queue = 'deliver' AND payload = jsonb_build_object('article_id', $1::int)`, sent.ID())
	d.One(&state, `SELECT state_id FROM tickets WHERE id = $1`, id)
	d.One(&first, `SELECT first_response_at IS NOT NULL AND last_contact_agent_at IS NOT NULL FROM tickets WHERE id = $1`, id)
	if announced != 1 || state != 2 || !first {
		t.Errorf("announced %d times, state %d, first response noted %v; want 1, 2, true", announced, state, first)
	}

	refused := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "email", "to": "nobody", "body": "x"}`, id))
	refused.Refuses(422, "Sending an email without a valid recipient is not possible.")
	elsewhere := d.NewTicket(3, "david", "no address here")
	d.Post("chris", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "email", "to": "a@example.com", "body": "x"}`, elsewhere)).
		Refuses(500, "No email address found for group 'Support' (3)")
	d.One(&announced, `SELECT count(*) FROM outbox WHERE queue = 'deliver'`)
	if announced != 1 {
		t.Errorf("%d deliveries after refused articles, want the 1 from before", announced)
	}
	d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "email", "sender": "Customer", "from": "d@example.com", "to": "x", "body": "x"}`, id)).Is(201)
	d.One(&announced, `SELECT count(*) FROM outbox WHERE queue = 'deliver'`)
	if announced != 1 {
		t.Errorf("a customer's mail that an agent entered was announced")
	}
}

func TestArticleRefusals(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "refusing")
	for _, tc := range []struct{ article, want string }{
		{`{}`, "Need at least an 'article body' field."},
		{`{"body": null}`, "Need at least an 'article body' field."},
		{`{"body": "  "}`, "Missing required value for field 'body'!"},
		{`{"body": "x", "type": "pigeon"}`, `No lookup value found for 'type': "pigeon"`},
		{`{"body": "x", "type_id": 99}`, "Invalid value for param 'type_id': 99"},
		{`{"body": "x", "sender": 5}`, "No lookup value found for 'sender': 5"},
		{`{"body": "x", "origin_by": 5}`, "String is needed as ref value 5 for 'origin_by'"},
		{`{"body": "x", "origin_by": "nobody"}`, `No lookup value found for 'origin_by': "nobody"`},
		{`{"body": "` + strings.Repeat("x", 1_500_001) + `"}`, "body of article is too large, 1500001 chars - only 1500000 allowed"},
		{`{"body": "x", "attachments": [{"filename": "a", "data": "YQ=="}]}`, "Attachment needs 'mime-type' param for attachment with index '0'"},
		{`{"body": "x", "attachments": [{"filename": "a", "data": "YQ==", "mime-type": "t/p"}, {"mime-type": "t/p", "data": "YQ=="}]}`, "Attachment needs 'filename' param for attachment with index '1'"},
		{`{"body": "x", "attachments": [{"filename": "a", "mime-type": "t/p"}]}`, "Attachment needs 'data' param for attachment with index '0'"},
		{`{"body": "x", "attachments": [{"filename": "a", "mime-type": "t/p", "data": "a!=="}]}`, "Invalid base64 for attachment with index '0'"},
		{`{"body": "x", "attachments": [{"filename": "a", "mime-type": "t/p", "data": "YQ"}]}`, "Invalid base64 for attachment with index '0'"},
	} {
		var fields map[string]any
		if err := json.Unmarshal([]byte(tc.article), &fields); err != nil {
			t.Fatal(err)
		}
		fields["ticket_id"] = id
		body, _ := json.Marshal(fields)
		d.Post("chris", "/ticket_articles", string(body)).Refuses(422, tc.want)
		inside := fmt.Sprintf(`{"title": "t", "group_id": 1, "customer": "david", "article": %s}`, tc.article)
		if tc.article != `{}` { // that is no article
			d.Post("chris", "/tickets", inside).Refuses(422, tc.want)
		}
	}
	var left int
	d.One(&left, `SELECT (SELECT count(*) FROM ticket_articles WHERE ticket_id > 1) + (SELECT count(*) FROM attachments) + (SELECT count(*) FROM tickets WHERE title = 't')`)
	if left != 0 {
		t.Errorf("refused articles left %d rows behind", left)
	}
}

func TestArticlesAsForms(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	form := url.Values{
		"ticket_id": {fmt.Sprint(o.NewTicket(1, "david", "by form"))}, "body": {"see files"}, "internal": {"true"}, "preferences[a][b]": {"c"},
		"attachments[][filename]":  {"one.txt", "two.txt"},
		"attachments[][mime-type]": {"text/plain", "text/html"},
		"attachments[][data]":      {apitest.Encoded("1"), apitest.Encoded("22")},
	}
	req := o.Request(http.MethodPost, "/api/v1/ticket_articles", form.Encode())
	req.Header.Set("Authorization", "Token token of emma")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	made := o.Send(req).Is(201).Object()
	var files []string
	for _, file := range made["attachments"].([]any) {
		file := file.(map[string]any)
		files = append(files, fmt.Sprint(file["filename"], " ", file["size"]))
	}
	if got := fmt.Sprint(files); got != "[one.txt 1 two.txt 2]" || made["internal"] != true || fmt.Sprint(made["preferences"]) != "map[a:map[b:c]]" {
		t.Errorf("files %s, internal %v, preferences %v", got, made["internal"], made["preferences"])
	}
}

func TestArticlesWithAllTheyReferTo(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "told by phone")
	told := fmt.Sprintf(`{"ticket_id": %d, "body": "x", "type": "phone", "sender": "Customer", "internal": true}`, id)
	created := d.Post("emma", "/ticket_articles?full=true", told).Is(201)
	var one struct {
		ID     int
		Assets map[string]map[string]map[string]any
	}
	created.Into(&one)
	path := fmt.Sprintf("/ticket_articles/%d?full=true", one.ID)
	if shown := d.Get("emma", path).Is(200); string(shown.Body) != string(created.Body) {
		t.Errorf("created as\n%s\nread as\n%s", created.Body, shown.Body)
	}
	if one.Assets["TicketArticle"][fmt.Sprint(one.ID)]["type"] != "phone" || one.Assets["Ticket"][fmt.Sprint(id)]["title"] != "told by phone" ||
		one.Assets["User"][fmt.Sprint(d.UserID("emma"))] == nil || one.Assets["User"][fmt.Sprint(d.UserID("david"))] == nil || one.Assets["Group"]["1"] == nil {
		t.Errorf("article, ticket, writer, origin and group are not all in %v", one.Assets)
	}
	for _, tc := range []struct{ who, path, want string }{
		{"emma", fmt.Sprintf("/ticket_articles/by_ticket/%d?full=true", id), fmt.Sprint([]int{one.ID})},
		{"david", fmt.Sprintf("/ticket_articles/by_ticket/%d?full=true", id), "[]"},
		{"chris", "/ticket_articles?full=true&per_page=1", "[1]"},
	} {
		got := d.Get(tc.who, tc.path).Is(200).Object()
		articles, _ := got["assets"].(map[string]any)["TicketArticle"].(map[string]any)
		if fmt.Sprint(got["record_ids"]) != tc.want || len(articles) != len(got["record_ids"].([]any)) {
			t.Errorf("%s: articles %v with %d in the assets, want %s", tc.path, got["record_ids"], len(articles), tc.want)
		}
	}
	changed := d.Put("emma", path, `{"internal": false}`).Is(200)
	if shown := d.Get("david", path).Is(200).Object(); shown["id"] != float64(one.ID) || changed.Object()["assets"] == nil {
		t.Errorf("changed to %s, then shown as %v", changed.Body, shown)
	}
}

func TestOnBehalfOfACustomer(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "lone", "called")
	call := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x", "type": "phone", "sender": "Customer"}`, id)).Is(201).Object()
	if call["origin_by"] != "lone" || call["from"] != "Lone <lone@example.com>" || call["created_by"] != "emma" {
		t.Errorf("customer's call: origin_by %v, from %v, created_by %v", call["origin_by"], call["from"], call["created_by"])
	}
	for _, origin := range []string{fmt.Sprintf(`"origin_by_id": %d`, d.UserID("dora")), `"origin_by": "Dora@Example.com"`} {
		told := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x", %s}`, id, origin)).Is(201).Object()
		if told["origin_by"] != "dora" || told["sender"] != "Customer" || told["from"] != "Dora" {
			t.Errorf("%s: origin_by %v, sender %v, from %v", origin, told["origin_by"], told["sender"], told["from"])
		}
	}
}

func TestChangeAndDeleteArticles(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "notes")
	write := func(who, more string) string {
		return fmt.Sprintf("/ticket_articles/%d", d.Post(who, "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x"%s}`, id, more)).Is(201).ID())
	}
	note, call, others := write("emma", ""), write("emma", `, "type": "phone"`), write("chris", "")
	old := write("emma", "")
	changed := d.Put("emma", note, `{"internal": true, "body": "forged", "preferences": {"highlight": "blue", "other": 1}}`).Is(200).Object()
	if changed["internal"] != true || changed["body"] != "x" || fmt.Sprint(changed["preferences"]) != "map[highlight:blue]" {
		t.Errorf("changed to %v", changed)
	}
	d.Put("creator", note, `{"internal": false}`).Refuses(403, "Not authorized")
	d.Put("david", note, `{"internal": false}`).Refuses(403, "Not authorized")
	d.Exec(`UPDATE ticket_articles SET created_at = now() - interval '601 seconds' WHERE id = $1`, strings.TrimPrefix(old, "/ticket_articles/"))

	d.Del("david", note).Refuses(403, "Not authorized (agent permission required)!")
	d.Del("emma", others).Refuses(403, "Not authorized (you can only delete your own notes)!")
	d.Del("emma", call).Refuses(403, "Not authorized (communication articles cannot be deleted)!")
	d.Del("emma", old).Refuses(403, "Not authorized (note is too old to be deleted)!")
	if gone := d.Del("emma", note).Is(200); string(gone.Body) != "{}" {
		t.Errorf("deletion answered %s", gone.Body)
	}
	d.Get("emma", note).Refuses(404, "Couldn't find Ticket::Article with 'id'="+strings.TrimPrefix(note, "/ticket_articles/"))
	if count := d.Get("emma", apitest.TicketPath(id)).Object()["article_count"]; count != 3.0 {
		t.Errorf("article_count = %v, want 3", count)
	}
	d.Get("emma", "/ticket_articles").Is(403)
	if n := len(d.Get("boss", "/ticket_articles?per_page=2").Is(200).List()); n != 2 {
		t.Errorf("index has %d articles, want 2", n)
	}
}
