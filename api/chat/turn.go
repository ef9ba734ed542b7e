package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/live"
	"postroom/internal/store"
	"postroom/internal/store/personal"
	"postroom/internal/talk"

	keeper "postroom/internal/store/chat"
)

// turn is one event of a page, while it is worked on.
type turn struct {
	*Room
	ctx     context.Context // of the event
	tx      *store.Store
	catalog *desk.Catalog
	from    live.From
	event   string
	data    rest.Params
	top     rest.Params
	told    []personal.Event
	moved   []desk.ChatID // topics whose queue or agents changed: all who look at them are told
}

// refusal is why a page does not get what it asks for.
type refusal string

func (r refusal) Error() string { return string(r) }

// Why pages are refused.
const (
	disabled    refusal = "chat_disabled"
	noTopic     refusal = "no_such_chat"
	unavailable refusal = "chat_unavailable"
	noLogin     refusal = "no_session"
	nobody      refusal = "no_session_user_id"
	notAllowed  refusal = "no_permission"
	noName      refusal = "Need session_id."
	full        refusal = "chat_session_full" // ours: nobody can go on for ever
)

func noSession(name string) refusal { return refusal("No such session id " + rest.Cut(name, 100)) }

// act does what an event asks for in one transaction, with what pages are told of it. Everybody else
// who looks on is told when it has happened.
func (s *Room) act(ctx context.Context, a action, from live.From, frame live.Frame) error {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	var t *turn
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		t = &turn{Room: s, ctx: ctx, tx: tx, catalog: catalog, from: from, event: frame.Event, data: frame.Data, top: frame.Top}
		err := t.admit(a)
		if err == nil {
			err = a.do(t)
		}
		if refused, is := errors.AsType[refusal](err); is {
			t.told, t.moved = nil, nil
			t.answer("chat_error", rest.Record{{"state", string(refused)}})
			err = nil
		}
		if err != nil {
			return err
		}
		return tx.QueueEvents(ctx, t.told)
	})
	if err != nil {
		return err
	}
	s.Live.Wake(ctx)
	if err := s.spread(ctx, t.moved); err != nil {
		// It has happened all the same, and agents look again by themselves.
		s.Log.WarnContext(ctx, "agents see later what changed in chat", "error", err)
	}
	return nil
}

// admit refuses an event before anything is looked at.
func (t *turn) admit(a action) error {
	switch {
	case !t.catalog.Settings.Bool("chat"):
		return disabled
	case !a.agents:
		return nil
	case !t.from.Claimed:
		return noLogin
	case t.from.Who == nil:
		return nobody
	case !t.agent():
		return notAllowed
	}
	return nil
}

// agent reports whether the event is one of an agent.
func (t *turn) agent() bool { return t.from.Who != nil && t.from.Who.Can(chat.Permission) }

// tell lets pages know something.
func (t *turn) tell(pages []string, event string, data rest.Record) {
	text := rest.AppendJSON(nil, rest.Record{{"event", event}, {"data", data}})
	for _, page := range pages {
		t.told = append(t.told, personal.Event{Client: page, Event: text})
	}
}

// answer lets the page know that sent the event.
func (t *turn) answer(event string, data rest.Record) { t.tell([]string{t.from.Page}, event, data) }

// house is what there is at this moment.
func (t *turn) house() (chat.House, error) { return t.look(t.ctx, t.tx) }

// look reads topics, open sessions and agents.
func (s *Room) look(ctx context.Context, from *store.Store) (h chat.House, err error) {
	catalog, err := from.Catalog(ctx)
	if err != nil {
		return h, err
	}
	topics, err := keeper.Topics.All(ctx, from.DB)
	if err != nil {
		return h, err
	}
	for _, topic := range topics {
		h.Topics = append(h.Topics, topic)
	}
	slices.SortFunc(h.Topics, func(a, b desk.Chat) int { return int(a.ID - b.ID) })
	if h.Open, err = from.OpenChatSessions(ctx, chat.AllTopics(h.Topics)); err != nil {
		return h, err
	}
	h.Agents, err = from.ActiveChatAgents(ctx, idle(catalog))
	return h, err
}

// idle is how long after an agent was seen last this agent counts as gone.
func idle(c *desk.Catalog) time.Duration {
	seconds := c.Settings.Int("chat_agent_idle_timeout")
	if seconds <= 0 {
		seconds = chat.DefaultIdle
	}
	return time.Duration(seconds) * time.Second
}

// topic is that which the event names, if its visitor may come in.
func (t *turn) topic() (desk.Chat, error) {
	id, _ := rest.NumberOf(t.data["chat_id"])
	topic, err := keeper.Topics.Get(t.ctx, t.tx.DB, desk.ChatID(id))
	if errors.Is(err, desk.ErrNotFound) {
		return topic, noTopic
	}
	if err == nil && chat.Blocked(topic, chat.Visitor{IP: t.from.IP.String(), Country: t.from.Country, Origin: t.from.Origin}) {
		err = unavailable
	}
	return topic, err
}

// session is that which the event names. An agent must be the one who has it, or be looking at one
// that waits.
func (t *turn) session() (desk.ChatSession, error) {
	name := t.data.Text("session_id")
	if name == "" {
		return desk.ChatSession{}, noName
	}
	v, err := t.tx.LockChatSessionNamed(t.ctx, name)
	if errors.Is(err, desk.ErrNotFound) {
		return v, noSession(name)
	}
	if err == nil && t.agent() && v.State == desk.ChatRunning && (v.UserID == nil || *v.UserID != t.from.Who.User.ID) {
		err = notAllowed
	}
	return v, err
}

// conversation is a session that is not over. Whoever still talks in one that is gets to know.
func (t *turn) conversation() (v desk.ChatSession, goesOn bool, err error) {
	if v, err = t.session(); err != nil {
		return v, false, err
	}
	if v.State == desk.ChatClosed {
		t.answer(talk.Closed, rest.Record{{"session_id", v.SessionID}, {"realname", talk.System}})
		return v, false, nil
	}
	return v, true, t.join(&v)
}

// join makes the page one of those that take part in a session.
func (t *turn) join(v *desk.ChatSession) error {
	if slices.Contains(v.Preferences.Participants, t.from.Page) {
		return nil
	}
	open, err := talk.Pages(t.ctx, t.tx, *v)
	if err != nil || !chat.Join(v, t.from.Page, open) {
		return err
	}
	return t.tx.SaveChatSession(t.ctx, *v)
}
