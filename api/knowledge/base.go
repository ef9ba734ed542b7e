package knowledge

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// most is how many knowledge bases are looked at. One is usual.
const most = 20

// start answers with all that somebody may see of the knowledge bases, but for the bodies of
// answers: a client fills its store with it.
func (s *Room) start(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	assets := rest.Record{}
	who := rest.Caller(r)
	inside, open := who.Can("knowledge_base.*"), catalog.Settings.Bool("kb_active_publicly")
	if catalog.Settings.Bool("kb_active") && (inside || open) {
		bases, err := knowledge.Bases.List(r.Context(), s.Store.DB, table.Filter[kb.BaseID]{}, nil, table.Page{Limit: most})
		if err != nil {
			return err
		}
		parts := make([]rest.Record, 0, len(bases))
		for _, base := range bases {
			if !inside && !base.Active {
				continue
			}
			part, err := s.everything(r.Context(), who, base.ID, open)
			if err != nil {
				return err
			}
			parts = append(parts, part)
		}
		assets = rest.MergeAssets(parts...)
	}
	return rest.WriteJSON(w, http.StatusOK, assets)
}

// everything is what somebody may see of one knowledge base.
func (s *Room) everything(ctx context.Context, who *desk.Caller, id kb.BaseID, open bool) (rest.Record, error) {
	sc, err := s.whole(ctx, who, id, open)
	if err != nil {
		return nil, err
	}
	return sc.assets(), nil
}

func (s *Room) whole(ctx context.Context, who *desk.Caller, id kb.BaseID, open bool) (*scene, error) {
	tree, err := s.Store.KBTree(ctx, id)
	if err != nil {
		return nil, err
	}
	v := &visit{who, tree}
	shelves := v.shelves(open)
	answers, err := s.Store.KBAnswersOn(ctx, shelves)
	if err != nil {
		return nil, err
	}
	sc := &scene{visit: v, open: open, answers: answers}
	sc.list(answers)
	sc.categories = v.filled(sc.listed, shelves[editor])
	return sc, sc.load(ctx, s.Store)
}

// filled are the categories that somebody is shown: those to write in, and those with something to
// read in them or further in.
func (v *visit) filled(listed map[kb.CategoryID][]kb.AnswerID, own []kb.CategoryID) []kb.Category {
	with := rest.Set[kb.CategoryID]{}
	with.Add(own...)
	for id := range listed {
		for _, c := range v.tree.Up(id) {
			with.Add(c.ID)
		}
	}
	categories := []kb.Category{}
	for id := range with {
		categories = append(categories, v.tree.Categories[id])
	}
	slices.SortFunc(categories, func(a, b kb.Category) int { return cmp.Compare(a.ID, b.ID) })
	return categories
}

func (s *Room) showBase(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, err := s.enter(r)
	if err != nil {
		return err
	}
	return s.answerBase(w, r, p, http.StatusOK, v.tree.Base.ID)
}

func (s *Room) updateBase(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var id kb.BaseID
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		id = v.tree.Base.ID
		if err := v.may(editor, nil); err != nil {
			return err
		}
		return s.saveBase(ctx, tx, v, in)
	})
	if err != nil {
		return err
	}
	return s.answerBase(w, r, in.Params, http.StatusOK, id)
}

// saveBase stores what a client changes of a knowledge base.
func (s *Room) saveBase(ctx context.Context, tx *store.Store, v *visit, in *rest.Input) error {
	base := v.tree.Base
	in.Text(&base.Iconset, "iconset", maxIcon)
	in.Text(&base.ColorHighlight, "color_highlight", maxColour)
	in.Text(&base.ColorHeader, "color_header", maxColour)
	in.Text(&base.ColorHeaderLink, "color_header_link", maxColour)
	in.Text(&base.HomepageLayout, "homepage_layout", maxIcon)
	in.Text(&base.CategoryLayout, "category_layout", maxIcon)
	in.Flag(&base.Active, "active")
	in.Flag(&base.ShowFeedIcon, "show_feed_icon")
	in.NullText(&base.CustomAddress, "custom_address", maxTitle)
	if in.Err != nil {
		return in.Err
	}
	if base.CustomAddress != nil && *base.CustomAddress == "" {
		base.CustomAddress = nil
	}
	if err := knowledge.Bases.Save(ctx, tx.DB, &base, in.Who.User.ID); err != nil {
		return err
	}
	if err := v.setLocales(ctx, tx, in.Params); err != nil {
		return err
	}
	all, err := translationsSent(in.Params, footerIn)
	if err != nil {
		return err
	}
	if err := v.translate(ctx, tx, knowledge.BaseTranslations, int64(base.ID), all); err != nil {
		return err
	}
	if err := v.nameInAll(ctx, tx, in.Catalog); err != nil {
		return err
	}
	return tx.SettleKBSettings(ctx, in.Catalog.Settings)
}

