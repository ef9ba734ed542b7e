package knowledge

import (
	"context"
	"slices"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
)

// scene is what is shown of a knowledge base: some of its categories, and some of their answers.
type scene struct {
	visit      *visit
	open       bool // what is published is for everybody
	categories []kb.Category
	listed     map[kb.CategoryID][]kb.AnswerID // of all answers that are seen in the categories
	answers    []kb.Answer                     // those that are shown whole
	wanted     []kb.TranslationID              // of the bodies that were asked for

	baseNames, categoryNames, answerNames map[int64][]kb.Translation
	files                                 map[int64][]desk.Attachment
	tags                                  map[int64][]string
	bodies                                map[kb.TranslationID]string
	menus                                 []kb.MenuItem
}

// shown refuses an answer to those who don't have enough of its category.
func shown(answer kb.Answer, access kb.Access) error {
	if !answer.ShownTo(access, time.Now()) {
		return desk.ErrForbidden
	}
	return nil
}

func grouped(translations []kb.Translation, err error) (map[int64][]kb.Translation, error) {
	all := map[int64][]kb.Translation{}
	for _, t := range translations {
		all[t.OwnerID] = append(all[t.OwnerID], t)
	}
	return all, err
}

// list notes the ids of answers.
func (sc *scene) list(answers []kb.Answer) {
	sc.listed = map[kb.CategoryID][]kb.AnswerID{}
	for _, a := range answers {
		sc.listed[a.CategoryID] = append(sc.listed[a.CategoryID], a.ID)
	}
}

// load reads what belongs to the categories and answers of a scene, whole lists at once.
func (sc *scene) load(ctx context.Context, db *store.Store) (err error) {
	if sc.baseNames, err = grouped(knowledge.BaseTranslations.Of(ctx, db.DB, int64(sc.visit.tree.Base.ID))); err != nil {
		return err
	}
	if sc.categoryNames, err = grouped(knowledge.CategoryTranslations.Of(ctx, db.DB, plainIDs(sc.categories, knowledge.Categories.ID)...)); err != nil {
		return err
	}
	if sc.menus, err = db.KBMenuItems(ctx, sc.visit.tree.Base.ID); err != nil {
		return err
	}
	ids := plainIDs(sc.answers, knowledge.Answers.ID)
	if len(ids) == 0 {
		return nil
	}
	if sc.answerNames, err = grouped(knowledge.AnswerTranslations.Of(ctx, db.DB, ids...)); err != nil {
		return err
	}
	files, err := db.AttachmentsOf(ctx, desk.ObjectKBAnswer, ids...)
	if err != nil {
		return err
	}
	sc.files = map[int64][]desk.Attachment{}
	for _, file := range files {
		sc.files[file.OID] = append(sc.files[file.OID], file)
	}
	if sc.tags, err = db.TagsOf(ctx, desk.ObjectKBAnswer, ids...); err != nil || len(sc.wanted) == 0 {
		return err
	}
	var own []kb.TranslationID // nobody reads another answer by asking for its body here
	for _, id := range ids {
		for _, t := range sc.answerNames[id] {
			if slices.Contains(sc.wanted, t.ID) {
				own = append(own, t.ID)
			}
		}
	}
	sc.bodies, err = db.KBBodies(ctx, own)
	return err
}

func plainIDs[T any, ID ~int64](items []T, id func(T) ID) []int64 {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = int64(id(item))
	}
	return ids
}

func translationID(t kb.Translation) kb.TranslationID { return t.ID }
func grantID(g kb.Grant) kb.GrantID                   { return g.ID }

// base shows the knowledge base with the ids of what is in it.
func (sc *scene) base() rest.Record {
	tree := sc.visit.tree
	return baseRecord(tree.Base).
		With("translation_ids", idsOf(sc.baseNames[int64(tree.Base.ID)], translationID)).
		With("kb_locale_ids", idsOf(tree.Locales, func(l kb.Locale) kb.LocaleID { return l.ID })).
		With("category_ids", idsOf(sc.categories, knowledge.Categories.ID)).
		With("menu_item_ids", idsOf(sc.menus, menuItemID)).
		With("permission_ids", idsOf(tree.GrantsOf(nil), grantID))
}

