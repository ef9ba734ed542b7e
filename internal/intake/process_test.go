package intake_test

import (
	"context"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store/arrivals"
)

func TestFirstMailOfStrangerBecomesNewTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	out := h.take(mail("Message-ID: <first@example.org>", "Subject: Printer on fire", "Cc: Bob Miller <bob@example.net>"))
	if out.State != arrivals.Processed {
		t.Fatalf("state of the message = %s", out.State)
	}
	ticket, article := out.Ticket, out.Article
	c, _ := h.store.Catalog(t.Context())
	if ticket.Title != "Printer on fire" || ticket.StateID != desk.StateNew || ticket.PriorityID != 2 || ticket.GroupID != 1 || ticket.OwnerID != 1 {
		t.Errorf("ticket = %+v", ticket)
	}
	if len(thread.FindNumbers("Ticket#"+ticket.Number, c)) != 1 {
		t.Errorf("number %q is none that a subject could name", ticket.Number)
	}
	customer, err := h.store.User(t.Context(), ticket.CustomerID)
	if err != nil {
		t.Fatal(err)
	}
	if customer.Email != "nicole@example.org" || customer.Login != customer.Email || customer.Firstname != "Nicole" ||
		customer.Lastname != "Braun" || !customer.Active || customer.CreatedByID != customer.ID {
		t.Errorf("customer = %+v", customer)
	}
	if roles := ask[[]int64](h, `SELECT array_agg(role_id) FROM roles_users WHERE user_id = $1`, customer.ID); len(roles) != 1 || roles[0] != 3 {
		t.Errorf("roles of the customer = %v, want Customer", roles)
	}
	if n := ask[int](h, `SELECT count(*) FROM users WHERE email = 'bob@example.net' AND lastname = 'Miller'`); n != 1 {
		t.Errorf("%d users for the address in Cc, want 1", n)
	}
	if article.TypeID != desk.ArticleEmail || article.SenderID != desk.SenderCustomer || article.Internal ||
		*article.From != "Nicole Braun <nicole@example.org>" || *article.To != "support@example.com" || *article.Subject != "Printer on fire" ||
		article.ContentType != "text/plain" || strings.TrimSpace(article.Body) != "help" || *article.MessageID != "<first@example.org>" ||
		article.InReplyTo != nil || article.CreatedByID != customer.ID {
		t.Errorf("article = %+v", article)
	}
	if article.Preferences["is-auto-response"] != false || article.Preferences["send-auto-response"] != true {
		t.Errorf("preferences of the article = %v", article.Preferences)
	}
	if ticket.ArticleCount != 1 || *ticket.CreateArticleTypeID != desk.ArticleEmail || *ticket.CreateArticleSenderID != desk.SenderCustomer ||
		ticket.LastContactCustomerAt == nil || ticket.LastContactAt == nil || ticket.LastContactAgentAt != nil {
		t.Errorf("contact = %+v", ticket.Contact)
	}
	history, err := h.store.HistoryOf(t.Context(), ticket.ID)
	if err != nil || len(history) != 2 || history[0].Object != "Ticket" || history[1].Object != "Ticket::Article" ||
		history[0].Type != "created" || history[1].Type != "created" || history[1].RelatedOID != int64(ticket.ID) || history[0].By != customer.ID {
		t.Errorf("history = %+v, %v", history, err)
	}
}

func TestRawMailIsKeptWithItsArticle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw := mail("Message-ID: <raw@example.org>", "Subject: bytes \xff\x00 kept")
	out := h.take(raw)
	files, err := h.store.AttachmentsOf(t.Context(), desk.ObjectArticleMail, int64(out.Article.ID))
	if err != nil || len(files) != 1 {
		t.Fatalf("raw mails = %v, %v", files, err)
	}
	if got := ask[[]byte](h, `SELECT data FROM blobs WHERE id = $1`, files[0].BlobID); string(got) != raw {
		t.Errorf("kept %q, want %q", got, raw)
	}
	if n := ask[int](h, `SELECT count(*) FROM blobs`); n != 1 {
		t.Errorf("%d blobs for one mail, want 1", n)
	}
	if !strings.HasSuffix(files[0].Filename, ".eml") || files[0].Size != int64(len(raw)) {
		t.Errorf("file = %+v", files[0])
	}
	id := ask[int64](h, `SELECT id FROM inbound_messages`)
	if got, err := h.intake.Raw(t.Context(), desk.InboundID(id)); err != nil || string(got) != raw {
		t.Errorf("Raw = %q, %v", got, err)
	}
}

