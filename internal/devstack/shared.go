package devstack

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack/host"
)

// moduleRoot is the folder of go.mod at or above the working folder, else the working folder.
func moduleRoot() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return cmp.Or(here, "."), nil
		}
	}
}

// shared is the PostgreSQL that all test processes of a checkout use together. The first one
// starts it through a keeper, a process of its own that ends it when the last one is gone.
type shared struct {
	url   string
	using *os.File // shared lock: says that we are there, until we end, however we end
}

// sharedServer finds or starts the server, once a process.
var sharedServer = sync.OnceValues(func() (*shared, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 6*host.StartWithin)
	defer cancel()
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := sharedFolder(root)
	if err != nil {
		return nil, err
	}
	using, err := host.WaitLock(ctx, 4*host.StartWithin, usersFile(dir), host.TryShared)
	if err != nil {
		return nil, err
	}
	starting, err := host.WaitLock(ctx, 4*host.StartWithin, startFile(dir), host.TryExclusive)
	if err != nil {
		return nil, err
	}
	defer starting.Close()
	databaseURL, _, running := Find(dir)
	if !running {
		if databaseURL, err = startKeeper(ctx, root, dir); err != nil {
			return nil, err
		}
	}
	return &shared{url: databaseURL, using: using}, nil
})

func usersFile(dir string) string { return filepath.Join(dir, "users.lock") }

func startFile(dir string) string { return filepath.Join(dir, "start.lock") }

func keeperFile(dir string) string { return filepath.Join(dir, "keeper.lock") }

// sharedFolder is var/test of the checkout, or a temporary folder where we may not write there.
func sharedFolder(root string) (string, error) {
	dir := filepath.Join(root, "var", "test")
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		var file *os.File
		if file, err = host.LockFile(usersFile(dir), host.TryShared); err == nil {
			file.Close()
		}
	}
	if !errors.Is(err, fs.ErrPermission) {
		return dir, nil // what else is wrong comes out when the folder is used
	}
	sum := sha256.Sum256([]byte(root))
	dir = filepath.Join(os.TempDir(), "postroom-test-"+strconv.Itoa(os.Geteuid())+"-"+hex.EncodeToString(sum[:4]))
	return dir, os.MkdirAll(dir, 0o755)
}

// startKeeper builds and starts the keeper, and waits for its server. We hold the start lock.
func startKeeper(ctx context.Context, root, dir string) (string, error) {
	if databaseURL, err := awaitKeeper(ctx, dir); databaseURL != "" || err != nil {
		return databaseURL, err
	}
	program := filepath.Join(dir, "keeper")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./internal/devstack/keeper")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the keeper: %w:\n%s", err, output)
	}
	log, err := host.OpenLog(program + ".log")
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.Command(program, dir)
	cmd.Dir = root
	cmd.Stdout, cmd.Stderr = log, log
	keeper, err := host.Launch(cmd, host.Account{}, 0)
	if err != nil {
		return "", err
	}
	var databaseURL string
	err = host.Until(ctx, 2*host.StartWithin, func() (ok bool, _ error) {
		if databaseURL, _, ok = Find(dir); !ok && !keeper.Running() {
			return false, errors.New("the keeper ended")
		}
		return ok, nil
	})
	if err != nil {
		return "", fmt.Errorf("start PostgreSQL for tests: %w; %s ends with:\n%s", err, log.Name(), host.LastLines(log.Name()))
	}
	return databaseURL, nil
}

// awaitKeeper waits while there is a keeper: its server may only be slow to answer, on a busy
// machine or with no connection left. It returns no URL once there is none.
func awaitKeeper(ctx context.Context, dir string) (databaseURL string, err error) {
	err = host.Until(ctx, 2*host.StartWithin, func() (ok bool, _ error) {
		if lock, err := host.LockFile(keeperFile(dir), host.TryExclusive); !errors.Is(err, host.ErrLocked) {
			if err == nil {
				err = lock.Close()
			}
			return true, err
		}
		databaseURL, _, ok = Find(dir)
		return ok, nil
	})
	return databaseURL, err
}

const keepUnused = 30 * time.Second // spares the next test run the start

// Keep runs the PostgreSQL of the tests below dir until no process uses it any more. It is the
// whole of the keeper.
func Keep(ctx context.Context, dir string, log *slog.Logger) error {
	place, err := host.OpenPlace(dir)
	if err != nil {
		return err
	}
	// A second keeper would take the first one's server for one that a killed run left behind.
	only, err := host.LockFile(keeperFile(place.Dir), host.TryExclusive)
	if err != nil {
		return fmt.Errorf("be the only keeper: %w", err)
	}
	defer only.Close()
	server, err := startTestPostgres(ctx, place, log)
	if err != nil {
		return err
	}
	kept := host.Kept{
		Process: server.process, Users: usersFile(place.Dir), Start: startFile(place.Dir), Unused: keepUnused,
		End: func() {
			removeState(place.Dir)
			server.end()
		},
	}
	if err := (state{DatabaseURL: server.URL()}).write(place.Dir); err != nil {
		kept.End()
		return err
	}
	return kept.Keep(ctx)
}

// startTestPostgres starts a server that is quick because it promises nothing. What a crash left
// of it is thrown away.
func startTestPostgres(ctx context.Context, place host.Place, log *slog.Logger) (*PostgresServer, error) {
	dir := filepath.Join(place.Home, "postgres")
	s := &PostgresServer{dir: dir, account: place.Account, log: log}
	if err := s.endOrphan(ctx); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(s.data(), "postmaster.pid")); err == nil {
		if err := os.RemoveAll(s.data()); err != nil {
			return nil, err
		}
	}
	s, err := newPostgres(ctx, dir, place, Options{Log: log})
	if err != nil {
		return nil, err
	}
	s.quick = true
	s.settings = []string{
		"fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=128MB",
		"max_connections=500", "max_wal_size=2GB", "jit=off",
	}
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	return s, sweep(ctx, s.URL())
}

// databaseURL is the address of another database of the server.
func (s *shared) databaseURL(name string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url // we made it ourselves
	}
	u.Path = "/" + name
	return u.String()
}

func (s *shared) connect(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, s.url) }
