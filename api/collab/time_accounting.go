package collab

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
	"postroom/internal/store/collab"
	"postroom/internal/store/table"
)

const timeAccountingClass = "Ticket::TimeAccounting"

func (s *Room) timeAccountingView() rest.View[teamwork.TimeAccounting] {
	return rest.View[teamwork.TimeAccounting]{
		Model: "TicketTimeAccounting",
		ID:    func(v teamwork.TimeAccounting) int64 { return int64(v.ID) },
		Records: rest.Each(func(v teamwork.TimeAccounting) rest.Record {
			return rest.Record{
				{"id", v.ID}, {"ticket_id", v.TicketID}, {"ticket_article_id", v.TicketArticleID}, {"time_unit", rest.Decimal(v.TimeUnit)},
				{"type_id", v.TypeID}, {"created_by_id", v.CreatedByID}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
			}
		}),
		Expand: func(ctx context.Context, items []teamwork.TimeAccounting, records []rest.Record) error {
			types, err := collab.TimeAccountingTypes.Names(ctx, s.Store.DB)
			if err != nil {
				return err
			}
			users := make([]desk.UserID, len(items))
			for i, v := range items {
				users[i] = v.CreatedByID
			}
			names, err := s.Store.NamesOf(ctx, users, nil)
			if err != nil {
				return err
			}
			for i, v := range items {
				rest.AddName(&records[i], "type", v.TypeID, types)
				rest.AddName(&records[i], "created_by", &v.CreatedByID, names.Logins)
			}
			return nil
		},
	}
}

// ticketMeant reads whose time is meant: that of the ticket in the path, or else in the parameters;
// 0: that of all.
func ticketMeant(r *http.Request, p rest.Params) (desk.TicketID, error) {
	if r.PathValue("ticket_id") != "" {
		return rest.PathID[desk.TicketID](r, "ticket_id", desk.ObjectTicket)
	}
	return rest.IDIn[desk.TicketID](p, "ticket_id")
}

// maySeeTime lets those see all time who administer it, and others that of tickets they work on.
func (s *Room) maySeeTime(ctx context.Context, who *desk.Caller, ticket desk.TicketID) error {
	all := who.Can("admin.time_accounting")
	if ticket == 0 {
		if all {
			return nil
		}
		return &desk.ForbiddenError{}
	}
	_, err := s.ticket(ctx, who, ticket, func(a desk.TicketAccess, t desk.Ticket) error {
		if all {
			return nil
		}
		return a.MayChangeAsAgent(t)
	})
	return err
}

func (s *Room) listTimes(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, page, err := rest.ListParams(r, rest.IndexPages)
	if err != nil {
		return err
	}
	orders, err := rest.Ordering(p, []string{"id", "ticket_id", "ticket_article_id", "time_unit", "type_id", "created_by_id", "created_at", "updated_at"}, false)
	if err != nil {
		return err
	}
	ticket, err := ticketMeant(r, p)
	if err != nil {
		return err
	}
	if err := s.maySeeTime(ctx, rest.Caller(r), ticket); err != nil {
		return err
	}
	filter := collab.TimeAccountingFilter{TicketID: ticket}
	items, err := s.Store.TimeAccountings(ctx, filter, orders, page)
	if err != nil {
		return err
	}
	return s.timeAccountingView().List(w, r, p, items, func() (int, error) { return s.Store.CountTimeAccountings(ctx, filter) })
}

// timeIn returns the time that a path names.
func timeIn(ctx context.Context, tx *store.Store, r *http.Request, ticket desk.TicketID) (teamwork.TimeAccounting, error) {
	id, err := rest.PathID[teamwork.TimeAccountingID](r, "id", timeAccountingClass)
	if err != nil {
		return teamwork.TimeAccounting{}, err
	}
	missing := &desk.MissingError{Class: timeAccountingClass, ID: int64(id)}
	if id == 0 {
		return teamwork.TimeAccounting{}, missing
	}
	found, err := tx.TimeAccountings(ctx, collab.TimeAccountingFilter{TicketID: ticket, ID: id}, nil, table.Page{Limit: 1})
	if err != nil {
		return teamwork.TimeAccounting{}, err
	}
	if len(found) == 0 {
		return teamwork.TimeAccounting{}, missing
	}
	return found[0], nil
}

func (s *Room) getTime(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	ticket, err := ticketMeant(r, p)
	if err != nil {
		return err
	}
	if err := s.maySeeTime(r.Context(), rest.Caller(r), ticket); err != nil {
		return err
	}
	v, err := timeIn(r.Context(), s.Store, r, ticket)
	if err != nil {
		return err
	}
	return s.timeAccountingView().One(w, r, p, http.StatusOK, v)
}

func (s *Room) createTime(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := ticketMeant(r, in.Params)
	if err != nil {
		return err
	}
	var v teamwork.TimeAccounting
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		before, err := lockedTicket(ctx, tx, in.Who, id, func(_ desk.TicketAccess, t desk.Ticket) error {
			return teamwork.MayAccountTime(in.Who, t, in.Catalog)
		})
		if err != nil {
			return err
		}
		v = teamwork.TimeAccounting{TicketID: id, CreatedByID: in.Who.User.ID}
		if err := readTime(ctx, tx, in, &v); err != nil {
			return err
		}
		after := before
		if err := tx.AccountTime(ctx, &after, &v); err != nil {
			return err
		}
		return saveTicket(ctx, tx, in, before, after)
	})
	if err != nil {
		return err
	}
	return s.answerTime(w, r, in.Params, http.StatusCreated, v.ID)
}

