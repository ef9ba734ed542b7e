package automation

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// How many requests are shown, unless or even if asked for more.
const (
	usualLogs = 50
	mostLogs  = 1000
)

func (s *Room) httpLogView() rest.View[desk.HTTPLog] {
	return rest.View[desk.HTTPLog]{
		Model: "HttpLog",
		ID:    func(v desk.HTTPLog) int64 { return int64(v.ID) },
		Records: rest.Each(func(v desk.HTTPLog) rest.Record {
			return rest.Record{
				{"id", v.ID}, {"direction", v.Direction}, {"facility", v.Facility}, {"method", v.Method}, {"url", v.URL}, {"status", v.Status},
				{"ip", v.IP}, {"request", v.Request}, {"response", v.Response}, {"updated_by_id", v.UpdatedByID},
				{"created_by_id", v.CreatedByID}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
			}
		}),
		Expand: s.expandHTTPLogs,
	}
}

func (s *Room) expandHTTPLogs(ctx context.Context, items []desk.HTTPLog, records []rest.Record) error {
	var people []desk.UserID
	for _, v := range items {
		if v.CreatedByID != nil {
			people = append(people, *v.CreatedByID)
		}
	}
	found, err := s.Store.NamesOf(ctx, people, nil)
	if err != nil {
		return err
	}
	for i, v := range items {
		rest.AddName(&records[i], "created_by", v.CreatedByID, found.Logins)
		rest.AddName(&records[i], "updated_by", v.UpdatedByID, found.Logins)
	}
	return nil
}

// listHTTPLogs shows the newest requests to and from other systems.
func (s *Room) listHTTPLogs(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	limit := int64(usualLogs)
	if !p.Blank("limit") {
		n, ok := rest.NumberOf(p["limit"])
		if !ok || n < 1 {
			return rest.InvalidParam("limit", p["limit"])
		}
		limit = min(n, mostLogs)
	}
	logs, err := s.Store.HTTPLogs(r.Context(), r.PathValue("facility"), int(limit))
	if err != nil {
		return err
	}
	return s.httpLogView().List(w, r, p, logs, func() (int, error) { return len(logs), nil })
}

// addHTTPLog keeps a request that another program made.
func (s *Room) addHTTPLog(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	v := desk.HTTPLog{CreatedByID: &in.Who.User.ID}
	for _, text := range []struct {
		key string
		dst *string
	}{{"direction", &v.Direction}, {"facility", &v.Facility}, {"method", &v.Method}, {"url", &v.URL}} {
		in.Text(text.dst, text.key, maxEndpoint)
		if *text.dst == "" {
			in.Keep(rest.Invalid(text.key, "Attribute '%s' required!", text.key))
		}
	}
	in.NullText(&v.Status, "status", rest.MaxName)
	in.NullText(&v.IP, "ip", rest.MaxName)
	in.Object(&v.Request, "request")
	in.Object(&v.Response, "response")
	if in.Err != nil {
		return in.Err
	}
	if err := s.Store.AddHTTPLog(r.Context(), &v); err != nil {
		return err
	}
	stored, err := s.Store.HTTPLog(r.Context(), v.ID)
	if err != nil {
		return err
	}
	return s.httpLogView().One(w, r, in.Params, http.StatusCreated, stored)
}
