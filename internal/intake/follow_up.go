package intake

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
)

// settingSearchIn says where else than in the subject a mail names its ticket: references, body,
// attachment, subject_references.
const settingSearchIn = "postmaster_follow_up_search_in"

// findFollowUp finds the ticket that the mail belongs to. The first hit wins.
func findFollowUp(ctx context.Context, tx *store.Store, m *mail) error {
	if m.attributes["ticket-id"] != "" {
		return m.follow(ctx, tx, m.attributes["ticket-id"])
	}
	where := m.catalog.Settings.Strings(settingSearchIn)
	m.ticket = m.numbered(m.mentions.inSubject)
	if m.ticket == nil {
		m.ticket = m.numbered(m.mentions.inBody)
	}
	if m.ticket == nil {
		m.ticket = m.numbered(m.mentions.inAttachments)
	}
	byReference := slices.Contains(where, "references") || m.autoResponse ||
		m.catalog.Settings.String("ticket_hook_position") == "none"
	if m.ticket == nil && byReference {
		m.ticket = m.answered()
	}
	if m.ticket == nil && slices.Contains(where, "subject_references") {
		m.ticket = m.answeredWithSubject()
	}
	return nil
}

// follow gives the mail to the ticket with an id that a header or a filter names, if there is one.
func (m *mail) follow(ctx context.Context, tx *store.Store, text string) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return m.followID(ctx, tx, desk.TicketID(id))
}

func (m *mail) followID(ctx context.Context, tx *store.Store, id desk.TicketID) error {
	ticket, err := tx.LockTicket(ctx, id)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m.ticket = &ticket
	return nil
}

// followMerged goes on to the ticket that the found one was merged into.
func followMerged(ctx context.Context, tx *store.Store, m *mail) error {
	if m.ticket == nil || m.catalog.StateType(m.ticket.StateID) != desk.StateTypeMerged {
		return nil
	}
	merged := m.ticket
	links, err := tx.LinksOf(ctx, merged.ID)
	if err != nil {
		return err
	}
	for _, link := range links[merged.ID] {
		if link.Type != teamwork.LinkParent {
			continue
		}
		if err := m.followID(ctx, tx, link.TicketID); err != nil {
			return err
		}
		if m.ticket != merged && m.catalog.StateType(m.ticket.StateID) != desk.StateTypeMerged {
			return nil
		}
		m.ticket = merged
	}
	return nil
}

// numbered returns the ticket with the first of numbers that exists.
func (m *mail) numbered(numbers []string) *desk.Ticket {
	for _, number := range numbers {
		for i := range m.known.Tickets {
			if m.known.Tickets[i].Number == number {
				return &m.known.Tickets[i]
			}
		}
	}
	return nil
}

func (m *mail) knownTicket(id desk.TicketID) *desk.Ticket {
	for i := range m.known.Tickets {
		if m.known.Tickets[i].ID == id {
			return &m.known.Tickets[i]
		}
	}
	return nil
}

// articleWith is the newest article whose Message-ID has this MD5.
func (m *mail) articleWith(md5 string) (arrivals.AnsweredArticle, bool) {
	at := slices.IndexFunc(m.known.Answered, func(a arrivals.AnsweredArticle) bool { return a.MD5 == md5 })
	if at < 0 {
		return arrivals.AnsweredArticle{}, false
	}
	return m.known.Answered[at], true
}

// references are the newest articles with the Message-IDs that the mail answers, in the mail's order.
func (m *mail) references() []arrivals.AnsweredArticle {
	var found []arrivals.AnsweredArticle
	for _, md5 := range m.mentions.md5s {
		if article, known := m.articleWith(md5); known {
			found = append(found, article)
		}
	}
	return found
}

func (m *mail) answered() *desk.Ticket {
	for _, article := range m.references() {
		if ticket := m.knownTicket(article.TicketID); ticket != nil {
			return ticket
		}
	}
	return nil
}

// answeredWithSubject is answered, but only where the subject is still that of the ticket's first
// article. People answer old mails to begin something new.
func (m *mail) answeredWithSubject() *desk.Ticket {
	if m.Subject == "" {
		return nil
	}
	for _, article := range m.references() {
		m.Subject = thread.WithoutReplyPrefixes(m.Subject)
		if article.FirstSubject != nil && thread.SameSubject(oneLine(m.Subject), *article.FirstSubject) {
			if ticket := m.knownTicket(article.TicketID); ticket != nil {
				return ticket
			}
		}
	}
	return nil
}

// unassignFollowUp gives up the owner of a closed ticket where its group wants that.
func unassignFollowUp(m *mail) {
	if m.ticket != nil && m.catalog.StateType(m.ticket.StateID) == desk.StateTypeClosed &&
		!m.catalog.Groups[m.ticket.GroupID].FollowUpAssignment {
		if _, given := m.attributes["ticket-followup-owner_id"]; !given {
			m.attributes["ticket-followup-owner_id"] = strconv.FormatInt(int64(desk.SystemUser), 10)
		}
	}
}

// checkFollowUpPossible makes a mail to a closed ticket a new one where the ticket's group wants that.
func checkFollowUpPossible(m *mail) {
	if m.ticket == nil {
		return
	}
	switch m.catalog.StateType(m.ticket.StateID) {
	case desk.StateTypeClosed, desk.StateTypeMerged, "removed":
	default:
		return
	}
	group := m.catalog.Groups[m.ticket.GroupID]
	switch group.FollowUpPossible {
	case "new_ticket_after_certain_time":
		if m.ticket.Reopenable(group, m.known.Now) {
			return
		}
	case "new_ticket":
	default:
		return
	}
	m.Subject = thread.CleanSubject(m.Subject, m.ticket.Number, m.catalog)
	m.ticket = nil
	delete(m.attributes, "ticket-id")
	delete(m.attributes, "ticket-number")
}

// checkInternal keeps a reply to an internal mail internal: it is from a supplier, say, and not for
// the customer.
func checkInternal(ctx context.Context, tx *store.Store, m *mail) error {
	if m.ticket == nil {
		return nil
	}
	if m.InReplyTo != "" {
		md5 := thread.MessageIDSum(m.InReplyTo)
		m.attributes["article-internal"] = strconv.FormatBool(slices.ContainsFunc(m.known.Answered, func(a arrivals.AnsweredArticle) bool {
			return a.Internal && a.TicketID == m.ticket.ID && a.MD5 == md5
		}))
		return nil
	}
	internal, err := tx.LastToIsInternal(ctx, m.ticket.ID, m.fromEmail)
	if internal {
		m.attributes["article-internal"] = "true"
	}
	return err
}
