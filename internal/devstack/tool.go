package devstack

import (
	"os/exec"
	"testing"
)

// Tool returns the path of a program that a test uses as the other side, such as gpg. The test is
// left out where it is not installed; packages is what to install then.
func Tool(t testing.TB, program, packages string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		leaveOut(t, program, packages)
	}
	return path
}
