package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/host"
)

// TestPythonClients runs the main flows of zammad_py and of zammadoo, as published, against the product.
func TestPythonClients(t *testing.T) {
	t.Parallel()
	python := host.Tool(t, "python3", "python3 python3-venv")
	if err := exec.Command(python, "-c", "import venv, ensurepip").Run(); err != nil {
		host.LeaveOut(t, "what makes environments of Python", "python3-venv")
	}
	installed := install(t, "clients/python/requirements.txt", func(ctx context.Context, lock, dir string) []*exec.Cmd {
		pip := filepath.Join(dir, "bin", "python")
		return []*exec.Cmd{
			exec.CommandContext(ctx, python, "-m", "venv", dir),
			exec.CommandContext(ctx, pip, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock),
		}
	})
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	for _, flow := range []string{"flow.py", "flow_zammadoo.py"} {
		// -B keeps compiled files out of the checkout.
		in.runFlow(filepath.Join("clients", "python", flow), filepath.Join(installed, "bin", "python"), "-B")
	}
}

// TestNodeClient runs the main flows of zammad-ts-api, as published, against the product.
func TestNodeClient(t *testing.T) {
	t.Parallel()
	node, npm := host.Tool(t, "node", "nodejs"), host.Tool(t, "npm", "npm")
	installed := install(t, "clients/node/package-lock.json", func(ctx context.Context, lock, dir string) []*exec.Cmd {
		ci := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		ci.Dir = dir
		return []*exec.Cmd{exec.CommandContext(ctx, "cp", filepath.Join(filepath.Dir(lock), "package.json"), lock, dir), ci}
	})
	// Node looks for packages in the folders above a program, so it runs from one beside them.
	dir := t.TempDir()
	flow := filepath.Join(dir, "flow.mjs")
	source, err := os.ReadFile("clients/node/flow.mjs")
	if err == nil {
		err = os.WriteFile(flow, source, 0o644)
	}
	if err == nil {
		err = os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		t.Fatal(err)
	}
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	in.runFlow(flow, node)
}

// runFlow runs a program of a client's user to its end, and fails with what it says.
func (in *instance) runFlow(flow string, command ...string) {
	in.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], flow)...)
	cmd.Env = append(os.Environ(), "URL="+in.base, "LOGIN="+agentLogin, "PASSWORD="+agentPassword,
		"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1") // both clients heed a proxy meant for the world outside
	if out, err := cmd.CombinedOutput(); err != nil {
		in.t.Errorf("%s: %v\n%s", flow, err, out)
	}
}

// runAll runs commands one after another, up to the first that fails.
func runAll(commands []*exec.Cmd) error {
	for _, cmd := range commands {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
		}
	}
	return nil
}

// install returns the folder with the packages that a lock file pins. It fetches them once a
// checkout and lock file, into var/test, which make clean removes.
func install(t *testing.T, lock string, commands func(ctx context.Context, lock, dir string) []*exec.Cmd) string {
	t.Helper()
	lock, err := filepath.Abs(lock)
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(pinned)
	all := filepath.Join(filepath.Dir(lock), "..", "..", "..", "var", "test", "clients")
	ready := filepath.Join(all, filepath.Base(filepath.Dir(lock))+"-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(ready); err == nil {
		return ready
	}
	if err := os.MkdirAll(all, 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(all, "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh) // nothing is left of it once it is renamed
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Minute)
	defer cancel()
	for try := 1; ; try++ {
		trouble := runAll(commands(ctx, lock, fresh))
		if trouble == nil {
			break
		}
		if try == 3 || ctx.Err() != nil { // networks fail for a moment
			host.LeaveOutAs(t, trouble.Error())
		}
		t.Logf("trying again: %v", trouble)
	}
	// Two test runs may install at once: the first is right, and the second as good.
	if err := os.Rename(fresh, ready); err != nil {
		if _, there := os.Stat(ready); there != nil {
			t.Fatal(err)
		}
	}
	return ready
}
