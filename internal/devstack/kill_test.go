package devstack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"postroom/internal/devstack/host"
)

// helperDir tells this test binary to run a stack in the folder instead of tests, until its
// standard input ends.
const helperDir = "DEVSTACK_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(helperDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.DatabaseURL())
	io.Copy(io.Discard, os.Stdin)
	s.Stop()
}

func TestStackSurvivesTheDeathOfItsProcess(t *testing.T) {
	t.Parallel()
	accounts := map[string]host.Account{"ourselves": {}}
	if os.Geteuid() == 0 {
		accounts["an ordinary user"] = ordinaryUser(t)
	}
	for name, account := range accounts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := host.TempPlace(t)
			if account.Other {
				if err := account.Own(place.Dir); err != nil {
					t.Fatal(err)
				}
			}
			program := copyOfThisBinary(t, place.Dir)
			dir := filepath.Join(place.Dir, "var")
			killed := startHelper(t, program, dir, account)
			query(t, killed.url, "CREATE TABLE kept AS SELECT 1 AS one")
			killed.cmd.Process.Kill()
			killed.cmd.Wait()
			next := startHelper(t, program, dir, account)
			query(t, next.url, "SELECT one FROM kept")
			next.stdin.Close()
			if err := next.cmd.Wait(); err != nil {
				t.Errorf("ending the second process: %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "postmaster.pid")); err == nil {
				t.Error("PostgreSQL was not shut down in order")
			}
		})
	}
}

type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	url   string
}

func startHelper(t *testing.T, program, dir string, account host.Account) helper {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Dir = filepath.Dir(program)
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.SysProcAttr = account.Attributes()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "postgres://") {
		t.Fatalf("start of the helper: %q, %v", line, err)
	}
	return helper{cmd: cmd, stdin: stdin, url: strings.TrimSpace(line)}
}

// copyOfThisBinary lies where another account can run it.
func copyOfThisBinary(t *testing.T, dir string) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "helper")
	if err := host.WriteProgram(program, binary); err != nil {
		t.Fatal(err)
	}
	return program
}

func ordinaryUser(t *testing.T) host.Account {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return host.Account{Name: "nobody", UID: uid, GID: gid, Other: true}
}
