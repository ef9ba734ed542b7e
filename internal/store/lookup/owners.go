package lookup

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// OwnersIn lists the users who can be owners of tickets in a group, see MayOwn, by id.
func (s Keeper) OwnersIn(ctx context.Context, group desk.GroupID, limit int) ([]desk.UserID, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT u.id
		FROM users u
		WHERE u.active
			AND EXISTS (SELECT FROM groups WHERE id = $1 AND active)
			AND EXISTS (SELECT FROM permissions WHERE name = 'ticket.agent' AND active)
			AND `+directory.HoldsAny("u.id", "ARRAY['ticket', 'ticket.agent']")+`
			AND (
				EXISTS (SELECT FROM groups_users gu WHERE gu.user_id = u.id AND gu.group_id = $1 AND gu.access = 'full')
				OR EXISTS (
					SELECT
					FROM roles_users ru
					JOIN roles r ON r.id = ru.role_id AND r.active
					JOIN roles_groups rg ON rg.role_id = r.id
					WHERE ru.user_id = u.id AND rg.group_id = $1 AND rg.access = 'full'))
		ORDER BY u.id
		LIMIT $2`, group, limit)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.UserID])
	if err != nil {
		return nil, fmt.Errorf("owners in group %d: %w", group, pg.Translate(err))
	}
	return ids, nil
}
