// Package chat lets visitors of websites talk to agents.
//
// What pages ask for comes as events, over a WebSocket or by requests; what they are told waits for
// them in the transaction of what happened. Who may come in and who is next is said by internal/chat.
package chat

import (
	"context"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/live"
)

// Room answers visitors, agents and those who administer topics.
type Room struct {
	*rest.House
	people   *people.Room
	settings Settings
	actions  map[string]action
}

// Settings shows the settings whose areas begin so, by id.
type Settings func(ctx context.Context, area string) (rest.Record, error)

// New returns a Room of a house.
func New(house *rest.House, people *people.Room, settings Settings) *Room {
	return &Room{House: house, people: people, settings: settings, actions: actions()}
}

// action is what an event does, in a transaction.
type action struct {
	agents bool // only they may ask for it
	do     func(t *turn) error
}

// actions are the events that pages send.
func actions() map[string]action {
	return map[string]action{
		"chat_status_customer":         {do: (*turn).greet},
		"chat_session_init":            {do: (*turn).enter},
		"chat_session_message":         {do: (*turn).talk},
		"chat_session_typing":          {do: (*turn).type_},
		"chat_session_notice":          {do: (*turn).notice},
		"chat_session_close":           {do: (*turn).close},
		"chat_session_leave_temporary": {do: (*turn).leaveForNow},
		"chat_status_agent":            {agents: true, do: (*turn).attend},
		"chat_agent_state":             {agents: true, do: (*turn).setState},
		"chat_session_start":           {agents: true, do: (*turn).start},
		"chat_session_update":          {agents: true, do: (*turn).describe},
		"chat_transfer":                {agents: true, do: (*turn).transfer},
	}
}

// Take does what a page asks for. It reports false for what is not about chat.
func (s *Room) Take(ctx context.Context, from live.From, frame live.Frame) (known bool, err error) {
	action, known := s.actions[frame.Event]
	if !known {
		return false, nil
	}
	return true, s.act(ctx, action, from, frame)
}

// Routes are the addresses of topics and sessions.
func (s *Room) Routes(t *rest.Table) {
	admin, agent := rest.Needs("admin.channel_chat"), rest.Needs("chat.agent")
	topics := s.topics()
	view := topics.View(rest.Anybody)
	t.Handle("GET /api/v1/chats", admin, s.listTopics).Gives(rest.Record{{"chat_ids", []desk.ChatID{}}, {"assets", rest.Record{}}})
	t.Handle("GET /api/v1/chats/{id}", admin, topics.Get).Asks(rest.ShapeQuery...).GivesOf(view.OneSample)
	t.Handle("POST /api/v1/chats", admin, topics.Create).TakesOf(view.BodySample).CreatesOf(view.OneSample)
	t.Handle("PUT /api/v1/chats/{id}", admin, topics.Update).TakesOf(view.BodySample).GivesOf(view.OneSample)
	t.Handle("DELETE /api/v1/chats/{id}", admin, topics.Delete)
	t.Handle("GET /api/v1/chat_sessions/search", agent, s.searchSessions).Asks(rest.SearchQuery...).Gives(foundSample)
	t.Handle("POST /api/v1/chat_sessions/search", agent, s.searchSessions).Takes(rest.SearchBody).Gives(foundSample)
	t.Handle("GET /api/v1/chat_sessions/{id}", agent, s.getSession).Asks(rest.ShapeQuery...).Gives(shownSample)
	t.Handle("POST /api/v1/chat_sessions/{id}/ticket", rest.Needs("chat.agent+ticket.agent"), s.makeTicket).
		Takes(rest.Record{{"group_id", int64(0)}, {"customer_id", int64(0)}, {"title", ""}}).
		Creates(rest.Record{{"ticket_id", desk.TicketID(0)}, {"ticket_number", ""}})
}
