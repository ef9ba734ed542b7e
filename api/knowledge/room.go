// Package knowledge answers what is asked about knowledge bases: their categories, the answers in
// them, and who may read and write which.
package knowledge

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
	"postroom/jobs/task"
)

// Room answers requests about knowledge bases.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }

// visit is a request to something in a knowledge base.
type visit struct {
	who  *desk.Caller
	tree *kb.Tree
}

// editor is what those need who change something.
const editor = kb.Editor

// may refuses who does not have this much of a category; nil: of the whole knowledge base.
func (v *visit) may(level kb.Access, category *kb.CategoryID) error {
	if v.tree.Access(v.who, category) < level {
		return desk.ErrForbidden
	}
	return nil
}

// base is the knowledge base in the path of a request.
func base(r *http.Request) (kb.BaseID, error) {
	name := "knowledge_base_id"
	if r.PathValue(name) == "" {
		name = "id"
	}
	return rest.PathID[kb.BaseID](r, name, knowledge.Bases.Class)
}

// open refuses everything where there is no knowledge base for anybody.
func (s *Room) open(r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err == nil && !catalog.Settings.Bool("kb_active") {
		return desk.ErrForbidden
	}
	return err
}

// enter begins a request that reads.
func (s *Room) enter(r *http.Request) (*visit, error) {
	id, err := base(r)
	if err != nil {
		return nil, err
	}
	if err := s.open(r); err != nil {
		return nil, err
	}
	tree, err := s.Store.KBTree(r.Context(), id)
	return &visit{rest.Caller(r), tree}, err
}

// change runs what writes into a knowledge base, in which nobody else writes meanwhile.
func (s *Room) change(r *http.Request, fn func(ctx context.Context, tx *store.Store, v *visit) error) error {
	id, err := base(r)
	if err != nil {
		return err
	}
	if err := s.open(r); err != nil {
		return err
	}
	return s.Store.InTx(r.Context(), func(tx *store.Store) error {
		tree, err := tx.LockKBTree(r.Context(), id)
		if err != nil {
			return err
		}
		return fn(r.Context(), tx, &visit{rest.Caller(r), tree})
	})
}

// category finds the category that a path names, if whoever comes has this much of it.
func (v *visit) category(r *http.Request, level kb.Access) (kb.Category, error) {
	id, err := rest.PathID[kb.CategoryID](r, "id", knowledge.Categories.Class)
	if err != nil {
		return kb.Category{}, err
	}
	category, known := v.tree.Categories[id]
	if !known {
		return category, &desk.MissingError{Class: knowledge.Categories.Class, ID: int64(id)}
	}
	return category, v.may(level, &id)
}

// answer finds an answer in this knowledge base, if whoever comes has this much of its category.
func (v *visit) answer(ctx context.Context, db *store.Store, id kb.AnswerID, level kb.Access) (kb.Answer, error) {
	answer, err := knowledge.Answers.Get(ctx, db.DB, id)
	if err != nil {
		return answer, err
	}
	if _, here := v.tree.Categories[answer.CategoryID]; !here {
		return answer, &desk.MissingError{Class: knowledge.Answers.Class, ID: int64(id)}
	}
	return answer, v.may(level, &answer.CategoryID)
}

func answerID(r *http.Request, name string) (kb.AnswerID, error) {
	return rest.PathID[kb.AnswerID](r, name, knowledge.Answers.Class)
}

// shelves are the categories of which somebody sees answers.
func (v *visit) shelves(open bool) knowledge.Shelves {
	shelves := knowledge.Shelves{}
	for id := range v.tree.Categories {
		access := v.access(id, open)
		shelves[access] = append(shelves[access], id)
	}
	return shelves
}

// access is how much of a category is seen; open: what is published is for everybody.
func (v *visit) access(id kb.CategoryID, open bool) kb.Access {
	return v.tree.Shows(v.who, id, open)
}

// forget has bytes deleted that nothing needs any more.
func forget(ctx context.Context, tx *store.Store, blobs []desk.BlobID) error {
	if len(blobs) == 0 {
		return nil
	}
	return tx.Announce(ctx, task.BlobsReleased{BlobIDs: blobs})
}

// MayRead refuses who may not read a file of an answer. It is for where files are sent.
func (s *Room) MayRead(ctx context.Context, who *desk.Caller, file desk.Attachment) error {
	return s.MayReadAnswer(ctx, who, kb.AnswerID(file.OID))
}

// MayReadAnswer refuses who may not see an answer as it is now. It is for what is attached to answers.
func (s *Room) MayReadAnswer(ctx context.Context, who *desk.Caller, id kb.AnswerID) error {
	v, answer, err := s.reach(ctx, who, id)
	if err != nil {
		return err
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	return shown(answer, v.access(answer.CategoryID, catalog.Settings.Bool("kb_active_publicly")))
}

// MayEditAnswer refuses who may not change an answer.
func (s *Room) MayEditAnswer(ctx context.Context, who *desk.Caller, id kb.AnswerID) error {
	v, answer, err := s.reach(ctx, who, id)
	if err != nil {
		return err
	}
	return v.may(editor, &answer.CategoryID)
}

// reach finds an answer in whatever knowledge base it is, if there is one for anybody.
func (s *Room) reach(ctx context.Context, who *desk.Caller, id kb.AnswerID) (*visit, kb.Answer, error) {
	var none kb.Answer
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, none, err
	}
	answer, err := knowledge.Answers.Get(ctx, s.Store.DB, id)
	if err != nil {
		return nil, none, err
	}
	category, err := knowledge.Categories.Get(ctx, s.Store.DB, answer.CategoryID)
	if err != nil {
		return nil, none, err
	}
	tree, err := s.Store.KBTree(ctx, category.KnowledgeBaseID)
	if errors.Is(err, desk.ErrNotFound) || err == nil && !catalog.Settings.Bool("kb_active") {
		return nil, none, desk.ErrForbidden
	}
	return &visit{who, tree}, answer, err
}
