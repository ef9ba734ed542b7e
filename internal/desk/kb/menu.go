package kb

import (
	"strings"
	"time"

	"postroom/internal/desk"
)

// MenuItemID is the id of a link in a menu of a knowledge base.
type MenuItemID int64

// MenuItem is a link in the menu at the head or the foot of a public knowledge base, in one language.
type MenuItem struct {
	ID        MenuItemID
	LocaleID  LocaleID
	Location  string // Header, Footer
	Position  int
	Title     string
	URL       string
	NewTab    bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Where menus are.
const (
	Header = "header"
	Footer = "footer"
)

// Check refuses a link that can't be shown, or that leads nowhere on the web.
func (m MenuItem) Check() error {
	switch {
	case m.Title == "":
		return desk.Blank("title", "Title")
	case m.URL == "":
		return desk.Blank("url", "Url")
	case strings.HasPrefix(m.URL, "/") && !strings.HasPrefix(m.URL, "//"):
		return nil // a page of our own
	case !strings.HasPrefix(m.URL, "http://") && !strings.HasPrefix(m.URL, "https://"):
		return &desk.InvalidError{Field: "url", Reason: "Url must be a path or begin with http:// or https://"}
	}
	return nil
}
