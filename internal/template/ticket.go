package template

import (
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// Ticket makes an object of a ticket.
func (h House) Ticket(t desk.Ticket) Object {
	c := h.Catalog
	f := fields{
		"id": number(t.ID), "number": constant(t.Number), "title": constant(t.Title), "note": optional(t.Note),
		"type": optional(t.Type), "time_unit": spent(t.TimeUnit), "pending_time": optional(t.PendingTime),
		"article_count": number(t.ArticleCount),
		"group_id":      number(t.GroupID), "state_id": number(t.StateID), "priority_id": number(t.PriorityID),
		"owner_id": number(t.OwnerID), "customer_id": number(t.CustomerID), "organization_id": optionalNumber(t.OrganizationID),
		"create_article_type_id":   optionalNumber(t.CreateArticleTypeID),
		"create_article_sender_id": optionalNumber(t.CreateArticleSenderID),
		"tags":                     func() any { return h.Records.Tags(t.ID) },
		"group":                    func() any { return h.Group(c.Groups[t.GroupID]) },
		"state":                    func() any { return h.state(c.States[t.StateID]) },
		"priority":                 func() any { return h.priority(c.Priorities[t.PriorityID]) },
		"owner":                    h.user(t.OwnerID), "customer": h.user(t.CustomerID), "organization": h.organization(t.OrganizationID),
	}
	contacts(f, t.Contact)
	deadlines(f, t.Deadlines)
	return record{h.stamped(f, t.Stamp), c.CustomAttributes("Ticket"), t.Custom}
}

func contacts(f fields, c desk.Contact) {
	f["last_contact_at"], f["last_contact_agent_at"] = optional(c.LastContactAt), optional(c.LastContactAgentAt)
	f["last_contact_customer_at"], f["last_owner_update_at"] = optional(c.LastContactCustomerAt), optional(c.LastOwnerUpdateAt)
}

func deadlines(f fields, d desk.Deadlines) {
	for name, at := range map[string]*time.Time{
		"escalation_at": d.EscalationAt, "first_response_at": d.FirstResponseAt,
		"first_response_escalation_at": d.FirstResponseEscalationAt, "close_at": d.CloseAt, "close_escalation_at": d.CloseEscalationAt,
		"last_close_at": d.LastCloseAt, "update_escalation_at": d.UpdateEscalationAt,
	} {
		f[name] = optional(at)
	}
	for name, minutes := range map[string]*int{
		"first_response_in_min": d.FirstResponseInMin, "first_response_diff_in_min": d.FirstResponseDiffInMin,
		"close_in_min": d.CloseInMin, "close_diff_in_min": d.CloseDiffInMin,
		"update_in_min": d.UpdateInMin, "update_diff_in_min": d.UpdateDiffInMin,
	} {
		f[name] = optionalNumber(minutes)
	}
}

// spent is an amount of booked time.
func spent(amount *string) func() any {
	if amount == nil {
		return constant(nil)
	}
	n, err := strconv.ParseFloat(*amount, 64)
	if err != nil {
		return constant(nil)
	}
	return constant(n)
}

func (h House) state(s desk.State) Object {
	return record{fields: h.stamped(fields{
		"id": number(s.ID), "name": constant(s.Name), "note": optional(s.Note), "active": constant(s.Active),
		"state_type_id": number(s.StateTypeID), "next_state_id": optionalNumber(s.NextStateID),
		"state_type": func() any {
			return record{fields: fields{"id": number(s.StateTypeID), "name": constant(h.Catalog.StateTypes[s.StateTypeID])}}
		},
		"next_state": func() any {
			if s.NextStateID == nil {
				return nil
			}
			return h.state(h.Catalog.States[*s.NextStateID])
		},
	}, s.Stamp)}
}

func (h House) priority(p desk.Priority) Object {
	return record{fields: h.stamped(fields{
		"id": number(p.ID), "name": constant(p.Name), "note": optional(p.Note), "active": constant(p.Active),
		"ui_icon": optional(p.UIIcon), "ui_color": optional(p.UIColor),
	}, p.Stamp)}
}

// Article makes an object of an article.
func (h House) Article(a desk.Article) Object {
	kind := h.Catalog.ArticleTypes[a.TypeID]
	return record{fields: h.stamped(fields{
		"id": number(a.ID), "ticket_id": number(a.TicketID), "type_id": number(a.TypeID), "sender_id": number(a.SenderID),
		"from": optional(a.From), "to": optional(a.To), "cc": optional(a.Cc), "subject": optional(a.Subject), "reply_to": optional(a.ReplyTo),
		"message_id": optional(a.MessageID), "in_reply_to": optional(a.InReplyTo), "content_type": constant(a.ContentType),
		"internal": constant(a.Internal), "time_unit": spent(a.TimeUnit),
		"body":                    func() any { return HTML(richtext.FromText(quote(bodyText(a)))) },
		"body_as_html":            func() any { return bodyHTML(a) },
		"body_as_text":            func() any { return Text(bodyText(a)) },
		"body_as_text_with_quote": func() any { return Text(quote(bodyText(a))) },
		"origin_by_id":            optionalNumber(a.OriginByID), "origin_by": h.optionalUser(a.OriginByID),
		"type": constant(record{fields: fields{
			"id": number(a.TypeID), "name": constant(kind.Name), "communication": constant(kind.Communication),
		}}),
		"sender": constant(record{fields: fields{"id": number(a.SenderID), "name": constant(h.Catalog.Senders[a.SenderID])}}),
	}, a.Stamp)}
}

func bodyHTML(a desk.Article) HTML {
	if a.ContentType == "text/html" {
		return HTML(a.Body)
	}
	return HTML(richtext.FromText(a.Body))
}

func bodyText(a desk.Article) string {
	if a.ContentType == "text/html" {
		return richtext.PlainText(a.Body)
	}
	return strings.TrimSpace(a.Body)
}

// quoteWidth is how many characters a line of a quoted text may have.
const quoteWidth = 82

// quote marks a text as somebody else's, as mail programs do.
func quote(text string) string {
	var out strings.Builder
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		for j, part := range wrap(line) {
			if i+j > 0 {
				out.WriteByte('\n')
			}
			out.WriteString("> " + part)
		}
	}
	return out.String()
}

// wrap breaks a line between words where it is too long.
func wrap(line string) []string {
	if len(line) <= quoteWidth {
		return []string{line}
	}
	var lines []string
	current := ""
	for _, word := range strings.Fields(line) {
		switch {
		case current == "":
			current = word
		case len([]rune(current))+1+len([]rune(word)) > quoteWidth:
			lines = append(lines, current)
			current = word
		default:
			current += " " + word
		}
	}
	return append(lines, current)
}

// Values are an object of plain values, such as the notification of a webhook.
type Values map[string]any

// Get implements Object.
func (v Values) Get(name string) (any, bool) {
	value, known := v[name]
	return value, known
}
