package store_test

import (
	"errors"
	"slices"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
)

// shelf makes a knowledge base in two languages with one category.
func shelf(t *testing.T, b *base) (kb.Base, kb.Category) {
	t.Helper()
	base := kb.NewBase()
	if err := knowledge.Bases.Insert(t.Context(), b.Store.DB, &base, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	if err := b.SetKBLocales(t.Context(), base.ID, []desk.LocaleID{1, 7}); err != nil {
		t.Fatal(err)
	}
	category := kb.Category{KnowledgeBaseID: base.ID, CategoryIcon: "x"}
	if err := knowledge.Categories.Insert(t.Context(), b.Store.DB, &category, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	return base, category
}

func primaries(t *testing.T, b *base, id kb.BaseID) (all []desk.LocaleID) {
	t.Helper()
	locales, err := b.KBLocales(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range locales {
		if l.Primary != (i == 0) {
			t.Errorf("locale %d: primary %v, want the first alone", l.SystemLocaleID, l.Primary)
		}
		all = append(all, l.SystemLocaleID)
	}
	return all
}

func TestLanguagesOfAKnowledgeBase(t *testing.T) {
	t.Parallel()
	b := open(t)
	base, category := shelf(t, b)
	locales, err := b.KBLocales(t.Context(), base.ID)
	if err != nil {
		t.Fatal(err)
	}
	names := []kb.Translation{{LocaleID: locales[0].ID, Title: "Printers"}, {LocaleID: locales[1].ID, Title: "Drucker"}}
	if err := knowledge.CategoryTranslations.Put(t.Context(), b.Store.DB, int64(category.ID), names, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	for _, wanted := range [][]desk.LocaleID{{7, 1}, {1, 7, 9}, {9, 1}, {9}} {
		if err := b.SetKBLocales(t.Context(), base.ID, wanted); err != nil {
			t.Fatalf("%v: %v", wanted, err)
		}
		if got := primaries(t, b, base.ID); !slices.Equal(got, wanted) {
			t.Errorf("locales %v, want %v", got, wanted)
		}
	}
	left, err := knowledge.CategoryTranslations.Of(t.Context(), b.Store.DB, int64(category.ID))
	if err != nil || len(left) != 0 {
		t.Errorf("%v is left of languages that are gone, %v", left, err)
	}
}

func TestAnswersOnShelves(t *testing.T) {
	t.Parallel()
	b := open(t)
	base, category := shelf(t, b)
	var ids []kb.AnswerID
	for i := range 4 {
		position, err := b.NextKBPosition(t.Context(), category.ID)
		if err != nil || position != i {
			t.Fatalf("answer %d has position %d, %v", i, position, err)
		}
		answer := kb.Answer{CategoryID: category.ID, Position: position}
		if err := knowledge.Answers.Insert(t.Context(), b.Store.DB, &answer, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, answer.ID)
	}
	b.exec(`UPDATE knowledge_base_answers SET internal_at = now() - interval '1 hour' WHERE id = $1`, ids[1])
	b.exec(`UPDATE knowledge_base_answers SET published_at = now() - interval '1 hour' WHERE id >= $1`, ids[2])
	b.exec(`UPDATE knowledge_base_answers SET archived_at = now() - interval '1 hour' WHERE id = $1`, ids[3])
	for level, want := range map[kb.Access][]kb.AnswerID{
		kb.Editor: ids, kb.Reader: ids[1:3], kb.Public: ids[2:3], kb.None: {},
	} {
		answers, err := b.KBAnswersOn(t.Context(), knowledge.Shelves{level: {category.ID}})
		got := []kb.AnswerID{}
		for _, a := range answers {
			got = append(got, a.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("with access %v: %v, %v, want %v", level, got, err, want)
		}
	}
	if err := knowledge.Categories.Delete(t.Context(), b.Store.DB, category.ID); desk.Permanent(err) != true {
		t.Errorf("a category with answers was deleted: %v", err)
	}
	if _, err := b.DeleteKnowledgeBase(t.Context(), base.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.KBTree(t.Context(), base.ID); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("a deleted knowledge base: %v", err)
	}
}

func TestGrantsAreReplaced(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (71, 'Seven', 1, 1), (72, 'Eight', 1, 1)`)
	base, category := shelf(t, b)
	for _, wanted := range []map[desk.RoleID]kb.Access{{71: kb.Reader, 72: kb.None}, {71: kb.None}, {}} {
		for _, at := range []*kb.CategoryID{nil, &category.ID} {
			if err := b.SetKBGrants(t.Context(), base.ID, at, wanted); err != nil {
				t.Fatal(err)
			}
			tree, err := b.KBTree(t.Context(), base.ID)
			if err != nil {
				t.Fatal(err)
			}
			got := tree.GrantsOf(at)
			if len(got) != len(wanted) {
				t.Errorf("grants %v, want %v", got, wanted)
			}
			for _, g := range got {
				if level, ok := wanted[g.RoleID]; !ok || level != g.Access {
					t.Errorf("role %d has %v, want %v", g.RoleID, g.Access, level)
				}
			}
		}
	}
}
