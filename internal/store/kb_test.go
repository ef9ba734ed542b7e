package store_test

import (
	"errors"
	"slices"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/store/knowledge"
)

// shelf makes a knowledge base in two languages with one category.
func shelf(t *testing.T, b *base) (desk.KnowledgeBase, desk.KBCategory) {
	t.Helper()
	kb := desk.NewKnowledgeBase()
	if err := knowledge.Bases.Insert(t.Context(), b.Store.DB, &kb, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	if err := b.SetKBLocales(t.Context(), kb.ID, []desk.LocaleID{1, 7}); err != nil {
		t.Fatal(err)
	}
	category := desk.KBCategory{KnowledgeBaseID: kb.ID, CategoryIcon: "x"}
	if err := knowledge.Categories.Insert(t.Context(), b.Store.DB, &category, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	return kb, category
}

func primaries(t *testing.T, b *base, id desk.KnowledgeBaseID) (all []desk.LocaleID) {
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
	kb, category := shelf(t, b)
	locales, err := b.KBLocales(t.Context(), kb.ID)
	if err != nil {
		t.Fatal(err)
	}
	names := []desk.KBTranslation{{LocaleID: locales[0].ID, Title: "Printers"}, {LocaleID: locales[1].ID, Title: "Drucker"}}
	if err := knowledge.CategoryTranslations.Put(t.Context(), b.Store.DB, int64(category.ID), names, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	for _, wanted := range [][]desk.LocaleID{{7, 1}, {1, 7, 9}, {9, 1}, {9}} {
		if err := b.SetKBLocales(t.Context(), kb.ID, wanted); err != nil {
			t.Fatalf("%v: %v", wanted, err)
		}
		if got := primaries(t, b, kb.ID); !slices.Equal(got, wanted) {
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
	kb, category := shelf(t, b)
	var ids []desk.KBAnswerID
	for i := range 4 {
		position, err := b.NextKBPosition(t.Context(), category.ID)
		if err != nil || position != i {
			t.Fatalf("answer %d has position %d, %v", i, position, err)
		}
		answer := desk.KBAnswer{CategoryID: category.ID, Position: position}
		if err := knowledge.Answers.Insert(t.Context(), b.Store.DB, &answer, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, answer.ID)
	}
	b.exec(`UPDATE knowledge_base_answers SET internal_at = now() WHERE id = $1`, ids[1])
	b.exec(`UPDATE knowledge_base_answers SET published_at = now() WHERE id >= $1`, ids[2])
	b.exec(`UPDATE knowledge_base_answers SET archived_at = now() WHERE id = $1`, ids[3])
	for level, want := range map[desk.KBAccess][]desk.KBAnswerID{
		desk.KBEditor: ids, desk.KBReader: ids[1:3], desk.KBPublic: ids[2:3], desk.KBNone: {},
	} {
		answers, err := b.KBAnswersOn(t.Context(), knowledge.Shelves{level: {category.ID}})
		got := []desk.KBAnswerID{}
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
	if _, err := b.DeleteKnowledgeBase(t.Context(), kb.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.KBTree(t.Context(), kb.ID); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("a deleted knowledge base: %v", err)
	}
}

func TestGrantsAreReplaced(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (71, 'Seven', 1, 1), (72, 'Eight', 1, 1)`)
	kb, category := shelf(t, b)
	for _, wanted := range []map[desk.RoleID]desk.KBAccess{{71: desk.KBReader, 72: desk.KBNone}, {71: desk.KBNone}, {}} {
		for _, at := range []*desk.KBCategoryID{nil, &category.ID} {
			if err := b.SetKBGrants(t.Context(), kb.ID, at, wanted); err != nil {
				t.Fatal(err)
			}
			tree, err := b.KBTree(t.Context(), kb.ID)
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
