package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TempPlace is a folder for the servers of one test. Unlike t.TempDir, their account can enter it.
func TempPlace(t testing.TB) Place {
	t.Helper()
	dir, err := os.MkdirTemp("", "postroom-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	account, err := serverAccount(dir)
	if err == nil {
		err = account.Own(dir)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir) // as the servers will call it
	}
	if err != nil {
		t.Fatal(err)
	}
	if account.Other && !account.Reaches(dir) {
		t.Fatalf("user %s, who runs servers because we are root, cannot enter %s: set TMPDIR to a folder for all", account.Name, dir)
	}
	return Place{Dir: dir, Home: dir, Account: account}
}

// LeaveOut ends a test that needs a program which is not installed.
func LeaveOut(t testing.TB, what, packages string) {
	t.Helper()
	LeaveOutAs(t, fmt.Sprintf("%s is not installed (apt install %s)", what, packages))
}

// LeaveOutAs ends a test that needs what this machine or its network doesn't have, and says why. CI has
// everything, so there it is a failure.
func LeaveOutAs(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip("LEFT OUT: " + why)
}

// Tool returns the path of a program that a test uses as the other side, such as gpg. The test is
// left out where it is not installed; packages is what to install then.
func Tool(t testing.TB, program, packages string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		LeaveOut(t, program, packages)
	}
	return path
}
