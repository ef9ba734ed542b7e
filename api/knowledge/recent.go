package knowledge

import (
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// recentShown is how many answers are shown that were changed last, of each knowledge base.
const recentShown = 10

// scenes looks at each knowledge base as whoever asks sees it.
func (s *Room) scenes(r *http.Request, look func(*visit, *scene) error) error {
	if err := s.open(r); err != nil {
		return err
	}
	bases, err := knowledge.Bases.List(r.Context(), s.Store.DB, table.Filter[kb.BaseID]{}, nil, table.Page{Limit: most})
	if err != nil {
		return err
	}
	for _, base := range bases { // one, mostly
		sc, err := s.whole(r.Context(), rest.Caller(r), base.ID, false)
		if err != nil {
			return err
		}
		if err := look(sc.visit, sc); err != nil {
			return err
		}
	}
	return nil
}

// showVisible answers with the ids of all that the caller sees, so that a client forgets the rest.
func (s *Room) showVisible(w http.ResponseWriter, r *http.Request) error {
	answers, categories := []kb.AnswerID{}, []kb.CategoryID{}
	err := s.scenes(r, func(_ *visit, sc *scene) error {
		answers = append(answers, idsOf(sc.answers, knowledge.Answers.ID)...)
		categories = append(categories, idsOf(sc.categories, knowledge.Categories.ID)...)
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(answers)
	slices.Sort(categories)
	return rest.Reply(w, r, rest.Record{{"answer_ids", answers}, {"category_ids", categories}})
}

// showRecent answers with the answers that were changed last, in the shape of a search.
func (s *Room) showRecent(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	result, details, parts := []rest.Record{}, []rest.Record{}, []rest.Record{}
	err = s.scenes(r, func(v *visit, sc *scene) error {
		list := knowledge.KBList{Shelves: v.shelves(false), Locales: v.locales(p.Text("locale")), Newest: true, Limit: recentShown}
		found, err := s.Store.KBTitles(r.Context(), list)
		if err != nil {
			return err
		}
		sc.answers = nil
		for _, one := range found {
			shown := knowledge.Found{
				ID: one.TranslationID, Answer: true, OwnerID: int64(one.ID), CategoryID: one.CategoryID, LocaleID: one.LocaleID,
				Title: one.Title, UpdatedAt: one.ChangedAt,
			}
			result = append(result, rest.Record{{"id", one.TranslationID}, {"type", answerIndex}})
			details = append(details, v.detail(shown, false))
			if !slices.ContainsFunc(sc.answers, func(a kb.Answer) bool { return a.ID == one.ID }) {
				sc.answers = append(sc.answers, one.Answer)
			}
		}
		parts = append(parts, sc.assets())
		return nil
	})
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"result", result}, {"details", details}, {"assets", rest.MergeAssets(parts...)}})
}
