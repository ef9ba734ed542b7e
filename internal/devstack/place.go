package devstack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// A place is where the servers of one checkout keep their data, and the account they run under.
type place struct {
	dir     string // as the caller named it, absolute
	home    string // where the servers write: dir, unless their account cannot reach it
	account account
}

// An account is whom a server runs as. The zero value is ourselves.
type account struct {
	name     string
	uid, gid int
	other    bool // not us: we are root and PostgreSQL refuses to be
	owner    bool // of the checkout: who may run the stack without root next time
}

func openPlace(dir string) (place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, err
	}
	account, err := serverAccount(dir)
	if err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return place{}, fmt.Errorf("folder for the development stack: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // as the servers will call it
		return place{}, err
	}
	p := place{dir: dir, home: dir, account: account}
	if account.reaches(dir) {
		return p, nil
	}
	sum := sha256.Sum256([]byte(dir))
	p.home = filepath.Join("/var/lib/postroom", hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(p.home, 0o755); err != nil {
		return place{}, err
	}
	if !account.reaches(p.home) {
		return place{}, fmt.Errorf("user %s, who runs the servers because we are root, can enter neither %s nor %s: "+
			"move the checkout, or set DATABASE_URL and REDIS_URL", account.name, dir, p.home)
	}
	return p, nil
}

// serverAccount is us, or as root the owner of the checkout, else an account without rights.
func serverAccount(dir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{name: strconv.Itoa(os.Geteuid())}, nil
	}
	if uid, gid := ownerOf(dir); uid != 0 {
		return account{name: strconv.Itoa(uid), uid: uid, gid: gid, other: true, owner: true}, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil {
			return account{name: name, uid: uid, gid: gid, other: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: " +
		"run as an ordinary user, or set DATABASE_URL and REDIS_URL")
}

// ownerOf returns who owns the folder, or the nearest one above that exists.
func ownerOf(dir string) (uid, gid int) {
	for {
		info, err := os.Stat(dir)
		if err == nil {
			stat, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				return 0, 0
			}
			return int(stat.Uid), int(stat.Gid)
		}
		if dir == filepath.Dir(dir) {
			return 0, 0
		}
		dir = filepath.Dir(dir)
	}
}

// reaches reports whether the account can enter the folder. Asking the kernel beats computing:
// it knows about every parent, group and access list.
func (a account) reaches(dir string) bool {
	cmd := exec.Command("/bin/sh", "-c", `cd "$1"`, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = a.attributes()
	return cmd.Run() == nil
}

// attributes makes a command run under the account, out of reach of our terminal's Ctrl-C and of
// whoever ends all of our session.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.other {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// mkdir makes a folder that only the account enters.
func (a account) mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return a.own(dir)
}

// own hands a file or folder to the account, with all that is in it.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, a.uid, a.gid)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a server that still runs removed it while we looked
		}
		return err
	})
}

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