const multipart = `From: nicole@example.org
To: support@example.com
Subject: with files
Message-ID: <files@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/html; charset=utf-8

<p>see <script>alert(1)</script><b>this</b></p>
--B
Content-Type: text/plain; name=notes.txt
Content-Disposition: attachment; filename="notes.txt"

some notes
--B--
`

func TestAttachmentsAreKept(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"DB", "File"} {
		h := newHouse(t)
		h.setting("storage_provider", place)
		out := h.take(multipart)
		files, err := h.store.AttachmentsOf(t.Context(), desk.ObjectArticle, int64(out.Article.ID))
		if err != nil || len(files) != 2 {
			t.Fatalf("%s: files = %v, %v; want the HTML as it came and notes.txt", place, files, err)
		}
		if files[0].Filename != "message.html" || files[0].Preferences["content-alternative"] != true || files[1].Filename != "notes.txt" {
			t.Errorf("%s: files = %+v", place, files)
		}
		if out.Article.ContentType != "text/html" || strings.Contains(out.Article.Body, "script") || !strings.Contains(out.Article.Body, "<b>this</b>") {
			t.Errorf("%s: body = %s %q", place, out.Article.ContentType, out.Article.Body)
		}
		if got := ask[string](h, `SELECT DISTINCT place FROM blobs`); got != place {
			t.Errorf("blobs are in %s, want %s", got, place)
		}
	}
}

func TestRepliesFindTheirTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail("Message-ID: <a@example.org>", "Subject: Printer on fire"))
	hook := " [Ticket#" + first.Ticket.Number + "]"
	for _, tc := range []struct {
		name     string
		searchIn []string
		headers  []string
		follows  bool
	}{
		{"number in subject", nil, []string{"Subject: Re: what" + hook}, true},
		{"number of nobody", nil, []string{"Subject: Re: what [Ticket#" + first.Ticket.Number + "999]"}, false},
		{"reference and same subject", []string{"subject_references"}, []string{"Subject: AW: Re: Printer on fire", "References: <x@y> <a@example.org>"}, true},
		{"in reply to and same subject", []string{"subject_references"}, []string{"Subject: Re: Printer on fire", "In-Reply-To: <a@example.org>"}, true},
		{"reference and other subject", []string{"subject_references"}, []string{"Subject: Re: Lunch", "References: <a@example.org>"}, false},
		{"reference counts", []string{"references"}, []string{"Subject: Lunch", "References: <a@example.org>"}, true},
		{"reference does not count", []string{}, []string{"Subject: Re: Printer on fire", "References: <a@example.org>"}, false},
		{"auto responses go by reference", []string{}, []string{"Subject: Absent", "In-Reply-To: <a@example.org>", "Auto-Submitted: auto-replied"}, true},
	} {
		if tc.searchIn != nil {
			h.setting("postmaster_follow_up_search_in", tc.searchIn)
		}
		out := h.take(mail(tc.headers...))
		if follows := out.Ticket.ID == first.Ticket.ID; follows != tc.follows {
			t.Errorf("%s: follow-up = %v, want %v", tc.name, follows, tc.follows)
		}
	}
}

// What a reader doesn't see is not what the writer says: where a link leads may be anybody's ticket.
func TestNumbersInLinksDoNotCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail("Message-ID: <a@example.org>"))
	h.setting("postmaster_follow_up_search_in", []string{"body"})
	hook := "[Ticket#" + first.Ticket.Number + "]"
	for body, follows := range map[string]bool{
		"<p>about " + hook + "</p>": true,
		`<p>see <a href="https://shop.example.org/` + hook + `">there</a></p>`: false,
	} {
		out := h.take(mail("Content-Type: text/html", "Subject: Lunch") + body)
		if got := out.Ticket.ID == first.Ticket.ID; got != follows {
			t.Errorf("%s: follow-up = %v, want %v", body, got, follows)
		}
	}
}

func TestFollowUpOpensTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail())
	id := first.Ticket.ID
	hook := "Subject: Re [Ticket#" + first.Ticket.Number + "]"
	for _, tc := range []struct {
		name   string
		state  desk.StateID
		header string
		want   desk.StateID
	}{
		{"new stays new", desk.StateNew, hook, desk.StateNew},
		{"open stays open", desk.StateOpen, hook, desk.StateOpen},
		{"pending opens", desk.StatePendingReminder, hook, desk.StateOpen},
		{"closed opens", desk.StateClosed, hook, desk.StateOpen},
		{"out of office changes nothing", desk.StateClosed, "Auto-Submitted: auto-replied (vacation)\n" + hook, desk.StateClosed},
	} {
		h.exec(`UPDATE tickets SET state_id = $2 WHERE id = $1`, id, tc.state)
		out := h.take(mail(tc.header))
		if out.Ticket.ID != id || out.Ticket.StateID != tc.want {
			t.Errorf("%s: ticket %d in state %d, want %d in state %d", tc.name, out.Ticket.ID, out.Ticket.StateID, id, tc.want)
		}
	}
	history, err := h.store.HistoryOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	states := ""
	for _, entry := range history {
		if entry.Attribute == "state" {
			states += entry.ValueFrom + ">" + entry.ValueTo + " "
		}
	}
	if want := "pending reminder>open closed>open "; states != want {
		t.Errorf("history of states = %q, want %q", states, want)
	}
	if got := ask[int](h, `SELECT article_count FROM tickets WHERE id = $1`, id); got != 6 {
		t.Errorf("article_count = %d, want 6", got)
	}
}

func TestClosedTicketsFollowTheirGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, policy, closedAgo string
		days                    int
		follows                 bool
	}{
		{"yes", "yes", "10 years", 0, true},
		{"new ticket", "new_ticket", "1 minute", 5, false},
		{"in time", "new_ticket_after_certain_time", "4 days", 5, true},
		{"too late", "new_ticket_after_certain_time", "5 days 1 minute", 5, false},
		{"no time", "new_ticket_after_certain_time", "1 minute", 0, false},
	} {
		h := newHouse(t)
		first := h.take(mail("Subject: Printer on fire"))
		h.exec(`UPDATE groups SET follow_up_possible = $1, reopen_time_in_days = $2 WHERE id = 1`, tc.policy, tc.days)
		h.exec(`UPDATE tickets SET state_id = 4, close_at = now() - $2::interval WHERE id = $1`, first.Ticket.ID, tc.closedAgo)
		out := h.take(mail("Subject: RE: Printer on fire [Ticket#" + first.Ticket.Number + "]"))
		if follows := out.Ticket.ID == first.Ticket.ID; follows != tc.follows {
			t.Errorf("%s: follow-up = %v, want %v", tc.name, follows, tc.follows)
			continue
		}
		if !tc.follows && (out.Ticket.Title != "Printer on fire" || out.Ticket.StateID != desk.StateNew) {
			t.Errorf("%s: new ticket %q in state %d, want a clean subject and state new", tc.name, out.Ticket.Title, out.Ticket.StateID)
		}
	}
}

func TestOwnerOfFollowedUpTicket(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		state      desk.StateID
		assignment bool
		active     bool
		keeps      bool
	}{
		{"open ticket", desk.StateOpen, false, true, true},
		{"closed ticket of a group that assigns", desk.StateClosed, true, true, true},
		{"closed ticket of a group that does not", desk.StateClosed, false, true, false},
		{"owner who left", desk.StateOpen, true, false, false},
	} {
		h := newHouse(t)
		agent := h.agent("agent@example.com")
		first := h.take(mail())
		h.exec(`UPDATE groups SET follow_up_assignment = $1`, tc.assignment)
		h.exec(`UPDATE tickets SET state_id = $2, owner_id = $3 WHERE id = $1`, first.Ticket.ID, tc.state, agent)
		h.exec(`UPDATE users SET active = $2 WHERE id = $1`, agent, tc.active)
		out := h.take(mail("Subject: Re [Ticket#" + first.Ticket.Number + "]"))
		want := desk.SystemUser
		if tc.keeps {
			want = agent
		}
		if out.Ticket.OwnerID != want {
			t.Errorf("%s: owner = %d, want %d", tc.name, out.Ticket.OwnerID, want)
		}
		if tc.keeps {
			continue
		}
		if got := ask[string](h, `SELECT value_from FROM history WHERE attribute = 'owner' AND id_from = $1`, agent); got != "Anna Agent" {
			t.Errorf("%s: history names the owner %q, want Anna Agent", tc.name, got)
		}
	}
}

