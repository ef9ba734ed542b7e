package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/elastic"
	"postroom/internal/store"
)

// Program is one run of the binary as a verb sees it.
type Program struct {
	In       io.Reader
	Out, Err io.Writer
	// Spool names the folder of mail that could not be processed; no database is needed for that.
	Spool func() (string, error)
	// Open connects to the installation that is there. Whoever opens it closes it.
	Open func(ctx context.Context) (*House, error)
}

// House is an installation that is there.
type House struct {
	Log      *slog.Logger
	Store    *store.Store
	Blobs    *blob.Store
	Engine   *elastic.Engine
	Spool    string        // folder
	Outgoing egress.Policy // of requests to the world
	Close    func()
}

// GroupNamed returns the id of a group; no id for no name.
func (h *House) GroupNamed(ctx context.Context, name string) (desk.GroupID, error) {
	if name == "" {
		return 0, nil
	}
	id, err := h.Store.RecordID(ctx, "groups", "name", name)
	if errors.Is(err, desk.ErrNotFound) {
		return 0, fmt.Errorf("there is no group %q", name)
	}
	return desk.GroupID(id), err
}
