package task

import (
	"time"

	"postroom/internal/desk"
)

// DeadlinesDue: tickets reach a point in time, from From up to and without Until: they escalate or
// soon will, their reminder is due, they close by themselves, or their owner did nothing for too
// long. Which tickets those are is looked up when it is time: what changed meanwhile needs no care.
type DeadlinesDue struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

func (DeadlinesDue) Kind() string  { return "deadlines.due" }
func (DeadlinesDue) Queue() string { return SLA }

// DeadlinesToRebuild: promises changed, and the deadlines of all open tickets have to follow. The
// database announces it, see migrations/00032_deadlines.sql.
type DeadlinesToRebuild struct {
	RebuildID desk.DeadlineRebuildID `json:"deadline_rebuild_id"`
}

func (DeadlinesToRebuild) Kind() string  { return "deadlines.rebuild" }
func (DeadlinesToRebuild) Queue() string { return Maintenance }

// CalendarToSync: the public holidays of a calendar may have to be read from its feed.
type CalendarToSync struct {
	CalendarID desk.CalendarID `json:"calendar_id"`
}

func (CalendarToSync) Kind() string  { return "calendar.sync" }
func (CalendarToSync) Queue() string { return Maintenance }

// DeadlinesToFollow: something changed that a ticket's deadlines may depend on, but not the ticket.
type DeadlinesToFollow struct {
	TicketID desk.TicketID `json:"ticket_id"`
}

func (DeadlinesToFollow) Kind() string  { return "deadlines.follow" }
func (DeadlinesToFollow) Queue() string { return SLA }
