package collab

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// countedTags says how often each tag is used: what was added up, and what happened since.
const countedTags = `
	SELECT t.id, t.name, greatest(t.uses + coalesce(since.change, 0), 0)::bigint AS uses
	FROM tags t
	LEFT JOIN (
		SELECT tag_id, sum(change) AS change
		FROM tag_uses
		GROUP BY tag_id
	) since ON since.tag_id = t.id`

// Tags returns the list of all tags by name.
func (s Keeper) Tags(ctx context.Context, limit int) ([]teamwork.Tag, error) {
	return pg.Many[teamwork.Tag](ctx, s.DB, "list tags", countedTags+` ORDER BY t.name LIMIT $1`, limit)
}

// SearchTags returns the tags whose names contain a text, whatever its case, by name. For an empty
// text they are those that are used most.
func (s Keeper) SearchTags(ctx context.Context, text string, limit int) ([]teamwork.Tag, error) {
	if text == "" {
		return pg.Many[teamwork.Tag](ctx, s.DB, "most used tags", countedTags+` ORDER BY uses DESC, t.name LIMIT $1`, limit)
	}
	return pg.Many[teamwork.Tag](ctx, s.DB, "search tags", countedTags+`
		WHERE t.name ILIKE $2
		ORDER BY t.name
		LIMIT $1`, limit, pg.Containing(text))
}

// AddTagUses adds up how often tags were put on and taken off. Until then it is counted with every
// list of tags.
func (s Keeper) AddTagUses(ctx context.Context) error {
	return pg.Exec(ctx, s.DB, "add up uses of tags", `
		WITH since AS (
			DELETE FROM tag_uses
			RETURNING tag_id, change
		), total AS (
			SELECT tag_id, sum(change) AS change
			FROM since
			GROUP BY tag_id
		)
		UPDATE tags t
		SET uses = t.uses + total.change
		FROM total
		WHERE t.id = total.tag_id AND total.change <> 0`)
}

// InsertTags adds those of the tags $1 that are missing. In one order, so that two who bring the same new tags don't wait for each other.
const InsertTags = `
	INSERT INTO tags (name, created_by_id)
	SELECT name, $2
	FROM unnest($1::text[]) AS name
	WHERE NOT EXISTS (SELECT FROM tags WHERE tags.name = name.name)
	ORDER BY name
	ON CONFLICT (name) DO NOTHING`

// AddTag adds a tag to the list, unless it is there.
func (s Keeper) AddTag(ctx context.Context, name string, by desk.UserID) error {
	return pg.Exec(ctx, s.DB, "add tag", InsertTags, []string{name}, by)
}

// DeleteTag takes a tag off everything that carries it and off the list, or returns a *desk.MissingError.
func (s Keeper) DeleteTag(ctx context.Context, id teamwork.TagID, by desk.UserID) error {
	return s.inTx(ctx, func(tx Keeper) error {
		if _, err := tx.lockTag(ctx, id); err != nil {
			return err
		}
		if err := tx.noteTagGone(ctx, id, by); err != nil {
			return err
		}
		return pg.DeleteRow(ctx, tx.DB, "tags", "Tag::Item", int64(id))
	})
}

// lockTag waits for those who are just putting a tag on something. It returns its name.
func (s Keeper) lockTag(ctx context.Context, id teamwork.TagID) (name string, err error) {
	if err = pg.Conn(s.DB).QueryRow(ctx, `SELECT name FROM tags WHERE id = $1 FOR UPDATE`, id).Scan(&name); err != nil {
		return "", pg.Missing("Tag::Item", int64(id), err)
	}
	return name, nil
}

// noteTagGone notes in the history of all that carries a tag that it is taken off.
func (s Keeper) noteTagGone(ctx context.Context, id teamwork.TagID, by desk.UserID) error {
	return pg.Exec(ctx, s.DB, "history of tag", `
		INSERT INTO history (object, o_id, type, attribute, value_from, value_to, created_by_id, created_at)
		SELECT g.object, g.o_id, 'removed', 'tag', '', t.name, $2, clock_timestamp()
		FROM taggings g
		JOIN tags t ON t.id = g.tag_id
		WHERE g.tag_id = $1`, id, by)
}

