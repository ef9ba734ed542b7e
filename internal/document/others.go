package document

import (
	"encoding/json"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/desk/telephone"
	"postroom/internal/phone"
	"postroom/internal/richtext"
)

type call struct {
	ID                  telephone.CallID          `json:"id"`
	CallID              string                    `json:"call_id"`
	Direction           string                    `json:"direction"`
	State               string                    `json:"state"`
	From                string                    `json:"from"`
	FromComment         *string                   `json:"from_comment"`
	FromPretty          string                    `json:"from_pretty"`
	To                  string                    `json:"to"`
	ToComment           *string                   `json:"to_comment"`
	ToPretty            string                    `json:"to_pretty"`
	Queue               *string                   `json:"queue"`
	Comment             *string                   `json:"comment"`
	InitializedAt       *string                   `json:"initialized_at"`
	StartAt             *string                   `json:"start_at"`
	EndAt               *string                   `json:"end_at"`
	DurationWaitingTime *int                      `json:"duration_waiting_time"`
	DurationTalkingTime *int                      `json:"duration_talking_time"`
	Done                bool                      `json:"done"`
	Preferences         telephone.CallPreferences `json:"preferences"`
	CreatedAt           string                    `json:"created_at"`
	UpdatedAt           string                    `json:"updated_at"`
}

// Call is the document of a call in the caller log.
func Call(c telephone.Call) json.RawMessage {
	return object(call{
		ID: c.ID, CallID: c.CallID, Direction: c.Direction, State: c.State, Queue: c.Queue, Comment: c.Comment,
		From: c.From, FromComment: c.FromComment, FromPretty: phone.Pretty(c.From),
		To: c.To, ToComment: c.ToComment, ToPretty: phone.Pretty(c.To),
		InitializedAt: whenever(c.InitializedAt), StartAt: whenever(c.StartAt), EndAt: whenever(c.EndAt),
		DurationWaitingTime: c.DurationWaitingTime, DurationTalkingTime: c.DurationTalkingTime,
		Done: c.Done, Preferences: c.Preferences, CreatedAt: when(c.CreatedAt), UpdatedAt: when(c.UpdatedAt),
	})
}

type chat struct {
	ID                  desk.ChatID    `json:"id"`
	Name                string         `json:"name"`
	MaxQueue            int            `json:"max_queue"`
	Note                string         `json:"note"`
	Active              bool           `json:"active"`
	Public              bool           `json:"public"`
	BlockIP             *string        `json:"block_ip"`
	BlockCountry        *string        `json:"block_country"`
	WhitelistedWebsites *string        `json:"whitelisted_websites"`
	Preferences         map[string]any `json:"preferences"`
	stamp
}

type chatMessage struct {
	ID            desk.ChatMessageID `json:"id"`
	ChatSessionID desk.ChatSessionID `json:"chat_session_id"`
	Content       string             `json:"content"`
	CreatedByID   *desk.UserID       `json:"created_by_id"`
	CreatedAt     string             `json:"created_at"`
	UpdatedAt     string             `json:"updated_at"`
}

type chatSession struct {
	ID          desk.ChatSessionID   `json:"id"`
	ChatID      desk.ChatID          `json:"chat_id"`
	Chat        chat                 `json:"chat"`
	SessionID   string               `json:"session_id"`
	Name        *string              `json:"name"`
	State       string               `json:"state"`
	UserID      *desk.UserID         `json:"user_id"`
	User        json.RawMessage      `json:"user"`
	Preferences desk.ChatPreferences `json:"preferences"`
	Messages    []chatMessage        `json:"messages"`
	Tags        []string             `json:"tags"`
	CreatedByID *desk.UserID         `json:"created_by_id"`
	UpdatedByID *desk.UserID         `json:"updated_by_id"`
	CreatedAt   string               `json:"created_at"`
	UpdatedAt   string               `json:"updated_at"`
}

// Talk is a chat with everything that its document holds.
type Talk struct {
	desk.ChatSession
	Chat     desk.Chat
	Messages []desk.ChatMessage // oldest first
	Tags     []string
	Agent    json.RawMessage // InOthers; nil: nobody took it
}

// ChatSession is the document of a chat.
func ChatSession(t Talk) json.RawMessage {
	c := t.Chat
	d := chatSession{
		ID: t.ID, ChatID: t.ChatID, SessionID: t.SessionID, Name: t.Name, State: t.State, UserID: t.UserID, User: t.Agent,
		Chat: chat{
			c.ID, c.Name, c.MaxQueue, c.Note, c.Active, c.Public, c.BlockIP, c.BlockCountry, c.AllowedWebsites,
			preferences(c.Preferences), stampOf(c.Stamp),
		},
		Preferences: t.Preferences.Shown(), Messages: []chatMessage{}, Tags: list(t.Tags), UpdatedByID: t.UserID,
		CreatedAt: when(t.CreatedAt), UpdatedAt: when(t.UpdatedAt),
	}
	if t.Agent == nil {
		d.User = null
	}
	for _, m := range t.Messages {
		d.Messages = append(d.Messages, chatMessage{
			m.ID, m.ChatSessionID, richtext.PlainText(m.Content), m.CreatedByID, when(m.CreatedAt), when(m.UpdatedAt),
		})
	}
	return object(d)
}

// Translation is what a knowledge base, one of its categories or answers is called in one language.
type Translation struct {
	kb.Translation
	KnowledgeBaseID kb.BaseID
	Locale          string     // de-de
	Answer          *kb.Answer // of which it is; nil: it is of something else
}

type translation struct {
	ID              kb.TranslationID `json:"id"`
	Title           string           `json:"title"`
	KBLocaleID      kb.LocaleID      `json:"kb_locale_id"`
	Locale          string           `json:"locale"`
	KnowledgeBaseID kb.BaseID        `json:"knowledge_base_id"`
	stamp
}

// KnowledgeBase is the document of what a knowledge base is called.
func KnowledgeBase(t Translation) json.RawMessage {
	return object(struct {
		translation
		FooterNote string `json:"footer_note"`
	}{translationOf(t), t.Text})
}

// Category is the document of what a category of a knowledge base is called.
func Category(t Translation) json.RawMessage {
	return object(struct {
		translation
		CategoryID int64 `json:"category_id"`
	}{translationOf(t), t.OwnerID})
}

// Answer is the document of one language of an answer of a knowledge base. Its state is that of now:
// one that is to come at a time has to be asked by its times.
func Answer(t Translation, now time.Time) json.RawMessage {
	d := struct {
		translation
		Body        string        `json:"body"`
		AnswerID    int64         `json:"answer_id"`
		CategoryID  kb.CategoryID `json:"category_id"`
		Promoted    bool          `json:"promoted"`
		State       string        `json:"state"`
		InternalAt  *string       `json:"internal_at"`
		PublishedAt *string       `json:"published_at"`
		ArchivedAt  *string       `json:"archived_at"`
	}{translation: translationOf(t), Body: richtext.PlainText(t.Text), AnswerID: t.OwnerID}
	if a := t.Answer; a != nil {
		d.CategoryID, d.Promoted, d.State = a.CategoryID, a.Promoted, a.State(now)
		d.InternalAt, d.PublishedAt, d.ArchivedAt = whenever(a.InternalAt), whenever(a.PublishedAt), whenever(a.ArchivedAt)
	}
	return object(d)
}

func translationOf(t Translation) translation {
	return translation{t.ID, t.Title, t.LocaleID, t.Locale, t.KnowledgeBaseID, stampOf(t.Stamp)}
}
