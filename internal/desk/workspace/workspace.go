// Package workspace holds what people find around tickets when they work: overviews, macros, templates, texts,
// open tabs, notifications.
//
// It says which of these can be shown. It does no I/O.
package workspace

import (
	"slices"
	"time"

	"postroom/internal/desk"
)

// Ids of what is somebody's own.
type (
	TaskbarID            int64
	RecentViewID         int64
	ActivityID           int64
	OnlineNotificationID int64
)

// Taskbar is a tab that somebody has open in one of the web apps.
type Taskbar struct {
	ID          TaskbarID
	UserID      desk.UserID
	App         string // desktop, mobile
	Key         string // what the tab shows, such as Ticket-17
	Callback    string
	ClientID    *string
	Params      map[string]any
	State       map[string]any
	Preferences map[string]any
	Prio        int
	Notify      bool
	Active      bool
	LastContact time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// RecentView says that somebody looked at a record.
type RecentView struct {
	ID          RecentViewID
	Object      string
	OID         int64 `db:"o_id"`
	CreatedByID desk.UserID
	CreatedAt   time.Time // of the last look
}

// Activity says that somebody did something with a record.
type Activity struct {
	ID          ActivityID
	Type        string // ActivityCreate, ActivityUpdate
	Object      string
	OID         int64        `db:"o_id"`
	Permission  string       // who is told holds this; empty: anybody
	GroupID     desk.GroupID // and reads the tickets of this group; 0: anybody
	CreatedByID desk.UserID
	CreatedAt   time.Time
}

// Types of activities.
const (
	ActivityCreate = "create"
	ActivityUpdate = "update"
)

// ActivityMerge is how long all that one person does with one record is one activity.
const ActivityMerge = 90 * time.Second

// TicketActivity is what somebody did with a ticket.
func TicketActivity(what string, t desk.Ticket, by desk.UserID) Activity {
	return Activity{Type: what, Object: desk.ObjectTicket, OID: int64(t.ID), Permission: "ticket.agent", GroupID: t.GroupID, CreatedByID: by}
}

// ArticleActivity is what somebody did with an article of a ticket.
func ArticleActivity(what string, t desk.Ticket, article desk.ArticleID, by desk.UserID) Activity {
	return Activity{Type: what, Object: desk.ObjectArticle, OID: int64(article), Permission: "ticket.agent", GroupID: t.GroupID, CreatedByID: by}
}

// unnoted are attributes of tickets whose changes are nothing that somebody did.
var unnoted = map[string]bool{
	"organization": true, "last_contact_at": true, "last_contact_agent_at": true, "last_contact_customer_at": true, "last_owner_update_at": true,
	"escalation_at": true, "first_response_at": true, "first_response_escalation_at": true, "first_response_in_min": true,
	"first_response_diff_in_min": true, "close_at": true, "close_escalation_at": true, "close_in_min": true, "close_diff_in_min": true,
	"last_close_at": true, "update_escalation_at": true, "update_in_min": true, "update_diff_in_min": true,
}

// ActivityOf is what somebody did who changed a ticket so; false: nothing worth noting.
func ActivityOf(t desk.Ticket, changes []desk.Change, by desk.UserID) (Activity, bool) {
	noted := slices.ContainsFunc(changes, func(c desk.Change) bool { return !unnoted[c.Attribute] })
	return TicketActivity(ActivityUpdate, t, by), noted
}

// UserActivity is what somebody did with a user.
func UserActivity(what string, user, by desk.UserID) Activity {
	return Activity{Type: what, Object: "User", OID: int64(user), Permission: "admin.user", CreatedByID: by}
}

// ActivityPermissions are those that activities ask for.
var ActivityPermissions = []string{"ticket.agent", "admin.user"}

// OnlineNotification tells somebody of something that happened to a record.
type OnlineNotification struct {
	ID     OnlineNotificationID
	UserID desk.UserID // who is told
	Type   string      // create, update, reminder_reached, escalation, update.merged_into, missed_call …
	Object string
	OID    int64 `db:"o_id"`
	Seen   bool
	desk.Stamp
}

// NotifiedMissedCall is the type of what agents are told of a call that nobody took.
const NotifiedMissedCall = "missed_call"

// Kinds of records and of what happens to them have ids that clients know. They are the same in
// every installation, so no table holds them.
var (
	objectLookups = []string{"User", desk.ObjectTicket, desk.ObjectArticle, "Organization", "Group", "Role", desk.ObjectCall}
	typeLookups   = []string{
		"create", "update", "reminder_reached", "escalation", "escalation_warning",
		"update.merged_into", "update.received_merge", "update.reaction", NotifiedMissedCall,
	}
)

// ObjectLookupID is the id of a class of records, 0 if it has none.
func ObjectLookupID(class string) int64 { return lookup(objectLookups, class) }

// TypeLookupID is the id of a type of events, 0 if it has none.
func TypeLookupID(name string) int64 { return lookup(typeLookups, name) }

func lookup(names []string, wanted string) int64 {
	for i, name := range names {
		if name == wanted {
			return int64(i + 1)
		}
	}
	return 0
}
