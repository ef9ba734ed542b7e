package personal

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
)

func notificationRecord(n workspace.OnlineNotification) rest.Record {
	return rest.Record{
		{"id", n.ID}, {"o_id", n.OID}, {"object_lookup_id", workspace.ObjectLookupID(n.Object)}, {"type_lookup_id", workspace.TypeLookupID(n.Type)},
		{"user_id", n.UserID}, {"seen", n.Seen},
	}.Stamped(n.Stamp)
}

func (s *Room) notificationView(who *desk.Caller) rest.View[workspace.OnlineNotification] {
	return rest.View[workspace.OnlineNotification]{
		Model:   "OnlineNotification",
		ID:      func(n workspace.OnlineNotification) int64 { return int64(n.ID) },
		Records: rest.Each(notificationRecord),
		Expand: func(ctx context.Context, told []workspace.OnlineNotification, records []rest.Record) error {
			var users []desk.UserID
			for _, n := range told {
				users = append(users, n.UserID, n.CreatedByID, n.UpdatedByID)
			}
			names, err := s.Store.NamesOf(ctx, users, nil)
			for i, n := range told {
				rest.AddName(&records[i], "user", &n.UserID, names.Logins)
				records[i].Add("object", n.Object)
				records[i].Add("type", n.Type)
				rest.AddStampNames(&records[i], n.Stamp, names.Logins)
			}
			return err
		},
		Relatives: func(ctx context.Context, told []workspace.OnlineNotification, _ []rest.Record, assets *rest.Record) error {
			records, authors := named{}, rest.Set[desk.UserID]{}
			for _, n := range told {
				records.add(n.Object, n.OID)
				authors.Add(n.UserID, n.CreatedByID)
			}
			found, err := s.see(ctx, who, records)
			if err != nil {
				return err
			}
			return s.addTo(ctx, who, assets, found, authors.Values()...)
		},
	}
}

func (s *Room) listNotifications(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, page, err := rest.ListParams(r, rest.ToldPages)
	if err != nil {
		return err
	}
	told, err := s.Store.OnlineNotifications(ctx, who.User.ID, who.GroupsWith(desk.AccessRead), page)
	if err != nil {
		return err
	}
	return s.notificationView(who).List(w, r, p, told, func() (int, error) { return len(told), nil })
}

// ownNotification returns the notification that a path names.
func (s *Room) ownNotification(r *http.Request) (workspace.OnlineNotification, error) {
	id, err := rest.PathID[workspace.OnlineNotificationID](r, "id", "OnlineNotification")
	if err != nil {
		return workspace.OnlineNotification{}, err
	}
	n, err := s.Store.OnlineNotification(r.Context(), id)
	if err == nil && n.UserID != rest.Caller(r).User.ID {
		err = &desk.ForbiddenError{}
	}
	return n, err
}

func (s *Room) getNotification(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	n, err := s.ownNotification(r)
	if err != nil {
		return err
	}
	return s.notificationView(rest.Caller(r)).One(w, r, p, http.StatusOK, n)
}

// updateNotification takes whether it was seen. There is nothing else that a reader could change.
func (s *Room) updateNotification(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	n, err := s.ownNotification(r)
	if err != nil {
		return err
	}
	seen := n.Seen
	p.SetBool(&seen, "seen")
	if seen != n.Seen {
		if err := s.Store.SetNotificationSeen(ctx, n.ID, seen, who.User.ID); err != nil {
			return err
		}
		if n, err = s.Store.OnlineNotification(ctx, n.ID); err != nil {
			return err
		}
	}
	return s.notificationView(who).One(w, r, p, http.StatusOK, n)
}

func (s *Room) deleteNotification(w http.ResponseWriter, r *http.Request) error {
	n, err := s.ownNotification(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteOnlineNotification(r.Context(), n.ID); err != nil {
		return err
	}
	return rest.Deleted(w)
}

func (s *Room) markAllAsRead(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.SetAllNotificationsSeen(r.Context(), rest.Caller(r).User.ID); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}
