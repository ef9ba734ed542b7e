package desk

import "time"

// EscalationWarned is how long before a ticket escalates people are warned.
const EscalationWarned = 15 * time.Minute

// DeadlineRebuildID names one calculation of all deadlines.
type DeadlineRebuildID int64

// DeadlineRebuild is how far the calculation of all deadlines is that followed a change of promises.
type DeadlineRebuild struct {
	ID            DeadlineRebuildID
	RequestedAt   time.Time
	StartedAt     *time.Time
	FinishedAt    *time.Time
	AfterTicketID TicketID // tickets up to this one are done
	LookedAt      int      // tickets
	Changed       int
	Total         int // open tickets at the start
}
