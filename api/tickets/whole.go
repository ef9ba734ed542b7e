package tickets

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/collab"
	"postroom/internal/store/table"
)

// showWholeTicket is everything about a ticket in one answer.
func (s *Room) showWholeTicket(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (rest.Record, error) {
	articles, err := s.shown.ArticlesOf(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	attached, err := s.wholeAttached(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	assets, err := s.shown.AssetsBeside(ctx, who, articles, append(attached.linked, ticket), attached.people...)
	if err != nil {
		return nil, err
	}
	meta, err := s.ticketFormMeta(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	return rest.Record{
		{"ticket_id", ticket.ID},
		{"ticket_article_ids", shown.ArticleIDs(articles)},
		{"assets", assets},
		{"links", attached.links},
		{"tags", attached.tags},
		{"mentions", attached.mentions},
		{"time_accountings", attached.times},
		{"form_meta", meta},
	}, nil
}

// wholeAttached is what is attached to a ticket as GET with all=true shows it.
type wholeAttached struct {
	links, times []rest.Record
	tags         []string
	mentions     []teamwork.MentionID
	linked       []desk.Ticket // that the links lead to
	people       []desk.UserID // who are mentioned
}

// mostAttached bounds how much of a kind is shown of one ticket.
const mostAttached = 1000

func (s *Room) wholeAttached(ctx context.Context, who *desk.Caller, t desk.Ticket) (wholeAttached, error) {
	var a wholeAttached
	tags, err := s.Store.TagsOf(ctx, desk.ObjectTicket, int64(t.ID))
	if err != nil {
		return a, err
	}
	a.tags = tags[int64(t.ID)]
	if err := s.addLinks(ctx, who, t.ID, &a); err != nil || who.TicketAccess().MayReadAsAgent(t) != nil {
		return a, err
	}
	mentions, err := s.Store.MentionsOf(ctx, t.ID, table.Page{Limit: mostAttached})
	if err != nil {
		return a, err
	}
	for _, m := range mentions {
		a.mentions, a.people = append(a.mentions, m.ID), append(a.people, m.UserID)
	}
	times, err := s.Store.TimeAccountings(ctx, collab.TimeAccountingFilter{TicketID: t.ID}, nil, table.Page{Limit: mostAttached})
	for _, v := range times {
		a.times = append(a.times, rest.Record{
			{"id", v.ID}, {"ticket_id", v.TicketID}, {"ticket_article_id", v.TicketArticleID}, {"time_unit", rest.Decimal(v.TimeUnit)}, {"type_id", v.TypeID},
		})
	}
	return a, err
}

// addLinks adds the links to those tickets that the caller may see.
func (s *Room) addLinks(ctx context.Context, who *desk.Caller, id desk.TicketID, a *wholeAttached) error {
	links, err := s.Store.LinksOf(ctx, id)
	if err != nil {
		return err
	}
	var ids []desk.TicketID
	for _, link := range links[id] {
		ids = append(ids, link.TicketID)
	}
	others, err := s.Store.TicketsByID(ctx, ids)
	if err != nil {
		return err
	}
	access := who.TicketAccess()
	maps.DeleteFunc(others, func(_ desk.TicketID, t desk.Ticket) bool { return access.MayShow(t) != nil })
	for _, link := range links[id] {
		if _, seen := others[link.TicketID]; seen {
			a.links = append(a.links, rest.Record{{"link_type", link.Type}, {"link_object", desk.ObjectTicket}, {"link_object_value", link.TicketID}})
		}
	}
	a.linked = slices.Collect(maps.Values(others))
	return nil
}
