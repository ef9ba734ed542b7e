package privacy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// Tasks are the orders to forget users and tickets. Storing one that is in process
// announces the work.
var Tasks = &table.Of[desk.DataPrivacyTask, desk.DataPrivacyTaskID]{
	Class:  "DataPrivacyTask",
	Name:   "data_privacy_tasks",
	Search: "state, deletable_type",
	Select: `
		SELECT id, state, deletable_type, deletable_id, preferences, updated_by_id, created_by_id, created_at, updated_at
		FROM data_privacy_tasks`,
	Create: `
		INSERT INTO data_privacy_tasks (state, deletable_type, deletable_id, preferences, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`,
	Update: `
		UPDATE data_privacy_tasks
		SET state = $1, deletable_type = $2, deletable_id = $3, preferences = $4, updated_by_id = $5, updated_at = now()
		WHERE id = $6`,
	Values: func(v desk.DataPrivacyTask) []any {
		return []any{v.State, v.DeletableType, v.DeletableID, pg.Object(v.Preferences), v.UpdatedByID}
	},
	Parts: func(v *desk.DataPrivacyTask) (*desk.DataPrivacyTaskID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: checkPrivacyTask,
	Settle: func(ctx context.Context, tx *pg.DB, v desk.DataPrivacyTask) error {
		if v.State != desk.PrivacyInProcess {
			return nil
		}
		return tx.Announce(ctx, task.DataPrivacyOrdered{TaskID: v.ID})
	},
}

// checkPrivacyTask refuses a new order that must not be carried out, and notes whom or what it is
// about.
func checkPrivacyTask(ctx context.Context, tx *pg.DB, v *desk.DataPrivacyTask) error {
	if v.ID != 0 {
		return nil
	}
	v.State, v.Preferences = desk.PrivacyInProcess, maps.Clone(pg.Object(v.Preferences))
	var err error
	switch v.DeletableType {
	case desk.DeletableUser:
		err = On(tx).describeUser(ctx, v)
	case desk.DeletableTicket:
		err = On(tx).describeTicket(ctx, v)
	default:
		err = &desk.InvalidError{Field: "deletable_type", Reason: "Deletable type is not included in the list"}
	}
	if errors.Is(err, desk.ErrNotFound) {
		err = &desk.InvalidError{Field: "deletable_id", Reason: fmt.Sprintf("Invalid value for param 'deletable_id': %d", v.DeletableID)}
	}
	if err != nil {
		return err
	}
	ordered, err := pg.Value[bool](ctx, tx, "privacy tasks", `
		SELECT EXISTS (SELECT FROM data_privacy_tasks WHERE deletable_type = $1 AND deletable_id = $2 AND state <> 'failed')`,
		v.DeletableType, v.DeletableID)
	if err == nil && ordered {
		err = undeletable("has an existing DataPrivacyTask queued")
	}
	return err
}

func undeletable(reason string) error {
	return &desk.InvalidError{Field: "deletable_id", Reason: "Deletable " + reason}
}

func (s Keeper) describeTicket(ctx context.Context, v *desk.DataPrivacyTask) error {
	ticket, err := tickets.On(s.DB).Ticket(ctx, desk.TicketID(v.DeletableID))
	v.Preferences["ticket"] = map[string]any{"number": ticket.Number, "title": ticket.Title}
	return err
}

// shownTickets is how many numbers of tickets an order names at most.
const shownTickets = 1000

func (s Keeper) describeUser(ctx context.Context, v *desk.DataPrivacyTask) error {
	id := desk.UserID(v.DeletableID)
	switch id {
	case desk.SystemUser:
		return undeletable("is undeletable system User with ID 1")
	case v.UpdatedByID:
		return undeletable("is your current account")
	}
	user, err := directory.On(s.DB).LockUser(ctx, id)
	if err != nil {
		return err
	}
	if err := s.isLastAdmin(ctx, id); err != nil {
		return err
	}
	about := map[string]any{"firstname": user.Firstname, "lastname": user.Lastname, "email": user.Email}
	batch := &pgx.Batch{}
	if user.OrganizationID != nil {
		batch.Queue(`SELECT name FROM organizations WHERE id = $1`, *user.OrganizationID).QueryRow(func(row pgx.Row) error {
			var name string
			err := row.Scan(&name)
			about["organization"] = name
			return err
		})
	}
	for column, key := range map[string]string{"customer_id": "customer_tickets", "owner_id": "owner_tickets"} {
		batch.Queue(`SELECT number FROM tickets WHERE `+column+` = $1 ORDER BY id DESC LIMIT $2`, id, shownTickets).Query(func(rows pgx.Rows) error {
			numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
			v.Preferences[key] = numbers
			return err
		})
	}
	v.Preferences["user"] = about
	return pg.Send(ctx, s.DB, batch, "tickets of user")
}

// isLastAdmin returns an error if nobody but this user administers the installation.
func (s Keeper) isLastAdmin(ctx context.Context, id desk.UserID) error {
	last, err := pg.Value[bool](ctx, s.DB, "last administrator", `
		SELECT coalesce(bool_and(u.id = $1), false)
		FROM users u
		WHERE u.active AND `+directory.HoldsAny("u.id", "ARRAY['admin', 'admin.user']"), id)
	if err == nil && last {
		err = undeletable("is last account with admin permissions")
	}
	return err
}

// PrivacyTasksByState returns the newest orders in each state.
func (s Keeper) PrivacyTasksByState(ctx context.Context, limit int) ([]desk.DataPrivacyTask, error) {
	return pg.Many[desk.DataPrivacyTask](ctx, s.DB, "privacy tasks by state", `
		SELECT t.*
		FROM unnest(ARRAY['in process', 'failed', 'completed']) AS one (state)
		CROSS JOIN LATERAL (
			SELECT id, state, deletable_type, deletable_id, preferences, updated_by_id, created_by_id, created_at, updated_at
			FROM data_privacy_tasks
			WHERE state = one.state
			ORDER BY id DESC
			LIMIT $1
		) t`, limit)
}

// TouchPrivacyTask notes that an order is being carried out.
func (s Keeper) TouchPrivacyTask(ctx context.Context, id desk.DataPrivacyTaskID) error {
	return pg.Exec(ctx, s.DB, "touch privacy task", `UPDATE data_privacy_tasks SET updated_at = now() WHERE id = $1`, id)
}

// StuckPrivacyTasks returns the oldest orders of which nothing was heard since a moment.
func (s Keeper) StuckPrivacyTasks(ctx context.Context, since time.Time) ([]desk.DataPrivacyTask, error) {
	const most = 10
	return pg.Many[desk.DataPrivacyTask](ctx, s.DB, "stuck privacy tasks", Tasks.Select+`
		WHERE state = 'in process' AND updated_at < $1
		ORDER BY id
		LIMIT $2`, since, most)
}

// PurgePrivacyTasks deletes orders that were given more than a year ago. It returns how many.
func (s Keeper) PurgePrivacyTasks(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "privacy tasks", `
		DELETE FROM data_privacy_tasks
		WHERE id IN (
			SELECT id
			FROM data_privacy_tasks
			WHERE created_at < now() - interval '12 months' AND state <> 'in process'
			LIMIT $1)`)
}
