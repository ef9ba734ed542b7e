package api

import (
	"context"
	"net/http"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) priorityView() view[desk.Priority] {
	return view[desk.Priority]{
		model: "TicketPriority",
		id:    func(v desk.Priority) int64 { return int64(v.ID) },
		records: each(func(v desk.Priority) record {
			r := record{
				{"id", v.ID}, {"name", v.Name}, {"default_create", v.DefaultCreate}, {"ui_icon", v.UIIcon}, {"ui_color", v.UIColor},
				{"note", v.Note}, {"active", v.Active},
			}
			r.stamped(v.Stamp)
			return r
		}),
		expand: func(ctx context.Context, items []desk.Priority, records []record) error {
			return s.addStamps(ctx, stampsOf(items, func(v desk.Priority) desk.Stamp { return v.Stamp }), records)
		},
	}
}

var sortablePriorities = []string{
	"id", "name", "default_create", "ui_icon", "ui_color", "note", "active", "created_at", "updated_at", "created_by_id", "updated_by_id",
}

func (s *Server) listPriorities(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortablePriorities, false)
	if err != nil {
		return err
	}
	priorities, err := s.Store.ListPriorities(r.Context(), orders, page)
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	return s.priorityView().list(w, r, p, priorities, func() (int, error) { return len(catalog.Priorities), nil })
}

func (s *Server) getPriority(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.PriorityID](r, "id", "Ticket::Priority")
	if err != nil {
		return err
	}
	priority, err := s.Store.Priority(r.Context(), id)
	if err != nil {
		return err
	}
	return s.priorityView().one(w, r, p, http.StatusOK, priority)
}

func (s *Server) createPriority(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	v := desk.Priority{Active: true}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := readPriority(r.Context(), tx, p, &v); err != nil {
			return err
		}
		v.UpdatedByID = caller(r).User.ID
		return tx.InsertPriority(r.Context(), &v)
	})
	if err != nil {
		return err
	}
	return s.showSavedPriority(w, r, p, http.StatusCreated, v.ID)
}

func (s *Server) updatePriority(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.PriorityID](r, "id", "Ticket::Priority")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		v, err := tx.Priority(r.Context(), id)
		if err != nil {
			return err
		}
		if err := readPriority(r.Context(), tx, p, &v); err != nil {
			return err
		}
		v.UpdatedByID = caller(r).User.ID
		return tx.SavePriority(r.Context(), v)
	})
	if err != nil {
		return err
	}
	return s.showSavedPriority(w, r, p, http.StatusOK, id)
}

func (s *Server) showSavedPriority(w http.ResponseWriter, r *http.Request, p params, status int, id desk.PriorityID) error {
	s.changed()
	v, err := s.Store.Priority(r.Context(), id)
	if err != nil {
		return err
	}
	return s.priorityView().one(w, r, p, status, v)
}

func (s *Server) deletePriority(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.PriorityID](r, "id", "Ticket::Priority")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := tx.LockPriorities(r.Context()); err != nil {
			return err
		}
		return tx.DeletePriority(r.Context(), id)
	})
	if err != nil {
		return err
	}
	s.changed()
	return deleted(w)
}

func readPriority(ctx context.Context, tx *store.Store, p params, v *desk.Priority) error {
	if err := tx.LockPriorities(ctx); err != nil {
		return err
	}
	if err := p.setText(&v.Name, "name", maxName); err != nil {
		return err
	}
	v.Name = strings.TrimSpace(v.Name)
	p.setBool(&v.DefaultCreate, "default_create")
	p.setBool(&v.Active, "active")
	if err := p.setNullText(&v.UIIcon, "ui_icon", maxName); err != nil {
		return err
	}
	if err := p.setNullText(&v.UIColor, "ui_color", maxName); err != nil {
		return err
	}
	if err := setNote(p, &v.Note); err != nil {
		return err
	}
	return tx.CheckPriorityName(ctx, *v)
}
