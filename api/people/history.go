package people

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/directory"
)

func (s *Room) showUserHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	if _, err := s.Store.User(r.Context(), id); err != nil {
		return err
	}
	return s.showHistory(w, r, "User", int64(id), rest.Set[desk.UserID]{id: true}, rest.Set[desk.OrganizationID]{})
}

func (s *Room) showOrganizationHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.OrganizationID](r, "id", "Organization")
	if err != nil {
		return err
	}
	if _, err := directory.Organizations.Get(r.Context(), s.Store.DB, id); err != nil {
		return err
	}
	return s.showHistory(w, r, "Organization", int64(id), rest.Set[desk.UserID]{}, rest.Set[desk.OrganizationID]{id: true})
}

// showHistory answers with the history of a user or organization, and whoever is part of it.
func (s *Room) showHistory(w http.ResponseWriter, r *http.Request, object string, id int64, people rest.Set[desk.UserID], organizations rest.Set[desk.OrganizationID]) error {
	entries, err := s.Store.HistoryOfRecord(r.Context(), object, id)
	if err != nil {
		return err
	}
	history, authors := rest.History(entries)
	people.Add(authors...)
	assets, err := s.assetsOf(r.Context(), rest.Caller(r), people, organizations)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"history", history}, {"assets", assets}})
}

func (s *Room) assetsOf(ctx context.Context, who *desk.Caller, people rest.Set[desk.UserID], organizations rest.Set[desk.OrganizationID]) (rest.Record, error) {
	assets := rest.Record{}
	if err := s.AddPeople(ctx, who, &assets, people, organizations); err != nil {
		return nil, err
	}
	return assets, s.AddOrganizations(ctx, who, &assets, organizations)
}
