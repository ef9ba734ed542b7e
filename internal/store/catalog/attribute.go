package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
	"postroom/internal/store/table"
)

// Attributes are the definitions of the attributes of records.
var Attributes = &table.Of[desk.Attribute, desk.AttributeID]{
	Class:  "ObjectManager::Attribute",
	Name:   "object_manager_attributes",
	Search: "name, display",
	// The values of two attributes of one name would be one value, and a migration takes them all.
	Alone: true,
	Select: `
		SELECT id, object, name, display, data_type, data_option, data_option_new, active, editable, screens, position,
			to_create, to_migrate, to_delete, to_config, updated_by_id, created_by_id, created_at, updated_at
		FROM object_manager_attributes`,
	Create: `
		INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, data_option_new, active, editable,
			screens, position, to_create, to_migrate, to_delete, to_config, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
		RETURNING id`,
	Update: `
		UPDATE object_manager_attributes
		SET object = $1, name = $2, display = $3, data_type = $4, data_option = $5, data_option_new = $6, active = $7,
			editable = $8, screens = $9, position = $10, to_create = $11, to_migrate = $12, to_delete = $13, to_config = $14,
			updated_by_id = $15, updated_at = now()
		WHERE id = $16`,
	Values: func(a desk.Attribute) []any {
		return []any{
			a.Object, a.Name, a.Display, a.DataType, pg.Object(a.DataOption), pg.Object(a.DataOptionNew), a.Active, a.Editable,
			pg.Object(a.Screens), a.Position, a.ToCreate, a.ToMigrate, a.ToDelete, a.ToConfig, a.UpdatedByID,
		}
	},
	Parts: func(a *desk.Attribute) (*desk.AttributeID, *desk.Stamp) { return &a.ID, &a.Stamp },
	// What another system is asked with may be a secret.
	Check: func(_ context.Context, tx *pg.DB, a *desk.Attribute) (err error) {
		if a.DataOption, err = seal.Each(a.DataOption, pg.Sealer(tx).Seal); err != nil {
			return fmt.Errorf("options of attribute %s.%s: %w", a.Object, a.Name, err)
		}
		if a.DataOptionNew, err = seal.Each(a.DataOptionNew, pg.Sealer(tx).Seal); err != nil {
			return fmt.Errorf("new options of attribute %s.%s: %w", a.Object, a.Name, err)
		}
		return nil
	},
}

// attributesByObject reads all definitions, in their order.
func (s Keeper) attributesByObject(ctx context.Context) (map[string][]desk.Attribute, error) {
	list, err := pg.Many[desk.Attribute](ctx, s.DB, "attributes", Attributes.Select)
	if err != nil {
		return nil, err
	}
	all := map[string][]desk.Attribute{}
	for _, a := range list {
		if a.DataOption, err = seal.Each(a.DataOption, pg.Sealer(s.DB).Open); err != nil {
			return nil, fmt.Errorf("options of attribute %d: %w", a.ID, err)
		}
		all[a.Object] = append(all[a.Object], a)
	}
	for _, attributes := range all {
		desk.SortAttributes(attributes)
	}
	return all, nil
}

// AttributeNamed returns the attribute of this name, for a transaction that is going to change it;
// nil: there is none.
func (s Keeper) AttributeNamed(ctx context.Context, object, name string) (*desk.Attribute, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, Attributes.Select+` WHERE object = $1 AND name = $2 FOR NO KEY UPDATE`, object, name)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.Attribute])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("attribute %s.%s: %w", object, name, pg.Translate(err))
	}
	return &found, nil
}

const allRules = `
	SELECT 'Trigger' AS class, name, jsonb_build_array(condition) AS asks, perform AS does FROM triggers
	UNION ALL SELECT 'Overview', name, jsonb_build_array(condition), NULL FROM overviews
	UNION ALL SELECT 'Job', name, jsonb_build_array(condition), perform FROM schedulers
	UNION ALL SELECT 'Sla', name, jsonb_build_array(condition), NULL FROM slas
	UNION ALL SELECT 'Report::Profile', name, jsonb_build_array(condition), NULL FROM report_profiles
	UNION ALL SELECT 'CoreWorkflow', name, jsonb_build_array(condition_saved, condition_selected), perform FROM core_workflows
	UNION ALL SELECT 'Macro', name, '[]', perform FROM macros`

// Rules returns all records that may name attributes of others. There are as many as somebody
// typed in.
func (s Keeper) Rules(ctx context.Context) ([]attribute.Rule, error) {
	return pg.Many[attribute.Rule](ctx, s.DB, "rules", allRules)
}

// NextAttributePosition is the place after all attributes of a kind of record.
func (s Keeper) NextAttributePosition(ctx context.Context, object string) (int, error) {
	return pg.Value[int](ctx, s.DB, "next position", `SELECT coalesce(max(position), 0) + 1 FROM object_manager_attributes WHERE object = $1`, object)
}
