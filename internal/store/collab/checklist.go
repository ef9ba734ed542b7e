package collab

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Checklists are what has to be done for tickets.
var Checklists = &table.Of[teamwork.Checklist, teamwork.ChecklistID]{
	Class:  "Checklist",
	Name:   "checklists",
	Search: "name",
	Select: `
		SELECT id, ticket_id, name, updated_by_id, created_by_id, created_at, updated_at
		FROM checklists`,
	Create: `
		INSERT INTO checklists (ticket_id, name, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $3)
		RETURNING id`,
	Update: `
		UPDATE checklists
		SET ticket_id = $1, name = $2, updated_by_id = $3, updated_at = clock_timestamp()
		WHERE id = $4`,
	Values: func(v teamwork.Checklist) []any { return []any{v.TicketID, v.Name, v.UpdatedByID} },
	Parts:  func(v *teamwork.Checklist) (*teamwork.ChecklistID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// ChecklistItems are the points of checklists. Whoever writes one holds the lock of its checklist.
var ChecklistItems = &table.Of[teamwork.ChecklistItem, teamwork.ChecklistItemID]{
	Class:  "Checklist::Item",
	Name:   "checklist_items",
	Search: "text",
	Select: `
		SELECT id, checklist_id, position, text, checked, ticket_id, updated_by_id, created_by_id, created_at, updated_at
		FROM checklist_items`,
	Create: `
		INSERT INTO checklist_items (checklist_id, position, text, checked, ticket_id, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`,
	Update: `
		UPDATE checklist_items
		SET checklist_id = $1, position = $2, text = $3, checked = $4, ticket_id = $5, updated_by_id = $6, updated_at = clock_timestamp()
		WHERE id = $7`,
	Values: func(v teamwork.ChecklistItem) []any {
		return []any{v.ChecklistID, v.Position, v.Text, v.Checked, v.TicketID, v.UpdatedByID}
	},
	Parts: func(v *teamwork.ChecklistItem) (*teamwork.ChecklistItemID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(ctx context.Context, tx *pg.DB, v *teamwork.ChecklistItem) error {
		if v.ID != 0 {
			return nil
		}
		next, count := 0, 0
		err := pg.Conn(tx).QueryRow(ctx, `SELECT coalesce(max(position), 0) + 1, count(*) FROM checklist_items WHERE checklist_id = $1`, v.ChecklistID).
			Scan(&next, &count)
		if err != nil {
			return fmt.Errorf("items of checklist %d: %w", v.ChecklistID, pg.Translate(err))
		}
		if count >= teamwork.MaxChecklistItems {
			return teamwork.ErrChecklistFull
		}
		v.Position = next
		return nil
	},
}

// ChecklistTemplates are checklists to copy from.
var ChecklistTemplates = &table.Of[teamwork.ChecklistTemplate, teamwork.ChecklistTemplateID]{
	Class:  "ChecklistTemplate",
	Name:   "checklist_templates",
	Search: "name",
	Select: `
		SELECT id, name, items, active, updated_by_id, created_by_id, created_at, updated_at
		FROM checklist_templates`,
	Create: `
		INSERT INTO checklist_templates (name, items, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	Update: `
		UPDATE checklist_templates
		SET name = $1, items = $2, active = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	Values: func(v teamwork.ChecklistTemplate) []any {
		items := v.Items
		if items == nil {
			items = []string{}
		}
		return []any{v.Name, items, v.Active, v.UpdatedByID}
	},
	Parts: func(v *teamwork.ChecklistTemplate) (*teamwork.ChecklistTemplateID, *desk.Stamp) {
		return &v.ID, &v.Stamp
	},
}

// ChecklistOf returns the checklist of a ticket; nil: it has none.
func (s Keeper) ChecklistOf(ctx context.Context, ticket desk.TicketID) (*teamwork.Checklist, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, Checklists.Select+` WHERE ticket_id = $1`, ticket)
	checklist, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[teamwork.Checklist])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("checklist of ticket %d: %w", ticket, pg.Translate(err))
	}
	return checklist, nil
}

// ItemsOf returns the items of a checklist in their order.
func (s Keeper) ItemsOf(ctx context.Context, id teamwork.ChecklistID) ([]teamwork.ChecklistItem, error) {
	return pg.Many[teamwork.ChecklistItem](ctx, s.DB, "items of checklist", ChecklistItems.Select+`
		WHERE checklist_id = $1
		ORDER BY position, id`, id)
}

// SortItems puts the items of a checklist into an order. Those it doesn't name come last.
func (s Keeper) SortItems(ctx context.Context, id teamwork.ChecklistID, order []teamwork.ChecklistItemID) error {
	return pg.Exec(ctx, s.DB, "sort items of checklist", `
		UPDATE checklist_items i
		SET position = sorted.position
		FROM (
			SELECT own.id, row_number() OVER (ORDER BY wanted.position NULLS LAST, own.position, own.id) AS position
			FROM checklist_items own
			LEFT JOIN (SELECT id, min(position) AS position FROM unnest($2::bigint[]) WITH ORDINALITY AS list (id, position) GROUP BY id) wanted
				ON wanted.id = own.id
			WHERE own.checklist_id = $1
		) sorted
		WHERE i.id = sorted.id AND i.position <> sorted.position`, id, order)
}

// CopyTemplate gives an empty checklist the items of a template.
func (s Keeper) CopyTemplate(ctx context.Context, id teamwork.ChecklistID, items []teamwork.ChecklistItem, by desk.UserID) error {
	var texts []string
	var tickets []*desk.TicketID
	for _, item := range items[:min(len(items), teamwork.MaxChecklistItems)] {
		texts, tickets = append(texts, item.Text), append(tickets, item.TicketID)
	}
	return pg.Exec(ctx, s.DB, "copy items of template", `
		INSERT INTO checklist_items (checklist_id, position, text, ticket_id, updated_by_id, created_by_id)
		SELECT $1, position, text, ticket_id, $4, $4
		FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS new (text, ticket_id, position)
		ORDER BY position`, id, texts, tickets, by)
}
