package knowledge

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// Administrators set knowledge bases up. What they do works where none is active, too.

// listBases answers with all knowledge bases.
func (s *Room) listBases(w http.ResponseWriter, r *http.Request) error {
	bases, err := knowledge.Bases.List(r.Context(), s.Store.DB, table.Filter[kb.BaseID]{}, nil, table.Page{Limit: most})
	if err != nil {
		return err
	}
	records := make([]rest.Record, len(bases))
	for i, base := range bases {
		records[i] = baseRecord(base)
	}
	return rest.Reply(w, r, records)
}

func (s *Room) createBase(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	base := kb.NewBase()
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		count, err := knowledge.Bases.Count(ctx, tx.DB, table.Filter[kb.BaseID]{})
		if err == nil && count >= most {
			err = rest.Invalid("id", "There are too many knowledge bases.")
		}
		if err != nil {
			return err
		}
		if err := knowledge.Bases.Insert(ctx, tx.DB, &base, in.Who.User.ID); err != nil {
			return err
		}
		return s.saveBase(ctx, tx, &visit{in.Who, &kb.Tree{Base: base}}, in)
	})
	if err != nil {
		return err
	}
	s.Changed()
	return s.answerBase(w, r, in.Params, http.StatusCreated, base.ID)
}

func (s *Room) showManaged(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := base(r)
	if err != nil {
		return err
	}
	return s.answerBase(w, r, p, http.StatusOK, id)
}

func (s *Room) manageBase(w http.ResponseWriter, r *http.Request) error { return s.managed(w, r, nil) }

func (s *Room) activate(w http.ResponseWriter, r *http.Request) error {
	on := true
	return s.managed(w, r, &on)
}

func (s *Room) deactivate(w http.ResponseWriter, r *http.Request) error {
	off := false
	return s.managed(w, r, &off)
}

// managed changes a knowledge base as its administrator says, or switches it on or off.
func (s *Room) managed(w http.ResponseWriter, r *http.Request, active *bool) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	if active != nil {
		in.Params = rest.Params{"active": *active}
	}
	id, err := base(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		tree, err := tx.LockKBTree(ctx, id)
		if err != nil {
			return err
		}
		return s.saveBase(ctx, tx, &visit{in.Who, tree}, in)
	})
	if err != nil {
		return err
	}
	s.Changed()
	return s.answerBase(w, r, in.Params, http.StatusOK, id)
}

// deleteBase deletes a knowledge base with everything in it.
func (s *Room) deleteBase(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := base(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		if _, err := tx.LockKBTree(ctx, id); err != nil {
			return err
		}
		blobs, err := tx.DeleteKnowledgeBase(ctx, id)
		if err != nil {
			return err
		}
		if err := forget(ctx, tx, blobs); err != nil {
			return err
		}
		return tx.SettleKBSettings(ctx, catalog.Settings)
	})
	if err != nil {
		return err
	}
	s.Changed()
	return rest.Deleted(w)
}

// startManaging answers with all knowledge bases, their languages and names.
func (s *Room) startManaging(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	bases, err := knowledge.Bases.List(ctx, s.Store.DB, table.Filter[kb.BaseID]{}, nil, table.Page{Limit: most})
	if err != nil {
		return err
	}
	parts := make([]rest.Record, 0, len(bases))
	for _, base := range bases {
		part, err := s.everything(ctx, rest.Caller(r), base.ID, false)
		if err != nil {
			return err
		}
		parts = append(parts, part)
	}
	return rest.Reply(w, r, rest.Record{{"assets", rest.MergeAssets(parts...)}})
}
