package trigger_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
)

// block is a part of an example: a trigger, what happens, or what becomes of it.
type block struct{ kind, text string }

var (
	heading  = regexp.MustCompile(`(?m)^#{2,3} (.+)$`)
	fenced   = regexp.MustCompile("(?ms)^```json (trigger|mail|change|becomes)\n(.*?)^```$")
	tableRow = regexp.MustCompile("(?m)^\\| `(.*#\\{.*)` \\| ?(.*?) ?\\|$")
)

func readRules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheExamplesOfTheDocumentAreTrue(t *testing.T) {
	t.Parallel()
	text := readRules(t)
	o, examples := open(t), 0
	places := heading.FindAllStringSubmatchIndex(text, -1)
	for i, place := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		var blocks []block
		for _, found := range fenced.FindAllStringSubmatch(text[place[1]:end], -1) {
			blocks = append(blocks, block{found[1], found[2]})
		}
		if len(blocks) > 0 {
			examples++
			o.runExample(text[place[2]:place[3]], blocks)
		}
	}
	if examples < 7 {
		t.Errorf("%d examples were found, want all", examples)
	}
}

func (o *office) runExample(name string, blocks []block) {
	o.t.Helper()
	o.noTriggers()
	var ticket desk.Ticket
	for _, b := range blocks {
		switch b.kind {
		case "trigger":
			var rule struct{ Condition, Perform json.RawMessage }
			decode(o.t, b.text, &rule)
			o.trigger(name, string(rule.Condition), string(rule.Perform))
		case "mail":
			var sent struct{ Subject, From string }
			decode(o.t, b.text, &sent)
			ticket = o.mail(func(t *desk.Ticket, a *desk.Article) {
				if t.Title = sent.Subject; sent.From != "" {
					a.From = &sent.From
				}
			})
			o.work()
		case "change":
			o.applyExample(ticket.ID, b.text)
		case "becomes":
			o.checkExample(name, ticket.ID, b.text)
		}
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func (o *office) applyExample(id desk.TicketID, text string) {
	o.t.Helper()
	var change struct{ Owner, Article string }
	decode(o.t, text, &change)
	var article *desk.Article
	if change.Article != "" {
		article = &desk.Article{TypeID: desk.ArticleNote, SenderID: desk.SenderAgent, Body: change.Article}
	}
	o.change(id, func(t *desk.Ticket) {
		if change.Owner != "" {
			t.OwnerID = ask[desk.UserID](o, `SELECT id FROM users WHERE login = $1`, change.Owner)
		}
	}, article)
	o.work()
}

func (o *office) checkExample(name string, id desk.TicketID, text string) {
	o.t.Helper()
	var want struct {
		Priority, State, Owner, Tags, Note *string
		PendingInHours                     float64 `json:"pending_in_hours"`
		Mail                               *struct{ To, Subject, Body string }
	}
	decode(o.t, text, &want)
	for what, check := range map[string]struct {
		want *string
		sql  string
	}{
		"priority": {want.Priority, `SELECT p.name FROM tickets t JOIN ticket_priorities p ON p.id = t.priority_id WHERE t.id = $1`},
		"state":    {want.State, `SELECT s.name FROM tickets t JOIN ticket_states s ON s.id = t.state_id WHERE t.id = $1`},
		"owner":    {want.Owner, `SELECT u.login FROM tickets t JOIN users u ON u.id = t.owner_id WHERE t.id = $1`},
		"tags": {want.Tags, `SELECT coalesce(string_agg(n.name, ', ' ORDER BY g.id), '')
			FROM taggings g JOIN tags n ON n.id = g.tag_id WHERE g.object = 'Ticket' AND g.o_id = $1`},
		"note": {want.Note, `SELECT coalesce(max(body), '') FROM ticket_articles WHERE ticket_id = $1 AND type_id = 10 AND sender_id = 3`},
	} {
		if check.want == nil {
			continue
		}
		if got := ask[string](o, check.sql, id); got != *check.want {
			o.t.Errorf("%s: %s is %q, want %q", name, what, got, *check.want)
		}
	}
	if want.PendingInHours != 0 {
		at := ask[time.Time](o, `SELECT pending_time FROM tickets WHERE id = $1`, id)
		if got := time.Until(at).Hours(); got < want.PendingInHours-0.1 || got > want.PendingInHours+0.1 {
			o.t.Errorf("%s: pending in %.2f hours, want %.0f", name, got, want.PendingInHours)
		}
	}
	mail := `SELECT coalesce(max("to" || '|' || subject || '|' || body), '') FROM ticket_articles WHERE ticket_id = $1 AND sender_id = 3 AND type_id = 1`
	got := ask[string](o, mail, id)
	switch {
	case want.Mail == nil && got != "":
		o.t.Errorf("%s: mail %q, want none", name, got)
	case want.Mail != nil && !strings.HasPrefix(got, want.Mail.To+"|"+want.Mail.Subject+"|"+want.Mail.Body):
		o.t.Errorf("%s: mail %q, want %+v", name, got, *want.Mail)
	}
}

func TestTheTextsOfTheDocumentAreTrue(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.noTriggers()
	rows := tableRow.FindAllStringSubmatch(readRules(t), -1)
	if len(rows) < 12 {
		t.Fatalf("%d texts were found, want all", len(rows))
	}
	var body strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&body, "[%d]%s[/%d]\n", i, row[1], i)
	}
	action, err := json.Marshal(map[string]any{"article.note": map[string]any{"subject": "s", "body": body.String(), "internal": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	o.trigger("texts", `{}`, string(action))
	ticket := o.mail(func(t *desk.Ticket, _ *desk.Article) {
		t.Title, t.PendingTime = "Tea & kettle", new(time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC))
	})
	o.work()
	got := ask[string](o, `SELECT body FROM ticket_articles WHERE ticket_id = $1 AND type_id = 10`, ticket.ID)
	for i, row := range rows {
		_, rest, _ := strings.Cut(got, fmt.Sprintf("[%d]", i))
		filled, _, _ := strings.Cut(rest, fmt.Sprintf("[/%d]", i))
		if filled != strings.ReplaceAll(row[2], "&#39;", "'") && filled != row[2] {
			t.Errorf("%s becomes %q, want %q", row[1], filled, row[2])
		}
	}
}
