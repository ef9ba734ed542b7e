package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"postroom/internal/devstack/host"
)

// binaries are those of one PostgreSQL version.
type binaries struct {
	dir     string // of initdb and postgres
	version string // as it prints it: 15.13
	major   int
}

// oldestMajor is the oldest PostgreSQL that the schema works with.
const oldestMajor = 14

var errNoPostgres = errors.New(`no PostgreSQL found, and none could be fetched. Do one of these:
    sudo apt install postgresql           (Debian, Ubuntu)
    brew install postgresql@17            (macOS)
    export DATABASE_URL=postgres://…      (a PostgreSQL 14 or later that you have)`)

// findBinaries returns binaries that can read data of the major version, or any if that is empty.
func findBinaries(ctx context.Context, place host.Place, major string, opts Options) (binaries, error) {
	if opts.Postgres != Fetched {
		for _, dir := range installedFolders() {
			b, err := inspectBinaries(ctx, dir)
			if err != nil || b.major < oldestMajor || (major != "" && strconv.Itoa(b.major) != major) {
				continue
			}
			if place.Account.Reaches(dir) {
				return b, nil
			}
		}
		if opts.Postgres == Installed {
			return binaries{}, errNoPostgres
		}
	}
	b, err := fetchBinaries(ctx, place, major, "", opts.Log)
	if err != nil {
		return binaries{}, noPostgres(major, place.Home, err)
	}
	return b, nil
}

// noPostgres says what to do where no binaries are to be had.
func noPostgres(major, dir string, err error) error {
	if major != "" {
		err = fmt.Errorf("the data in %s is of PostgreSQL %s: %w", dir, major, err)
	}
	return fmt.Errorf("%w\n(%w)", errNoPostgres, err)
}

// installedFolders lists where server binaries may be, best first.
func installedFolders() []string {
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian
		"/usr/pgsql-*/bin",          // Red Hat
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		slices.SortFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		folders = append(folders, found...)
	}
	return folders
}

// versionIn is the number in a path such as /usr/lib/postgresql/15/bin.
func versionIn(path string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, path)
	n, _ := strconv.Atoi(digits) // none: oldest
	return n
}

// inspectBinaries asks the binaries in dir for their version.
func inspectBinaries(ctx context.Context, dir string) (binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	for try := 0; errors.Is(err, syscall.ETXTBSY) && try < 100; try++ {
		// A program that we start at the same time has a copy of our open files for a moment, and
		// what was unpacked just now can't be run as long as somebody has it open for writing.
		pause(ctx, 50*time.Millisecond)
		out, err = exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	}
	if err != nil {
		return binaries{}, err
	}
	fields := strings.Fields(string(out)) // postgres (PostgreSQL) 15.13 (Debian …)
	if len(fields) < 3 {
		return binaries{}, fmt.Errorf("unknown version %q", out)
	}
	number, _, _ := strings.Cut(fields[2], ".")
	major, err := strconv.Atoi(number)
	return binaries{dir: dir, version: fields[2], major: major}, err
}

// command runs a program of PostgreSQL under the server's account.
func (s *PostgresServer) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.binaries.dir, name), args...)
	cmd.Dir = s.dir
	cmd.Env = host.CleanEnv()
	cmd.SysProcAttr = s.account.Attributes()
	return cmd
}
