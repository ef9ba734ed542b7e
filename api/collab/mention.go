package collab

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
	"postroom/internal/store/table"
)

// mentionView shows who wants to hear of tickets. Clients know mentions of anything; here only
// tickets have some.
func (s *Room) mentionView(who *desk.Caller) rest.View[teamwork.Mention] {
	return rest.View[teamwork.Mention]{
		Model: "Mention",
		ID:    func(m teamwork.Mention) int64 { return int64(m.ID) },
		Records: rest.Each(func(m teamwork.Mention) rest.Record {
			return rest.Record{
				{"id", m.ID}, {"mentionable_type", desk.ObjectTicket}, {"mentionable_id", m.TicketID}, {"user_id", m.UserID},
			}.Stamped(m.Stamp)
		}),
		Expand: func(ctx context.Context, mentions []teamwork.Mention, records []rest.Record) error {
			var users []desk.UserID
			for _, m := range mentions {
				users = append(users, m.UserID, m.CreatedByID, m.UpdatedByID)
			}
			names, err := s.Store.NamesOf(ctx, users, nil)
			if err != nil {
				return err
			}
			for i, m := range mentions {
				rest.AddName(&records[i], "user", &m.UserID, names.Logins)
				rest.AddStampNames(&records[i], m.Stamp, names.Logins)
			}
			return nil
		},
		Relatives: func(ctx context.Context, mentions []teamwork.Mention, _ []rest.Record, assets *rest.Record) error {
			users, organizations := rest.Set[desk.UserID]{}, rest.Set[desk.OrganizationID]{}
			for _, m := range mentions {
				users.Add(m.UserID)
			}
			if err := s.people.AddPeople(ctx, who, assets, users, organizations); err != nil {
				return err
			}
			return s.people.AddOrganizations(ctx, who, assets, organizations)
		},
	}
}

// mostMentions bounds how many people a list of one ticket names.
const mostMentions = 1000

func (s *Room) listMentions(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := ticketID(p, "mentionable_type", "mentionable_id")
	if err != nil {
		return err
	}
	if _, err := s.ticket(ctx, who, id, desk.TicketAccess.MayReadAsAgent); err != nil {
		return err
	}
	mentions, err := s.Store.MentionsOf(ctx, id, table.Page{Limit: mostMentions})
	if err != nil {
		return err
	}
	view, as := s.mentionView(who), rest.ShapeOf(p)
	records, err := view.Show(ctx, mentions, as)
	if err != nil {
		return err
	}
	if as != rest.ShapeFull {
		return rest.Reply(w, r, rest.Record{{"mentions", records}})
	}
	ids := make([]teamwork.MentionID, len(mentions))
	for i, m := range mentions {
		ids[i] = m.ID
	}
	assets, err := view.Family(ctx, mentions, records)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"record_ids", ids}, {"assets", assets}})
}

// createMention makes who asks hear of a ticket.
func (s *Room) createMention(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := ticketID(in.Params, "mentionable_type", "mentionable_id")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		ticket, err := lockedTicket(r.Context(), tx, in.Who, id, desk.TicketAccess.MayReadAsAgent)
		if err != nil {
			return err
		}
		return tx.Subscribe(r.Context(), ticket, []desk.UserID{in.Who.User.ID}, in.Who.User.ID)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, true)
}

func (s *Room) deleteMention(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[teamwork.MentionID](r, "id", "Mention")
	if err != nil {
		return err
	}
	mention, err := s.Store.Mention(r.Context(), id)
	if err != nil {
		return err
	}
	by := rest.Caller(r).User.ID
	if mention.UserID != by {
		return &desk.ForbiddenError{}
	}
	if err := s.Store.DeleteMention(r.Context(), id, by); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, true)
}
