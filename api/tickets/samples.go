package tickets

import (
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/lookup"
)

// What tickets and articles look like to whoever reads the OpenAPI document.
var (
	ticketModel = rest.Model{Name: "Ticket", Value: ticketRecord(&desk.Ticket{}).
			With("article_ids", []desk.ArticleID{}).With("ticket_time_accounting_ids", []int64{}).
			With("checklist_id", (*int64)(nil)).With("referencing_checklist_ids", []int64{})}
	// Shown whole or with its relatives, a ticket comes in an envelope.
	ticketSample  = rest.AnyOf{ticketModel, rest.Record{{"assets", rest.Record{}}}}
	ticketsSample = rest.AnyOf{[]any{ticketModel}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}, {"total_count", 0}}}
	foundSample   = append(rest.AnyOf{
		[]any{rest.Record{{"id", int64(0)}, {"label", ""}, {"value", ""}}}, rest.Record{{"total_count", 0}},
	}, ticketsSample...)
	articleModel   = rest.Model{Name: "TicketArticle", Value: articleRecord(&desk.Article{}, make([]desk.Attachment, 1), nil, &desk.Catalog{})}
	articleSample  = rest.AnyOf{articleModel, rest.Record{{"id", int64(0)}, {"assets", rest.Record{}}}}
	articlesSample = rest.AnyOf{[]any{articleModel}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}}}
	manySample     = rest.Record{{"ticket_ids", []int64{}}, {"assets", rest.Record{}}}

	ofOneSample      = rest.Record{{"closed_ids", []int64{}}, {"open_ids", []int64{}}, {"volume_by_year", []any{volumeRecords(make([]lookup.MonthVolume, 1))[0]}}}
	statisticsSample = rest.Record{{"user", ofOneSample}, {"organization", ofOneSample}, {"assets", rest.Record{}}}

	articleBody = rest.Record{
		{"ticket_id", int64(0)}, {"subject", ""}, {"body", ""}, {"content_type", ""}, {"type", ""}, {"sender", ""}, {"internal", false},
		{"from", ""}, {"to", ""}, {"cc", ""}, {"reply_to", ""}, {"in_reply_to", ""}, {"origin_by_id", int64(0)}, {"time_unit", nil}, {"form_id", ""},
		{"attachments", []any{rest.Record{{"filename", ""}, {"data", ""}, {"mime-type", ""}}}},
	}
	ticketBody = rest.Record{
		{"title", ""}, {"group", ""}, {"group_id", nil}, {"customer", nil}, {"customer_id", nil}, {"state", ""}, {"state_id", nil},
		{"priority", ""}, {"priority_id", nil}, {"owner", ""}, {"owner_id", nil}, {"pending_time", nil}, {"note", ""}, {"tags", ""},
		{"mentions", []int64{}}, {"links", rest.Record{}}, {"article", articleBody},
	}
)
