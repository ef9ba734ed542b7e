// Package chat says who waits, who talks to whom and who may come in at all.
//
// Topics, sessions and agents go in as they are at a moment; what pages are shown and what happens
// next comes out. It does no I/O and has no clock.
package chat

import (
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// Permissions of agents.
const Permission = "chat.agent"

// DefaultIdle is how many seconds after an agent was seen last this agent counts as gone, unless the
// setting says otherwise.
const DefaultIdle = 120

// Visitor is from where somebody wants to chat.
type Visitor struct {
	IP      string
	Country string // two letters; empty: not known
	Origin  string // of the website
}

// Blocked reports whether a topic is not for a visitor.
func Blocked(c desk.Chat, v Visitor) bool {
	for _, pattern := range list(c.BlockIP) {
		if Matches(pattern, v.IP) {
			return true
		}
	}
	for _, country := range list(c.BlockCountry) {
		if v.Country != "" && strings.EqualFold(country, v.Country) {
			return true
		}
	}
	websites := list(c.AllowedWebsites)
	if len(websites) == 0 {
		return false
	}
	origin := strings.ToLower(v.Origin)
	for _, website := range websites {
		if origin != "" && strings.Contains(origin, strings.ToLower(website)) {
			return false
		}
	}
	return true
}

// list reads a list with semicolons between its entries.
func list(text *string) []string {
	if text == nil {
		return nil
	}
	var entries []string
	for entry := range strings.SplitSeq(*text, ";") {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}

// Matches reports whether a text is as a pattern has it, in which * stands for anything.
func Matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	rest, found := strings.CutPrefix(text, first)
	if !found {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, found = strings.Cut(rest, part); !found {
			return false
		}
	}
	return strings.HasSuffix(rest, last)
}

// TopicsOf are the topics that an agent answers: those that were chosen, or else all that are active.
func TopicsOf(u desk.User, topics []desk.Chat) []desk.ChatID {
	var all, chosen []desk.ChatID
	choice, _ := chatPreferences(u)["active"].(map[string]any)
	for _, c := range topics {
		if !c.Active {
			continue
		}
		all = append(all, c.ID)
		if value := choice[strconv.FormatInt(int64(c.ID), 10)]; value == "on" || value == true {
			chosen = append(chosen, c.ID)
		}
	}
	if len(chosen) > 0 {
		return chosen
	}
	return all
}

func chatPreferences(u desk.User) map[string]any {
	preferences, _ := u.Preferences["chat"].(map[string]any)
	return preferences
}

// Shown is how an agent is shown to visitors.
type Shown struct {
	Name   string
	Avatar string // hash of the image; empty: none
}

// ShownAs is how an agent wants to be shown.
func ShownAs(u desk.User) Shown {
	preferences := chatPreferences(u)
	shown := Shown{Name: u.FullName()}
	if name, _ := preferences["alternative_name"].(string); strings.TrimSpace(name) != "" {
		shown.Name = name
	}
	if preferences["avatar_state"] != "disabled" && u.Image != nil {
		shown.Avatar = *u.Image
	}
	return shown
}
