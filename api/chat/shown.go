package chat

import (
	"context"
	"strconv"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/personal"
)

func messageRecord(m desk.ChatMessage) rest.Record {
	return rest.Record{
		{"id", m.ID}, {"chat_session_id", m.ChatSessionID}, {"content", m.Content}, {"created_by_id", m.CreatedByID},
		{"created_at", m.CreatedAt}, {"updated_at", m.UpdatedAt},
	}
}

func messageRecords(said []desk.ChatMessage) []rest.Record {
	records := make([]rest.Record, len(said))
	for i, m := range said {
		records[i] = messageRecord(m)
	}
	return records
}

// sessionRecord shows a session to agents.
func sessionRecord(v desk.ChatSession) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"chat_id", v.ChatID}, {"session_id", v.SessionID}, {"name", v.Name}, {"state", v.State}, {"user_id", v.UserID},
		{"preferences", preferencesRecord(v.Preferences)}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func preferencesRecord(p desk.ChatPreferences) rest.Record {
	p = p.Shown()
	r := rest.Record{{"participants", p.Participants}}
	for _, text := range []rest.Field{{"url", p.URL}, {"remote_ip", p.RemoteIP}, {"dns_name", p.DNSName}} {
		if text.Value != "" {
			r = append(r, text)
		}
	}
	if p.GeoIP != nil {
		r.Add("geo_ip", p.GeoIP)
	}
	return r
}

func withMessages(v desk.ChatSession, said []desk.ChatMessage) rest.Record {
	r := sessionRecord(v)
	r.Add("messages", messageRecords(said))
	return r
}

func sessionRecords(all []desk.ChatSession) []rest.Record {
	records := make([]rest.Record, len(all))
	for i, v := range all {
		records[i] = sessionRecord(v)
	}
	return records
}

// shown is how visitors see an agent.
func (t *turn) shown(u desk.User) rest.Record {
	as := chat.ShownAs(u)
	r := rest.Record{{"name", as.Name}, {"avatar", nil}}
	if as.Avatar != "" {
		settings := t.catalog.Settings
		r[1].Value = settings.String("http_type") + "://" + settings.String("fqdn") + "/api/v1/users/image/" + as.Avatar
	}
	return r
}

// agentOf is how a visitor sees the agent of a session.
func (t *turn) agentOf(v desk.ChatSession) (rest.Record, error) {
	if v.UserID == nil {
		return nil, nil
	}
	u, err := t.tx.User(t.ctx, *v.UserID)
	return t.shown(u), err
}

// deskRecord is what an agent sees of the house.
func (s *Room) deskRecord(ctx context.Context, from *store.Store, h chat.House, u desk.User, active bool) (rest.Record, error) {
	assets, err := s.assetsOf(ctx, h)
	if err != nil {
		return nil, err
	}
	d := h.DeskOf(u)
	said, err := from.ChatMessages(ctx, idsOf(d.Mine)...)
	if err != nil {
		return nil, err
	}
	return fillDesk(d, active, said, assets), nil
}

func idsOf(all []desk.ChatSession) []desk.ChatSessionID {
	ids := make([]desk.ChatSessionID, len(all))
	for i, v := range all {
		ids[i] = v.ID
	}
	return ids
}

func fillDesk(d chat.Desk, active bool, said map[desk.ChatSessionID][]desk.ChatMessage, assets rest.Record) rest.Record {
	counts, lists := map[string]int{}, map[string]any{}
	for _, id := range d.Topics {
		waiting := []desk.ChatSession{}
		for _, v := range d.Waiting {
			if v.ChatID == id {
				waiting = append(waiting, v)
			}
		}
		key := strconv.FormatInt(int64(id), 10)
		counts[key], lists[key] = len(waiting), sessionRecords(waiting)
	}
	mine := make([]rest.Record, len(d.Mine))
	for i, v := range d.Mine {
		mine[i] = withMessages(v, said[v.ID])
	}
	return rest.Record{
		{"waiting_chat_count", len(d.Waiting)}, {"waiting_chat_count_by_chat", counts},
		{"waiting_chat_session_list", sessionRecords(d.Waiting)}, {"waiting_chat_session_list_by_chat", lists},
		{"running_chat_count", len(d.Running)}, {"running_chat_session_list", sessionRecords(d.Running)},
		{"active_agent_count", len(d.Agents)}, {"active_agent_ids", d.Agents},
		{"seads_available", d.SeatsAvailable}, {"seads_total", d.SeatsTotal}, {"active", active},
		{"assets", assets}, {"active_sessions", mine},
	}
}

// assetsOf are the topics, and the agents as everybody may see them.
func (s *Room) assetsOf(ctx context.Context, h chat.House) (rest.Record, error) {
	assets := rest.Record{}
	if err := rest.AddAssets(ctx, &assets, s.topicView(nil), h.Topics); err != nil {
		return nil, err
	}
	users := rest.Set[desk.UserID]{}
	for _, a := range h.Agents {
		users.Add(a.User.ID)
	}
	for _, v := range h.Open {
		if v.UserID != nil {
			users.Add(*v.UserID)
		}
	}
	return assets, s.people.AddPeople(ctx, &desk.Caller{}, &assets, users, rest.Set[desk.OrganizationID]{})
}

// spread shows what changed in topics to all agents of theirs that are there.
func (s *Room) spread(ctx context.Context, topics []desk.ChatID) error {
	if len(topics) == 0 {
		return nil
	}
	h, err := s.look(ctx, s.Store)
	if err != nil {
		return err
	}
	there, err := s.Store.ChatAgentsSeen(ctx)
	if err != nil {
		return err
	}
	affected := (chat.House{Topics: h.Topics, Agents: there}).AgentsOf(topics)
	if len(affected) == 0 {
		return nil
	}
	active, users := map[desk.UserID]bool{}, make([]desk.UserID, len(affected))
	for _, a := range h.Agents {
		active[a.User.ID] = true
	}
	for i, a := range affected {
		users[i] = a.User.ID
	}
	pages, err := s.Store.PagesOf(ctx, users)
	if err != nil {
		return err
	}
	events, err := s.desks(ctx, h, affected, active, pages)
	if err != nil {
		return err
	}
	if err := s.Store.QueueEvents(ctx, events); err != nil {
		return err
	}
	s.Live.Wake(ctx)
	return nil
}

// desks are what agents see of the house, for each of their pages.
func (s *Room) desks(ctx context.Context, h chat.House, agents []desk.ChatAgent, active map[desk.UserID]bool, pages []personal.Page) ([]personal.Event, error) {
	assets, err := s.assetsOf(ctx, h)
	if err != nil {
		return nil, err
	}
	desks, mine := make([]chat.Desk, len(agents)), []desk.ChatSession{}
	for i, a := range agents {
		desks[i] = h.DeskOf(a.User)
		mine = append(mine, desks[i].Mine...)
	}
	said, err := s.Store.ChatMessages(ctx, idsOf(mine)...)
	if err != nil {
		return nil, err
	}
	var events []personal.Event
	for i, a := range agents {
		shown := fillDesk(desks[i], active[a.User.ID], said, assets)
		text := rest.AppendJSON(nil, rest.Record{{"event", "chat_status_agent"}, {"data", shown}})
		for _, page := range pages {
			if page.UserID != nil && *page.UserID == a.User.ID {
				events = append(events, personal.Event{Client: page.ID, Event: text})
			}
		}
	}
	return events, nil
}
