package knowledge

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
)

// defaultIcon is that of a folder in the usual set of icons.
const defaultIcon = "f115"

// listCategories answers with the categories of a knowledge base that the caller has access to.
func (s *Room) listCategories(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r)
	if err != nil {
		return err
	}
	seen := []kb.Category{}
	for id, category := range v.tree.Categories {
		if v.access(id, false) >= kb.Reader {
			seen = append(seen, category)
		}
	}
	slices.SortFunc(seen, func(a, b kb.Category) int { return cmp.Compare(a.ID, b.ID) })
	sc, err := s.sceneOf(r.Context(), v, seen)
	if err == nil {
		err = sc.load(r.Context(), s.Store)
	}
	if err != nil {
		return err
	}
	records := make([]rest.Record, len(seen))
	for i, category := range seen {
		records[i] = sc.category(category)
	}
	return rest.Reply(w, r, records)
}

// sceneOf is to show categories with the ids of the answers that the caller sees in them.
func (s *Room) sceneOf(ctx context.Context, v *visit, categories []kb.Category) (*scene, error) {
	shelves := knowledge.Shelves{}
	for _, c := range categories {
		access := v.access(c.ID, false)
		shelves[access] = append(shelves[access], c.ID)
	}
	answers, err := s.Store.KBAnswersOn(ctx, shelves)
	if err != nil {
		return nil, err
	}
	sc := &scene{visit: v, categories: categories}
	sc.list(answers)
	return sc, nil
}

func (s *Room) showCategory(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, err := s.enter(r)
	if err != nil {
		return err
	}
	category, err := v.category(r, kb.Reader)
	if err != nil {
		return err
	}
	return s.answerCategory(w, r, v, p, http.StatusOK, category.ID)
}

// answerCategory answers with a category, alone or with all that it is in.
func (s *Room) answerCategory(w http.ResponseWriter, r *http.Request, v *visit, p rest.Params, status int, id kb.CategoryID) error {
	up := v.tree.Up(id)
	sc, err := s.sceneOf(r.Context(), v, up)
	if err == nil {
		err = sc.load(r.Context(), s.Store)
	}
	if err != nil {
		return err
	}
	if rest.ShapeOf(p) == rest.ShapeFull {
		return rest.WriteJSON(w, status, rest.Record{{"id", id}, {"assets", sc.assets()}})
	}
	return rest.WriteJSON(w, status, sc.category(up[0]))
}

func (s *Room) createCategory(w http.ResponseWriter, r *http.Request) error {
	return s.writeCategory(w, r, http.StatusCreated, func(v *visit) (kb.Category, error) {
		return kb.Category{KnowledgeBaseID: v.tree.Base.ID, CategoryIcon: defaultIcon}, nil
	})
}

func (s *Room) updateCategory(w http.ResponseWriter, r *http.Request) error {
	return s.writeCategory(w, r, http.StatusOK, func(v *visit) (kb.Category, error) { return v.category(r, editor) })
}

// writeCategory stores a category as a client wants it: a new one, or one that begin finds.
func (s *Room) writeCategory(w http.ResponseWriter, r *http.Request, status int, begin func(*visit) (kb.Category, error)) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var category kb.Category
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		if category, err = begin(v); err != nil {
			return err
		}
		return v.saveCategory(ctx, tx, in, &category)
	})
	if err != nil {
		return err
	}
	tree, err := s.Store.KBTree(r.Context(), category.KnowledgeBaseID)
	if err != nil {
		return err
	}
	return s.answerCategory(w, r, &visit{in.Who, tree}, in.Params, status, category.ID)
}

func (v *visit) saveCategory(ctx context.Context, tx *store.Store, in *rest.Input, category *kb.Category) error {
	if err := v.place(in.Params, category); err != nil {
		return err
	}
	in.Text(&category.CategoryIcon, "category_icon", maxIcon)
	if in.Err != nil {
		return in.Err
	}
	if category.CategoryIcon == "" {
		return rest.Invalid("category_icon", "Category icon can't be blank")
	}
	return keep(ctx, tx, v, in.Params, knowledge.Categories, knowledge.CategoryTranslations, category, noText)
}

