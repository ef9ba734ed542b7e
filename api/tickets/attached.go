package tickets

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/internal/store/collab"
	"postroom/internal/store/table"
)

// attach stores what a client attaches to a new ticket: tags and people who want to hear of it.
func attach(ctx context.Context, tx *store.Store, in *rest.Input, t desk.Ticket) error {
	by := in.Who.User.ID
	names := teamwork.TagNames(joined(in.Params, "tags"))
	if len(names) > 0 && !teamwork.MayMakeTags(in.Catalog, in.Who) {
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
	links, err := teamwork.LinksIn(in.Params["links"])
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
	id, err := rest.IDIn[teamwork.StartDraftID](in.Params, "shared_draft_id")
	if err != nil || id == 0 {
		return err
	}
	found, err := collab.StartDrafts.List(ctx, tx.DB, table.Filter[teamwork.StartDraftID]{IDs: []teamwork.StartDraftID{id}}, nil, table.Page{Limit: 1})
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
	used, err := rest.IDIn[teamwork.DraftID](article, "shared_draft_id")
	if err != nil || used == 0 {
		return err
	}
	draft, err := tx.DraftOf(ctx, id)
	if err != nil {
		return err
	}
	if draft == nil || draft.ID != used {
		return teamwork.ErrForeignDraft
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
	if err := teamwork.MayAccountTime(in.Who, *t, in.Catalog); err != nil {
		return err
	}
	unit, err := teamwork.TimeUnit(sent["time_unit"])
	if err != nil {
		return err
	}
	types, err := collab.TimeAccountingTypes.All(ctx, tx.DB)
	if err != nil {
		return err
	}
	kind, _, err := rest.Named(sent, "accounted_time_type", types, func(v teamwork.TimeAccountingType) string { return v.Name })
	if err != nil {
		return err
	}
	return tx.AccountTime(ctx, t, &teamwork.TimeAccounting{
		TicketID: t.ID, TicketArticleID: &a.ID, TimeUnit: unit, TypeID: rest.IDOrNil(kind), CreatedByID: in.Who.User.ID,
	})
}
