package store

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

// ListPriorities returns one page of ticket priorities.
func (s *Store) ListPriorities(ctx context.Context, orders []Order, page Page) ([]desk.Priority, error) {
	return listed[desk.Priority](ctx, s, allPriorities, orders, page)
}

// Priority returns one ticket priority, or a *desk.MissingError.
func (s *Store) Priority(ctx context.Context, id desk.PriorityID) (desk.Priority, error) {
	return one[desk.Priority](ctx, s, allPriorities, "Ticket::Priority", int64(id))
}

// LockPriorities makes changes of priorities wait for each other.
func (s *Store) LockPriorities(ctx context.Context) error {
	return s.exec(ctx, "lock priorities", `LOCK TABLE ticket_priorities IN SHARE ROW EXCLUSIVE MODE`)
}

// CheckPriorityName refuses a name that is blank or another priority's.
func (s *Store) CheckPriorityName(ctx context.Context, v desk.Priority) error {
	return s.checkName(ctx, "ticket_priorities", v.Name, int64(v.ID))
}

// InsertPriority stores a new priority and fills its id.
func (s *Store) InsertPriority(ctx context.Context, v *desk.Priority) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO ticket_priorities (name, default_create, ui_icon, ui_color, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
		v.Name, v.DefaultCreate, v.UIIcon, v.UIColor, v.Note, v.Active, v.UpdatedByID).Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("insert priority: %w", translate(err))
	}
	return s.settleDefault(ctx, "ticket_priorities", "default_create", int64(v.ID), v.DefaultCreate)
}

// SavePriority stores a changed priority.
func (s *Store) SavePriority(ctx context.Context, v desk.Priority) error {
	err := s.exec(ctx, "save priority", `
		UPDATE ticket_priorities
		SET name = $1, default_create = $2, ui_icon = $3, ui_color = $4, note = $5, active = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
		v.Name, v.DefaultCreate, v.UIIcon, v.UIColor, v.Note, v.Active, v.UpdatedByID, v.ID)
	if err != nil {
		return err
	}
	return s.settleDefault(ctx, "ticket_priorities", "default_create", int64(v.ID), v.DefaultCreate)
}

// DeletePriority deletes a priority that no ticket has.
func (s *Store) DeletePriority(ctx context.Context, id desk.PriorityID) error {
	if err := s.deleteRow(ctx, "ticket_priorities", "Ticket::Priority", int64(id)); err != nil {
		return err
	}
	return s.settleDefault(ctx, "ticket_priorities", "default_create", 0, false)
}
