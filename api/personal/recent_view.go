package personal

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
)

// How many views a list shows, and how many are looked at to find so many that may be shown.
const (
	viewsShown  = 10
	viewsLooked = 50
)

func recentViewRecord(v workspace.RecentView) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"recent_view_object_id", workspace.ObjectLookupID(v.Object)}, {"o_id", v.OID}, {"created_by_id", v.CreatedByID},
		{"created_at", v.CreatedAt}, {"updated_at", v.CreatedAt},
	}
}

func (s *Room) recentViewView() rest.View[workspace.RecentView] {
	return rest.View[workspace.RecentView]{
		Model:   "RecentView",
		ID:      func(v workspace.RecentView) int64 { return int64(v.ID) },
		Records: rest.Each(recentViewRecord),
		Expand: func(ctx context.Context, views []workspace.RecentView, records []rest.Record) error {
			var users []desk.UserID
			for _, v := range views {
				users = append(users, v.CreatedByID)
			}
			names, err := s.Store.NamesOf(ctx, users, nil)
			for i, v := range views {
				records[i].Add("object", v.Object)
				rest.AddName(&records[i], "created_by", &v.CreatedByID, names.Logins)
			}
			return err
		},
	}
}

// listRecentViews shows what the caller looked at last, as far as it may still be seen.
func (s *Room) listRecentViews(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	looked, err := s.Store.RecentViews(ctx, who.User.ID, table.Page{Limit: viewsLooked})
	if err != nil {
		return err
	}
	records := named{}
	for _, v := range looked {
		records.add(v.Object, v.OID)
	}
	found, err := s.see(ctx, who, records)
	if err != nil {
		return err
	}
	var views []workspace.RecentView
	for _, v := range looked {
		if len(views) < viewsShown && found.has(v.Object, v.OID) {
			views = append(views, v)
		}
	}
	view := s.recentViewView()
	view.Relatives = func(ctx context.Context, views []workspace.RecentView, _ []rest.Record, assets *rest.Record) error {
		shown := named{}
		for _, v := range views {
			shown.add(v.Object, v.OID)
		}
		found, err := s.see(ctx, who, shown)
		if err != nil {
			return err
		}
		return s.addTo(ctx, who, assets, found)
	}
	return view.List(w, r, p, views, func() (int, error) { return len(views), nil })
}

// noteView remembers that the caller looked at a record.
func (s *Room) noteView(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	class := p.Text("object")
	if class != desk.ObjectTicket && class != classUser && class != classOrganization {
		return rest.Invalid("object", "The parameter 'object' is invalid.")
	}
	id, err := rest.IDIn[int64](p, "o_id")
	if err != nil {
		return err
	}
	records := named{}
	records.add(class, id)
	found, err := s.see(ctx, who, records)
	if err != nil {
		return err
	}
	if !found.has(class, id) {
		return s.unseen(ctx, class, id)
	}
	if err := s.Store.View(ctx, who.User.ID, class, id); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}})
}

// unseen says why a record can't be seen: there is none, or it is not for everybody.
func (s *Room) unseen(ctx context.Context, class string, id int64) (err error) {
	switch class {
	case desk.ObjectTicket:
		_, err = s.Store.Ticket(ctx, desk.TicketID(id))
	case classUser:
		_, err = s.Store.User(ctx, desk.UserID(id))
	case classOrganization:
		_, err = directory.Organizations.Get(ctx, s.Store.DB, desk.OrganizationID(id))
	}
	if err == nil {
		err = &desk.ForbiddenError{}
	}
	return err
}
