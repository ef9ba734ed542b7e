// Package kb holds the nouns of knowledge bases: categories, answers, languages, menus, grants.
//
// It says what an answer is at a moment, what can be done to it, and how much of a category somebody
// has. It does no I/O.
package kb

import (
	"time"

	"postroom/internal/desk"
)

// Ids of a knowledge base and what is in it.
type (
	BaseID        int64
	LocaleID      int64
	CategoryID    int64
	AnswerID      int64
	TranslationID int64
	GrantID       int64
)

// Base is a tree of categories with answers in them, in several languages.
type Base struct {
	ID              BaseID
	Iconset         string
	ColorHighlight  string
	ColorHeader     string
	ColorHeaderLink string
	HomepageLayout  string
	CategoryLayout  string
	Active          bool
	ShowFeedIcon    bool
	CustomAddress   *string
	desk.Stamp
}

// NewBase is a knowledge base as it looks before anybody says how it should.
func NewBase() Base {
	return Base{
		Iconset: "FontAwesome", ColorHighlight: "#38ae6a", ColorHeader: "#f9fafb", ColorHeaderLink: "hsl(206,8%,50%)",
		HomepageLayout: "grid", CategoryLayout: "grid", Active: true,
	}
}

// Check refuses a knowledge base that can't be shown.
func (k Base) Check() error {
	for field, value := range map[string]string{"Color highlight": k.ColorHighlight, "Color header": k.ColorHeader, "Color header link": k.ColorHeaderLink} {
		if value == "" {
			return &desk.InvalidError{Field: "color_highlight", Reason: field + " can't be blank"}
		}
	}
	for field, value := range map[string]string{"Homepage layout": k.HomepageLayout, "Category layout": k.CategoryLayout} {
		if value != "grid" && value != "list" {
			return &desk.InvalidError{Field: "category_layout", Reason: field + " is not included in the list"}
		}
	}
	return nil
}

// Locale is a language that a knowledge base is kept in.
type Locale struct {
	ID              LocaleID
	KnowledgeBaseID BaseID
	SystemLocaleID  desk.LocaleID
	Primary         bool
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Category is a shelf for answers, or for other shelves.
type Category struct {
	ID              CategoryID
	KnowledgeBaseID BaseID
	ParentID        *CategoryID
	CategoryIcon    string
	Position        int
	desk.Stamp
}

// Translation is what a knowledge base, a category or an answer is called in a language.
type Translation struct {
	ID       TranslationID
	OwnerID  int64 // of what is called so
	LocaleID LocaleID
	Title    string
	Text     string // HTML: the body of an answer, the note at the foot of a knowledge base
	desk.Stamp
}

// Answer is an answer to what people ask. Who sees it depends on what happened to it so far.
type Answer struct {
	ID            AnswerID
	CategoryID    CategoryID
	Promoted      bool
	InternalNote  *string
	Position      int
	ArchivedAt    *time.Time
	ArchivedByID  *desk.UserID
	InternalAt    *time.Time
	InternalByID  *desk.UserID
	PublishedAt   *time.Time
	PublishedByID *desk.UserID
	desk.Stamp
}

// What answers are, seen from outside.
const (
	Draft     = "draft"     // for editors
	Internal  = "internal"  // for readers too
	Published = "published" // for everybody
	Archived  = "archived"  // for editors again
)

// State says what an answer is at a moment.
func (a Answer) State(now time.Time) string {
	passed := func(at *time.Time) bool { return at != nil && !at.After(now) }
	switch {
	case passed(a.ArchivedAt):
		return Archived
	case passed(a.PublishedAt):
		return Published
	case passed(a.InternalAt):
		return Internal
	}
	return Draft
}

// ShownTo reports whether an answer is shown to those who have this much of its category.
func (a Answer) ShownTo(access Access, now time.Time) bool {
	switch a.State(now) {
	case Published:
		return access >= Public
	case Internal:
		return access >= Reader
	}
	return access >= Editor
}

// What can be done to answers.
const (
	MakeInternal = "internal"
	Publish      = "publish"
	Archive      = "archive"
	Unarchive    = "unarchive"
)

// steps says which states each event leads on from.
var steps = map[string][]string{
	MakeInternal: {Draft, Published},
	Publish:      {Draft, Internal},
	Archive:      {Draft, Internal, Published},
	Unarchive:    {Archived},
}

// Move lets somebody do something to an answer, and refuses what makes no sense in its state.
func (a *Answer) Move(event string, by desk.UserID, now time.Time) error {
	state, fits := a.State(now), false
	for _, from := range steps[event] {
		fits = fits || from == state
	}
	if !fits {
		return &desk.InvalidError{Field: "state", Reason: "Event '" + event + "' cannot transition from '" + state + "'."}
	}
	switch event {
	case MakeInternal:
		a.InternalAt, a.InternalByID, a.PublishedAt, a.PublishedByID = &now, &by, nil, nil
	case Publish:
		a.PublishedAt, a.PublishedByID = &now, &by
	case Archive:
		a.ArchivedAt, a.ArchivedByID = &now, &by
	case Unarchive:
		a.ArchivedAt, a.ArchivedByID = nil, nil
	}
	return nil
}
