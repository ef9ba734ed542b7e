package desk

import "time"

// ApplyArticle lets a new article take effect on its ticket: counters, what the first article was,
// and who was last in touch. The article's CreatedAt is the time of contact.
//
// It leaves the state alone: that depends on who wrote and by which way, and is OpenOnAnswer's and
// intake's business.
func ApplyArticle(t *Ticket, a Article, c *Catalog) {
	sender := c.Senders[a.SenderID]
	if t.CreateArticleTypeID == nil {
		t.CreateArticleTypeID, t.CreateArticleSenderID = new(a.TypeID), new(a.SenderID)
	}
	if sender != "System" {
		t.ArticleCount++
	}
	if a.Internal || !c.ArticleTypes[a.TypeID].Communication {
		return
	}
	at := a.CreatedAt
	switch sender {
	case "Agent":
		if t.FirstResponseAt == nil {
			t.FirstResponseAt = new(at)
		}
		t.LastContactAgentAt, t.LastContactAt = new(at), new(at)
	case "Customer":
		if countsAsContact(t, c) {
			t.LastContactCustomerAt, t.LastContactAt = new(at), new(at)
		}
	}
}

// OpenOnAnswer moves a new ticket on when an agent has publicly answered it from inside. It is not
// for what came in by mail.
func OpenOnAnswer(t *Ticket, a Article, c *Catalog) {
	answered := c.Senders[a.SenderID] == "Agent" && !a.Internal && c.ArticleTypes[a.TypeID].Communication
	if answered && t.StateID == c.DefaultState() {
		t.StateID = c.FollowUpState()
	}
}

// countsAsContact reports whether one more message of the customer moves the time of last contact.
// As shipped, a customer who repeats himself does not: the wait for an answer began with the first.
func countsAsContact(t *Ticket, c *Catalog) bool {
	if c.Settings.String("ticket_last_contact_behaviour") == "based_on_customer_reaction" {
		return true
	}
	customer, agent := t.LastContactCustomerAt, t.LastContactAgentAt
	if customer != nil && sameTime(customer, t.LastContactAt) {
		return false // whether or not anybody ever answered
	}
	return customer == nil || agent == nil || agent.Unix() > customer.Unix()
}

// Reopenable reports whether a closed ticket may be taken up again within the days its group gives,
// counted from when it was last closed.
func (t Ticket) Reopenable(g Group, now time.Time) bool {
	closed := t.LastCloseAt
	if closed == nil {
		closed = t.CloseAt
	}
	if closed == nil || g.ReopenTimeInDays == nil {
		return false
	}
	days := int(now.Sub(*closed) / (24 * time.Hour))
	return days < *g.ReopenTimeInDays
}
