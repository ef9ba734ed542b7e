package knowledge

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/catalog"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Bases are trees of categories with answers in them.
var Bases = &table.Of[kb.Base, kb.BaseID]{
	Class: "KnowledgeBase",
	Name:  "knowledge_bases",
	Select: `
		SELECT id, iconset, color_highlight, color_header, color_header_link, homepage_layout, category_layout, active, show_feed_icon,
			custom_address, updated_by_id, created_by_id, created_at, updated_at
		FROM knowledge_bases`,
	Create: `
		INSERT INTO knowledge_bases (iconset, color_highlight, color_header, color_header_link, homepage_layout, category_layout,
			active, show_feed_icon, custom_address, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
		RETURNING id`,
	Update: `
		UPDATE knowledge_bases
		SET iconset = $1, color_highlight = $2, color_header = $3, color_header_link = $4, homepage_layout = $5, category_layout = $6,
			active = $7, show_feed_icon = $8, custom_address = $9, updated_by_id = $10, updated_at = clock_timestamp()
		WHERE id = $11`,
	Values: func(v kb.Base) []any {
		return []any{
			v.Iconset, v.ColorHighlight, v.ColorHeader, v.ColorHeaderLink, v.HomepageLayout, v.CategoryLayout,
			v.Active, v.ShowFeedIcon, v.CustomAddress, v.UpdatedByID,
		}
	},
	Parts: func(v *kb.Base) (*kb.BaseID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, _ *pg.DB, v *kb.Base) error { return v.Check() },
}

// KBTree returns the frame of a knowledge base, or a *desk.MissingError.
func (s Keeper) KBTree(ctx context.Context, id kb.BaseID) (*kb.Tree, error) {
	base, err := Bases.Get(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	return s.kbTree(ctx, base)
}

// LockKBTree is KBTree for a transaction that is going to change the frame, or what is in it: no
// other can until it ends.
func (s Keeper) LockKBTree(ctx context.Context, id kb.BaseID) (*kb.Tree, error) {
	base, err := Bases.Lock(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	return s.kbTree(ctx, base)
}

func (s Keeper) kbTree(ctx context.Context, base kb.Base) (*kb.Tree, error) {
	tree := &kb.Tree{Base: base}
	var err error
	if tree.Locales, err = s.KBLocales(ctx, base.ID); err != nil {
		return nil, err
	}
	tree.Categories, err = pg.ByID(ctx, s.DB, Categories.Select+` WHERE knowledge_base_id = $1`, Categories.ID, base.ID)
	if err != nil {
		return nil, err
	}
	if tree.Grants, err = s.kbGrants(ctx, base.ID); err != nil {
		return nil, err
	}
	tree.Roles, err = pg.Many[kb.Role](ctx, s.DB, "roles of knowledge bases", kbRoles)
	return tree, err
}

const kbRoles = `
	SELECT r.id, r.name,
		bool_or(p.name <> 'knowledge_base.reader') AS editor,
		bool_or(p.name <> 'knowledge_base.editor') AS reader
	FROM roles r
	JOIN permissions_roles pr ON pr.role_id = r.id
	JOIN permissions p ON p.id = pr.permission_id
	WHERE r.active AND p.active AND p.name IN ('knowledge_base', 'knowledge_base.editor', 'knowledge_base.reader')
	GROUP BY r.id, r.name
	ORDER BY r.id`

// KBLocales returns the languages of a knowledge base, the primary one first.
func (s Keeper) KBLocales(ctx context.Context, id kb.BaseID) ([]kb.Locale, error) {
	return pg.Many[kb.Locale](ctx, s.DB, "locales of knowledge base", `
		SELECT id, knowledge_base_id, system_locale_id, "primary", created_at, updated_at
		FROM knowledge_base_locales
		WHERE knowledge_base_id = $1
		ORDER BY "primary" DESC, id`, id)
}

// SetKBLocales makes these the languages of a knowledge base, the first of them the primary one.
// What was said in languages that go goes with them.
func (s Keeper) SetKBLocales(ctx context.Context, id kb.BaseID, locales []desk.LocaleID) error {
	err := pg.Exec(ctx, s.DB, "drop locales of knowledge base", `
		DELETE FROM knowledge_base_locales
		WHERE knowledge_base_id = $1 AND system_locale_id <> ALL($2)`, id, locales)
	if err != nil {
		return err
	}
	// There is one primary language at any moment: the former makes room first.
	err = pg.Exec(ctx, s.DB, "former primary locale", `
		UPDATE knowledge_base_locales
		SET "primary" = false, updated_at = now()
		WHERE knowledge_base_id = $1 AND "primary" AND system_locale_id <> ($2::bigint[])[1]`, id, locales)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, s.DB, "locales of knowledge base", `
		INSERT INTO knowledge_base_locales (knowledge_base_id, system_locale_id, "primary")
		SELECT $1, locale, position = 1
		FROM unnest($2::bigint[]) WITH ORDINALITY AS new (locale, position)
		ORDER BY position
		ON CONFLICT (knowledge_base_id, system_locale_id) DO UPDATE
		SET "primary" = excluded."primary", updated_at = now()
		WHERE knowledge_base_locales."primary" <> excluded."primary"`, id, locales)
}

// DeleteKnowledgeBase deletes a knowledge base with all that is in it. The blobs of its files are
// returned.
func (s Keeper) DeleteKnowledgeBase(ctx context.Context, id kb.BaseID) ([]desk.BlobID, error) {
	answers, err := pg.Column[kb.AnswerID](ctx, s.DB, "answers of knowledge base", `
		DELETE FROM knowledge_base_answers a
		USING knowledge_base_categories c
		WHERE c.id = a.category_id AND c.knowledge_base_id = $1
		RETURNING a.id`, id)
	if err != nil {
		return nil, err
	}
	blobs, err := s.DeleteKBFiles(ctx, answers...)
	if err != nil {
		return nil, err
	}
	return blobs, pg.DeleteRow(ctx, s.DB, Bases.Name, Bases.Class, int64(id))
}

// SettleKBSettings makes the settings say whether there is a knowledge base, and whether there is
// something in it for everybody. now is what they say so far.
func (s Keeper) SettleKBSettings(ctx context.Context, now desk.Settings) error {
	for name, sql := range map[string]string{
		"kb_active": `SELECT EXISTS (SELECT FROM knowledge_bases WHERE active)`,
		"kb_active_publicly": `
			SELECT EXISTS (
				SELECT
				FROM knowledge_base_answers a
				JOIN knowledge_base_categories c ON c.id = a.category_id
				JOIN knowledge_bases k ON k.id = c.knowledge_base_id
				WHERE k.active AND a.published_at IS NOT NULL AND (a.archived_at IS NULL OR a.archived_at > now()))`,
	} {
		so, err := pg.Value[bool](ctx, s.DB, name, sql)
		if err == nil && so != now.Bool(name) {
			err = catalog.On(s.DB).PutSettingValue(ctx, name, so)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