// category shows one category with the ids of what is in it, as far as that is shown too.
func (sc *scene) category(c kb.Category) rest.Record {
	tree := sc.visit.tree
	children := []kb.CategoryID{}
	for _, child := range tree.Children(&c.ID) {
		if sc.visit.access(child.ID, sc.open) > kb.None {
			children = append(children, child.ID)
		}
	}
	grants := tree.GrantsOf(&c.ID)
	effective := make([]rest.Record, len(tree.Roles))
	for i, role := range tree.Roles {
		effective[i] = rest.Record{{"role_id", role.ID}, {"access", tree.RoleAccess(role, &c.ID).String()}}
	}
	return categoryRecord(c).
		With("translation_ids", idsOf(sc.categoryNames[int64(c.ID)], translationID)).
		With("answer_ids", append([]kb.AnswerID{}, sc.listed[c.ID]...)).
		With("child_ids", children).
		With("permission_ids", idsOf(grants, grantID)).
		With("permissions_effective", effective)
}

func (sc *scene) answer(a kb.Answer) rest.Record {
	files := []rest.Record{}
	for _, file := range sc.files[int64(a.ID)] {
		files = append(files, fileRecord(file))
	}
	tags := sc.tags[int64(a.ID)]
	if tags == nil {
		tags = []string{}
	}
	r := answerRecord(a)
	if sc.visit.access(a.CategoryID, sc.open) < kb.Reader {
		r = r.Without("internal_note", "archived_by_id", "internal_by_id", "published_by_id")
	}
	return r.With("attachments", files).With("tags", tags).With("translation_ids", idsOf(sc.answerNames[int64(a.ID)], translationID))
}

// assets shows all of a scene, by model and id.
func (sc *scene) assets() rest.Record {
	tree := sc.visit.tree
	assets := rest.Record{
		{"KnowledgeBase", rest.Record{{rest.IDText(tree.Base.ID), sc.base()}}},
		{"KnowledgeBaseLocale", byIDs(tree.Locales, func(l kb.Locale) kb.LocaleID { return l.ID }, localeRecord)},
		{"KnowledgeBaseTranslation", byIDs(sc.baseNames[int64(tree.Base.ID)], translationID, baseTranslationRecord)},
	}
	var categoryNames, answerNames, bodies []kb.Translation
	for _, c := range sc.categories {
		categoryNames = append(categoryNames, sc.categoryNames[int64(c.ID)]...)
	}
	for _, a := range sc.answers {
		answerNames = append(answerNames, sc.answerNames[int64(a.ID)]...)
	}
	for _, t := range answerNames {
		if body, asked := sc.bodies[t.ID]; asked {
			t.Text = body
			bodies = append(bodies, t)
		}
	}
	add := func(model string, records rest.Record) {
		if len(records) > 0 {
			assets.Add(model, records)
		}
	}
	add("KnowledgeBaseMenuItem", byIDs(sc.menus, menuItemID, menuItemRecord))
	add("KnowledgeBaseCategory", byIDs(sc.categories, knowledge.Categories.ID, sc.category))
	add("KnowledgeBaseCategoryTranslation", byIDs(categoryNames, translationID, categoryTranslationRecord))
	add("KnowledgeBaseAnswer", byIDs(sc.answers, knowledge.Answers.ID, sc.answer))
	add("KnowledgeBaseAnswerTranslation", byIDs(answerNames, translationID, answerTranslationRecord))
	add("KnowledgeBaseAnswerTranslationContent", byIDs(bodies, translationID, func(t kb.Translation) rest.Record {
		return rest.Record{{"id", t.ID}, {"body", t.Text}, {"attachments", []int64{}}}
	}))
	return assets
}

func byIDs[T any, ID ~int64](items []T, id func(T) ID, show func(T) rest.Record) rest.Record {
	records := rest.Record{}
	for _, item := range items {
		records.Add(rest.IDText(id(item)), show(item))
	}
	return records
}
