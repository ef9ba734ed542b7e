package workspace

import (
	"time"

	"postroom/internal/desk"
)

// PermissionOverviewSorting lets somebody have an order of overviews of the own.
const PermissionOverviewSorting = "user_preferences.overview_sorting"

// OverviewSorting is the place of an overview in the order that somebody prefers. Overviews without
// one come last, in the order of everybody.
type OverviewSorting struct {
	ID         desk.OverviewSortingID
	UserID     desk.UserID
	OverviewID OverviewID
	Prio       int
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
