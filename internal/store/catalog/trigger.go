package catalog

import (
	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Triggers are what is done to tickets when something happened to them.
var Triggers = &table.Of[desk.Trigger, desk.TriggerID]{
	Class:  "Trigger",
	Name:   "triggers",
	Search: "name, note",
	Select: `
		SELECT id, name, condition, perform, activator, execution_condition_mode, disable_notification, localization, timezone,
			note, active, updated_by_id, created_by_id, created_at, updated_at
		FROM triggers`,
	Create: `
		INSERT INTO triggers (name, condition, perform, activator, execution_condition_mode, disable_notification, localization,
			timezone, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
		RETURNING id`,
	Update: `
		UPDATE triggers
		SET name = $1, condition = $2, perform = $3, activator = $4, execution_condition_mode = $5, disable_notification = $6,
			localization = $7, timezone = $8, note = $9, active = $10, updated_by_id = $11, updated_at = now()
		WHERE id = $12`,
	Values: func(v desk.Trigger) []any {
		return []any{
			v.Name, v.Condition, v.Perform, v.Activator, v.ExecutionConditionMode, v.DisableNotification, v.Localization,
			v.Timezone, v.Note, v.Active, v.UpdatedByID,
		}
	},
	Parts: func(v *desk.Trigger) (*desk.TriggerID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// Schedulers are what is done to many records at planned times. Saving one leaves alone how it runs
// and ran: that is for whoever runs it.
var Schedulers = &table.Of[desk.Scheduler, desk.SchedulerID]{
	Class:  "Job",
	Name:   "schedulers",
	Search: "name, note",
	Select: `
		SELECT id, name, object, timeplan, condition, perform, disable_notification, localization, timezone,
			last_run_at, next_run_at, running, processed, matching, note, active,
			updated_by_id, created_by_id, created_at, updated_at
		FROM schedulers`,
	Create: `
		INSERT INTO schedulers (name, object, timeplan, condition, perform, disable_notification, localization, timezone,
			next_run_at, matching, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
		RETURNING id`,
	Update: `
		UPDATE schedulers
		SET name = $1, object = $2, timeplan = $3, condition = $4, perform = $5, disable_notification = $6, localization = $7,
			timezone = $8, next_run_at = $9, matching = $10, note = $11, active = $12, updated_by_id = $13, updated_at = now()
		WHERE id = $14`,
	Values: func(v desk.Scheduler) []any {
		return []any{
			v.Name, v.Object, v.Timeplan, v.Condition, v.Perform, v.DisableNotification, v.Localization, v.Timezone,
			v.NextRunAt, v.Matching, v.Note, v.Active, v.UpdatedByID,
		}
	},
	Parts: func(v *desk.Scheduler) (*desk.SchedulerID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// PostmasterFilters are what administrators let happen to mails that come in.
var PostmasterFilters = &table.Of[desk.PostmasterFilter, desk.PostmasterFilterID]{
	Class:  "PostmasterFilter",
	Name:   "postmaster_filters",
	Search: "name, note",
	Select: `
		SELECT id, name, channel, match, perform, active, note, updated_by_id, created_by_id, created_at, updated_at
		FROM postmaster_filters`,
	Create: `
		INSERT INTO postmaster_filters (name, channel, match, perform, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	Update: `
		UPDATE postmaster_filters
		SET name = $1, channel = $2, match = $3, perform = $4, active = $5, note = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	Values: func(v desk.PostmasterFilter) []any {
		return []any{v.Name, v.Channel, v.Match, v.Perform, v.Active, v.Note, v.UpdatedByID}
	},
	Parts: func(v *desk.PostmasterFilter) (*desk.PostmasterFilterID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// CoreWorkflows are the rules about forms that administrators may change. Those that are built in
// are not among them.
var CoreWorkflows = &table.Of[desk.CoreWorkflow, desk.CoreWorkflowID]{
	Class:  "CoreWorkflow",
	Name:   "core_workflows",
	Search: "name, object",
	Select: `
		SELECT id, name, object, module, preferences, condition_saved, condition_selected, perform, priority, stop_after_match,
			changeable, active, updated_by_id, created_by_id, created_at, updated_at
		FROM (SELECT * FROM core_workflows WHERE changeable) AS core_workflows`,
	Create: `
		INSERT INTO core_workflows (name, object, preferences, condition_saved, condition_selected, perform, priority,
			stop_after_match, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
		RETURNING id`,
	Update: `
		UPDATE core_workflows
		SET name = $1, object = $2, preferences = $3, condition_saved = $4, condition_selected = $5, perform = $6, priority = $7,
			stop_after_match = $8, active = $9, updated_by_id = $10, updated_at = now()
		WHERE id = $11`,
	Values: func(v desk.CoreWorkflow) []any {
		return []any{
			v.Name, v.Object, pg.Object(v.Preferences), pg.Object(v.ConditionSaved), pg.Object(v.ConditionSelected), pg.Object(v.Perform), v.Priority,
			v.StopAfterMatch, v.Active, v.UpdatedByID,
		}
	},
	Parts: func(v *desk.CoreWorkflow) (*desk.CoreWorkflowID, *desk.Stamp) { return &v.ID, &v.Stamp },
}
