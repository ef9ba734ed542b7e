package intake_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
)

// vectorFile holds decisions about mails as installations of the original made them. The parser
// has it, because most of it is the parser's.
const vectorFile = "../../parser/testdata/email_cases.json"

// notBuilt lists what the vectors cover and this package doesn't do yet, with the reason.
var notBuilt = map[string]string{
	"proc-16": "only the 7.x line looks at the agent's groups; we follow the baseline",
}

type vector struct {
	ID, Area, Title, Versions string
	Settings                  map[string]any
	Given                     given
	Input                     struct {
		Raw     string
		Fixture string
		Replace [][2]string
		Channel *struct {
			Trusted        bool
			Group          string
			InboundOptions map[string]any `json:"inbound_options"`
		}
		Filters []vectorFilter
		monitored
	}
	Expect map[string]json.RawMessage
}

type given struct {
	Users []struct {
		Email, Role, Firstname, Lastname string
	}
	Groups []struct {
		Name             string
		FollowUpPossible string `json:"follow_up_possible"`
		ReopenTimeInDays *int   `json:"reopen_time_in_days"`
	}
	EmailAddresses []struct {
		Email        string
		ChannelGroup string `json:"channel_group"`
	} `json:"email_addresses"`
	Tickets []struct {
		Ref, Number, State, Group string
		MergedInto                string `json:"merged_into"`
		ClosedDaysAgo             *int   `json:"closed_days_ago"`
		Preferences               map[string]any
		Articles                  []struct {
			Ref, Subject, Sender, To, Created string
			MessageID                         string `json:"message_id"`
			Internal                          bool
		}
	}
	ExternalSyncs []struct {
		Source, Ticket string
		SourceID       string `json:"source_id"`
	} `json:"external_syncs"`
}

func TestReferenceVectorsOfTheWholePipeline(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range file.Cases {
		if !slices.Contains(wholeAreas, v.Area) || notBuilt[v.ID] != "" {
			continue
		}
		ran++
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			refs := h.given(v)
			h.check(v, refs)
		})
	}
	if ran < 63 {
		t.Errorf("%d vectors ran, want at least 63", ran)
	}
}

// given makes the records a vector starts from and returns its tickets by their names.
func (h *house) given(v vector) map[string]desk.TicketID {
	h.t.Helper()
	for name, value := range v.Settings {
		h.setting(name, value)
	}
	for _, g := range v.Given.Groups {
		if g.FollowUpPossible == "" {
			g.FollowUpPossible = "yes"
		}
		h.exec(`INSERT INTO groups (name, name_last, follow_up_possible, reopen_time_in_days, updated_by_id, created_by_id)
			VALUES ($1, $1, $2, $3, 1, 1) ON CONFLICT DO NOTHING`, g.Name, g.FollowUpPossible, g.ReopenTimeInDays)
	}
	for _, u := range v.Given.Users {
		id := ask[int64](h, `INSERT INTO users (login, email, firstname, lastname, updated_by_id, created_by_id)
			VALUES ($1, $1, $2, $3, 1, 1) RETURNING id`, u.Email, u.Firstname, u.Lastname)
		h.exec(`INSERT INTO roles_users (user_id, role_id) SELECT $1, id FROM roles WHERE name = $2`, id, u.Role)
	}
	for _, a := range v.Given.EmailAddresses {
		h.givenAddress(a.Email, a.ChannelGroup)
	}
	h.givenFilters(v.Input.Filters)
	refs := h.givenTickets(v)
	h.givenLinks(v, refs)
	return refs
}

func (h *house) givenAddress(email, group string) {
	h.t.Helper()
	if group != "" {
		h.exec(`INSERT INTO groups (name, name_last, updated_by_id, created_by_id) VALUES ($1, $1, 1, 1) ON CONFLICT DO NOTHING`, group)
	}
	h.exec(`WITH channel AS (
			INSERT INTO channels (area, group_id, updated_by_id, created_by_id)
			VALUES ('Email::Account', (SELECT id FROM groups WHERE name = $2), 1, 1)
			RETURNING id
		)
		INSERT INTO email_addresses (channel_id, name, email, updated_by_id, created_by_id)
		SELECT id, 'Ours', $1, 1, 1 FROM channel`, email, group)
}

