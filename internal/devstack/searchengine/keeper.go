package searchengine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"postroom/internal/devstack/host"
)

// Files of the node that tests share.
func usersFile(dir string) string   { return filepath.Join(dir, "users.lock") }
func startFile(dir string) string   { return filepath.Join(dir, "start.lock") }
func keeperFile(dir string) string  { return filepath.Join(dir, "keeper.lock") }
func addressFile(dir string) string { return filepath.Join(dir, "address") }

const keepUnused = 20 * time.Second // spares the next test run the start

// patience is how long another process may take to fetch and to start the node.
const patience = fetchWithin + 2*startWithin

// share finds or starts the node of all tests below dir. The file says that we use it, until it is
// closed, however we end.
func share(ctx context.Context, root, dir string) (url string, using *os.File, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	if using, err = host.WaitLock(ctx, patience, usersFile(dir), host.TryShared); err != nil {
		return "", nil, err
	}
	starting, err := host.WaitLock(ctx, patience, startFile(dir), host.TryExclusive)
	if err != nil {
		return "", nil, errors.Join(err, using.Close())
	}
	defer starting.Close()
	if url = running(ctx, dir); url == "" {
		url, err = startKeeper(ctx, root, dir)
	}
	if err != nil {
		return "", nil, errors.Join(err, using.Close())
	}
	return url, using, nil
}

// running returns the address of the node that a keeper keeps.
func running(ctx context.Context, dir string) string {
	address, err := os.ReadFile(addressFile(dir))
	if err != nil {
		return ""
	}
	free, err := host.LockFile(keeperFile(dir), host.TryExclusive)
	if err == nil {
		free.Close() // it was killed
		return ""
	}
	url := strings.TrimSpace(string(address))
	if host.Until(ctx, startWithin, func() (bool, error) { return healthy(ctx, url), nil }) != nil {
		return ""
	}
	return url
}

// startKeeper builds and starts the keeper, and waits for its node. We hold the start lock.
func startKeeper(ctx context.Context, root, dir string) (string, error) {
	keeper := filepath.Join(dir, "keeper")
	build := exec.CommandContext(ctx, "go", "build", "-o", keeper, "./internal/devstack/searchengine/keeper")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the keeper: %w:\n%s", err, output)
	}
	log, err := host.OpenLog(keeper + ".log")
	if err != nil {
		return "", err
	}
	defer log.Close()
	_ = os.Remove(addressFile(dir))
	cmd := exec.Command(keeper, dir)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	process, err := host.Launch(cmd, host.Account{}, 0)
	if err != nil {
		return "", err
	}
	var url string
	err = host.Until(ctx, fetchWithin+startWithin, func() (bool, error) {
		if url = running(ctx, dir); url == "" && !process.Running() {
			return false, errors.New("the keeper ended")
		}
		return url != "", nil
	})
	if err != nil {
		return "", fmt.Errorf("start a search engine for tests: %w; %s ends with:\n%s", err, log.Name(), host.LastLines(log.Name()))
	}
	return url, nil
}

// Keep runs the node below dir until nobody uses it any more. It is the whole of the keeper.
func Keep(ctx context.Context, dir string) error {
	only, err := host.WaitLock(ctx, startWithin, keeperFile(dir), host.TryExclusive) // the last one may be about to end
	if err != nil {
		return fmt.Errorf("be the only keeper: %w", err)
	}
	defer only.Close()
	if err := os.RemoveAll(filepath.Join(dir, "node")); err != nil { // what a killed run left
		return err
	}
	engine, err := Chosen()
	if err != nil {
		return err
	}
	n, err := engine.start(ctx, dir, dir, brief)
	if err != nil {
		return err
	}
	kept := host.Kept{
		Process: n.process, Users: usersFile(dir), Start: startFile(dir), Unused: keepUnused,
		End: func() {
			os.Remove(addressFile(dir))
			n.stop()
		},
	}
	if err := host.WriteFile(addressFile(dir), []byte(n.URL)); err != nil { // at once: others read it
		kept.End()
		return err
	}
	return kept.Keep(ctx)
}
