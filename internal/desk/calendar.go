package desk

import "time"

// Ids of what deadlines are made of.
type (
	CalendarID int64
	SLAID      int64
)

// Calendar says when people work.
type Calendar struct {
	ID             CalendarID
	Name           string
	Timezone       string         // as IANA names it
	BusinessHours  map[string]any // by day of the week, see internal/sla
	Default        bool
	ICalURL        *string        // where public holidays are read from
	PublicHolidays map[string]any // by date
	LastLog        *string        // why they could not be read
	LastSync       *time.Time
	Stamp
}

// SLA promises when tickets are answered and solved, in minutes of a calendar's working time. nil
// and 0 promise nothing.
type SLA struct {
	ID                SLAID
	CalendarID        *CalendarID // nil: not said yet
	Name              string
	FirstResponseTime *int
	ResponseTime      *int // to answer the customer; never together with UpdateTime
	UpdateTime        *int // between two messages of ours
	SolutionTime      *int
	Condition         map[string]any // which tickets; empty: those that no other SLA is for
	Stamp
}
