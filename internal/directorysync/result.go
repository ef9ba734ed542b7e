package directorysync

import (
	"strconv"

	"postroom/internal/desk"
)

// What became of somebody.
const (
	created     = "created"
	updated     = "updated"
	unchanged   = "unchanged"
	skipped     = "skipped"
	failed      = "failed"
	deactivated = "deactivated"
)

// Counts says how many people became what.
type Counts map[string]int

// Result is what a reading did so far.
type Result struct {
	Counts
	roles map[desk.RoleID]Counts
}

func (r *Result) add(other Result) {
	for outcome, n := range other.Counts {
		r.count(outcome, n, nil)
	}
	for role, counts := range other.roles {
		for outcome, n := range counts {
			r.countRole(role, outcome, n)
		}
	}
}

func (r *Result) count(outcome string, n int, roles []desk.RoleID) {
	if r.Counts == nil {
		r.Counts = Counts{}
	}
	r.Counts[outcome] += n
	for _, role := range roles {
		r.countRole(role, outcome, n)
	}
}

func (r *Result) countRole(role desk.RoleID, outcome string, n int) {
	if r.roles == nil {
		r.roles = map[desk.RoleID]Counts{}
	}
	if r.roles[role] == nil {
		r.roles[role] = Counts{}
	}
	r.roles[role][outcome] += n
}

// Record is the result as import jobs show it.
func (r Result) Record() map[string]any {
	record, roles := numbers(r.Counts), map[string]any{}
	for role, counts := range r.roles {
		roles[strconv.FormatInt(int64(role), 10)] = numbers(counts)
	}
	record["role_ids"] = roles
	record["total"] = record["sum"]
	return record
}

func numbers(counts Counts) map[string]any {
	record, sum := map[string]any{}, 0
	for _, outcome := range []string{created, updated, unchanged, skipped, failed, deactivated} {
		record[outcome] = counts[outcome]
		sum += counts[outcome]
	}
	record["sum"] = sum
	return record
}
