package desk_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
)

// office is a small installation.
func office(t *testing.T, values map[string]any) *desk.Catalog {
	t.Helper()
	c := settings(t, values)
	c.Senders = map[desk.SenderID]string{1: "Agent", 2: "Customer", 3: "System"}
	c.ArticleTypes = map[desk.ArticleTypeID]desk.ArticleType{
		desk.ArticleEmail: {ID: desk.ArticleEmail, Name: "email", Communication: true},
		desk.ArticleNote:  {ID: desk.ArticleNote, Name: "note"},
	}
	c.StateTypes = map[desk.StateTypeID]string{1: "new", 2: "open", 5: "closed"}
	c.States = map[desk.StateID]desk.State{
		desk.StateNew:    {ID: desk.StateNew, StateTypeID: 1, Name: "new", DefaultCreate: true},
		desk.StateOpen:   {ID: desk.StateOpen, StateTypeID: 2, Name: "open", DefaultFollowUp: true},
		desk.StateClosed: {ID: desk.StateClosed, StateTypeID: 5, Name: "closed"},
	}
	c.Groups = map[desk.GroupID]desk.Group{1: {ID: 1, Name: "Users"}, 2: {ID: 2, Name: "Sales::North"}}
	c.Priorities = map[desk.PriorityID]desk.Priority{2: {ID: 2, Name: "2 normal"}, 3: {ID: 3, Name: "3 high"}}
	return c
}

// at is a moment some minutes after nine.
func at(minutes int) time.Time {
	return time.Date(2026, 5, 4, 9, minutes, 0, 0, time.UTC)
}

func mailFrom(sender desk.SenderID, minutes int) desk.Article {
	return desk.Article{TypeID: desk.ArticleEmail, SenderID: sender, Stamp: desk.Stamp{CreatedAt: at(minutes)}}
}

func TestArticlesTakeEffectOnTheirTicket(t *testing.T) {
	t.Parallel()
	agent, customer := mailFrom(desk.SenderAgent, 5), mailFrom(desk.SenderCustomer, 5)
	internal := agent
	internal.Internal = true
	note := agent
	note.TypeID = desk.ArticleNote
	answered := &desk.Contact{LastContactCustomerAt: new(at(1)), LastContactAgentAt: new(at(2))}
	waiting := &desk.Contact{LastContactCustomerAt: new(at(3)), LastContactAgentAt: new(at(2))}
	unanswered := &desk.Contact{LastContactCustomerAt: new(at(3)), LastContactAt: new(at(3))}
	onReaction := "based_on_customer_reaction"
	for _, tc := range []struct {
		name                            string
		before                          *desk.Contact
		article                         desk.Article
		behaviour                       string
		count                           int
		agent, customer, last, response bool // set to the time of the article
	}{
		{name: "first mail of a customer", article: customer, count: 1, customer: true, last: true},
		{name: "mail of an agent", article: agent, count: 1, agent: true, last: true, response: true},
		{name: "internal mail of an agent", article: internal, count: 1},
		{name: "note of an agent", article: note, count: 1},
		{name: "mail of the system", article: mailFrom(desk.SenderSystem, 5)},
		{name: "customer after the agent", before: answered, article: customer, count: 1, customer: true, last: true},
		{name: "customer repeats himself", before: waiting, article: customer, count: 1},
		{name: "customer repeats himself before anybody answered", before: unanswered, article: customer, count: 1},
		{name: "customer repeats himself and it counts", before: waiting, article: customer, behaviour: onReaction, count: 1, customer: true, last: true},
		{name: "agent after the agent", before: answered, article: agent, count: 1, agent: true, last: true, response: true},
	} {
		c := office(t, map[string]any{"ticket_last_contact_behaviour": tc.behaviour})
		ticket := desk.Ticket{}
		if tc.before != nil {
			ticket.Contact = *tc.before
		}
		desk.ApplyArticle(&ticket, tc.article, c)
		check := func(what string, got *time.Time, want bool) {
			t.Helper()
			if set := got != nil && got.Equal(at(5)); set != want {
				t.Errorf("%s: %s is set to the time of the article: %v, want %v", tc.name, what, set, want)
			}
		}
		check("last_contact_agent_at", ticket.LastContactAgentAt, tc.agent)
		check("last_contact_customer_at", ticket.LastContactCustomerAt, tc.customer)
		check("last_contact_at", ticket.LastContactAt, tc.last)
		check("first_response_at", ticket.FirstResponseAt, tc.response)
		if ticket.ArticleCount != tc.count {
			t.Errorf("%s: article_count = %d, want %d", tc.name, ticket.ArticleCount, tc.count)
		}
	}
}

