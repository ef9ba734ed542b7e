// Package talk carries out what ends conversations with visitors.
//
// Pages ask for it, and so does the clock when nobody is there any more. What pages are told of it
// waits for them in the same transaction; the caller wakes package live after the commit.
package talk

import (
	"context"
	"encoding/json"
	"time"

	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/personal"
	"postroom/jobs/task"

	topics "postroom/internal/store/chat"
)

// Names of those who end a session.
const (
	Anonymous = "Anonymous" // the visitor
	System    = "System"    // the clock
)

// Events that tell of an end.
const (
	Closed = "chat_session_closed" // it is over
	Left   = "chat_session_left"   // somebody went
)

// parting is what pages are told of an end.
type parting struct {
	SessionID string `json:"session_id"`
	Realname  string `json:"realname"`
}

// Parting is the event that tells pages that somebody went or that a session is over.
func Parting(event string, v desk.ChatSession, realname string, pages []string) ([]personal.Event, error) {
	text, err := json.Marshal(struct {
		Event string  `json:"event"`
		Data  parting `json:"data"`
	}{event, parting{v.SessionID, realname}})
	told := make([]personal.Event, len(pages))
	for i, page := range pages {
		told[i] = personal.Event{Client: page, Event: text}
	}
	return told, err
}

// End stores a session that is over. What its topic wants done then is announced.
func End(ctx context.Context, tx *store.Store, v desk.ChatSession) error {
	v.State = desk.ChatClosed
	if err := tx.SaveChatSession(ctx, v); err != nil {
		return err
	}
	topic, err := topics.Topics.Get(ctx, tx.DB, v.ChatID)
	if err != nil {
		return err
	}
	if _, wanted := chat.OrderOnClose(topic); !wanted || v.TicketID != nil {
		return nil
	}
	return tx.Announce(ctx, task.ChatEnded{ChatSessionID: v.ID})
}

// Pages are those of a session that are open.
func Pages(ctx context.Context, tx *store.Store, v desk.ChatSession) ([]chat.Page, error) {
	found, err := tx.LivePages(ctx, v.Preferences.Participants)
	if err != nil {
		return nil, err
	}
	pages := make([]chat.Page, len(found))
	for i, p := range found {
		pages[i] = chat.Page{ID: p.ID, UserID: p.UserID}
	}
	return pages, nil
}

// Return is the time for a visitor who goes to another page of the website.
const Return = 30 * time.Second

// Gone ends a session whose visitor said to be back at once and is not. It reports whether it did.
func Gone(ctx context.Context, tx *store.Store, id desk.ChatSessionID) (ended bool, err error) {
	v, err := tx.LockChatSession(ctx, id)
	if err != nil || v.State == desk.ChatClosed {
		return false, err
	}
	pages, err := Pages(ctx, tx, v)
	if err != nil || chat.VisitorThere(v, pages) {
		return false, err
	}
	told, err := Parting(Left, v, Anonymous, v.Preferences.Participants)
	if err != nil {
		return false, err
	}
	if err := tx.QueueEvents(ctx, told); err != nil {
		return false, err
	}
	return true, End(ctx, tx, v)
}

// quiet is how long nobody does anything in a session that is deserted.
const quiet = 5 * time.Minute

// mostSwept is how many sessions one sweep looks at.
const mostSwept = 1000

// Sweep ends sessions that nobody did anything in for a while and that fewer than two are there for.
// It returns how many.
func Sweep(ctx context.Context, s *store.Store) (int, error) {
	ids, err := s.DesertedChatSessions(ctx, quiet, mostSwept)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, id := range ids {
		err := s.InTx(ctx, func(tx *store.Store) error {
			swept, err := sweep(ctx, tx, id)
			if swept {
				ended++
			}
			return err
		})
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func sweep(ctx context.Context, tx *store.Store, id desk.ChatSessionID) (bool, error) {
	v, err := tx.LockChatSession(ctx, id)
	if err != nil || v.State == desk.ChatClosed || time.Since(v.UpdatedAt) < quiet {
		return false, err
	}
	pages, err := Pages(ctx, tx, v)
	if err != nil || !chat.Deserted(v, pages) {
		return false, err
	}
	told, err := Parting(Closed, v, System, v.Preferences.Participants)
	if err != nil {
		return false, err
	}
	if err := tx.QueueEvents(ctx, told); err != nil {
		return false, err
	}
	return true, End(ctx, tx, v)
}
