package chat

import (
	"errors"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/richtext"
	storechat "postroom/internal/store/chat"
	"postroom/internal/talk"
	"postroom/jobs/task"
)

// Sizes of what is said, in characters.
const (
	maxMessage = 20_000
	maxNotice  = 500
	// A name that a page gives a message tells it from all others from this length on. Shorter ones
	// are numbers that start anew with every page.
	minSentAs = 16
	maxSentAs = 100
)

// talk passes on what somebody says. The same message sent again is the same message.
func (t *turn) talk() error {
	v, goesOn, err := t.conversation()
	if err != nil || !goesOn {
		return err
	}
	m := desk.ChatMessage{ChatSessionID: v.ID, CreatedByID: t.author()}
	m.Content, _ = richtext.Sanitize(rest.Cut(t.data.Text("content"), maxMessage), richtext.Options{MaxLength: maxMessage})
	if strings.TrimSpace(m.Content) == "" {
		return nil
	}
	sentAs := t.data.Text("id")
	if len(sentAs) < minSentAs || len(sentAs) > maxSentAs {
		sentAs = ""
	}
	added, err := t.tx.AddChatMessage(t.ctx, &m, sentAs)
	if errors.Is(err, storechat.ErrChatFull) {
		return full
	}
	if err != nil {
		return err
	}
	said := rest.Record{{"session_id", v.SessionID}, {"message", messageRecord(m)}}
	if added {
		t.tell(chat.Others(v, t.from.Page), t.event, said)
	}
	mine := append(rest.Record{}, said...)
	mine.Add("self_written", true)
	if sentAs != "" {
		mine.Add("id", sentAs)
	}
	t.answer(t.event, mine)
	return nil
}

// author is who is named as the author of a message; nil: the visitor.
func (t *turn) author() *desk.UserID {
	if !t.agent() {
		return nil
	}
	return &t.from.Who.User.ID
}

// type_ passes on that somebody is writing.
func (t *turn) type_() error {
	v, goesOn, err := t.conversation()
	if err != nil || !goesOn {
		return err
	}
	t.tell(chat.Others(v, t.from.Page), t.event, rest.Record{{"session_id", v.SessionID}, {"user_id", t.author()}})
	t.answer(t.event, rest.Record{{"session_id", v.SessionID}, {"self_written", true}})
	return nil
}

// notice passes on what is no message, such as where the visitor went.
func (t *turn) notice() error {
	v, goesOn, err := t.conversation()
	if err != nil || !goesOn {
		return err
	}
	message := rest.Cut(t.data.Text("message"), maxNotice)
	t.tell(chat.Others(v, t.from.Page), t.event, rest.Record{{"session_id", v.SessionID}, {"message", message}})
	return nil
}

// close takes the page out of a session, or ends it.
func (t *turn) close() error {
	v, err := t.session()
	if err != nil {
		return err
	}
	t.answer("chat_status_close", rest.Record{{"state", "ok"}, {"session_id", v.SessionID}})
	if v.State == desk.ChatClosed {
		return nil
	}
	realname := talk.Anonymous
	if t.agent() {
		realname = chat.ShownAs(t.from.Who.User).Name
	}
	others := chat.Others(v, t.from.Page)
	event, store := talk.Left, t.tx.SaveChatSession
	if chat.Leave(&v, t.from.Page, t.agent()) {
		event = talk.Closed
		err = talk.End(t.ctx, t.tx, v)
	} else {
		err = store(t.ctx, v)
	}
	t.tell(others, event, rest.Record{{"session_id", v.SessionID}, {"realname", realname}})
	t.moved = append(t.moved, v.ChatID)
	return err
}

// leaveForNow is for a visitor who goes to another page of the website.
func (t *turn) leaveForNow() error {
	v, err := t.session()
	if err != nil || v.State == desk.ChatClosed {
		return err
	}
	v.Preferences.Participants = chat.Others(v, t.from.Page)
	if err := t.tx.SaveChatSession(t.ctx, v); err != nil {
		return err
	}
	due := time.Now().Add(talk.Return)
	return t.tx.AnnounceAt(t.ctx, &due, task.ChatLeft{ChatSessionID: v.ID})
}
