package personal

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

// The order of overviews is everybody's own: that of others is not to be seen.

func (s *Room) overviewSortingView() rest.View[workspace.OverviewSorting] {
	return rest.View[workspace.OverviewSorting]{
		Model: "UserOverviewSorting",
		ID:    func(v workspace.OverviewSorting) int64 { return int64(v.ID) },
		Records: rest.Each(func(v workspace.OverviewSorting) rest.Record {
			return rest.Record{
				{"id", v.ID}, {"user_id", v.UserID}, {"overview_id", v.OverviewID}, {"prio", v.Prio},
				{"updated_by_id", v.UserID}, {"created_by_id", v.UserID}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
			}
		}),
		Expand: func(ctx context.Context, items []workspace.OverviewSorting, records []rest.Record) error {
			overviews, err := library.Overviews.Names(ctx, s.Store.DB)
			if err != nil || len(items) == 0 {
				return err
			}
			user := items[0].UserID // all are of one person
			names, err := s.Store.NamesOf(ctx, []desk.UserID{user}, nil)
			for i, v := range items {
				rest.AddName(&records[i], "overview", &v.OverviewID, overviews)
				for _, key := range []string{"user", "created_by", "updated_by"} {
					rest.AddName(&records[i], key, &user, names.Logins)
				}
			}
			return err
		},
	}
}

func (s *Room) listOverviewSortings(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	all, err := s.Store.OverviewSortings(r.Context(), rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	return s.overviewSortingView().List(w, r, p, all, func() (int, error) { return len(all), nil })
}

// ownOverviewSorting returns the record that a path names.
func ownOverviewSorting(r *http.Request, db *store.Store) (workspace.OverviewSorting, error) {
	id, err := rest.PathID[desk.OverviewSortingID](r, "id", "User::OverviewSorting")
	if err != nil {
		return workspace.OverviewSorting{}, err
	}
	return db.OverviewSorting(r.Context(), rest.Caller(r).User.ID, id)
}

func (s *Room) getOverviewSorting(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, err := ownOverviewSorting(r, s.Store)
	if err != nil {
		return err
	}
	return s.overviewSortingView().One(w, r, p, http.StatusOK, v)
}

func (s *Room) createOverviewSorting(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	v := workspace.OverviewSorting{UserID: in.Who.User.ID}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := readOverviewSorting(r.Context(), tx, in, &v); err != nil {
			return err
		}
		v.ID, err = tx.SortOverview(r.Context(), v)
		return err
	})
	if err != nil {
		return err
	}
	return s.answerOverviewSorting(w, r, in.Params, http.StatusCreated, v.ID)
}

func (s *Room) updateOverviewSorting(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var v workspace.OverviewSorting
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if v, err = ownOverviewSorting(r, tx); err != nil {
			return err
		}
		if err := readOverviewSorting(r.Context(), tx, in, &v); err != nil {
			return err
		}
		return tx.SaveOverviewSorting(r.Context(), v)
	})
	if err != nil {
		return err
	}
	return s.answerOverviewSorting(w, r, in.Params, http.StatusOK, v.ID)
}

func (s *Room) answerOverviewSorting(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id desk.OverviewSortingID) error {
	s.ForgetCallers() // the ids are part of their user
	v, err := s.Store.OverviewSorting(r.Context(), rest.Caller(r).User.ID, id)
	if err != nil {
		return err
	}
	return s.overviewSortingView().One(w, r, p, status, v)
}

func readOverviewSorting(ctx context.Context, tx *store.Store, in *rest.Input, v *workspace.OverviewSorting) error {
	overviews, err := library.Overviews.Names(ctx, tx.DB)
	if err != nil {
		return err
	}
	overview := &v.OverviewID
	rest.Reference(in, &overview, "overview", overviews, rest.Itself)
	prio := &v.Prio
	in.Int(&prio, "prio")
	switch {
	case in.Err != nil:
		return in.Err
	case overview == nil || *overview == 0:
		return rest.Invalid("overview_id", "Attribute 'overview_id' required!")
	case prio == nil:
		return rest.Invalid("prio", "Attribute 'prio' required!")
	}
	v.OverviewID, v.Prio = *overview, *prio
	return nil
}

func (s *Room) deleteOverviewSorting(w http.ResponseWriter, r *http.Request) error {
	v, err := ownOverviewSorting(r, s.Store)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteOverviewSorting(r.Context(), v.ID); err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.Deleted(w)
}

// orderOverviews takes the whole order at once: places by the ids of overviews. An empty one leaves
// overviews where everybody sees them.
func (s *Room) orderOverviews(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	prios, err := rest.PriosIn[workspace.OverviewID](p)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		known, err := library.Overviews.Names(r.Context(), tx.DB)
		if err != nil {
			return err
		}
		for id := range prios {
			if _, there := known[id]; !there {
				return &desk.MissingError{Class: library.Overviews.Class, ID: int64(id)}
			}
		}
		return tx.SetOverviewOrder(r.Context(), rest.Caller(r).User.ID, prios)
	})
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.OrderAnswer)
}
