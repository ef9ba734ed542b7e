package shown

import (
	"postroom/api/rest"
	"postroom/internal/desk"
)

// What tickets and articles look like to whoever reads the OpenAPI document.
var (
	TicketModel = rest.Model{Name: "Ticket", Value: ticketRecord(&desk.Ticket{}).
			With("article_ids", []desk.ArticleID{}).With("ticket_time_accounting_ids", []int64{}).
			With("checklist_id", (*int64)(nil)).With("referencing_checklist_ids", []int64{})}
	// Shown whole or with its relatives, a ticket comes in an envelope.
	TicketSample   = rest.AnyOf{TicketModel, rest.Record{{"assets", rest.Record{}}}}
	TicketsSample  = rest.AnyOf{[]any{TicketModel}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}, {"total_count", 0}}}
	ArticleModel   = rest.Model{Name: "TicketArticle", Value: articleRecord(&desk.Article{}, make([]desk.Attachment, 1), nil, &desk.Catalog{})}
	ArticleSample  = rest.AnyOf{ArticleModel, rest.Record{{"id", int64(0)}, {"assets", rest.Record{}}}}
	ArticlesSample = rest.AnyOf{[]any{ArticleModel}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}}}

	// What clients send.
	ArticleBody = rest.Record{
		{"ticket_id", int64(0)}, {"subject", ""}, {"body", ""}, {"content_type", ""}, {"type", ""}, {"sender", ""}, {"internal", false},
		{"from", ""}, {"to", ""}, {"cc", ""}, {"reply_to", ""}, {"in_reply_to", ""}, {"origin_by_id", int64(0)}, {"time_unit", nil}, {"form_id", ""},
		{"attachments", []any{rest.Record{{"filename", ""}, {"data", ""}, {"mime-type", ""}}}},
	}
	TicketBody = rest.Record{
		{"title", ""}, {"group", ""}, {"group_id", nil}, {"customer", nil}, {"customer_id", nil}, {"state", ""}, {"state_id", nil},
		{"priority", ""}, {"priority_id", nil}, {"owner", ""}, {"owner_id", nil}, {"pending_time", nil}, {"note", ""}, {"tags", ""},
		{"mentions", []int64{}}, {"links", rest.Record{}}, {"article", ArticleBody},
	}
)
