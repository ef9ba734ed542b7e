package api

import (
	"context"
	"net/http"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

func (s *Server) stateView() view[desk.State] {
	return view[desk.State]{
		model: "TicketState",
		id:    func(v desk.State) int64 { return int64(v.ID) },
		records: each(func(v desk.State) record {
			r := record{
				{"id", v.ID}, {"state_type_id", v.StateTypeID}, {"name", v.Name}, {"next_state_id", v.NextStateID},
				{"ignore_escalation", v.IgnoreEscalation}, {"default_create", v.DefaultCreate}, {"default_follow_up", v.DefaultFollowUp},
				{"note", v.Note}, {"active", v.Active},
			}
			r.stamped(v.Stamp)
			return r
		}),
		expand: func(ctx context.Context, items []desk.State, records []record) error {
			catalog, err := s.Store.Catalog(ctx)
			if err != nil {
				return err
			}
			for i, v := range items {
				records[i].add("state_type", catalog.StateTypes[v.StateTypeID])
				if v.NextStateID != nil {
					records[i].add("next_state", catalog.States[*v.NextStateID].Name)
				}
			}
			return s.addStamps(ctx, stampsOf(items, func(v desk.State) desk.Stamp { return v.Stamp }), records)
		},
	}
}

var sortableStates = []string{
	"id", "state_type_id", "name", "next_state_id", "ignore_escalation", "default_create", "default_follow_up", "note", "active",
	"created_at", "updated_at", "created_by_id", "updated_by_id",
}

func (s *Server) listStates(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableStates, false)
	if err != nil {
		return err
	}
	states, err := s.Store.ListStates(r.Context(), orders, page)
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	return s.stateView().list(w, r, p, states, func() (int, error) { return len(catalog.States), nil })
}

func (s *Server) getState(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.StateID](r, "id", "Ticket::State")
	if err != nil {
		return err
	}
	state, err := s.Store.State(r.Context(), id)
	if err != nil {
		return err
	}
	return s.stateView().one(w, r, p, http.StatusOK, state)
}

func (s *Server) createState(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	v := desk.State{Active: true}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := readState(r.Context(), tx, catalog, p, &v); err != nil {
			return err
		}
		v.UpdatedByID = caller(r).User.ID
		return tx.InsertState(r.Context(), &v)
	})
	if err != nil {
		return err
	}
	return s.showSavedState(w, r, p, http.StatusCreated, v.ID)
}

func (s *Server) updateState(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.StateID](r, "id", "Ticket::State")
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		v, err := tx.State(r.Context(), id)
		if err != nil {
			return err
		}
		if err := notMerged(catalog, v); err != nil {
			return err
		}
		if err := readState(r.Context(), tx, catalog, p, &v); err != nil {
			return err
		}
		v.UpdatedByID = caller(r).User.ID
		return tx.SaveState(r.Context(), v)
	})
	if err != nil {
		return err
	}
	return s.showSavedState(w, r, p, http.StatusOK, id)
}

func (s *Server) showSavedState(w http.ResponseWriter, r *http.Request, p params, status int, id desk.StateID) error {
	s.changed()
	v, err := s.Store.State(r.Context(), id)
	if err != nil {
		return err
	}
	return s.stateView().one(w, r, p, status, v)
}

func (s *Server) deleteState(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.StateID](r, "id", "Ticket::State")
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := tx.LockStates(r.Context()); err != nil {
			return err
		}
		v, err := tx.State(r.Context(), id)
		if err != nil {
			return err
		}
		if err := notMerged(catalog, v); err != nil {
			return err
		}
		return tx.DeleteState(r.Context(), id)
	})
	if err != nil {
		return err
	}
	s.changed()
	return deleted(w)
}

// notMerged protects the one state that merged tickets are in.
func notMerged(c *desk.Catalog, v desk.State) error {
	if c.StateTypes[v.StateTypeID] == desk.StateTypeMerged {
		return invalid("state_type_id", "The state of merged tickets can't be changed or deleted.")
	}
	return nil
}

func readState(ctx context.Context, tx *store.Store, catalog *desk.Catalog, p params, v *desk.State) error {
	if err := tx.LockStates(ctx); err != nil {
		return err
	}
	kind, sent, err := named(p, "state_type", catalog.StateTypes, stateTypeName)
	switch {
	case err != nil:
		return err
	case sent:
		v.StateTypeID = kind
	}
	switch {
	case v.StateTypeID == 0:
		return invalid("state_type_id", "Attribute 'state_type_id' required!")
	case catalog.StateTypes[v.StateTypeID] == desk.StateTypeMerged:
		return invalid("state_type_id", "There can be only one state of type merged.")
	}
	next, sent, err := named(p, "next_state", catalog.States, stateName)
	if err != nil {
		return err
	}
	if sent {
		v.NextStateID = idOrNil(next)
	}
	if err := p.setText(&v.Name, "name", maxName); err != nil {
		return err
	}
	v.Name = strings.TrimSpace(v.Name)
	p.setBool(&v.IgnoreEscalation, "ignore_escalation")
	p.setBool(&v.DefaultCreate, "default_create")
	p.setBool(&v.DefaultFollowUp, "default_follow_up")
	p.setBool(&v.Active, "active")
	if err := setNote(p, &v.Note); err != nil {
		return err
	}
	return tx.CheckStateName(ctx, *v)
}

// setNote takes a note, which is HTML for whoever shows it.
func setNote(p params, dst **string) error {
	if err := p.setNullText(dst, "note", maxNote); err != nil || !p.has("note") || *dst == nil {
		return err
	}
	clean, _ := richtext.Sanitize(**dst, richtext.Options{})
	*dst = &clean
	return nil
}
