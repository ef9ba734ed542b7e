package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// ReportProfiles say which tickets reports count.
var ReportProfiles = &table.Of[desk.ReportProfile, desk.ReportProfileID]{
	Class:  "Report::Profile",
	Name:   "report_profiles",
	Search: "name",
	Select: `
		SELECT id, name, condition, active, updated_by_id, created_by_id, created_at, updated_at
		FROM report_profiles`,
	Create: `
		INSERT INTO report_profiles (name, condition, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	Update: `
		UPDATE report_profiles
		SET name = $1, condition = $2, active = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	Values: func(v desk.ReportProfile) []any {
		return []any{v.Name, pg.Object(v.Condition), v.Active, v.UpdatedByID}
	},
	Parts: func(v *desk.ReportProfile) (*desk.ReportProfileID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, _ *pg.DB, v *desk.ReportProfile) error { return v.Check() },
}
