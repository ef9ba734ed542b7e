package rules

import "postroom/internal/desk"

// Row holds the values of one row by the names of its attributes, custom ones included. A value is
// a string, int64, float64, bool, time.Time or []string; what is not set is nil or left out. Dates
// are midnight in UTC.
type Row map[string]any

// Facts are what a condition can know of one record.
type Facts struct {
	// One holds the record and the rows it refers to, by the name before the dot: ticket, customer,
	// organization. A row that there is not is left out.
	One map[string]Row
	// Many holds the rows that refer to the record, by the name before the dot: article,
	// ticket_customer.
	Many map[string][]Row
	// Tags and Subscribers are those of a ticket.
	Tags        []string
	Subscribers []desk.UserID
	// StandIns are the users who replace the owner of a ticket today, and those who replace them.
	StandIns []desk.UserID
	// Roles are those of a user.
	Roles []desk.RoleID
	// Members says whether an organization has members.
	Members bool
}

// Rows that refer to a record have these entries besides their columns.
const (
	// RowAccounted of an article says whether time was booked for it: a bool.
	RowAccounted = "time_accounting"
	// RowOpen of a ticket of a user says whether its state is one of the open ones: a bool.
	RowOpen = "open"
)

// Matches reports whether the condition holds for a record.
func (b *Bound) Matches(facts *Facts) bool {
	if b.object == userObject && facts.One["user"]["id"] == int64(desk.SystemUser) {
		return false
	}
	return b.root.holds(&reading{facts: facts, context: &b.context})
}

// reading is the rows that a plan looks at while it goes through all combinations of them.
type reading struct {
	facts      *Facts
	context    *Context
	article    Row
	tag        *string
	subscriber *desk.UserID
}

// articles are those that the context lets the condition look at.
func (r *reading) articles() []Row {
	var seen []Row
	for _, article := range r.facts.Many["article"] {
		e := r.context.Event
		if e != nil && article["id"] != int64(e.Article) {
			continue
		}
		if article["internal"] == true && !r.context.Articles.internal(r.facts.One["ticket"]["group_id"]) {
			continue
		}
		seen = append(seen, article)
	}
	return seen
}

// internal reports whether internal articles of a group's tickets may be known.
func (s ArticleScope) internal(group any) bool {
	if !s.Limited {
		return true
	}
	for _, id := range s.Groups {
		if group == int64(id) {
			return true
		}
	}
	return false
}
