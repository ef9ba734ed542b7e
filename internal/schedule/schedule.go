// Package schedule finds the records that schedulers work on, and says when a scheduler may begin.
package schedule

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/directory"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// MostAtOnce is how many records one run works on (reference: rules.md 5).
const MostAtOnce = 2000

// When a scheduler may begin (reference: rules.md 5).
const (
	settled    = time.Minute      // after it was saved: somebody may still be at it
	apart      = 10 * time.Minute // after it began the last time
	stuckAfter = 24 * time.Hour   // a run that is not over by then never will be
)

// MayBegin reports whether a scheduler may begin now, if its plan says so, too.
func MayBegin(v desk.Scheduler, now time.Time) bool {
	if !v.Active || now.Sub(v.UpdatedAt) <= settled {
		return false
	}
	if v.LastRunAt == nil {
		return true
	}
	since := now.Sub(*v.LastRunAt)
	return since >= apart && (!v.Running || since >= stuckAfter)
}

// Selection is what a scheduler works on at one moment.
type Selection struct {
	object string
	search table.Search
}

// Select reads a scheduler's condition. What it names that is gone is a *desk.InvalidError.
func Select(ctx context.Context, tx *store.Store, v desk.Scheduler, c *desk.Catalog, now time.Time) (Selection, error) {
	working, err := tx.WorkingTimes(ctx)
	if err != nil {
		return Selection{}, err
	}
	condition, err := rules.ReadCondition(v.Condition, rules.AttributesOf(v.Object, c).WithWorkingTime())
	if err != nil {
		return Selection{}, err
	}
	bound, err := condition.Bind(rules.Context{Now: now, Zone: c.Settings.Zone(), Working: working})
	if err != nil {
		return Selection{}, &desk.InvalidError{Field: "condition", Reason: "Invalid object selector conditions"}
	}
	return Selection{object: v.Object, search: table.Search{Condition: bound}}, nil
}

// Count is how many records a selection finds.
func (s Selection) Count(ctx context.Context, tx *store.Store) (int, error) {
	switch s.object {
	case "User":
		return tx.CountUsers(ctx, directory.Filter{Search: s.search, NotSystem: true})
	case "Organization":
		return directory.Organizations.Count(ctx, tx.DB, table.Filter[desk.OrganizationID]{Search: s.search})
	}
	return tx.CountTickets(ctx, lookup.Search{Scope: desk.TicketScope{All: true}, Search: s.search})
}

// IDs are the records that a selection finds among some, by their ids and no more than MostAtOnce;
// nil: among all.
func (s Selection) IDs(ctx context.Context, tx *store.Store, among []int64) ([]int64, error) {
	page := table.Page{Limit: MostAtOnce}
	switch s.object {
	case "User":
		users, err := tx.ListUsers(ctx, directory.Filter{Search: s.search, IDs: ids[desk.UserID](among), NotSystem: true}, nil, page)
		return idsOf(users, func(u desk.User) int64 { return int64(u.ID) }), err
	case "Organization":
		filter := table.Filter[desk.OrganizationID]{Search: s.search, IDs: ids[desk.OrganizationID](among)}
		organizations, err := directory.Organizations.List(ctx, tx.DB, filter, nil, page)
		return idsOf(organizations, func(o desk.Organization) int64 { return int64(o.ID) }), err
	}
	found, err := tx.MatchingTickets(ctx, s.search, ids[desk.TicketID](among), MostAtOnce)
	return idsOf(found, func(id desk.TicketID) int64 { return int64(id) }), err
}

func ids[T ~int64](plain []int64) []T {
	if plain == nil {
		return nil
	}
	typed := make([]T, len(plain))
	for i, id := range plain {
		typed[i] = T(id)
	}
	return typed
}

func idsOf[T any](records []T, id func(T) int64) []int64 {
	plain := make([]int64, len(records))
	for i, record := range records {
		plain[i] = id(record)
	}
	return plain
}