// answerTime answers with time as the next GET of it will show it.
func (s *Room) answerTime(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id teamwork.TimeAccountingID) error {
	found, err := s.Store.TimeAccountings(r.Context(), collab.TimeAccountingFilter{ID: id}, nil, table.Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return &desk.MissingError{Class: timeAccountingClass, ID: int64(id)}
	}
	return s.timeAccountingView().One(w, r, p, status, found[0])
}

// readTime takes time as a client wrote it.
func readTime(ctx context.Context, tx *store.Store, in *rest.Input, v *teamwork.TimeAccounting) (err error) {
	p := in.Params
	if p.Has("time_unit") || v.ID == 0 {
		if v.TimeUnit, err = teamwork.TimeUnit(p["time_unit"]); err != nil {
			return err
		}
	}
	types, err := collab.TimeAccountingTypes.All(ctx, tx.DB)
	if err != nil {
		return err
	}
	rest.Reference(in, &v.TypeID, "type", types, func(t teamwork.TimeAccountingType) string { return t.Name })
	if in.Err != nil || !p.Has("ticket_article_id") {
		return in.Err
	}
	article, err := rest.IDIn[desk.ArticleID](p, "ticket_article_id")
	if err != nil || article == 0 {
		v.TicketArticleID = nil
		return err
	}
	fits, err := tx.ArticleIsOf(ctx, article, v.TicketID)
	if err == nil && !fits {
		err = rest.Invalid("ticket_article_id", "Ticket article is not part of the ticket")
	}
	v.TicketArticleID = &article
	return err
}

func (s *Room) updateTime(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var id teamwork.TimeAccountingID
	err = s.changeTime(r, in, func(ctx context.Context, tx *store.Store, v teamwork.TimeAccounting) error {
		id = v.ID
		before := v
		if err := readTime(ctx, tx, in, &v); err != nil {
			return err
		}
		return tx.SaveTimeAccounting(ctx, before, v)
	})
	if err != nil {
		return err
	}
	return s.answerTime(w, r, in.Params, http.StatusOK, id)
}

func (s *Room) deleteTime(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	err = s.changeTime(r, in, func(ctx context.Context, tx *store.Store, v teamwork.TimeAccounting) error {
		return tx.DeleteTimeAccounting(ctx, v)
	})
	if err != nil {
		return err
	}
	return rest.Deleted(w)
}

// changeTime changes the time that a path names, and lets its ticket know.
func (s *Room) changeTime(r *http.Request, in *rest.Input, change func(ctx context.Context, tx *store.Store, v teamwork.TimeAccounting) error) error {
	ctx := r.Context()
	ticket, err := ticketMeant(r, rest.Params{})
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Store) error {
		v, err := timeIn(ctx, tx, r, ticket)
		if err != nil {
			return err
		}
		before, err := tx.LockTicket(ctx, v.TicketID)
		if err != nil {
			return err
		}
		if v, err = timeIn(ctx, tx, r, v.TicketID); err != nil { // as it is now that nobody else can change it
			return err
		}
		if err := change(ctx, tx, v); err != nil {
			return err
		}
		after := before
		if after.TimeUnit, err = tx.TimeSpent(ctx, v.TicketID); err != nil {
			return err
		}
		return saveTicket(ctx, tx, in, before, after)
	})
}

// timeTypes are the activities that time is spent on.
func (s *Room) timeTypes() *rest.Resource[teamwork.TimeAccountingType, teamwork.TimeAccountingTypeID] {
	return &rest.Resource[teamwork.TimeAccountingType, teamwork.TimeAccountingTypeID]{
		House: s.House,
		Table: collab.TimeAccountingTypes,
		View: func(*desk.Caller) rest.View[teamwork.TimeAccountingType] {
			shown := rest.ViewOf(s.House, collab.TimeAccountingTypes)
			shown.Records = rest.Each(func(v teamwork.TimeAccountingType) rest.Record {
				return rest.Record{{"id", v.ID}, {"name", v.Name}, {"note", v.Note}, {"active", v.Active}}.Stamped(v.Stamp)
			})
			return shown
		},
		Sortable: []string{"name", "note", "active"},
		Fresh:    func() teamwork.TimeAccountingType { return teamwork.TimeAccountingType{Active: true} },
		Read: func(ctx context.Context, tx *store.Store, in *rest.Input, v *teamwork.TimeAccountingType) error {
			in.Name(&v.Name)
			in.Html(&v.Note, "note", rest.MaxNote)
			in.Flag(&v.Active, "active")
			if in.Err != nil {
				return in.Err
			}
			return collab.TimeAccountingTypes.CheckName(ctx, tx.DB, v.Name, v.ID)
		},
		Stays: true,
	}
}
