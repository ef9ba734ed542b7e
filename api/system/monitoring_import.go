package system

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
	"postroom/internal/importer"
)

// movesWithin is how often an import says how far it is, even one that the other helpdesk made rest.
const movesWithin = 70 * time.Minute

// importIssues names what is wrong with the last import of another helpdesk, and the last reading of
// directories.
func (s *Room) importIssues(ctx context.Context, now time.Time) ([]string, error) {
	issues, err := s.helpdeskIssues(ctx, now)
	if err != nil {
		return nil, err
	}
	more, err := s.directoryIssues(ctx, now)
	return append(issues, more...), err
}

// directoryMovesWithin is how often a reading of a directory says how far it is.
const directoryMovesWithin = 5 * time.Minute

// directoryIssues is about those directories that are switched on.
func (s *Room) directoryIssues(ctx context.Context, now time.Time) (issues []string, err error) {
	c, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	for _, kind := range directorysync.Kinds {
		if !c.Settings.Bool(kind.Switch) {
			continue
		}
		job, err := s.Store.LastImportJob(ctx, kind.Name, false, true)
		if errors.Is(err, desk.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		cause, _ := job.Result["error"].(string)
		switch {
		case job.FinishedAt == nil && now.Sub(job.UpdatedAt) > directoryMovesWithin:
			issues = append(issues, stuck(kind.Name, job.UpdatedAt))
		case job.FinishedAt != nil && cause != "":
			issues = append(issues, failed(kind.Name, cause))
		}
	}
	return issues, nil
}

func failed(backend, cause string) string {
	return fmt.Sprintf("Failed to run import backend '%s'. Cause: %s", backend, rest.OneLine(rest.Cut(cause, rest.MaxNote)))
}

func stuck(backend string, since time.Time) string {
	return fmt.Sprintf("Stuck import backend '%s' detected. Last update: %s", backend, since.Format(time.RFC3339))
}

func (s *Room) helpdeskIssues(ctx context.Context, now time.Time) ([]string, error) {
	run, err := s.Store.LastHelpdeskImport(ctx, "")
	if errors.Is(err, desk.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h, _ := importer.Find(run.Source)
	backend := "Import::" + h.Title
	switch {
	case run.Error != "":
		return []string{failed(backend, run.Error)}, nil
	case run.FinishedAt == nil && now.Sub(run.UpdatedAt) > movesWithin:
		return []string{stuck(backend, run.UpdatedAt)}, nil
	}
	return nil, nil
}
