package chat

import (
	"slices"

	"postroom/internal/desk"
)

// Page is a page that is open at this moment.
type Page struct {
	ID     string
	UserID *desk.UserID
}

// Join adds a page to those that take part in a session, in place of those that are gone. It reports
// whether anything changed.
func Join(v *desk.ChatSession, page string, open []Page) bool {
	before := v.Preferences.Participants
	stay := slices.DeleteFunc(slices.Clone(before), func(id string) bool {
		return !slices.ContainsFunc(open, func(p Page) bool { return p.ID == id })
	})
	if !slices.Contains(stay, page) {
		stay = append(stay, page)
	}
	v.Preferences.Participants = stay
	return !slices.Equal(before, stay)
}

// Others are those who take part in a session beside a page.
func Others(v desk.ChatSession, page string) []string {
	return slices.DeleteFunc(slices.Clone(v.Preferences.Participants), func(id string) bool { return id == page })
}

// Leave takes a page out of a session. The session ends when its agent goes, or when that leaves
// fewer than two. It reports whether it ended.
func Leave(v *desk.ChatSession, page string, agent bool) (ended bool) {
	two := len(v.Preferences.Participants) >= 2
	v.Preferences.Participants = Others(*v, page)
	if agent || !two {
		v.State = desk.ChatClosed
	}
	return v.State == desk.ChatClosed
}

// VisitorThere reports whether the visitor of a session has a page of it open.
func VisitorThere(v desk.ChatSession, open []Page) bool {
	return slices.ContainsFunc(open, func(p Page) bool {
		agent := p.UserID != nil && v.UserID != nil && *p.UserID == *v.UserID
		return slices.Contains(v.Preferences.Participants, p.ID) && !agent
	})
}

// Deserted reports whether fewer than two of those who take part are there.
func Deserted(v desk.ChatSession, open []Page) bool {
	there := 0
	for _, p := range open {
		if slices.Contains(v.Preferences.Participants, p.ID) {
			there++
		}
	}
	return there < 2
}
