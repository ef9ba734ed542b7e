package desk

import (
	"strings"
	"time"
)

// KBMenuItemID is the id of a link in a menu of a knowledge base.
type KBMenuItemID int64

// KBMenuItem is a link in the menu at the head or the foot of a public knowledge base, in one language.
type KBMenuItem struct {
	ID        KBMenuItemID
	LocaleID  KBLocaleID
	Location  string // KBHeader, KBFooter
	Position  int
	Title     string
	URL       string
	NewTab    bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Where menus are.
const (
	KBHeader = "header"
	KBFooter = "footer"
)

// Check refuses a link that can't be shown, or that leads nowhere on the web.
func (m KBMenuItem) Check() error {
	switch {
	case m.Title == "":
		return blank("title", "Title")
	case m.URL == "":
		return blank("url", "Url")
	case strings.HasPrefix(m.URL, "/") && !strings.HasPrefix(m.URL, "//"):
		return nil // a page of our own
	case !strings.HasPrefix(m.URL, "http://") && !strings.HasPrefix(m.URL, "https://"):
		return &InvalidError{Field: "url", Reason: "Url must be a path or begin with http:// or https://"}
	}
	return nil
}
