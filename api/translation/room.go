// Package translation answers what is asked about the texts that administrators want to read in
// place of those that a front end has.
package translation

import "postroom/api/rest"

// Room answers requests about translations.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }

// Routes are the addresses of translations.
func (s *Room) Routes(t *rest.Table) {
	const all = "/api/v1/translations"
	admin := rest.Needs("admin.translation")
	done := rest.Record{{"message", ""}}
	records := s.translations()
	records.Routes(t, "translations", admin, admin)
	view := records.View(rest.Anybody)
	list := rest.Record{{"total", 0}, {"list", []any{[]any{}}}}
	t.Handle("GET "+all+"/lang/{locale}", rest.Public, s.showLanguage).Gives(list)
	t.Handle("GET "+all+"/customized", admin, records.List).Asks(rest.ListQuery...).GivesOf(view.ListSample)
	t.Handle("GET "+all+"/search/{locale}", admin, s.search).Asks("query").Gives(rest.Record{{"items", []any{recordOf(empty)}}, {"total_count", 0}})
	body := rest.Record{{"locale", ""}, {"source", ""}, {"target", ""}}
	t.Handle("POST "+all+"/upsert", admin, s.put).Takes(body).GivesOf(view.OneSample)
	t.Handle("PUT "+all+"/upsert", admin, s.put).Takes(body).GivesOf(view.OneSample)
	t.Handle("POST "+all+"/reset", admin, s.forgetAll).Gives(done)
	t.Handle("PUT "+all+"/reset/{id}", admin, records.Delete)
	t.Handle("GET "+all+"/sync/{locale}", admin, s.sync).Gives(done)
	t.Handle("PUT "+all+"/push", admin, s.refusePush)
}
