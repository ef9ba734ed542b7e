package knowledge

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Categories are the shelves of knowledge bases. Whoever writes one holds the lock of its
// knowledge base.
var Categories = &table.Of[kb.Category, kb.CategoryID]{
	Class: "KnowledgeBase::Category",
	Name:  "knowledge_base_categories",
	Select: `
		SELECT id, knowledge_base_id, parent_id, category_icon, position, updated_by_id, created_by_id, created_at, updated_at
		FROM knowledge_base_categories`,
	Create: `
		INSERT INTO knowledge_base_categories (knowledge_base_id, parent_id, category_icon, position, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING id`,
	Update: `
		UPDATE knowledge_base_categories
		SET knowledge_base_id = $1, parent_id = $2, category_icon = $3, position = $4, updated_by_id = $5, updated_at = clock_timestamp()
		WHERE id = $6`,
	Values: func(v kb.Category) []any {
		return []any{v.KnowledgeBaseID, v.ParentID, v.CategoryIcon, v.Position, v.UpdatedByID}
	},
	Parts: func(v *kb.Category) (*kb.CategoryID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

// SortKBCategories gives categories the order of a list of their ids.
func (s Keeper) SortKBCategories(ctx context.Context, order []kb.CategoryID) error {
	return s.sortByPosition(ctx, "knowledge_base_categories", pg.Plain(order))
}

// SortKBAnswers gives answers the order of a list of their ids.
func (s Keeper) SortKBAnswers(ctx context.Context, order []kb.AnswerID) error {
	return s.sortByPosition(ctx, "knowledge_base_answers", pg.Plain(order))
}

func (s Keeper) sortByPosition(ctx context.Context, table string, order []int64) error {
	return pg.Exec(ctx, s.DB, "order of "+table, `
		UPDATE `+table+` t
		SET position = new.position - 1, updated_at = clock_timestamp()
		FROM unnest($1::bigint[]) WITH ORDINALITY AS new (id, position)
		WHERE t.id = new.id AND t.position <> new.position - 1`, order)
}

func (s Keeper) kbGrants(ctx context.Context, id kb.BaseID) ([]kb.Grant, error) {
	rows, err := pg.Many[kbGrantRow](ctx, s.DB, "permissions of knowledge base", `
		SELECT id, category_id, role_id, access
		FROM knowledge_base_permissions
		WHERE knowledge_base_id = $1
		ORDER BY id`, id)
	grants := make([]kb.Grant, len(rows))
	for i, row := range rows {
		access, _ := kb.AccessNamed(row.Access)
		grants[i] = kb.Grant{ID: row.ID, CategoryID: row.CategoryID, RoleID: row.RoleID, Access: access}
	}
	return grants, err
}

type kbGrantRow struct {
	ID         kb.GrantID
	CategoryID *kb.CategoryID
	RoleID     desk.RoleID
	Access     string
}

// SetKBGrants makes these all there is to say of what roles may do in a category, or in a whole
// knowledge base.
func (s Keeper) SetKBGrants(ctx context.Context, id kb.BaseID, category *kb.CategoryID, access map[desk.RoleID]kb.Access) error {
	var roles []desk.RoleID
	var levels []string
	for role, level := range access {
		roles, levels = append(roles, role), append(levels, level.String())
	}
	err := pg.Exec(ctx, s.DB, "drop permissions of knowledge base", `
		DELETE FROM knowledge_base_permissions
		WHERE knowledge_base_id = $1 AND category_id IS NOT DISTINCT FROM $2 AND role_id <> ALL($3)`, id, category, pg.Plain(roles))
	if err != nil {
		return err
	}
	return pg.Exec(ctx, s.DB, "permissions of knowledge base", `
		INSERT INTO knowledge_base_permissions (knowledge_base_id, category_id, role_id, access)
		SELECT $1, $2, role, level
		FROM unnest($3::bigint[], $4::text[]) AS new (role, level)
		ORDER BY role
		ON CONFLICT (knowledge_base_id, category_id, role_id) DO UPDATE
		SET access = excluded.access, updated_at = now()
		WHERE knowledge_base_permissions.access <> excluded.access`, id, category, pg.Plain(roles), levels)
}
