package teamwork

import (
	"regexp"
	"strconv"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
)

// Ids of checklists and what is in them.
type (
	ChecklistID         int64
	ChecklistItemID     int64
	ChecklistTemplateID int64
)

// MaxChecklistItems is how many items a checklist has at most.
const MaxChecklistItems = 100

// Checklist is what has to be done for a ticket, point by point.
type Checklist struct {
	ID       ChecklistID
	TicketID desk.TicketID
	Name     string
	desk.Stamp
}

// ChecklistItem is one point of a checklist. One that names another ticket is done when that is.
type ChecklistItem struct {
	ID          ChecklistItemID
	ChecklistID ChecklistID
	Position    int
	Text        string
	Checked     bool
	TicketID    *desk.TicketID // the other ticket
	desk.Stamp
}

// ChecklistTemplate is a checklist to copy from.
type ChecklistTemplate struct {
	ID     ChecklistTemplateID
	Name   string
	Items  []string
	Active bool
	desk.Stamp
}

// MayUseChecklists returns nil, or a *desk.ForbiddenError while checklists are switched off.
func MayUseChecklists(c *desk.Catalog) error {
	if c.Settings.Bool("checklist") {
		return nil
	}
	return &desk.ForbiddenError{}
}

// ErrChecklistFull refuses one more item.
var ErrChecklistFull error = &desk.InvalidError{Field: "checklist_id", Reason: "Checklist items are limited to " + strconv.Itoa(MaxChecklistItems) + " items per checklist."}

// maxWords bounds how many words of an item are looked at: whoever may write there writes it.
const maxWords = 50

// TicketReference is how a text names a ticket: by id, in a link, or by a number.
type TicketReference struct {
	ID      desk.TicketID
	Numbers []string // to be tried in this order
}

// ticketPath ends the address of a ticket in each of the web apps.
var ticketPath = regexp.MustCompile(`^\S*?(?:/#ticket/zoom/|/desktop/tickets/|/mobile/tickets/)(\d{1,18})(?:[/?#]\S*)?$`)

var word = regexp.MustCompile(`\S+`)

// TicketReferenceIn finds the ticket that an item's text names. There is none if the result is zero.
func TicketReferenceIn(text string, c *desk.Catalog) TicketReference {
	own := c.Settings.String("http_type") + "://" + c.Settings.String("fqdn")
	for _, candidate := range word.FindAllString(text, maxWords) {
		if len(candidate) <= len(own) || candidate[:len(own)] != own || candidate[len(own)] != '/' {
			continue
		}
		if match := ticketPath.FindStringSubmatch(candidate); match != nil {
			if id, err := strconv.ParseInt(match[1], 10, 64); err == nil {
				return TicketReference{ID: desk.TicketID(id)}
			}
		}
	}
	return TicketReference{Numbers: thread.FindNumbers(text, c)}
}

// Done reports whether an item that names a ticket in this state is done.
func Done(c *desk.Catalog, state desk.StateID) bool {
	name := c.StateType(state)
	return name == desk.StateTypeClosed || name == desk.StateTypeMerged
}
