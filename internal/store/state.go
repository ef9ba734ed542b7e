package store

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

// ListStates returns one page of ticket states.
func (s *Store) ListStates(ctx context.Context, orders []Order, page Page) ([]desk.State, error) {
	return listed[desk.State](ctx, s, allStates, orders, page)
}

// State returns one ticket state, or a *desk.MissingError.
func (s *Store) State(ctx context.Context, id desk.StateID) (desk.State, error) {
	return one[desk.State](ctx, s, allStates, "Ticket::State", int64(id))
}

// LockStates makes changes of states wait for each other: defaults are handed around between them.
func (s *Store) LockStates(ctx context.Context) error {
	return s.exec(ctx, "lock states", `LOCK TABLE ticket_states IN SHARE ROW EXCLUSIVE MODE`)
}

// InsertState stores a new state and fills its id.
func (s *Store) InsertState(ctx context.Context, v *desk.State) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO ticket_states (state_type_id, name, next_state_id, ignore_escalation, default_create, default_follow_up,
			note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		RETURNING id`,
		v.StateTypeID, v.Name, v.NextStateID, v.IgnoreEscalation, v.DefaultCreate, v.DefaultFollowUp, v.Note, v.Active, v.UpdatedByID).
		Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("insert state: %w", translate(err))
	}
	return s.settleStateDefaults(ctx, v.ID, v.DefaultCreate, v.DefaultFollowUp)
}

// SaveState stores a changed state.
func (s *Store) SaveState(ctx context.Context, v desk.State) error {
	err := s.exec(ctx, "save state", `
		UPDATE ticket_states
		SET state_type_id = $1, name = $2, next_state_id = $3, ignore_escalation = $4, default_create = $5, default_follow_up = $6,
			note = $7, active = $8, updated_by_id = $9, updated_at = now()
		WHERE id = $10`,
		v.StateTypeID, v.Name, v.NextStateID, v.IgnoreEscalation, v.DefaultCreate, v.DefaultFollowUp, v.Note, v.Active, v.UpdatedByID, v.ID)
	if err != nil {
		return err
	}
	return s.settleStateDefaults(ctx, v.ID, v.DefaultCreate, v.DefaultFollowUp)
}

// DeleteState deletes a state that no ticket is in.
func (s *Store) DeleteState(ctx context.Context, id desk.StateID) error {
	if err := s.deleteRow(ctx, "ticket_states", "Ticket::State", int64(id)); err != nil {
		return err
	}
	return s.settleStateDefaults(ctx, 0, false, false)
}

func (s *Store) settleStateDefaults(ctx context.Context, id desk.StateID, create, followUp bool) error {
	if err := s.settleDefault(ctx, "ticket_states", "default_create", int64(id), create); err != nil {
		return err
	}
	return s.settleDefault(ctx, "ticket_states", "default_follow_up", int64(id), followUp)
}

// settleDefault keeps exactly one record of a table the default: the one just made it, else the
// one that was, else the first. table and column are ours, never a client's.
func (s *Store) settleDefault(ctx context.Context, table, column string, id int64, chosen bool) error {
	if chosen {
		return s.exec(ctx, "settle default", `UPDATE `+table+` SET `+column+` = false WHERE `+column+` AND id <> $1`, id)
	}
	return s.exec(ctx, "settle default", `
		UPDATE `+table+` SET `+column+` = true
		WHERE id = (SELECT min(id) FROM `+table+` WHERE active)
			AND NOT EXISTS (SELECT FROM `+table+` WHERE `+column+`)`)
}

// NameTaken reports whether a record of a table but this one has a name, whatever its case. table
// is ours, never a client's.
func (s *Store) nameTaken(ctx context.Context, table, name string, except int64) (taken bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+table+` WHERE lower(name) = lower($1) AND id <> $2)`, name, except).Scan(&taken)
	return taken, translate(err)
}

// CheckName refuses a name that is blank or another record's.
func (s *Store) checkName(ctx context.Context, table, name string, id int64) error {
	if name == "" {
		return &desk.InvalidError{Field: "name", Reason: "Name can't be blank"}
	}
	taken, err := s.nameTaken(ctx, table, name, id)
	if err == nil && taken {
		err = &desk.InvalidError{Field: "name", Reason: "Name has already been taken"}
	}
	return err
}

// CheckStateName refuses a name that is blank or another state's.
func (s *Store) CheckStateName(ctx context.Context, v desk.State) error {
	return s.checkName(ctx, "ticket_states", v.Name, int64(v.ID))
}
