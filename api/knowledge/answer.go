package knowledge

import (
	"context"
	"net/http"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
)

func (s *Room) showAnswer(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, answer, err := s.answerToRead(r, "id")
	if err != nil {
		return err
	}
	wanted, err := contentsWanted(p)
	if err != nil {
		return err
	}
	assets, err := s.answerAssets(r, v, answer, wanted)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"id", answer.ID}, {"assets", assets}})
}

// answerToRead is the answer whose id stands in the path under a name, for somebody who may see it as
// it is now: what only editors see must not be had by asking for it by its id.
func (s *Room) answerToRead(r *http.Request, name string) (*visit, kb.Answer, error) {
	v, err := s.enter(r)
	if err != nil {
		return nil, kb.Answer{}, err
	}
	id, err := answerID(r, name)
	if err != nil {
		return nil, kb.Answer{}, err
	}
	answer, err := v.answer(r.Context(), s.Store, id, kb.Reader)
	if err == nil {
		err = shown(answer, v.tree.Access(v.who, &answer.CategoryID))
	}
	return v, answer, err
}

// contentsWanted reads include_contents: the ids of contents, with commas between them.
func contentsWanted(p rest.Params) ([]kb.TranslationID, error) {
	const key = "include_contents"
	var ids []kb.TranslationID
	for _, value := range p.List(key) {
		text, _ := rest.TextOf(value)
		for part := range strings.SplitSeq(text, ",") {
			id, ok := rest.NumberOf(part)
			if !ok {
				return nil, rest.InvalidParam(key, value)
			}
			ids = append(ids, kb.TranslationID(id))
		}
	}
	return ids, nil
}

// answerAssets shows an answer with all that it is in, and those of its bodies that are wanted.
func (s *Room) answerAssets(r *http.Request, v *visit, answer kb.Answer, wanted []kb.TranslationID) (rest.Record, error) {
	sc, err := s.sceneOf(r.Context(), v, v.tree.Up(answer.CategoryID))
	if err != nil {
		return nil, err
	}
	sc.answers, sc.wanted = []kb.Answer{answer}, wanted
	if err := sc.load(r.Context(), s.Store); err != nil {
		return nil, err
	}
	return sc.assets(), nil
}

func (s *Room) createAnswer(w http.ResponseWriter, r *http.Request) error {
	return s.writeAnswer(w, r, http.StatusCreated, func(context.Context, *store.Store, *visit) (kb.Answer, error) {
		return kb.Answer{}, nil
	})
}

func (s *Room) updateAnswer(w http.ResponseWriter, r *http.Request) error {
	return s.writeAnswer(w, r, http.StatusOK, func(ctx context.Context, tx *store.Store, v *visit) (kb.Answer, error) {
		id, err := answerID(r, "id")
		if err != nil {
			return kb.Answer{}, err
		}
		return v.answer(ctx, tx, id, editor)
	})
}

// writeAnswer stores an answer as a client wants it: a new one, or one that begin finds.
func (s *Room) writeAnswer(w http.ResponseWriter, r *http.Request, status int,
	begin func(context.Context, *store.Store, *visit) (kb.Answer, error),
) error {
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	var answer kb.Answer
	var at *visit
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		at = v
		if answer, err = begin(ctx, tx, v); err != nil {
			return err
		}
		return v.saveAnswer(ctx, tx, in, &answer)
	})
	if err != nil {
		return err
	}
	return s.answerWith(w, r, at, status, answer.ID)
}

// answerWith answers with an answer as it is stored now, its bodies included.
func (s *Room) answerWith(w http.ResponseWriter, r *http.Request, v *visit, status int, id kb.AnswerID) error {
	answer, err := knowledge.Answers.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	names, err := knowledge.AnswerTranslations.Of(r.Context(), s.Store.DB, int64(id))
	if err != nil {
		return err
	}
	assets, err := s.answerAssets(r, v, answer, idsOf(names, translationID))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, rest.Record{{"id", id}, {"assets", assets}})
}

