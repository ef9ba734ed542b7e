package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/thread"
	"postroom/internal/store/tickets"
)

// author writes tickets, from the oldest to the youngest.
type author struct {
	rnd        *rand.Rand
	catalog    *desk.Catalog
	company    *company
	priorities []desk.PriorityID // but for the default one
	until      time.Time
	total      int // tickets to be written
	written    int
}

// pile is what was written and not yet copied.
type pile struct {
	tickets  []desk.Ticket
	articles []desk.Article
	history  []tickets.HistoryEntry
}

func (p *pile) note(at time.Time, changes ...desk.Change) {
	for _, change := range changes {
		p.history = append(p.history, tickets.HistoryEntry{Change: change, CreatedAt: at})
	}
}

// otherPriorities lists the priorities that somebody has to choose.
func otherPriorities(c *desk.Catalog) []desk.PriorityID {
	var ids []desk.PriorityID
	for id, priority := range c.Priorities {
		if priority.Active && id != c.DefaultPriority() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// write adds one ticket, with an article for each of the ids.
func (a *author) write(out *pile, id desk.TicketID, number string, articles []int64) {
	created := a.nextTime()
	customer, group := pick(a.rnd, a.company.customers), pick(a.rnd, a.company.groups)
	t := desk.Ticket{
		ID: id, Number: number, Title: subject(a.rnd), GroupID: group, StateID: a.catalog.DefaultState(),
		PriorityID: a.catalog.DefaultPriority(), OwnerID: desk.SystemUser, CustomerID: customer.id,
	}
	if customer.organization != 0 {
		t.OrganizationID = &customer.organization
	}
	if len(a.priorities) > 0 && a.rnd.IntN(4) == 0 {
		t.PriorityID = pick(a.rnd, a.priorities)
	}
	state := a.state(created)
	c := conversation{author: a, ticket: &t, customer: customer, answered: state != t.StateID}
	if c.answered {
		c.agent = pick(a.rnd, a.company.agents[group])
		t.OwnerID = c.agent.id
	}
	t.CreatedAt = created
	for i, at := range a.times(created, len(articles)) {
		article := c.next(i, desk.ArticleID(articles[i]), at)
		if i == 0 {
			t.CreatedByID = article.CreatedByID
			out.note(at, desk.Change{Object: "Ticket", OID: int64(id), Type: "created", By: article.CreatedByID})
		}
		desk.ApplyArticle(&t, article, a.catalog)
		t.UpdatedByID, t.UpdatedAt = article.CreatedByID, at
		out.articles = append(out.articles, article)
		out.note(at, desk.Change{
			Object: "Ticket::Article", OID: articles[i], Type: "created",
			RelatedObject: "Ticket", RelatedOID: int64(id), By: article.CreatedByID,
		})
	}
	out.note(t.UpdatedAt, a.move(&t, state)...)
	out.tickets = append(out.tickets, t)
}

// nextTime is when the next ticket is made: evenly spread over the years, and never before the last.
func (a *author) nextTime() time.Time {
	step := age / time.Duration(a.total)
	at := a.until.Add(-age + step*time.Duration(a.written) + time.Duration(a.rnd.Int64N(max(int64(step), 1))))
	a.written++
	return at.Truncate(time.Millisecond)
}

// times says when each of n articles was written, the first with its ticket.
func (a *author) times(created time.Time, n int) []time.Time {
	const longest = 10 * 24 * time.Hour
	span := min(time.Duration(a.rnd.Int64N(int64(longest))), a.until.Sub(created))
	step := max(span/time.Duration(n), time.Millisecond)
	times := make([]time.Time, n)
	for i := range times {
		times[i] = created
		if i > 0 {
			times[i] = created.Add(step*time.Duration(i) + time.Duration(a.rnd.Int64N(int64(step)))).Truncate(time.Millisecond)
		}
	}
	return times
}

// state is where a ticket of some age stands: old ones are done but for a few.
func (a *author) state(created time.Time) desk.StateID {
	const fresh = 14 * 24 * time.Hour
	of100 := a.rnd.IntN(100)
	if a.until.Sub(created) > fresh {
		switch {
		case of100 < 2:
			return desk.StateOpen
		case of100 < 3:
			return desk.StatePendingReminder
		}
		return desk.StateClosed
	}
	switch {
	case of100 < 25:
		return a.catalog.DefaultState()
	case of100 < 60:
		return desk.StateOpen
	case of100 < 75:
		return desk.StatePendingReminder
	case of100 < 80:
		return desk.StatePendingClose
	}
	return desk.StateClosed
}

// move brings a ticket from its first state to the one it is in, and returns what its history says of that.
func (a *author) move(t *desk.Ticket, to desk.StateID) []desk.Change {
	before := *t
	t.StateID = to
	if a.catalog.Pending(to) {
		t.PendingTime = new(a.until.Add(time.Duration(1+a.rnd.IntN(14*24)) * time.Hour))
	}
	t.Settle(before, a.catalog, t.UpdatedAt)
	return history.TicketChanges(desk.Ticket{ID: t.ID, StateID: before.StateID}, desk.Ticket{ID: t.ID, StateID: to}, a.catalog, t.UpdatedByID)
}

// conversation is what customer and agent write to each other on one ticket.
type conversation struct {
	author   *author
	ticket   *desk.Ticket
	customer person
	agent    person
	answered bool // by an agent
}

// ours is the address that customers write to.
const ours = "Support <support@demo.example>"

// next writes the article at a place: the customer begins, then both take turns, with internal
// notes in between.
func (c *conversation) next(place int, id desk.ArticleID, at time.Time) desk.Article {
	article := desk.Article{ID: id, TicketID: c.ticket.ID, Subject: new(c.ticket.Title), ContentType: "text/plain"}
	article.CreatedAt, article.UpdatedAt = at, at
	switch {
	case place == 0 || !c.answered || place%2 == 0 && c.author.rnd.IntN(4) > 0:
		c.byCustomer(&article, place)
	case place > 1 && c.author.rnd.IntN(3) == 0:
		c.asNote(&article)
	default:
		c.byAgent(&article)
	}
	return article
}

func (c *conversation) byCustomer(article *desk.Article, place int) {
	rnd := c.author.rnd
	article.SenderID, article.TypeID = desk.SenderCustomer, desk.ArticleEmail
	article.From, article.To = new(c.customer.address()), new(ours)
	article.Body = letter(rnd, questions, c.customer.name)
	article.CreatedByID, article.UpdatedByID = c.customer.id, c.customer.id
	switch way := rnd.IntN(10); {
	case place == 0 && way < 2:
		article.TypeID = desk.ArticleWeb
	case place == 0 && way < 4 && c.answered: // the agent took the call
		article.TypeID, article.OriginByID = desk.ArticlePhone, &c.customer.id
		article.CreatedByID, article.UpdatedByID = c.agent.id, c.agent.id
	default:
		named(article, c.customer.email)
	}
}

func (c *conversation) byAgent(article *desk.Article) {
	article.SenderID, article.TypeID, article.ContentType = desk.SenderAgent, desk.ArticleEmail, "text/html"
	article.From, article.To = new(desk.FormatAddress(c.agent.name, "support@demo.example")), new(c.customer.address())
	article.Body = "<p>" + strings.ReplaceAll(letter(c.author.rnd, replies, c.agent.name), "\n\n", "</p><p>") + "</p>"
	article.Preferences = map[string]any{"delivery_status": "success", "delivery_retry": 1}
	article.CreatedByID, article.UpdatedByID = c.agent.id, c.agent.id
	named(article, "support@demo.example")
}

func (c *conversation) asNote(article *desk.Article) {
	article.SenderID, article.TypeID, article.Internal = desk.SenderAgent, desk.ArticleNote, true
	article.From, article.Body = &c.agent.name, pick(c.author.rnd, notes)
	article.CreatedByID, article.UpdatedByID = c.agent.id, c.agent.id
}

// named gives a mail the Message-ID that answers refer to.
func named(article *desk.Article, from string) {
	article.MessageID = new(fmt.Sprintf("<demo.%d@%s>", article.ID, desk.MailDomain(from)))
	article.MessageIDMD5 = new(thread.MessageIDSum(*article.MessageID))
}