// place puts a category where the client wants it: behind all others there, and never into itself.
func (v *visit) place(p rest.Params, category *kb.Category) error {
	parent := category.ParentID
	if p.Has("parent_id") {
		id, err := rest.IDIn[kb.CategoryID](p, "parent_id")
		if err != nil {
			return err
		}
		if _, known := v.tree.Categories[id]; id != 0 && !known {
			return rest.InvalidParam("parent_id", p["parent_id"])
		}
		parent = rest.IDOrNil(id)
	}
	if category.ID != 0 && orZero(parent) == orZero(category.ParentID) {
		return nil
	}
	if err := v.may(editor, parent); err != nil {
		return err
	}
	if parent != nil && category.ID != 0 && v.tree.Within(*parent, category.ID) {
		return rest.Invalid("parent_id", "Parent can't be the category itself or within it")
	}
	category.ParentID, category.Position = parent, 0
	for _, other := range v.tree.Children(parent) {
		category.Position = max(category.Position, other.Position+1)
	}
	return nil
}

func orZero(id *kb.CategoryID) kb.CategoryID {
	if id == nil {
		return 0
	}
	return *id
}

func (s *Room) deleteCategory(w http.ResponseWriter, r *http.Request) error {
	err := s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		category, err := v.category(r, editor)
		if err == nil {
			err = v.may(editor, category.ParentID)
		}
		if err != nil {
			return err
		}
		return knowledge.Categories.Delete(ctx, tx.DB, category.ID)
	})
	if err != nil {
		return err
	}
	return rest.Deleted(w)
}

// errOrder refuses an order that does not name all there is to order.
var errOrder = rest.Invalid("ordered_ids", "Provide position of all items in scope")

// ordered reads an order of exactly these.
func ordered[ID ~int64](p rest.Params, all []ID) ([]ID, error) {
	wanted, err := rest.IDsIn[ID](p, "ordered_ids")
	if err != nil {
		return nil, errOrder
	}
	sorted := slices.Clone(wanted)
	slices.Sort(sorted)
	slices.Sort(all)
	if !slices.Equal(sorted, all) {
		return nil, errOrder
	}
	return wanted, nil
}

func (s *Room) reorderRoot(w http.ResponseWriter, r *http.Request) error {
	return s.reorder(w, r, func(ctx context.Context, tx *store.Store, v *visit, p rest.Params) error {
		if err := v.may(editor, nil); err != nil {
			return err
		}
		return sortCategories(ctx, tx, p, v.tree.Children(nil))
	})
}

func (s *Room) reorderCategories(w http.ResponseWriter, r *http.Request) error {
	return s.reorder(w, r, func(ctx context.Context, tx *store.Store, v *visit, p rest.Params) error {
		category, err := v.category(r, editor)
		if err != nil {
			return err
		}
		return sortCategories(ctx, tx, p, v.tree.Children(&category.ID))
	})
}

func (s *Room) reorderAnswers(w http.ResponseWriter, r *http.Request) error {
	return s.reorder(w, r, func(ctx context.Context, tx *store.Store, v *visit, p rest.Params) error {
		category, err := v.category(r, editor)
		if err != nil {
			return err
		}
		answers, err := tx.KBAnswersOn(ctx, knowledge.Shelves{editor: {category.ID}})
		if err != nil {
			return err
		}
		order, err := ordered(p, idsOf(answers, knowledge.Answers.ID))
		if err != nil {
			return err
		}
		return tx.SortKBAnswers(ctx, order)
	})
}

func sortCategories(ctx context.Context, tx *store.Store, p rest.Params, categories []kb.Category) error {
	order, err := ordered(p, idsOf(categories, knowledge.Categories.ID))
	if err != nil {
		return err
	}
	return tx.SortKBCategories(ctx, order)
}

// reorder changes an order and answers with all the caller sees, as it is then.
func (s *Room) reorder(w http.ResponseWriter, r *http.Request, sort func(context.Context, *store.Store, *visit, rest.Params) error) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	var id kb.BaseID
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		id = v.tree.Base.ID
		return sort(ctx, tx, v, p)
	})
	if err != nil {
		return err
	}
	sc, err := s.whole(r.Context(), rest.Caller(r), id, false)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, sc.assets())
}
