package automation

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/table"
	"postroom/internal/webhook"
)

// previewWebhook shows what is sent about a ticket that the caller may see; of none, nothing.
func (s *Room) previewWebhook(w http.ResponseWriter, r *http.Request) error {
	access := rest.Caller(r).TicketAccess()
	tickets, err := s.Store.ListTickets(r.Context(), access.Lists(), table.Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(tickets) == 0 {
		return rest.Reply(w, r, rest.Record{{"article", rest.Record{}}, {"ticket", rest.Record{}}})
	}
	ticket := tickets[0]
	internal := []desk.TicketID{}
	if access.MayReadAsAgent(ticket) == nil {
		internal = append(internal, ticket.ID)
	}
	ids, err := s.Store.ArticleIDs(r.Context(), []desk.TicketID{ticket.ID}, internal)
	if err != nil {
		return err
	}
	var article *desk.Article
	if articles := ids[ticket.ID]; len(articles) > 0 {
		newest, err := s.Store.Article(r.Context(), articles[0])
		if err != nil {
			return err
		}
		article = &newest
	}
	subject, err := s.Store.WebhookSubject(r.Context(), ticket, article)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, subject.Payload())
}

// definitionRecord shows a payload that is laid ready, as forms need it.
func definitionRecord(d webhook.Definition) rest.Record {
	fields := make([]rest.Record, len(d.Fields))
	for i, f := range d.Fields {
		fields[i] = rest.Record{
			{"display", f.Display}, {"null", f.Null}, {"name", f.Name}, {"placeholder", f.Placeholder}, {"tag", f.Tag}, {"type", f.Type},
		}
	}
	return rest.Record{{"id", d.ID}, {"name", d.Name}, {"custom_payload", d.CustomPayload}, {"fields", fields}}
}

func (s *Room) listWebhookDefinitions(w http.ResponseWriter, r *http.Request) error {
	all := make([]rest.Record, len(webhook.Definitions))
	for i, d := range webhook.Definitions {
		all[i] = definitionRecord(d)
	}
	return rest.Reply(w, r, all)
}

// listPlaceholders says what a payload may name.
func (s *Room) listPlaceholders(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, webhook.Placeholders(p.Text("pre_defined_webhook_type"), catalog))
}
