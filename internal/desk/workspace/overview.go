package workspace

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"postroom/internal/desk"
)

// OverviewID is the id of an overview.
type OverviewID int64

// Overview is a list of tickets that people of some roles are shown.
type Overview struct {
	ID                 OverviewID
	Name               string
	Link               string // its name in addresses
	Prio               int    // overviews are shown in this order
	Condition          map[string]any
	Order              map[string]any // by, direction
	GroupBy            *string
	GroupDirection     *string
	OrganizationShared bool // only for members of an organization whose tickets are shared
	OutOfOffice        bool // only for those who stand in for somebody
	View               map[string]any
	Active             bool
	desk.Stamp
}

// OverviewLinks are those who see an overview. Without users it is everybody with one of the roles.
type OverviewLinks struct {
	RoleIDs []desk.RoleID
	UserIDs []desk.UserID
}

// Check refuses an overview that could not be shown.
func (o *Overview) Check() error {
	switch {
	case o.Name == "":
		return desk.Blank("name", "Name")
	case o.Condition == nil:
		return required("condition")
	case o.Order == nil:
		return required("order")
	case o.View == nil:
		return required("view")
	}
	return nil
}

// required refuses a record without a column that must have a value.
func required(column string) error {
	return &desk.InvalidError{Field: column, Reason: "Attribute '" + column + "' required!"}
}

// whole are letters that don't come apart into a plain one and its accent.
var whole = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d")

// LinkName makes of an overview's name what it is called in addresses: lower case, without accents,
// _ between words. It is empty for a name without any letter or digit that addresses can have.
func LinkName(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		plain = name
	}
	words := strings.FieldsFunc(whole.Replace(strings.ToLower(plain)), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	return strings.Join(words, "_")
}
