package chat

import (
	"slices"

	"postroom/internal/desk"
)

// House is what there is at a moment: every topic, every session that waits or runs, the oldest first,
// and every agent who takes chats.
type House struct {
	Topics []desk.Chat
	Open   []desk.ChatSession
	Agents []desk.ChatAgent
}

// Topic returns a topic.
func (h House) Topic(id desk.ChatID) (desk.Chat, bool) {
	i := slices.IndexFunc(h.Topics, func(c desk.Chat) bool { return c.ID == id })
	if i < 0 {
		return desk.Chat{}, false
	}
	return h.Topics[i], true
}

// AllTopics are the ids of all topics.
func AllTopics(topics []desk.Chat) []desk.ChatID {
	ids := make([]desk.ChatID, len(topics))
	for i, c := range topics {
		ids[i] = c.ID
	}
	return ids
}

// Waiting are the sessions of a topic that wait, the one that is next first.
func (h House) Waiting(chat desk.ChatID) []desk.ChatSession {
	return h.sessions(desk.ChatWaiting, []desk.ChatID{chat})
}

// Position is the place of a session among those that wait, 1: it is next.
func (h House) Position(v desk.ChatSession) int {
	return 1 + slices.IndexFunc(h.Waiting(v.ChatID), func(o desk.ChatSession) bool { return o.ID == v.ID })
}

func (h House) sessions(state string, chats []desk.ChatID) []desk.ChatSession {
	found := []desk.ChatSession{}
	for _, v := range h.Open {
		if v.State == state && slices.Contains(chats, v.ChatID) {
			found = append(found, v)
		}
	}
	return found
}

// AgentsOf are the agents who answer one of the topics.
func (h House) AgentsOf(chats []desk.ChatID) []desk.ChatAgent {
	var found []desk.ChatAgent
	for _, a := range h.Agents {
		if slices.ContainsFunc(TopicsOf(a.User, h.Topics), func(id desk.ChatID) bool { return slices.Contains(chats, id) }) {
			found = append(found, a)
		}
	}
	return found
}

// States in which a visitor may find a topic.
const (
	StateOnline  = "online"
	StateOffline = "offline"
	StateFull    = "no_seats_available"
	StateOff     = "chat_disabled"
	StateBack    = "reconnect"
)

// Door says whether a visitor may come in to a topic, and how many wait there.
func (h House) Door(c desk.Chat) (state string, waiting int) {
	waiting = len(h.Waiting(c.ID))
	switch {
	case !c.Active:
		return StateOff, waiting
	case len(h.AgentsOf([]desk.ChatID{c.ID})) == 0:
		return StateOffline, waiting
	case waiting >= c.MaxQueue:
		return StateFull, waiting
	}
	return StateOnline, waiting
}

// Desk is what an agent sees.
type Desk struct {
	Topics         []desk.ChatID
	Waiting        []desk.ChatSession
	Running        []desk.ChatSession
	Mine           []desk.ChatSession // those of Running that this agent answers
	Agents         []desk.UserID
	SeatsTotal     int
	SeatsAvailable int
}

// DeskOf is what an agent sees of the house.
func (h House) DeskOf(u desk.User) Desk {
	topics := TopicsOf(u, h.Topics)
	d := Desk{
		Topics: topics, Waiting: h.sessions(desk.ChatWaiting, topics), Running: h.sessions(desk.ChatRunning, topics),
		Mine: []desk.ChatSession{}, Agents: []desk.UserID{},
	}
	for _, v := range h.Open {
		if v.State == desk.ChatRunning && v.UserID != nil && *v.UserID == u.ID {
			d.Mine = append(d.Mine, v)
		}
	}
	for _, a := range h.AgentsOf(topics) {
		d.Agents = append(d.Agents, a.User.ID)
		d.SeatsTotal += a.Concurrent
	}
	d.SeatsAvailable = d.SeatsTotal - len(d.Waiting) - len(d.Running)
	return d
}
