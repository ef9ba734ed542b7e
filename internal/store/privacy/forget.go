package privacy

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/files"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// SuspendUser keeps a user who is going to be deleted from doing anything meanwhile. The last
// administrator stays: then it returns a *desk.InvalidError.
func (s Keeper) SuspendUser(ctx context.Context, id desk.UserID) error {
	return s.inTx(ctx, func(tx Keeper) error {
		return directory.On(tx.DB).KeepAdmin(ctx, func() error {
			return pg.Exec(ctx, tx.DB, "suspend user", `UPDATE users SET active = false WHERE id = $1 AND active`, id)
		})
	})
}

// DeleteTicketsOf deletes at most so many of a customer's tickets and returns how many there were.
func (s Keeper) DeleteTicketsOf(ctx context.Context, customer desk.UserID, limit int) (int, error) {
	deleted := 0
	err := s.inTx(ctx, func(tx Keeper) error {
		rows, _ := pg.Conn(tx.DB).Query(ctx, `SELECT id FROM tickets WHERE customer_id = $1 ORDER BY id LIMIT $2 FOR UPDATE`, customer, limit)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.TicketID])
		if err != nil {
			return fmt.Errorf("tickets of %d: %w", customer, pg.Translate(err))
		}
		var released []desk.BlobID
		for _, id := range ids { // each is a statement's worth of work: articles, files, history
			blobs, err := tickets.On(tx.DB).DeleteTicket(ctx, id)
			if err != nil {
				return err
			}
			released = append(released, blobs...)
		}
		deleted = len(ids)
		return files.On(tx.DB).ReleaseBlobs(ctx, released)
	})
	return deleted, err
}

// ForgetTicket is DeleteTicket with what has to follow.
func (s Keeper) ForgetTicket(ctx context.Context, id desk.TicketID) error {
	blobs, err := tickets.On(s.DB).DeleteTicket(ctx, id)
	if err != nil {
		return err
	}
	return files.On(s.DB).ReleaseBlobs(ctx, blobs)
}

// naming is a table whose rows name users.
type naming struct {
	Name      string
	HasID     bool
	HasBlob   bool
	OfRecords bool     // rows belong to the record that object and o_id name
	Owners    []string // columns that name the user to whom a row belongs
	Takeable  []string // columns in which the system takes a user's place
	Optional  []string // columns that are empty without a user
}

// The tables are asked from the database itself: one that is added later is not forgotten when
// somebody has to be. What would be deleted with the user is deleted before, a part at a time.
const tablesThatNameUsers = `
	SELECT c.relname::text AS name,
		bool_or(a.attname = 'id' AND a.atttypid = 'bigint'::regtype) AS has_id,
		bool_or(a.attname = 'blob_id') AS has_blob,
		bool_or(a.attname = 'object' AND a.atttypid = 'text'::regtype) AND bool_or(a.attname = 'o_id') AS of_records,
		coalesce(array_agg(a.attname::text) FILTER (WHERE a.fate = 'goes'), '{}') AS owners,
		coalesce(array_agg(a.attname::text) FILTER (WHERE a.fate = 'taken'), '{}') AS takeable,
		coalesce(array_agg(a.attname::text) FILTER (WHERE a.fate = 'empty'), '{}') AS optional
	FROM pg_class c
	CROSS JOIN LATERAL (
		SELECT a.attname, a.atttypid,
			CASE
				WHEN a.attname = 'customer_id' THEN 'deleted before'
				WHEN a.attname = 'user_id' OR f.confdeltype = 'c' THEN 'goes'
				WHEN a.attname IN ('created_by_id', 'updated_by_id') THEN 'taken'
				WHEN f.confdeltype IS NULL THEN 'no user'
				WHEN a.attnotnull OR a.attname IN ('owner_id', 'origin_by_id') THEN 'taken'
				ELSE 'empty'
			END AS fate
		FROM pg_attribute a
		LEFT JOIN LATERAL (
			SELECT f.confdeltype
			FROM pg_constraint f
			WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid = 'users'::regclass AND f.conkey = ARRAY[a.attnum]
			LIMIT 1
		) f ON true
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	) a
	WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind = 'r'
	GROUP BY c.relname
	ORDER BY c.relname`