func (h *house) givenTickets(v vector) map[string]desk.TicketID {
	h.t.Helper()
	refs := map[string]desk.TicketID{}
	for i, given := range v.Given.Tickets {
		ticket := desk.Ticket{Number: given.Number, Title: "x", GroupID: 1, StateID: 2, PriorityID: 2, OwnerID: 1, CustomerID: 2}
		if given.Number == "" {
			ticket.Number = fmt.Sprintf("777%d", i)
		}
		ticket.Preferences = given.Preferences
		if given.Group != "" {
			ticket.GroupID = ask[desk.GroupID](h, `SELECT id FROM groups WHERE name = $1`, given.Group)
		}
		if given.State != "" {
			ticket.StateID = ask[desk.StateID](h, `SELECT id FROM ticket_states WHERE name = $1`, given.State)
		}
		ticket.CreatedByID, ticket.UpdatedByID = 1, 1
		if err := h.store.InsertTicket(h.t.Context(), &ticket); err != nil {
			h.t.Fatal(err)
		}
		if given.ClosedDaysAgo != nil {
			h.exec(`UPDATE tickets SET close_at = now() - $2 * interval '1 day' WHERE id = $1`, ticket.ID, *given.ClosedDaysAgo)
		}
		refs[given.Ref] = ticket.ID
		for _, a := range given.Articles {
			article := desk.Article{TicketID: ticket.ID, TypeID: desk.ArticleEmail, SenderID: desk.SenderCustomer, Body: "x", Internal: a.Internal}
			article.MessageID, article.MessageIDMD5 = &a.MessageID, new(thread.MessageIDSum(a.MessageID))
			article.Subject, article.To = &a.Subject, &a.To
			article.CreatedByID, article.UpdatedByID = 1, 1
			if a.Sender != "" {
				article.SenderID = ask[desk.SenderID](h, `SELECT id FROM ticket_article_senders WHERE name = $1`, a.Sender)
			}
			if err := h.store.InsertArticle(h.t.Context(), &article); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	return refs
}

// check takes the vector's mail and compares what became of it.
func (h *house) check(v vector, refs map[string]desk.TicketID) {
	h.t.Helper()
	users := ask[int](h, `SELECT count(*) FROM users`)
	message := h.inbound(v.raw(h.t))
	if v.Input.Channel != nil {
		message.Options.Trusted = v.Input.Channel.Trusted
		if v.Input.Channel.InboundOptions != nil {
			message.ChannelID = h.mailbox(v.Input.Channel.InboundOptions)
		}
	}
	h.receiveFrom(message)
	h.processAll()
	id := ask[*desk.TicketID](h, `SELECT ticket_id FROM inbound_messages`)
	out := outcome{State: ask[string](h, `SELECT state FROM inbound_messages`)}
	if id != nil {
		out.Ticket, _ = h.store.Ticket(h.t.Context(), *id)
		out.Article, _ = h.store.Article(h.t.Context(), ask[desk.ArticleID](h, `SELECT article_id FROM inbound_messages`))
	}
	for key, want := range v.Expect {
		switch key {
		case "ticket":
			h.checkTicket(out, want, refs)
		case "article":
			h.checkArticle(out.Article, want)
		case "user":
			h.checkUser(want)
		case "ticket_state":
			equalJSON(h.t, key, ask[string](h, `SELECT name FROM ticket_states WHERE id = $1`, out.Ticket.StateID), want)
		case "article_internal":
			equalJSON(h.t, key, out.Article.Internal, want)
		case "subject":
			equalJSON(h.t, key, out.Article.Subject, want)
		case "failed_email":
			equalJSON(h.t, key, out.State == "failed", want)
		case "users_created":
			equalJSON(h.t, key, ask[int](h, `SELECT count(*) FROM users`)-users, want)
		case "users_exist", "users_not_exist":
			var emails []string
			if err := json.Unmarshal(want, &emails); err != nil {
				h.t.Fatal(err)
			}
			n := ask[int](h, `SELECT count(*) FROM users WHERE email = ANY($1)`, emails)
			if key == "users_exist" && n != len(emails) || key == "users_not_exist" && n != 0 {
				h.t.Errorf("%s: %d users of %v", key, n, emails)
			}
		default:
			h.checkFiltered(out, key, want)
		}
	}
}

func (h *house) checkTicket(out outcome, want json.RawMessage, refs map[string]desk.TicketID) {
	h.t.Helper()
	var ref string
	if json.Unmarshal(want, &ref) == nil && ref != "" {
		before := false
		for _, id := range refs {
			before = before || id == out.Ticket.ID
		}
		if out.Ticket.ID == 0 || ref == "new" && before || ref != "new" && out.Ticket.ID != refs[ref] {
			h.t.Errorf("ticket %d, want %s of %v", out.Ticket.ID, ref, refs)
		}
		return
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(want, &fields); err != nil {
		h.t.Fatal(err)
	}
	if fields == nil {
		if out.Ticket.ID != 0 {
			h.t.Errorf("ticket %d, want none", out.Ticket.ID)
		}
		return
	}
	ticket := out.Ticket
	c, _ := h.store.Catalog(h.t.Context())
	people, _ := h.store.Users(h.t.Context(), []desk.UserID{ticket.CustomerID, ticket.CreatedByID})
	customer := people[ticket.CustomerID]
	checkFields(h.t, fields, map[string]any{
		"title": ticket.Title, "title_length": utf8.RuneCountInString(ticket.Title), "owner_id": ticket.OwnerID,
		"state": c.States[ticket.StateID].Name, "priority": c.Priorities[ticket.PriorityID].Name, "group": c.Groups[ticket.GroupID].Name,
		"customer_email": customer.Email, "customer_firstname": customer.Firstname, "customer_lastname": customer.Lastname,
		"created_by_email":      people[ticket.CreatedByID].Email,
		"create_article_sender": c.Senders[*ticket.CreateArticleSenderID], "created_at": ticket.CreatedAt.Format(time.RFC3339),
	})
}

func (h *house) checkArticle(a desk.Article, want json.RawMessage) {
	h.t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(want, &fields); err != nil {
		h.t.Fatal(err)
	}
	c, _ := h.store.Catalog(h.t.Context())
	length := 0
	if a.Subject != nil {
		length = utf8.RuneCountInString(*a.Subject)
	}
	checkFields(h.t, fields, map[string]any{
		"type": c.ArticleTypes[a.TypeID].Name, "sender": c.Senders[a.SenderID], "internal": a.Internal,
		"content_type": a.ContentType, "body": a.Body, "from": a.From, "to": a.To, "subject": a.Subject,
		"subject_length": length, "reply_to": a.ReplyTo, "created_at": a.CreatedAt.Format(time.RFC3339),
	})
}

func (h *house) checkUser(want json.RawMessage) {
	h.t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(want, &fields); err != nil {
		h.t.Fatal(err)
	}
	var email string
	if err := json.Unmarshal(fields["email"], &email); err != nil {
		h.t.Fatal(err)
	}
	users, err := h.store.UsersByAddress(h.t.Context(), []string{email})
	if err != nil {
		h.t.Fatal(err)
	}
	user := users[email]
	delete(user.Preferences, "mail_delivery_failed_data") // the time of the test
	checkFields(h.t, fields, map[string]any{
		"email": user.Email, "firstname": user.Firstname, "lastname": user.Lastname, "preferences": user.Preferences,
	})
}

func checkFields(t testing.TB, want map[string]json.RawMessage, got map[string]any) {
	t.Helper()
	for name, value := range want {
		have, known := got[name]
		if !known {
			t.Errorf("the test does not know how to check %q", name)
			continue
		}
		equalJSON(t, name, have, value)
	}
}

// equalJSON compares by what both are as JSON.
func equalJSON(t testing.TB, name string, got any, want json.RawMessage) {
	t.Helper()
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(encoded, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%s = %s, want %s", name, encoded, want)
	}
}