func (v *visit) saveAnswer(ctx context.Context, tx *store.Store, in *rest.Input, answer *kb.Answer) error {
	if err := v.shelve(ctx, tx, in.Params, answer); err != nil {
		return err
	}
	in.Flag(&answer.Promoted, "promoted")
	in.NullHTML(&answer.InternalNote, "internal_note", rest.MaxNote)
	if in.Err != nil {
		return in.Err
	}
	return keep(ctx, tx, v, in.Params, knowledge.Answers, knowledge.AnswerTranslations, answer, bodyIn)
}

// shelve puts an answer into the category that the client wants it in, behind all others there.
func (v *visit) shelve(ctx context.Context, tx *store.Store, p rest.Params, answer *kb.Answer) error {
	category := answer.CategoryID
	if p.Has("category_id") || answer.ID == 0 {
		var err error
		if category, err = rest.IDIn[kb.CategoryID](p, "category_id"); err != nil {
			return err
		}
	}
	if category == 0 {
		return rest.Invalid("category_id", "Category can't be blank")
	}
	if category == answer.CategoryID {
		return nil
	}
	if _, known := v.tree.Categories[category]; !known {
		return rest.InvalidParam("category_id", p["category_id"])
	}
	if err := v.may(editor, &category); err != nil {
		return err
	}
	next, err := tx.NextKBPosition(ctx, category)
	answer.CategoryID, answer.Position = category, next
	return err
}

func (s *Room) deleteAnswer(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		id, err := answerID(r, "id")
		if err != nil {
			return err
		}
		answer, err := v.answer(ctx, tx, id, editor)
		if err != nil {
			return err
		}
		blobs, err := tx.DeleteKBFiles(ctx, answer.ID)
		if err != nil {
			return err
		}
		if err := forget(ctx, tx, blobs); err != nil {
			return err
		}
		if err := knowledge.Answers.Delete(ctx, tx.DB, answer.ID); err != nil {
			return err
		}
		return tx.SettleKBSettings(ctx, catalog.Settings)
	})
	if err != nil {
		return err
	}
	s.Store.ForgetCatalog()
	return rest.Deleted(w)
}

// moved handles what is done to an answer, such as to publish it.
func (s *Room) moved(event string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.visible(w, r, func(a *kb.Answer, by desk.UserID) error { return a.Move(event, by, time.Now().UTC()) })
	}
}

// schedule sets when an answer becomes, or became, visible.
func (s *Room) schedule(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	return s.visible(w, r, func(a *kb.Answer, by desk.UserID) error {
		for _, step := range []struct {
			key string
			at  **time.Time
			by  **desk.UserID
		}{{"archived_at", &a.ArchivedAt, &a.ArchivedByID}, {"internal_at", &a.InternalAt, &a.InternalByID}, {"published_at", &a.PublishedAt, &a.PublishedByID}} {
			if !p.Has(step.key) {
				continue
			}
			at, err := p.Time(step.key)
			if err != nil {
				return err
			}
			*step.at, *step.by = at, nil
			if at != nil {
				*step.by = &by
			}
		}
		return nil
	})
}

// visible changes who sees an answer, and answers with it.
func (s *Room) visible(w http.ResponseWriter, r *http.Request, move func(*kb.Answer, desk.UserID) error) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	var answer kb.Answer
	var at *visit
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		at = v
		id, err := answerID(r, "id")
		if err != nil {
			return err
		}
		if answer, err = v.answer(ctx, tx, id, editor); err != nil {
			return err
		}
		if err := move(&answer, v.who.User.ID); err != nil {
			return err
		}
		if err := knowledge.Answers.Save(ctx, tx.DB, &answer, v.who.User.ID); err != nil {
			return err
		}
		return tx.SettleKBSettings(ctx, catalog.Settings)
	})
	if err != nil {
		return err
	}
	s.Store.ForgetCatalog()
	return s.answerAlone(w, r, at, answer.ID)
}

// answerAlone answers with the assets of an answer, and nothing around them.
func (s *Room) answerAlone(w http.ResponseWriter, r *http.Request, v *visit, id kb.AnswerID) error {
	answer, err := knowledge.Answers.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	assets, err := s.answerAssets(r, v, answer, nil)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, assets)
}
