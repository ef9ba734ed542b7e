package library

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/store"
	"postroom/internal/store/table"
)

// readPrio takes the place of a record among its kind; a new one for which none is sent comes last.
func readPrio[T any, ID ~int64](ctx context.Context, tx *store.Store, in *rest.Input, dst *int, t *table.Of[T, ID], id ID) error {
	var sent *int
	in.Int(&sent, "prio")
	switch {
	case sent != nil:
		*dst = *sent
	case id == 0:
		last, err := t.NextPrio(ctx, tx.DB)
		*dst = last
		return err
	}
	return nil
}

// order moves the records that prios names to other places: [[id, prio], …].
func order[T any, ID ~int64](house *rest.House, w http.ResponseWriter, r *http.Request, t *table.Of[T, ID]) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	prios, err := rest.PriosIn[ID](p)
	if err != nil {
		return err
	}
	err = house.Store.InTx(r.Context(), func(tx *store.Store) error {
		return t.SetPrios(r.Context(), tx.DB, prios, rest.Caller(r).User.ID)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.OrderAnswer)
}
