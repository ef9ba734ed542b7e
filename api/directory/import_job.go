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

// beginJob has directories read. A dry run tries what was typed in under its key, or as it is.
func (s *Room) beginJob(name string, dryRun bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := rest.ReadParams(r)
		if err != nil {
			return err
		}
		var payload map[string]any
		if dryRun {
			typed, ok := p.Object(directorysync.PayloadKey(name))
			if !ok {
				typed = p
			}
			if typed, err = s.unmasked(r, name, typed); err != nil {
				return err
			}
			if len(typed) > 0 {
				payload = directorysync.Typed(name, typed)
			}
		}
		if err := s.Store.BeginImport(r.Context(), name, dryRun, payload); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
	}
}

// unmasked puts the secret that is stored in place of the mask that stands for it.
func (s *Room) unmasked(r *http.Request, name string, typed map[string]any) (map[string]any, error) {
	if name == desk.ImportLDAP {
		return s.typedLDAP(r.Context(), typed)
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	return seal.Unmask(typed, map[string]any{"password": directorysync.Stored(catalog).Password}, rest.SecretMask), nil
}