// ForgetTraces deletes what belongs to a user and puts the system in the user's place wherever else
// the user is named, in many small transactions. Done twice it does no harm.
func (s Keeper) ForgetTraces(ctx context.Context, user desk.UserID) error {
	tables, err := pg.Many[naming](ctx, s.DB, "tables that name users", tablesThatNameUsers)
	if err != nil {
		return err
	}
	for _, t := range tables {
		for _, owner := range t.Owners {
			if err := s.deleteRowsOf(ctx, t, pg.Identifier(owner)+` = $1`, user); err != nil {
				return err
			}
		}
		if t.OfRecords {
			if err := s.deleteRowsOf(ctx, t, `object = 'User' AND o_id = $1`, user); err != nil {
				return err
			}
		}
		if len(t.Takeable)+len(t.Optional) > 0 {
			if err := s.takePlaceIn(ctx, t, user); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgottenAtOnce is how many rows a transaction looks at.
const forgottenAtOnce = 5000

func (s Keeper) deleteRowsOf(ctx context.Context, t naming, condition string, user desk.UserID) error {
	blob := "NULL::bigint"
	if t.HasBlob {
		blob = "blob_id"
	}
	name := pg.Identifier(t.Name)
	sql := `
		DELETE FROM ` + name + `
		WHERE ctid = ANY(ARRAY(SELECT ctid FROM ` + name + ` WHERE ` + condition + ` LIMIT $2))
		RETURNING ` + blob
	for deleted := forgottenAtOnce; deleted == forgottenAtOnce; {
		err := s.inTx(ctx, func(tx Keeper) error {
			rows, _ := pg.Conn(tx.DB).Query(ctx, sql, user, forgottenAtOnce)
			found, err := pgx.CollectRows(rows, pgx.RowTo[*desk.BlobID])
			if err != nil {
				return fmt.Errorf("rows of user %d in %s: %w", user, t.Name, pg.Translate(err))
			}
			deleted = len(found)
			var blobs []desk.BlobID
			for _, id := range found {
				if id != nil {
					blobs = append(blobs, *id)
				}
			}
			return files.On(tx.DB).ReleaseBlobs(ctx, blobs)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s Keeper) takePlaceIn(ctx context.Context, t naming, user desk.UserID) error {
	var args pg.Args
	var sets, named []string
	gone := args.Add(user)
	if len(t.Takeable) > 0 {
		system := args.Add(desk.SystemUser)
		for _, column := range t.Takeable {
			column = pg.Identifier(column)
			sets = append(sets, column+` = CASE WHEN `+column+` = `+gone+` THEN `+system+` ELSE `+column+` END`)
			named = append(named, column+` = `+gone)
		}
	}
	for _, column := range t.Optional {
		column = pg.Identifier(column)
		sets = append(sets, column+` = nullif(`+column+`, `+gone+`)`)
		named = append(named, column+` = `+gone)
	}
	sql := `UPDATE ` + pg.Identifier(t.Name) + ` SET ` + strings.Join(sets, ", ") + ` WHERE (` + strings.Join(named, " OR ") + `)`
	what := "take place in " + t.Name
	if !t.HasID {
		return pg.Exec(ctx, s.DB, what, sql, args...)
	}
	sql += ` AND id > ` + args.Add(nil) + ` AND id <= ` + args.Add(nil)
	for from := int64(0); ; {
		to, err := pg.Value[*int64](ctx, s.DB, "next rows of "+t.Name, `
			SELECT max(id) FROM (SELECT id FROM `+pg.Identifier(t.Name)+` WHERE id > $1 ORDER BY id LIMIT $2) next`, from, forgottenAtOnce)
		if err != nil || to == nil {
			return err
		}
		args[len(args)-2], args[len(args)-1] = from, *to
		if err := pg.Exec(ctx, s.DB, what, sql, args...); err != nil {
			return err
		}
		from = *to
	}
}

// DeleteForgotten deletes a user whom nothing names any more. withOrganization lets the organization
// go too, if the user was its last member. It fails for now if something names the user again.
func (s Keeper) DeleteForgotten(ctx context.Context, id desk.UserID, withOrganization bool) error {
	user, err := directory.On(s.DB).LockUser(ctx, id)
	if err != nil {
		return err
	}
	if err := pg.DeleteRow(ctx, s.DB, "users", "User", int64(id)); err != nil {
		return fmt.Errorf("forgotten user is named again: %v", err) // not %w: another attempt forgets that too
	}
	if !withOrganization || user.OrganizationID == nil {
		return nil
	}
	return s.deleteIfEmpty(ctx, *user.OrganizationID)
}

func (s Keeper) deleteIfEmpty(ctx context.Context, id desk.OrganizationID) error {
	members, err := pg.Value[bool](ctx, s.DB, "members of organization", `
		SELECT EXISTS (SELECT FROM users WHERE organization_id = $1) OR EXISTS (SELECT FROM organizations_users WHERE organization_id = $1)`, id)
	if err != nil || members {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE tickets SET organization_id = NULL WHERE organization_id = $1`, id)
	batch.Queue(`DELETE FROM history WHERE object = 'Organization' AND o_id = $1`, id)
	batch.Queue(`DELETE FROM organizations WHERE id = $1`, id)
	return pg.Send(ctx, s.DB, batch, "delete organization "+strconv.FormatInt(int64(id), 10))
}
