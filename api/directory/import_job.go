package directory

import (
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
	"postroom/internal/store/seal"
)

func jobRecord(v desk.ImportJob) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"name", v.Name}, {"dry_run", v.DryRun}, {"payload", seal.Mask(v.Payload, rest.SecretMask)}, {"result", v.Result},
		{"started_at", v.StartedAt}, {"finished_at", v.FinishedAt}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

// showJob shows the reading that goes on, or else how the last one ended.
func (s *Room) showJob(name string, dryRun bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := rest.ReadParams(r)
		if err != nil {
			return err
		}
		job, err := s.Store.LastImportJob(r.Context(), name, dryRun, !p.Has("finished") || p.Flag("finished"))
		if errors.Is(err, desk.ErrNotFound) {
			return rest.Reply(w, r, rest.Record{})
		}
		if err != nil {
			return err
		}
		return rest.Reply(w, r, jobRecord(job))
	}
}

// beginJob has directories read. A dry run tries what was typed in under a key, or as it is.
func (s *Room) beginJob(name string, dryRun bool, key string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := rest.ReadParams(r)
		if err != nil {
			return err
		}
		var payload map[string]any
		if dryRun {
			typed, ok := p.Object(key)
			if !ok {
				typed = p
			}
			if typed, err = s.typedLDAP(r.Context(), typed); err != nil {
				return err
			}
			if len(typed) > 0 {
				payload = directorysync.Typed(typed)
			}
		}
		if err := s.Store.BeginImport(r.Context(), name, dryRun, payload); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
	}
}
