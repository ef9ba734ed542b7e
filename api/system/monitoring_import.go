package system

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/importer"
)

// movesWithin is how often an import says how far it is, even one that the other helpdesk made rest.
const movesWithin = 70 * time.Minute

// importIssues names what is wrong with the last import of another helpdesk.
func (s *Room) importIssues(ctx context.Context, now time.Time) ([]string, error) {
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
		return []string{fmt.Sprintf("Failed to run import backend '%s'. Cause: %s", backend, rest.OneLine(rest.Cut(run.Error, rest.MaxNote)))}, nil
	case run.FinishedAt == nil && now.Sub(run.UpdatedAt) > movesWithin:
		return []string{fmt.Sprintf("Stuck import backend '%s' detected. Last update: %s", backend, run.UpdatedAt.Format(time.RFC3339))}, nil
	}
	return nil, nil
}