// setLocales makes those the languages of a knowledge base that a client names; it has one at least.
func (v *visit) setLocales(ctx context.Context, tx *store.Store, p rest.Params) error {
	key := "kb_locales"
	if !p.Has(key) {
		key = "kb_locales_attributes"
	}
	if !p.Has(key) && len(v.tree.Locales) > 0 {
		return nil
	}
	var wanted []desk.LocaleID
	for _, value := range objects(p[key]) {
		one, ok := value.(map[string]any)
		if !ok {
			return rest.InvalidParam(key, value)
		}
		id, err := v.systemLocale(rest.Params(one))
		if err != nil {
			return err
		}
		switch {
		case rest.Params(one).Flag("_destroy"):
		case rest.Params(one).Flag("primary"):
			wanted = append([]desk.LocaleID{id}, wanted...)
		default:
			wanted = append(wanted, id)
		}
	}
	if len(wanted) == 0 {
		if p.Has(key) {
			return rest.Invalid(key, "You must provide at least one language.")
		}
		wanted = []desk.LocaleID{desk.DefaultLocale}
	}
	slices.Sort(wanted[1:])
	if compact := slices.Compact(wanted); len(compact) < len(wanted) || slices.Contains(wanted[1:], wanted[0]) {
		return rest.Invalid(key, "System locale has already been taken")
	}
	if err := tx.SetKBLocales(ctx, v.tree.Base.ID, wanted); err != nil {
		return err
	}
	locales, err := tx.KBLocales(ctx, v.tree.Base.ID)
	v.tree.Locales = locales
	return err
}

// systemLocale is the language that a client names by its id, or by the id it has here.
func (v *visit) systemLocale(one rest.Params) (desk.LocaleID, error) {
	id, err := rest.IDIn[desk.LocaleID](one, "system_locale_id")
	if err != nil {
		return 0, err
	}
	own, err := rest.IDIn[kb.LocaleID](one, "id")
	if err != nil {
		return 0, err
	}
	for _, known := range v.tree.Locales {
		if id == 0 && known.ID == own {
			return known.SystemLocaleID, nil
		}
	}
	if id.Locale() == "" {
		return 0, rest.InvalidParam("system_locale_id", one["system_locale_id"])
	}
	return id, nil
}

// nameInAll gives a knowledge base a name in every language in which it has none.
func (v *visit) nameInAll(ctx context.Context, tx *store.Store, c *desk.Catalog) error {
	known, err := knowledge.BaseTranslations.Of(ctx, tx.DB, int64(v.tree.Base.ID))
	if err != nil {
		return err
	}
	title := "Help Center"
	if organization := c.Settings.String("organization"); organization != "" {
		title = rest.Cut(organization+" "+title, maxTitle)
	}
	var unnamed []kb.Translation
	for _, locale := range v.tree.Locales {
		if !slices.ContainsFunc(known, func(t kb.Translation) bool { return t.LocaleID == locale.ID }) {
			unnamed = append(unnamed, kb.Translation{LocaleID: locale.ID, Title: title})
		}
	}
	return knowledge.BaseTranslations.Put(ctx, tx.DB, int64(v.tree.Base.ID), unnamed, v.who.User.ID)
}

// answerBase answers with a knowledge base as it is stored now.
func (s *Room) answerBase(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id kb.BaseID) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	sc, err := s.whole(r.Context(), rest.Caller(r), id, catalog.Settings.Bool("kb_active_publicly"))
	if err != nil {
		return err
	}
	if rest.ShapeOf(p) != rest.ShapeFull {
		return rest.WriteJSON(w, status, sc.base())
	}
	sc.answers = nil // answers are asked for one by one
	return rest.WriteJSON(w, status, rest.Record{{"id", id}, {"assets", sc.assets()}})
}
