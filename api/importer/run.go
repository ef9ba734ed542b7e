package importer

import (
	"errors"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/importer"
)

// start begins an import, or goes on with one that ended early.
func (s *Room) start(w http.ResponseWriter, r *http.Request, h importer.Helpdesk) error {
	c, err := s.Catalog(r)
	if err != nil {
		return err
	}
	helpdesk, err := importer.Open(h.Name, c.Settings, s.client())
	if err == nil {
		err = helpdesk.Check(r.Context())
	}
	if err != nil {
		return refuse(w, h, err)
	}
	if _, err := importer.Begin(r.Context(), s.Store, h.Name); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

// shownFor is how long whoever waits for an import may see that it has ended, without being known.
const shownFor = time.Hour

// showStatus tells how far the import is. Who waits for it has no account yet.
func (s *Room) showStatus(w http.ResponseWriter, r *http.Request, h importer.Helpdesk) error {
	run, err := s.Store.LastHelpdeskImport(r.Context(), h.Name)
	none := errors.Is(err, desk.ErrNotFound)
	if err != nil && !none {
		return err
	}
	over := none || run.FinishedAt != nil && time.Since(*run.FinishedAt) > shownFor
	if over && !administrates(r) {
		done, err := s.Store.IsSetUp(r.Context())
		if err != nil {
			return err
		}
		if done {
			return rest.WriteJSON(w, http.StatusOK, setUp)
		}
	}
	if none {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "not running"}})
	}
	if h.Inspects {
		return rest.WriteJSON(w, http.StatusOK, otrsStatus(run))
	}
	return rest.WriteJSON(w, http.StatusOK, status(h, run))
}

var (
	statusSample = status(importer.Helpdesk{}, desk.HelpdeskImport{})
	otrsSample   = otrsStatus(desk.HelpdeskImport{})
)

// status is a run as clients know it.
func status(h importer.Helpdesk, run desk.HelpdeskImport) rest.Record {
	result := map[string]any{}
	for kind, count := range run.Result {
		result[kind] = count
	}
	if run.Error != "" {
		result["error"] = run.Error
	}
	return rest.Record{
		{"id", int64(run.ID)}, {"name", "Import::" + h.Title}, {"dry_run", false}, {"payload", map[string]any{}}, {"result", result},
		{"started_at", run.StartedAt}, {"finished_at", run.FinishedAt}, {"created_at", run.CreatedAt}, {"updated_at", run.UpdatedAt},
	}
}

// otrsStatus is a run as clients know it that watch an import of OTRS.
func otrsStatus(run desk.HelpdeskImport) rest.Record {
	state, message := "in_progress", "import running"
	switch {
	case run.Error != "":
		state, message = "error", run.Error
	case run.FinishedAt != nil:
		state, message = "import_done", "import done"
	}
	return rest.Record{{"result", state}, {"message", message}, {"data", rest.Record{
		{"Base", progress(run, "Groups", "States", "Priorities", "Fields")},
		{"User", progress(run, "Users", "Organizations")},
		{"Ticket", progress(run, "Tickets")},
	}}, {"started_at", run.StartedAt}, {"finished_at", run.FinishedAt}}
}

func progress(run desk.HelpdeskImport, kinds ...string) rest.Record {
	done, total := 0, 0
	for _, kind := range kinds {
		count := run.Result[kind]
		done, total = done+count.Sum, total+max(count.Total, count.Sum)
	}
	return rest.Record{{"done", done}, {"total", total}}
}
