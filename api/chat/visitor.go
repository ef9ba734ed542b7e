package chat

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"

	keeper "postroom/internal/store/chat"
)

// greet tells a visitor whether somebody is there to chat, or how the session goes on that was begun before.
func (t *turn) greet() error {
	topic, err := t.topic()
	if err != nil {
		return err
	}
	h, err := t.house()
	if err != nil {
		return err
	}
	if name := t.data.Text("session_id"); name != "" && topic.Active {
		v, err := t.tx.LockChatSessionNamed(t.ctx, name)
		if err == nil && v.State != desk.ChatClosed && v.ChatID == topic.ID {
			return t.comeBack(h, v)
		}
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			return err
		}
	}
	t.door(h, topic)
	return nil
}

// door tells whether a visitor may come in. It reports whether so.
func (t *turn) door(h chat.House, topic desk.Chat) bool {
	state, waiting := h.Door(topic)
	answer := rest.Record{{"state", state}}
	if state == chat.StateFull {
		answer.Add("queue", waiting)
	}
	t.answer("chat_status_customer", answer)
	return state == chat.StateOnline
}

// comeBack lets a page go on with a session.
func (t *turn) comeBack(h chat.House, v desk.ChatSession) error {
	if err := t.join(&v); err != nil {
		return err
	}
	if url := rest.Cut(t.data.Text("url"), maxURL); url != "" && url != v.Preferences.URL {
		v.Preferences.URL = url
		if err := t.tx.SaveChatSession(t.ctx, v); err != nil {
			return err
		}
		t.tell(chat.Others(v, t.from.Page), "chat_session_notice", rest.Record{{"session_id", v.SessionID}, {"message", url}})
	}
	if v.State == desk.ChatWaiting {
		t.answer("chat_status_customer", rest.Record{{"state", chat.StateBack}, {"position", h.Position(v)}})
		return nil
	}
	said, err := t.tx.ChatMessages(t.ctx, v.ID)
	if err != nil {
		return err
	}
	agent, err := t.agentOf(v)
	if err != nil {
		return err
	}
	t.answer("chat_status_customer", rest.Record{{"state", chat.StateBack}, {"session", messageRecords(said[v.ID])}, {"agent", agent}})
	return nil
}

// maxURL is how long the address of a page is at most, in characters.
const maxURL = 2000

// How many sessions may be begun from one address.
const (
	mostBegun   = 30
	begunWithin = time.Minute
)

// enter begins a session, which waits for an agent.
func (t *turn) enter() error {
	topic, err := t.topic()
	if err != nil {
		return err
	}
	// One after another, so that no more wait than may.
	if topic, err = keeper.Topics.Lock(t.ctx, t.tx.DB, topic.ID); err != nil {
		return err
	}
	h, err := t.house()
	if err != nil {
		return err
	}
	key := sha256.Sum256([]byte("chat session from " + t.from.IP.String()))
	begun, err := t.tx.CountAttempts(t.ctx, [][]byte{key[:]}, begunWithin)
	if err != nil {
		return err
	}
	if waiting := len(h.Waiting(topic.ID)); waiting >= topic.MaxQueue || begun > mostBegun || !topic.Active {
		t.answer("chat_status_customer", rest.Record{{"state", chat.StateFull}, {"queue", waiting}})
		return nil
	}
	v := desk.ChatSession{
		ChatID: topic.ID, SessionID: newSessionName(), State: desk.ChatWaiting,
		Preferences: desk.ChatPreferences{
			URL: rest.Cut(t.data.Text("url"), maxURL), Participants: []string{t.from.Page}, RemoteIP: t.from.IP.String(),
		},
	}
	if t.from.Country != "" {
		v.Preferences.GeoIP = map[string]any{"country_code": t.from.Country}
	}
	if err := t.tx.InsertChatSession(t.ctx, &v); err != nil {
		return err
	}
	h.Open = append(h.Open, v)
	t.answer("chat_session_queue", queueRecord(v, h.Position(v)))
	t.moved = append(t.moved, topic.ID)
	return nil
}

// queueRecord tells a visitor who waits how many are served before.
func queueRecord(v desk.ChatSession, position int) rest.Record {
	return rest.Record{{"state", "queue"}, {"position", position}, {"session_id", v.SessionID}}
}

// newSessionName is what nobody can guess.
func newSessionName() string {
	name := make([]byte, 16)
	_, _ = rand.Read(name) // crypto/rand never fails
	return hex.EncodeToString(name)
}
