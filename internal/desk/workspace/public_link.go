package workspace

import (
	"net/url"
	"slices"

	"postroom/internal/desk"
)

// PublicLinkID is the id of a public link.
type PublicLinkID int64

// PublicLink is an address elsewhere that people are shown before they are signed in.
type PublicLink struct {
	ID          PublicLinkID
	Link        string
	Title       string
	Description *string
	Screen      []string // where it is shown: login, signup, password_reset
	NewTab      bool
	Prio        int // links are shown in this order
	desk.Stamp
}

var linkScreens = []string{"login", "signup", "password_reset"}

// Check refuses a link that leads nowhere or is shown nowhere.
func (l *PublicLink) Check() error {
	switch {
	case l.Link == "":
		return desk.Blank("link", "Link")
	case l.Title == "":
		return desk.Blank("title", "Title")
	case len(l.Screen) == 0:
		return desk.Blank("screen", "Screen")
	}
	if address, err := url.Parse(l.Link); err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return &desk.InvalidError{Field: "link", Reason: "Invalid link '" + l.Link + "'."}
	}
	for _, screen := range l.Screen {
		if !slices.Contains(linkScreens, screen) {
			return &desk.InvalidError{Field: "screen", Reason: "Screen is not included in the list"}
		}
	}
	return nil
}
