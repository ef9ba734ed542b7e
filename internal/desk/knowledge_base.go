package desk

import "time"

// Ids of a knowledge base and what is in it.
type (
	KnowledgeBaseID int64
	KBLocaleID      int64
	KBCategoryID    int64
	KBAnswerID      int64
	KBTranslationID int64
	KBGrantID       int64
)

// KnowledgeBase is a tree of categories with answers in them, in several languages.
type KnowledgeBase struct {
	ID              KnowledgeBaseID
	Iconset         string
	ColorHighlight  string
	ColorHeader     string
	ColorHeaderLink string
	HomepageLayout  string
	CategoryLayout  string
	Active          bool
	ShowFeedIcon    bool
	CustomAddress   *string
	Stamp
}

// NewKnowledgeBase is a knowledge base as it looks before anybody says how it should.
func NewKnowledgeBase() KnowledgeBase {
	return KnowledgeBase{
		Iconset: "FontAwesome", ColorHighlight: "#38ae6a", ColorHeader: "#f9fafb", ColorHeaderLink: "hsl(206,8%,50%)",
		HomepageLayout: "grid", CategoryLayout: "grid", Active: true,
	}
}

// Check refuses a knowledge base that can't be shown.
func (k KnowledgeBase) Check() error {
	for field, value := range map[string]string{"Color highlight": k.ColorHighlight, "Color header": k.ColorHeader, "Color header link": k.ColorHeaderLink} {
		if value == "" {
			return &InvalidError{Field: "color_highlight", Reason: field + " can't be blank"}
		}
	}
	for field, value := range map[string]string{"Homepage layout": k.HomepageLayout, "Category layout": k.CategoryLayout} {
		if value != "grid" && value != "list" {
			return &InvalidError{Field: "category_layout", Reason: field + " is not included in the list"}
		}
	}
	return nil
}

// KBLocale is a language that a knowledge base is kept in.
type KBLocale struct {
	ID              KBLocaleID
	KnowledgeBaseID KnowledgeBaseID
	SystemLocaleID  LocaleID
	Primary         bool
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// KBCategory is a shelf for answers, or for other shelves.
type KBCategory struct {
	ID              KBCategoryID
	KnowledgeBaseID KnowledgeBaseID
	ParentID        *KBCategoryID
	CategoryIcon    string
	Position        int
	Stamp
}

// KBTranslation is what a knowledge base, a category or an answer is called in a language.
type KBTranslation struct {
	ID       KBTranslationID
	OwnerID  int64 // of what is called so
	LocaleID KBLocaleID
	Title    string
	Text     string // HTML: the body of an answer, the note at the foot of a knowledge base
	Stamp
}

// KBAnswer is an answer to what people ask. Who sees it depends on what happened to it so far.
type KBAnswer struct {
	ID            KBAnswerID
	CategoryID    KBCategoryID
	Promoted      bool
	InternalNote  *string
	Position      int
	ArchivedAt    *time.Time
	ArchivedByID  *UserID
	InternalAt    *time.Time
	InternalByID  *UserID
	PublishedAt   *time.Time
	PublishedByID *UserID
	Stamp
}

// What answers are, seen from outside.
const (
	KBDraft     = "draft"     // for editors
	KBInternal  = "internal"  // for readers too
	KBPublished = "published" // for everybody
	KBArchived  = "archived"  // for editors again
)

// State says what an answer is at a moment.
func (a KBAnswer) State(now time.Time) string {
	passed := func(at *time.Time) bool { return at != nil && !at.After(now) }
	switch {
	case passed(a.ArchivedAt):
		return KBArchived
	case passed(a.PublishedAt):
		return KBPublished
	case passed(a.InternalAt):
		return KBInternal
	}
	return KBDraft
}

// ShownTo reports whether an answer is shown to those who have this much of its category.
func (a KBAnswer) ShownTo(access KBAccess, now time.Time) bool {
	switch a.State(now) {
	case KBPublished:
		return access >= KBPublic
	case KBInternal:
		return access >= KBReader
	}
	return access >= KBEditor
}

// What can be done to answers.
const (
	KBMakeInternal = "internal"
	KBPublish      = "publish"
	KBArchive      = "archive"
	KBUnarchive    = "unarchive"
)

// kbSteps says which states each event leads on from.
var kbSteps = map[string][]string{
	KBMakeInternal: {KBDraft, KBPublished},
	KBPublish:      {KBDraft, KBInternal},
	KBArchive:      {KBDraft, KBInternal, KBPublished},
	KBUnarchive:    {KBArchived},
}

// Move lets somebody do something to an answer, and refuses what makes no sense in its state.
func (a *KBAnswer) Move(event string, by UserID, now time.Time) error {
	state, fits := a.State(now), false
	for _, from := range kbSteps[event] {
		fits = fits || from == state
	}
	if !fits {
		return &InvalidError{Field: "state", Reason: "Event '" + event + "' cannot transition from '" + state + "'."}
	}
	switch event {
	case KBMakeInternal:
		a.InternalAt, a.InternalByID, a.PublishedAt, a.PublishedByID = &now, &by, nil, nil
	case KBPublish:
		a.PublishedAt, a.PublishedByID = &now, &by
	case KBArchive:
		a.ArchivedAt, a.ArchivedByID = &now, &by
	case KBUnarchive:
		a.ArchivedAt, a.ArchivedByID = nil, nil
	}
	return nil
}
