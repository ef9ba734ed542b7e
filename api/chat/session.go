package chat

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/transcript"
)

// sessionClass is what answers call a session that there is not.
const sessionClass = "Chat::Session"

// Samples of what is answered.
var (
	sessionSample = withTags(withMessages(desk.ChatSession{Preferences: desk.ChatPreferences{URL: "x", RemoteIP: "x", DNSName: "x",
		GeoIP: map[string]any{}}}, []desk.ChatMessage{{}}), []string{""})
	shownSample = rest.AnyOf{sessionSample, rest.Record{{"id", desk.ChatSessionID(0)}, {"assets", rest.Record{}}}}
	foundSample = rest.AnyOf{[]any{sessionSample}, rest.Record{{"record_ids", []int64{}}, {"assets", rest.Record{}}, {"total_count", 0}},
		rest.Record{{"total_count", 0}}}
)

func withTags(r rest.Record, tags []string) rest.Record {
	if tags == nil {
		tags = []string{}
	}
	r.Add("tags", tags)
	return r
}

// sessionView shows sessions with what was said and their tags.
func (s *Room) sessionView() rest.View[desk.ChatSession] {
	return rest.View[desk.ChatSession]{
		Model: "ChatSession",
		ID:    func(v desk.ChatSession) int64 { return int64(v.ID) },
		Records: func(ctx context.Context, all []desk.ChatSession) ([]rest.Record, error) {
			said, err := s.Store.ChatMessages(ctx, idsOf(all)...)
			if err != nil {
				return nil, err
			}
			ids := make([]int64, len(all))
			for i, v := range all {
				ids[i] = int64(v.ID)
			}
			tags, err := s.Store.TagsOf(ctx, desk.ObjectChatSession, ids...)
			if err != nil {
				return nil, err
			}
			records := make([]rest.Record, len(all))
			for i, v := range all {
				records[i] = withTags(withMessages(v, said[v.ID]), tags[int64(v.ID)])
				records[i].Add("ticket_id", v.TicketID)
			}
			return records, nil
		},
		Relatives: s.addRelatives,
	}
}

// addRelatives adds the topics and people of sessions.
func (s *Room) addRelatives(ctx context.Context, all []desk.ChatSession, records []rest.Record, assets *rest.Record) error {
	h, err := s.look(ctx, s.Store)
	if err != nil {
		return err
	}
	users, wanted := rest.Set[desk.UserID]{}, map[desk.ChatID]bool{}
	for i, v := range all {
		wanted[v.ChatID] = true
		if v.UserID != nil {
			users.Add(*v.UserID)
		}
		said, _ := records[i].Get("messages").([]rest.Record)
		for _, m := range said {
			if by, _ := m.Get("created_by_id").(*desk.UserID); by != nil {
				users.Add(*by)
			}
		}
	}
	var topics []desk.Chat
	for _, topic := range h.Topics {
		if wanted[topic.ID] {
			topics = append(topics, topic)
		}
	}
	if err := rest.AddAssets(ctx, assets, s.topicView(nil), topics); err != nil {
		return err
	}
	return s.people.AddPeople(ctx, &desk.Caller{}, assets, users, rest.Set[desk.OrganizationID]{})
}

// getSession answers with one session.
func (s *Room) getSession(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[desk.ChatSessionID](r, "id", sessionClass)
	if err != nil {
		return err
	}
	v, err := s.Store.ChatSession(r.Context(), id)
	if err != nil {
		return err
	}
	return s.sessionView().One(w, r, p, http.StatusOK, v)
}

// makeTicket makes a ticket of a session, once. Whoever asks again is told of the ticket if it is theirs to
// see: it may be in a group of others.
func (s *Room) makeTicket(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[desk.ChatSessionID](r, "id", sessionClass)
	if err != nil {
		return err
	}
	wish := transcript.Wish{Title: in.Params.Text("title"), By: in.Who.User.ID}
	group, sent, err := rest.Named(in.Params, "group", in.Catalog.Groups, rest.GroupName)
	if err != nil {
		return err
	}
	if !sent || group == 0 {
		return rest.Invalid("group_id", "The required value 'group_id' is missing.")
	}
	if !in.Who.HasAccess(group, desk.AccessCreate) {
		return desk.ErrForbidden
	}
	wish.Order = chat.Order{GroupID: group}
	if customer, sent := rest.NumberOf(in.Params["customer_id"]); sent {
		wish.CustomerID = desk.UserID(customer)
	}
	var ticket desk.Ticket
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		v, err := tx.LockChatSession(ctx, id)
		if err != nil {
			return err
		}
		if ticket, err = transcript.Ticket(ctx, tx, v, wish); err != nil || v.TicketID == nil {
			return err
		}
		return in.Who.TicketAccess().MayShow(ticket)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, rest.Record{{"ticket_id", ticket.ID}, {"ticket_number", ticket.Number}})
}