const (
	unknownTags = `
		SELECT count(*)
		FROM unnest($1::text[]) AS name
		WHERE NOT EXISTS (SELECT FROM tags WHERE tags.name = name.name)`

	// InsertTaggings ties the tags $1 to the record $3 of the class $2.
	InsertTaggings = `
		WITH added AS (
			INSERT INTO taggings (tag_id, object, o_id, created_by_id)
			SELECT t.id, $2, $3, $4
			FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, position)
			JOIN tags t ON t.name = wanted.name
			ORDER BY position
			ON CONFLICT DO NOTHING
			RETURNING id, tag_id
		)
		SELECT t.name
		FROM added
		JOIN tags t ON t.id = added.tag_id
		ORDER BY added.id`
)

// AttachTags puts tags on a record and notes it in its history. Names are as teamwork.TagNames returns
// them. Tags that are new are added to the list if mayCreate, else nobody may use them. It belongs
// into a transaction.
func (s Keeper) AttachTags(ctx context.Context, class string, oid int64, names []string, by desk.UserID, mayCreate bool) error {
	if len(names) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	if mayCreate {
		batch.Queue(InsertTags, names, by)
	} else {
		batch.Queue(unknownTags, names).QueryRow(func(row pgx.Row) error {
			var unknown int
			if err := row.Scan(&unknown); err != nil || unknown == 0 {
				return err
			}
			return &desk.ForbiddenError{}
		})
	}
	var added []string
	batch.Queue(InsertTaggings, names, class, oid, by).Query(func(rows pgx.Rows) (err error) {
		added, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err := pg.Send(ctx, s.DB, batch, fmt.Sprintf("tag %s %d", class, oid)); err != nil {
		return err
	}
	return s.noteTags(ctx, "added", class, oid, added, by)
}

// KnownTags returns those of the names that are in the list of tags.
func (s Keeper) KnownTags(ctx context.Context, names []string) ([]string, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT wanted.name
		FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, position)
		JOIN tags t ON t.name = wanted.name
		ORDER BY position`, names)
	known, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("known tags: %w", pg.Translate(err))
	}
	return known, nil
}

// DetachTag takes a tag off a record, if it is there, and notes it in its history.
func (s Keeper) DetachTag(ctx context.Context, class string, oid int64, name string, by desk.UserID) (there bool, err error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		DELETE FROM taggings g
		USING tags t
		WHERE t.id = g.tag_id AND t.name = $3 AND g.object = $1 AND g.o_id = $2`, class, oid, name)
	if err != nil {
		return false, fmt.Errorf("untag %s %d: %w", class, oid, pg.Translate(err))
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	return true, s.noteTags(ctx, "removed", class, oid, []string{name}, by)
}

func (s Keeper) noteTags(ctx context.Context, what, class string, oid int64, names []string, by desk.UserID) error {
	var changes []desk.Change
	for _, name := range names {
		changes = append(changes, desk.Change{Object: class, OID: oid, Type: what, Attribute: "tag", ValueTo: name, By: by})
	}
	if class == desk.ObjectTicket && len(names) > 0 {
		if err := tickets.On(s.DB).TouchDeadlines(ctx, desk.TicketID(oid), "ticket.tags"); err != nil {
			return err
		}
	}
	return tickets.On(s.DB).AddHistory(ctx, changes)
}

// TagsOf returns the tags of those of the records that carry some, in the order in which they were put on.
func (s Keeper) TagsOf(ctx context.Context, class string, oids ...int64) (map[int64][]string, error) {
	return pg.Keyed[int64](ctx, s.DB, "tags of "+class, `
		SELECT g.o_id, array_agg(t.name ORDER BY g.id)
		FROM taggings g
		JOIN tags t ON t.id = g.tag_id
		WHERE g.object = $1 AND g.o_id = ANY($2)
		GROUP BY g.o_id`, pg.Whole[[]string], class, oids)
}
