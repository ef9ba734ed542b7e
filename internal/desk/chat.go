package desk

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Ids of chat.
type (
	ChatID        int64
	ChatSessionID int64 // of the row; what pages call a session is ChatSession.SessionID
	ChatMessageID int64
)

// Chat is a topic under which visitors of a website can talk to agents.
type Chat struct {
	ID              ChatID
	Name            string
	MaxQueue        int // visitors who may wait at once
	Note            string
	Active          bool
	Public          bool
	BlockIP         *string // addresses separated by ;, * stands for anything
	BlockCountry    *string // two-letter codes separated by ;
	AllowedWebsites *string // parts of addresses of websites separated by ;, none: all
	Preferences     map[string]any
	Stamp
}

// States of a session.
const (
	ChatWaiting = "waiting"
	ChatRunning = "running"
	ChatClosed  = "closed"
)

// ChatSession is one conversation.
type ChatSession struct {
	ID          ChatSessionID
	ChatID      ChatID
	SessionID   string // a secret: who knows it may go on with the session
	Name        *string
	State       string
	UserID      *UserID   // the agent; nil: nobody yet
	TicketID    *TicketID // that was made of it; nil: none was
	Preferences ChatPreferences
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// ChatPreferences say who takes part in a session, and from where.
type ChatPreferences struct {
	URL          string         `json:"url,omitempty"`
	Participants []string       `json:"participants,omitempty"` // pages
	RemoteIP     string         `json:"remote_ip,omitempty"`
	GeoIP        map[string]any `json:"geo_ip,omitempty"`
	DNSName      string         `json:"dns_name,omitempty"`
}

// Shown are the preferences as others may read them. The id of a page is a key: who knows it reads what the page is told. In
// its place stands a number that tells pages apart.
func (p ChatPreferences) Shown() ChatPreferences {
	shown := make([]string, len(p.Participants))
	for i, page := range p.Participants {
		sum := sha256.Sum256([]byte(page))
		shown[i] = strconv.FormatUint(binary.BigEndian.Uint64(sum[:])>>shownBits, 10)
	}
	p.Participants = shown
	return p
}

// shownBits are left out of a participant's number, so that clients can take it for one.
const shownBits = 12

// ChatMessage is what somebody said.
type ChatMessage struct {
	ID            ChatMessageID
	ChatSessionID ChatSessionID
	Content       string  // sanitized HTML
	CreatedByID   *UserID // nil: the visitor
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// ChatAgent is somebody who is there to chat.
type ChatAgent struct {
	User       User
	Concurrent int // sessions that this agent has a seat for
}

// ObjectChatSession is what tags call a session.
const ObjectChatSession = "ChatSession"

// ArticleChat is the type of an article that holds a conversation.
const ArticleChat ArticleTypeID = 3

// Check refuses a topic that nobody could find or use.
func (c *Chat) Check() error {
	switch {
	case c.Name == "":
		return Blank("name", "Name")
	case c.MaxQueue < 0:
		return &InvalidError{Field: "max_queue", Reason: "The value of 'max_queue' must not be negative."}
	}
	return nil
}
