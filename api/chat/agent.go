package chat

import (
	"errors"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
)

// attend notes that an agent is there, and shows what there is to do. The page takes part in all
// sessions of the agent from then on.
func (t *turn) attend() error {
	me := t.from.Who.User
	active, err := t.tx.SeeChatAgent(t.ctx, me.ID)
	if err != nil {
		return err
	}
	h, err := t.house()
	if err != nil {
		return err
	}
	for _, mine := range h.DeskOf(me).Mine {
		if slices.Contains(mine.Preferences.Participants, t.from.Page) {
			continue
		}
		v, err := t.tx.LockChatSession(t.ctx, mine.ID)
		if err != nil {
			return err
		}
		if err := t.join(&v); err != nil {
			return err
		}
	}
	shown, err := t.deskRecord(t.ctx, t.tx, h, me, active)
	if err != nil {
		return err
	}
	t.answer(t.event, shown)
	return nil
}

// setState says whether an agent takes chats.
func (t *turn) setState() error {
	active := t.data.Flag("active")
	if err := t.tx.SetChatAgent(t.ctx, t.from.Who.User.ID, active); err != nil {
		return err
	}
	t.answer(t.event, rest.Record{{"state", "ok"}, {"active", active}})
	h, err := t.house()
	t.moved = chat.TopicsOf(t.from.Who.User, h.Topics)
	return err
}

// start lets an agent begin the session that waits longest.
func (t *turn) start() error {
	h, err := t.house()
	if err != nil {
		return err
	}
	me := t.from.Who.User
	topics := chat.TopicsOf(me, h.Topics)
	if id, sent := rest.NumberOf(t.top["chat_id"]); sent {
		topics = []desk.ChatID{desk.ChatID(id)}
	}
	v, err := t.tx.LockWaitingChatSession(t.ctx, topics)
	if errors.Is(err, desk.ErrNotFound) {
		t.answer(t.event, rest.Record{{"state", "failed"}, {"message", "No session available."}})
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := t.tx.SeeChatAgent(t.ctx, me.ID); err != nil {
		return err
	}
	visitor := v.Preferences.Participants
	v.State, v.UserID = desk.ChatRunning, &me.ID
	v.Preferences.Participants = append(slices.Clone(visitor), t.from.Page)
	if err := t.tx.SaveChatSession(t.ctx, v); err != nil {
		return err
	}
	said, err := t.tx.ChatMessages(t.ctx, v.ID)
	if err != nil {
		return err
	}
	if len(said[v.ID]) == 0 {
		t.tell(visitor, t.event, rest.Record{
			{"state", "ok"}, {"agent", t.shown(me)}, {"session_id", v.SessionID}, {"chat_id", v.ChatID},
		})
	}
	t.answer(t.event, rest.Record{{"session", withMessages(v, said[v.ID])}})
	t.queueMoved(h, v)
	t.moved = append(t.moved, v.ChatID)
	return nil
}

// queueMoved tells those who wait after a session that one fewer is before them.
func (t *turn) queueMoved(before chat.House, gone desk.ChatSession) {
	position := 0
	for _, v := range before.Waiting(gone.ChatID) {
		if v.ID == gone.ID {
			continue
		}
		position++
		t.tell(v.Preferences.Participants, "chat_session_queue", queueRecord(v, position))
	}
}

// maxName is how long the name of a visitor is at most, in characters.
const maxName = 250

// describe notes what an agent found out about a visitor: a name, tags.
func (t *turn) describe() error {
	v, err := t.session()
	if err != nil {
		return err
	}
	if t.data.Has("name") {
		v.Name = nil
		if name := strings.TrimSpace(rest.Cut(t.data.Text("name"), maxName)); name != "" {
			v.Name = &name
		}
		if err := t.tx.SaveChatSession(t.ctx, v); err != nil {
			return err
		}
	}
	if t.data.Has("tags") {
		if err := t.setTags(v, teamwork.TagNames(t.data.Text("tags"))); err != nil {
			return err
		}
	}
	t.moved = append(t.moved, v.ChatID)
	return nil
}

func (t *turn) setTags(v desk.ChatSession, wanted []string) error {
	by, id := t.from.Who.User.ID, int64(v.ID)
	carried, err := t.tx.TagsOf(t.ctx, desk.ObjectChatSession, id)
	if err != nil {
		return err
	}
	for _, name := range carried[id] {
		if slices.Contains(wanted, name) {
			continue
		}
		if _, err := t.tx.DetachTag(t.ctx, desk.ObjectChatSession, id, name, by); err != nil {
			return err
		}
	}
	if !teamwork.MayMakeTags(t.catalog, t.from.Who) {
		if wanted, err = t.tx.KnownTags(t.ctx, wanted); err != nil {
			return err
		}
	}
	return t.tx.AttachTags(t.ctx, desk.ObjectChatSession, id, wanted, by, teamwork.MayMakeTags(t.catalog, t.from.Who))
}

// transferred is what a visitor reads whose session waits again.
const transferred = "You are being transferred to somebody else. Please wait a moment."

// transfer lets a session wait in another topic.
func (t *turn) transfer() error {
	id, _ := rest.NumberOf(t.top["session_id"])
	v, err := t.tx.LockChatSession(t.ctx, desk.ChatSessionID(id))
	if errors.Is(err, desk.ErrNotFound) {
		return noSession(t.top.Text("session_id"))
	}
	if err != nil {
		return err
	}
	if v.State == desk.ChatClosed || v.UserID != nil && *v.UserID != t.from.Who.User.ID {
		return notAllowed
	}
	h, err := t.house()
	if err != nil {
		return err
	}
	to, _ := rest.NumberOf(t.top["chat_id"])
	topic, known := h.Topic(desk.ChatID(to))
	if !known || !topic.Active {
		return noTopic
	}
	pages, err := t.tx.PagesOf(t.ctx, []desk.UserID{t.from.Who.User.ID})
	if err != nil {
		return err
	}
	for _, page := range pages {
		v.Preferences.Participants = chat.Others(v, page.ID)
	}
	t.moved = append(t.moved, v.ChatID, topic.ID)
	v.ChatID, v.State, v.UserID = topic.ID, desk.ChatWaiting, nil
	t.tell(v.Preferences.Participants, "chat_session_notice", rest.Record{{"session_id", v.SessionID}, {"message", transferred}})
	return t.tx.SaveChatSession(t.ctx, v)
}
