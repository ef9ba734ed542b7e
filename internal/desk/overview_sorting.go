package desk

import "time"

// OverviewSortingID is the id of a place that somebody gave an overview.
type OverviewSortingID int64

// PermissionOverviewSorting lets somebody have an order of overviews of the own.
const PermissionOverviewSorting = "user_preferences.overview_sorting"

// OverviewSorting is the place of an overview in the order that somebody prefers. Overviews without
// one come last, in the order of everybody.
type OverviewSorting struct {
	ID         OverviewSortingID
	UserID     UserID
	OverviewID OverviewID
	Prio       int
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
