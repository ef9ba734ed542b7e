package store

import (
	"context"

	"postroom/internal/desk"
)

// ReportProfiles say which tickets reports count.
var ReportProfiles = &Table[desk.ReportProfile, desk.ReportProfileID]{
	Class:  "Report::Profile",
	name:   "report_profiles",
	search: "name",
	all: `
		SELECT id, name, condition, active, updated_by_id, created_by_id, created_at, updated_at
		FROM report_profiles`,
	insert: `
		INSERT INTO report_profiles (name, condition, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	save: `
		UPDATE report_profiles
		SET name = $1, condition = $2, active = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	values: func(v desk.ReportProfile) []any { return []any{v.Name, object(v.Condition), v.Active, v.UpdatedByID} },
	parts:  func(v *desk.ReportProfile) (*desk.ReportProfileID, *desk.Stamp) { return &v.ID, &v.Stamp },
	check:  func(_ context.Context, _ *Store, v *desk.ReportProfile) error { return v.Check() },
}