// agent adds somebody who works in group 1.
func (h *house) agent(email string) desk.UserID {
	h.t.Helper()
	id := ask[desk.UserID](h, `
		INSERT INTO users (login, email, firstname, lastname, updated_by_id, created_by_id)
		VALUES ($1, $1, 'Anna', 'Agent', 1, 1)
		RETURNING id`, email)
	h.exec(`INSERT INTO roles_users (user_id, role_id) VALUES ($1, 2)`, id)
	h.exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES ($1, 1, 'full')`, id)
	return id
}

func TestMailsOfAgents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	agent := h.agent("agent@example.com")
	const from = "From: Anna Agent <Agent@example.com>"
	t.Run("to a customer", func(t *testing.T) {
		out := h.take(mail(from, "To: Carl Customer <carl@example.org>"))
		if out.Article.SenderID != desk.SenderAgent || out.Article.CreatedByID != agent {
			t.Errorf("article by user %d as %d, want %d as agent", out.Article.CreatedByID, out.Article.SenderID, agent)
		}
		if got := ask[string](h, `SELECT email FROM users WHERE id = $1`, out.Ticket.CustomerID); got != "carl@example.org" {
			t.Errorf("customer = %s, want whom the agent wrote to", got)
		}
		if out.Ticket.LastContactAgentAt == nil || out.Ticket.FirstResponseAt == nil {
			t.Errorf("contact = %+v, want one of the agent", out.Ticket.Contact)
		}
	})
	t.Run("to a customer who is not searched for", func(t *testing.T) {
		h.setting("postmaster_sender_is_agent_search_for_customer", false)
		defer h.setting("postmaster_sender_is_agent_search_for_customer", true)
		if out := h.take(mail(from, "To: carl@example.org")); out.Ticket.CustomerID != agent {
			t.Errorf("customer = %d, want the agent", out.Ticket.CustomerID)
		}
	})
	t.Run("as customer of the ticket", func(t *testing.T) {
		first := h.take(mail())
		h.exec(`UPDATE tickets SET customer_id = $2 WHERE id = $1`, first.Ticket.ID, agent)
		out := h.take(mail(from, "Subject: Re [Ticket#"+first.Ticket.Number+"]"))
		if out.Ticket.ID != first.Ticket.ID || out.Article.SenderID != desk.SenderCustomer {
			t.Errorf("article of ticket %d as %d, want %d as customer", out.Ticket.ID, out.Article.SenderID, first.Ticket.ID)
		}
	})
}

func TestGroupOfNewTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO groups (id, name, name_last, active, updated_by_id, created_by_id)
		VALUES (20, 'Sales', 'Sales', true, 1, 1), (21, 'Closed', 'Closed', false, 1, 1)`)
	h.exec(`INSERT INTO channels (id, group_id, area, updated_by_id, created_by_id)
		VALUES (30, 20, 'Email::Account', 1, 1), (31, NULL, 'Email::Account', 1, 1), (32, 21, 'Email::Account', 1, 1)`)
	h.exec(`INSERT INTO email_addresses (channel_id, name, email, updated_by_id, created_by_id)
		VALUES (30, 'Sales', 'sales@example.com', 1, 1)`)
	for _, tc := range []struct {
		name    string
		channel desk.ChannelID
		option  desk.GroupID
		to      string
		want    desk.GroupID
	}{
		{"of the channel", 30, 0, "other@example.com", 20},
		{"of the address", 31, 0, "Sales <SALES@example.com>, x@example.com", 20},
		{"not of the second address", 31, 0, "x@example.com, sales@example.com", 1},
		{"of an inactive group", 32, 0, "x@example.com", 1},
		{"of the pipe", 0, 20, "x@example.com", 20},
		{"of nobody", 0, 0, "x@example.com", 1},
	} {
		message := h.inbound(mail("Message-ID: <"+tc.name+"@g>", "To: "+tc.to))
		message.ChannelID, message.Options.GroupID = tc.channel, tc.option
		h.receiveFrom(message)
		h.processAll()
		ticket := ask[desk.TicketID](h, `SELECT max(id) FROM tickets`)
		out, err := h.store.Ticket(context.Background(), ticket)
		if err != nil {
			t.Fatal(err)
		}
		if out.GroupID != tc.want {
			t.Errorf("group %s = %d, want %d", tc.name, out.GroupID, tc.want)
		}
		if id, has := out.Preferences["channel_id"]; has != (tc.channel != 0) || has && id != float64(tc.channel) {
			t.Errorf("%s: preferences = %v, want channel %d", tc.name, out.Preferences, tc.channel)
		}
	}
}