func TestFirstArticleGivesTicketItsOrigin(t *testing.T) {
	t.Parallel()
	c, ticket := office(t, nil), desk.Ticket{}
	desk.ApplyArticle(&ticket, mailFrom(desk.SenderCustomer, 1), c)
	answer := mailFrom(desk.SenderAgent, 2)
	answer.TypeID = desk.ArticleNote
	desk.ApplyArticle(&ticket, answer, c)
	if *ticket.CreateArticleTypeID != desk.ArticleEmail || *ticket.CreateArticleSenderID != desk.SenderCustomer {
		t.Errorf("created by type %d of sender %d, want email of customer", *ticket.CreateArticleTypeID, *ticket.CreateArticleSenderID)
	}
	if ticket.ArticleCount != 2 {
		t.Errorf("article_count = %d, want 2", ticket.ArticleCount)
	}
}

func TestFirstResponseStaysTheFirst(t *testing.T) {
	t.Parallel()
	c, ticket := office(t, nil), desk.Ticket{}
	desk.ApplyArticle(&ticket, mailFrom(desk.SenderAgent, 1), c)
	desk.ApplyArticle(&ticket, mailFrom(desk.SenderAgent, 2), c)
	if !ticket.FirstResponseAt.Equal(at(1)) || !ticket.LastContactAgentAt.Equal(at(2)) {
		t.Errorf("first response %v and last contact %v, want %v and %v", ticket.FirstResponseAt, ticket.LastContactAgentAt, at(1), at(2))
	}
}

func TestOnlyPublicAnswersOpenNewTickets(t *testing.T) {
	t.Parallel()
	c := office(t, nil)
	internal := mailFrom(desk.SenderAgent, 1)
	internal.Internal = true
	for _, tc := range []struct {
		name    string
		state   desk.StateID
		article desk.Article
		want    desk.StateID
	}{
		{"answer", desk.StateNew, mailFrom(desk.SenderAgent, 1), desk.StateOpen},
		{"internal", desk.StateNew, internal, desk.StateNew},
		{"customer", desk.StateNew, mailFrom(desk.SenderCustomer, 1), desk.StateNew},
		{"closed stays", desk.StateClosed, mailFrom(desk.SenderAgent, 1), desk.StateClosed},
	} {
		ticket := desk.Ticket{StateID: tc.state}
		if desk.OpenOnAnswer(&ticket, tc.article, c); ticket.StateID != tc.want {
			t.Errorf("%s: state %d, want %d", tc.name, ticket.StateID, tc.want)
		}
	}
}

func TestClosedTicketsCanBeReopenedForSomeDays(t *testing.T) {
	t.Parallel()
	now := at(0)
	for _, tc := range []struct {
		name   string
		days   *int
		closed *time.Time
		last   *time.Time
		want   bool
	}{
		{"within", new(3), new(now.Add(-71 * time.Hour)), nil, true},
		{"the day it ends", new(3), new(now.Add(-72 * time.Hour)), nil, false},
		{"closed again since", new(3), new(now.Add(-720 * time.Hour)), new(now.Add(-time.Hour)), true},
		{"no days", nil, new(now), nil, false},
		{"zero days", new(0), new(now), nil, false},
		{"never closed", new(3), nil, nil, false},
	} {
		ticket := desk.Ticket{Deadlines: desk.Deadlines{CloseAt: tc.closed, LastCloseAt: tc.last}}
		if got := ticket.Reopenable(desk.Group{ReopenTimeInDays: tc.days}, now); got != tc.want {
			t.Errorf("%s: reopenable = %v, want %v", tc.name, got, tc.want)
		}
	}
}
