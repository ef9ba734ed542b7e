package notify

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Reason is why somebody is told about a ticket.
type Reason string

// The reasons there are.
const (
	AsMember     Reason = "member"     // of the ticket's group
	AsSubscriber Reason = "subscribed" // or mentioned
	AsOwner      Reason = "owner"
	AsStandIn    Reason = "replacement" // for somebody who is out of office
)

// Agent is somebody who may be told about a ticket.
type Agent struct {
	desk.User
	Reason     Reason
	Subscribed bool
}

// News are what happened to a ticket, as far as it matters to who is told.
type News struct {
	Event  desk.TicketEvent
	Ticket desk.Ticket
	// Owners are the ticket's owner and those who stand in for the owner.
	Owners []desk.UserID
	// Author is who did it: who wrote the article, or made the change.
	Author desk.UserID
	// Worth is whether there is something to tell: an article, or a change that agents see.
	Worth bool
}

// Ways are how somebody is told.
type Ways struct{ Online, Email bool }

// None reports whether somebody is not told at all.
func (w Ways) None() bool { return !w.Online && !w.Email }

// String is how the history names them.
func (w Ways) String() string {
	var ways []string
	if w.Online {
		ways = append(ways, "online")
	}
	if w.Email {
		ways = append(ways, "email")
	}
	return strings.Join(ways, ",")
}

// wishes are what somebody wants to be told, as it is kept in the preferences. Clients write
// switches as booleans or as texts, and ids as numbers or as texts.
type wishes struct {
	Matrix map[string]struct {
		Criteria map[string]any `json:"criteria"`
		Channel  map[string]any `json:"channel"`
	} `json:"matrix"`
	GroupIDs any `json:"group_ids"`
}

func wishesOf(u desk.User) (wishes, bool) {
	var w wishes
	kept, err := json.Marshal(u.Preferences["notification_config"])
	if err != nil || json.Unmarshal(kept, &w) != nil {
		return w, false
	}
	return w, w.Matrix != nil
}

func ticked(switches map[string]any, name string) bool {
	return switches[name] == true || switches[name] == "true"
}

// wantsGroup reports whether tickets of a group are wanted that are neither owned nor subscribed to.
func (w wishes) wantsGroup(group desk.GroupID) bool {
	listed, ok := w.GroupIDs.([]any)
	if !ok || len(listed) == 0 || len(listed) == 1 && listed[0] == "-" {
		return true
	}
	return slices.ContainsFunc(listed, func(id any) bool {
		text, err := json.Marshal(id)
		return err == nil && strings.Trim(string(text), `"`) == strconv.FormatInt(int64(group), 10)
	})
}

// kindOf is the row of the wishes that an event falls under.
func kindOf(event string) string {
	kind, _, _ := strings.Cut(event, ".")
	if kind == desk.EventEscalationWarning {
		return desk.EventEscalation
	}
	return kind
}

// Decide says how an agent is told the news, if at all (reference: notifications.md 3).
func Decide(a Agent, n News, now time.Time) Ways {
	w, told := wishesOf(a.User)
	if !told || !a.Active || !n.Worth || a.Undeliverable(now) {
		return Ways{}
	}
	if n.Event.Interface == desk.ByAPI && n.Author == a.ID {
		return Ways{} // who does it in the web or over the API knows
	}
	owned := slices.Contains(n.Owners, a.ID)
	subscribed := a.Subscribed && !owned
	if !owned && !subscribed && !w.wantsGroup(n.Ticket.GroupID) {
		return Ways{}
	}
	row := w.Matrix[kindOf(n.Event.Type)]
	applies := ticked(row.Criteria, "owned_by_me") && owned ||
		ticked(row.Criteria, "owned_by_nobody") && n.Ticket.OwnerID == desk.SystemUser ||
		ticked(row.Criteria, "subscribed") && subscribed ||
		ticked(row.Criteria, "no")
	if !applies {
		return Ways{}
	}
	return Ways{Online: ticked(row.Channel, "online"), Email: ticked(row.Channel, "email")}
}

// Seen reports whether a ticket needs nobody's attention, or not this user's: what is told of it
// counts as seen then (reference: notifications.md 7). Without a user it is about everybody.
func Seen(t desk.Ticket, user desk.UserID, c *desk.Catalog) bool {
	state := c.States[t.StateID]
	kind := c.StateTypes[state.StateTypeID]
	concerned := user != 0 && t.OwnerID == user && t.UpdatedByID != user
	if concerned && kind != "merged" {
		return false
	}
	if kind == "pending action" && state.NextStateID != nil {
		kind = c.StateTypes[c.States[*state.NextStateID].StateTypeID]
	}
	switch kind {
	case "pending reminder":
		return user == 0 || t.OwnerID != desk.SystemUser
	case "closed", "merged":
		return true
	}
	return false
}

// SeenAtFirst reports whether a new entry about the news counts as seen from the start.
func SeenAtFirst(n News, user desk.UserID, c *desk.Catalog) bool {
	_, moved := n.Event.Changes["state_id"]
	if n.Event.ByTime() || n.Event.Type != desk.EventCreate && !moved {
		return false
	}
	return Seen(n.Ticket, user, c)
}

// Settles reports whether a ticket needs nobody's attention any more, so that what was told of it
// counts as seen. Its owner may still have to look at what somebody else did.
func Settles(t desk.Ticket, c *desk.Catalog) bool {
	const somebody = -1 // who has nothing to do with it
	return Seen(t, 0, c) && Seen(t, somebody, c)
}
