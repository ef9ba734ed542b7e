package personal

import (
	"context"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/personal"
)

// How many activities a list shows, unless or even if asked for more.
const (
	usualActivities = 25
	mostActivities  = 200
)

func activityRecord(a personal.Activity) rest.Record {
	return rest.Record{
		{"id", a.ID}, {"activity_stream_type_id", workspace.TypeLookupID(a.Type)}, {"activity_stream_object_id", workspace.ObjectLookupID(a.Object)},
		{"permission_id", a.PermissionID}, {"group_id", rest.IDOrNil(a.GroupID)}, {"o_id", a.OID}, {"created_by_id", a.CreatedByID},
		{"created_at", a.CreatedAt}, {"updated_at", a.CreatedAt},
	}
}

func (s *Room) activityView(who *desk.Caller) rest.View[personal.Activity] {
	return rest.View[personal.Activity]{
		Model:   "ActivityStream",
		ID:      func(a personal.Activity) int64 { return int64(a.ID) },
		Records: rest.Each(activityRecord),
		Expand: func(ctx context.Context, activities []personal.Activity, records []rest.Record) error {
			var users []desk.UserID
			for _, a := range activities {
				users = append(users, a.CreatedByID)
			}
			names, err := s.Store.NamesOf(ctx, users, nil)
			for i, a := range activities {
				records[i].Add("object", a.Object)
				records[i].Add("type", a.Type)
				rest.AddName(&records[i], "created_by", &a.CreatedByID, names.Logins)
			}
			return err
		},
		Relatives: func(ctx context.Context, activities []personal.Activity, _ []rest.Record, assets *rest.Record) error {
			records, authors := named{}, rest.Set[desk.UserID]{}
			for _, a := range activities {
				records.add(a.Object, a.OID)
				authors.Add(a.CreatedByID)
			}
			found, err := s.see(ctx, who, records)
			if err != nil {
				return err
			}
			return s.addTo(ctx, who, assets, found, authors.Values()...)
		},
	}
}

// listActivities shows what others did last, to those who work here.
func (s *Room) listActivities(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	limit := usualActivities
	if !p.Blank("limit") {
		n, ok := rest.NumberOf(p["limit"])
		if !ok || n < 1 {
			return rest.InvalidParam("limit", p["limit"])
		}
		limit = int(min(n, mostActivities))
	}
	var activities []personal.Activity
	if who.Sees() {
		permissions := slices.DeleteFunc(slices.Clone(workspace.ActivityPermissions), func(name string) bool { return !who.UserCan(name) })
		if activities, err = s.Store.Activities(ctx, who.GroupsWith(desk.AccessRead), permissions, limit); err != nil {
			return err
		}
	}
	return s.activityView(who).List(w, r, p, activities, func() (int, error) { return len(activities), nil })
}
