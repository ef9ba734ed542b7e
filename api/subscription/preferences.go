package subscription

import (
	"encoding/json"

	"postroom/internal/desk"
)

// wanted are the tickets of one kind that somebody wants to have in a calendar.
type wanted struct {
	Own         flag `json:"own"`
	NotAssigned flag `json:"not_assigned"`
}

// owners are those whose tickets are wanted.
func (w wanted) owners(who desk.UserID) []desk.UserID {
	var owners []desk.UserID
	if w.Own {
		owners = append(owners, who)
	}
	if w.NotAssigned {
		owners = append(owners, desk.SystemUser)
	}
	return owners
}

// chosen is what somebody wants of tickets.
type chosen struct {
	NewOpen    wanted `json:"new_open"`
	Pending    wanted `json:"pending"`
	Escalation wanted `json:"escalation"`
	Alarm      flag   `json:"alarm"`
}

// flag is a switch that clients send as a boolean or as text.
type flag bool

func (f *flag) UnmarshalJSON(data []byte) error {
	*f = string(data) == "true" || string(data) == `"true"`
	return nil
}

// ticketsOf is what somebody wants: what the own preferences say, else what the installation says.
func ticketsOf(user desk.User, c *desk.Catalog) chosen {
	var t chosen
	all, _ := user.Preferences["calendar_subscriptions"].(map[string]any)
	if own, is := all["tickets"].(map[string]any); is {
		text, err := json.Marshal(own) // it came out of JSON
		if err == nil && json.Unmarshal(text, &t) == nil {
			return t
		}
	}
	t = chosen{}
	c.Settings.Into("defaults_calendar_subscriptions_tickets", &t)
	return t
}
