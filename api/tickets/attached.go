package tickets

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/internal/store/collab"
	"postroom/internal/store/table"
)

// attach stores what a client attaches to a new ticket: tags and people who want to hear of it.
func attach(ctx context.Context, tx *store.Store, in *rest.Input, t desk.Ticket) error {
	by := in.Who.User.ID
	names := desk.TagNames(joined(in.Params, "tags"))
	if len(names) > 0 && !in.Catalog.MayMakeTags(in.Who) {
		known, err := tx.KnownTags(ctx, names) // the others are left out
		if err != nil {
			return err
		}
		names = known
	}
	if err := tx.AttachTags(ctx, desk.ObjectTicket, int64(t.ID), names, by, true); err != nil {
		return err
	}
	users, err := rest.IDsIn[desk.UserID](in.Params, "mentions")
	if err != nil || len(users) == 0 {
		return err
	}
	return mention(ctx, tx, in, t, users)
}

// joined reads a list with commas between its parts, whether it came as one text or as several.
func joined(p rest.Params, key string) string {
	list := ""
	for _, part := range rest.Texts(p, key) {
		list += part + ","
	}
	return list
}

func mention(ctx context.Context, tx *store.Store, in *rest.Input, t desk.Ticket, users []desk.UserID) error {
	if err := in.Who.TicketAccess().MayMention(t); err != nil {
		return err
	}
	return tx.Subscribe(ctx, t, users, in.Who.User.ID)
}

// linkNew stores the links that a new ticket came with. Whoever makes it must see the other tickets.
func linkNew(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID) error {
	if in.Params.Blank("links") {
		return nil
	}
	links, err := desk.LinksIn(in.Params["links"])
	if err != nil || len(links) == 0 {
		return err
	}
	ids := make([]desk.TicketID, len(links))
	for i, link := range links {
		ids[i] = link.TicketID
	}
	others, err := tx.TicketsByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, other := range ids {
		ticket, there := others[other]
		if !there {
			return &desk.MissingError{Class: "Ticket", ID: int64(other)}
		}
		if err := in.Who.TicketAccess().MayShow(ticket); err != nil {
			return err
		}
	}
	if err := tx.AddLinks(ctx, id, links); err != nil {
		return err
	}
	return tx.TouchTickets(ctx, ids...)
}

// useStartDraft ends the draft that a new ticket was made from.
func useStartDraft(ctx context.Context, tx *store.Store, in *rest.Input, t desk.Ticket) error {
	id, err := rest.IDIn[desk.StartDraftID](in.Params, "shared_draft_id")
	if err != nil || id == 0 {
		return err
	}
	found, err := collab.StartDrafts.List(ctx, tx.DB, table.Filter[desk.StartDraftID]{IDs: []desk.StartDraftID{id}}, nil, table.Page{Limit: 1})
	if err != nil || len(found) == 0 {
		return err // somebody else was faster to use it
	}
	if err := found[0].MayStart(in.Catalog.Groups[t.GroupID]); err != nil {
		return err
	}
	blobs, err := tx.DeleteStartDraft(ctx, id)
	if err != nil {
		return err
	}
	return releaseBlobs(ctx, tx, blobs)
}

// useDraft ends the draft that an article of a ticket was written from.
func useDraft(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID, article rest.Params) error {
	used, err := rest.IDIn[desk.DraftID](article, "shared_draft_id")
	if err != nil || used == 0 {
		return err
	}
	draft, err := tx.DraftOf(ctx, id)
	if err != nil {
		return err
	}
	if draft == nil || draft.ID != used {
		return desk.ErrForeignDraft
	}
	blobs, err := tx.DeleteDraft(ctx, *draft, in.Who.User.ID)
	if err != nil {
		return err
	}
	return releaseBlobs(ctx, tx, blobs)
}

// attachToArticle stores what came with an article: the time it took, and the people it names.
func attachToArticle(ctx context.Context, tx *store.Store, in *rest.Input, t *desk.Ticket, a desk.Article, sent rest.Params) error {
	if !sent.Blank("time_unit") {
		if err := bookTime(ctx, tx, in, t, a, sent); err != nil {
			return err
		}
	}
	if a.ContentType != "text/html" {
		return nil
	}
	named := richtext.MentionedUsers(sent.Text("body")) // cleaned, a link without an address is none
	if len(named) == 0 {
		return nil
	}
	users := make([]desk.UserID, len(named))
	for i, id := range named {
		users[i] = desk.UserID(id)
	}
	return mention(ctx, tx, in, *t, users)
}

func bookTime(ctx context.Context, tx *store.Store, in *rest.Input, t *desk.Ticket, a desk.Article, sent rest.Params) error {
	if err := in.Who.MayAccountTime(*t, in.Catalog); err != nil {
		return err
	}
	unit, err := desk.TimeUnit(sent["time_unit"])
	if err != nil {
		return err
	}
	types, err := collab.TimeAccountingTypes.All(ctx, tx.DB)
	if err != nil {
		return err
	}
	kind, _, err := rest.Named(sent, "accounted_time_type", types, func(v desk.TimeAccountingType) string { return v.Name })
	if err != nil {
		return err
	}
	return tx.AccountTime(ctx, t, &desk.TimeAccounting{
		TicketID: t.ID, TicketArticleID: &a.ID, TimeUnit: unit, TypeID: rest.IDOrNil(kind), CreatedByID: in.Who.User.ID,
	})
}

// addAttached adds to records the ids of what is attached to their tickets, as far as the caller
// works with them: customers learn neither of checklists nor of time.
func (s *Room) addAttached(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, records []rest.Record, how detail) error {
	if !who.Sees() {
		for i := range records {
			records[i].Add("ticket_time_accounting_ids", []int64{})
			if how == withNames {
				records[i].Add("ticket_time_accounting", []string{})
			}
		}
		return nil
	}
	attached, err := s.Store.AttachedIDs(ctx, idsOf(tickets))
	if err != nil {
		return err
	}
	for i, t := range tickets {
		of := attached[t.ID]
		records[i].Add("ticket_time_accounting_ids", of.TimeAccountingIDs)
		records[i].Add("checklist_id", of.ChecklistID)
		records[i].Add("referencing_checklist_ids", of.ReferencingChecklistIDs)
	}
	if how != withNames {
		return nil
	}
	names, err := s.checklistNames(ctx, attached)
	for i, t := range tickets {
		of := attached[t.ID]
		if len(of.TimeAccountingIDs) == 0 { // spent time has no name to list
			records[i].Add("ticket_time_accounting", []string{})
		}
		records[i].Add("referencing_checklists", rest.NamesIn(of.ReferencingChecklistIDs, names))
	}
	return err
}

// checklistNames are what the checklists are called that name the tickets.
func (s *Room) checklistNames(ctx context.Context, attached map[desk.TicketID]desk.Attached) (map[desk.ChecklistID]string, error) {
	ids := rest.Set[desk.ChecklistID]{}
	for _, of := range attached {
		ids.Add(of.ReferencingChecklistIDs...)
	}
	names := map[desk.ChecklistID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	lists, err := collab.Checklists.List(ctx, s.Store.DB, table.Filter[desk.ChecklistID]{IDs: ids.Values()}, nil, table.Page{Limit: len(ids)})
	for _, list := range lists {
		names[list.ID] = list.Name
	}
	return names, err
}

// wholeAttached is what is attached to a ticket as GET with all=true shows it.
type wholeAttached struct {
	links, times []rest.Record
	tags         []string
	mentions     []desk.MentionID
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
