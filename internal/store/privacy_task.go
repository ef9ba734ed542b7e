package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/jobs/task"
)

// DataPrivacyTasks are the orders to forget users and tickets. Storing one that is in process
// announces the work.
var DataPrivacyTasks = &Table[desk.DataPrivacyTask, desk.DataPrivacyTaskID]{
	Class:  "DataPrivacyTask",
	name:   "data_privacy_tasks",
	search: "state, deletable_type",
	all: `
		SELECT id, state, deletable_type, deletable_id, preferences, updated_by_id, created_by_id, created_at, updated_at
		FROM data_privacy_tasks`,
	insert: `
		INSERT INTO data_privacy_tasks (state, deletable_type, deletable_id, preferences, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`,
	save: `
		UPDATE data_privacy_tasks
		SET state = $1, deletable_type = $2, deletable_id = $3, preferences = $4, updated_by_id = $5, updated_at = now()
		WHERE id = $6`,
	values: func(v desk.DataPrivacyTask) []any {
		return []any{v.State, v.DeletableType, v.DeletableID, object(v.Preferences), v.UpdatedByID}
	},
	parts: func(v *desk.DataPrivacyTask) (*desk.DataPrivacyTaskID, *desk.Stamp) { return &v.ID, &v.Stamp },
	check: checkPrivacyTask,
	settle: func(ctx context.Context, tx *Store, v desk.DataPrivacyTask) error {
		if v.State != desk.PrivacyInProcess {
			return nil
		}
		return tx.Announce(ctx, task.DataPrivacyOrdered{TaskID: v.ID})
	},
}

// checkPrivacyTask refuses a new order that must not be carried out, and notes whom or what it is
// about.
func checkPrivacyTask(ctx context.Context, tx *Store, v *desk.DataPrivacyTask) error {
	if v.ID != 0 {
		return nil
	}
	v.State, v.Preferences = desk.PrivacyInProcess, maps.Clone(object(v.Preferences))
	var err error
	switch v.DeletableType {
	case desk.DeletableUser:
		err = tx.describeUser(ctx, v)
	case desk.DeletableTicket:
		err = tx.describeTicket(ctx, v)
	default:
		err = &desk.InvalidError{Field: "deletable_type", Reason: "Deletable type is not included in the list"}
	}
	if errors.Is(err, desk.ErrNotFound) {
		err = &desk.InvalidError{Field: "deletable_id", Reason: fmt.Sprintf("Invalid value for param 'deletable_id': %d", v.DeletableID)}
	}
	if err != nil {
		return err
	}
	ordered, err := value[bool](ctx, tx, "privacy tasks", `
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

func (s *Store) describeTicket(ctx context.Context, v *desk.DataPrivacyTask) error {
	ticket, err := s.Ticket(ctx, desk.TicketID(v.DeletableID))
	v.Preferences["ticket"] = map[string]any{"number": ticket.Number, "title": ticket.Title}
	return err
}

// shownTickets is how many numbers of tickets an order names at most.
const shownTickets = 1000

func (s *Store) describeUser(ctx context.Context, v *desk.DataPrivacyTask) error {
	id := desk.UserID(v.DeletableID)
	switch id {
	case desk.SystemUser:
		return undeletable("is undeletable system User with ID 1")
	case v.UpdatedByID:
		return undeletable("is your current account")
	}
	user, err := s.LockUser(ctx, id)
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
	return s.send(ctx, batch, "tickets of user")
}

// isLastAdmin returns an error if nobody but this user administers the installation.
func (s *Store) isLastAdmin(ctx context.Context, id desk.UserID) error {
	last, err := value[bool](ctx, s, "last administrator", `
		SELECT coalesce(bool_and(u.id = $1), false)
		FROM users u
		WHERE u.active AND `+holdsAny("u.id", "ARRAY['admin', 'admin.user']"), id)
	if err == nil && last {
		err = undeletable("is last account with admin permissions")
	}
	return err
}

// PrivacyTasksByState returns the newest orders in each state.
func (s *Store) PrivacyTasksByState(ctx context.Context, limit int) ([]desk.DataPrivacyTask, error) {
	return many[desk.DataPrivacyTask](ctx, s, "privacy tasks by state", `
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
func (s *Store) TouchPrivacyTask(ctx context.Context, id desk.DataPrivacyTaskID) error {
	return s.exec(ctx, "touch privacy task", `UPDATE data_privacy_tasks SET updated_at = now() WHERE id = $1`, id)
}

// StuckPrivacyTasks returns the oldest orders of which nothing was heard since a moment.
func (s *Store) StuckPrivacyTasks(ctx context.Context, since time.Time) ([]desk.DataPrivacyTask, error) {
	const most = 10
	return many[desk.DataPrivacyTask](ctx, s, "stuck privacy tasks", DataPrivacyTasks.all+`
		WHERE state = 'in process' AND updated_at < $1
		ORDER BY id
		LIMIT $2`, since, most)
}

// PurgePrivacyTasks deletes orders that were given more than a year ago. It returns how many.
func (s *Store) PurgePrivacyTasks(ctx context.Context) (int, error) {
	return s.purge(ctx, "privacy tasks", `
		DELETE FROM data_privacy_tasks
		WHERE id IN (
			SELECT id
			FROM data_privacy_tasks
			WHERE created_at < now() - interval '12 months' AND state <> 'in process'
			LIMIT $1)`)
}
