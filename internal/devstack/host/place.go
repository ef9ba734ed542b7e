package host

import (
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

// A Place is where the servers of one checkout keep their data, and the account they run under.
type Place struct {
	Dir     string // as the caller named it, absolute
	Home    string // where the servers write: dir, unless their account cannot reach it
	Account Account
}

// An Account is whom a server runs as. The zero value is ourselves.
type Account struct {
	Name     string
	UID, GID int
	Other    bool // not us: we are root and PostgreSQL refuses to be
	Owner    bool // of the checkout: who may run the stack without root next time
}

// OpenPlace makes the folder, and chooses who runs servers in it.
func OpenPlace(dir string) (Place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Place{}, err
	}
	account, err := serverAccount(dir)
	if err != nil {
		return Place{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Place{}, fmt.Errorf("folder for the development stack: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // as the servers will call it
		return Place{}, err
	}
	p := Place{Dir: dir, Home: dir, Account: account}
	if account.Reaches(dir) {
		return p, nil
	}
	sum := sha256.Sum256([]byte(dir))
	p.Home = filepath.Join("/var/lib/postroom", hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(p.Home, 0o755); err != nil {
		return Place{}, err
	}
	if !account.Reaches(p.Home) {
		return Place{}, fmt.Errorf("user %s, who runs the servers because we are root, can enter neither %s nor %s: "+
			"move the checkout, or set DATABASE_URL and REDIS_URL", account.Name, dir, p.Home)
	}
	return p, nil
}

// serverAccount is us, or as root the owner of the checkout, else an account without rights.
func serverAccount(dir string) (Account, error) {
	if os.Geteuid() != 0 {
		return Account{Name: strconv.Itoa(os.Geteuid())}, nil
	}
	if uid, gid := ownerOf(dir); uid != 0 {
		return Account{Name: strconv.Itoa(uid), UID: uid, GID: gid, Other: true, Owner: true}, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil {
			return Account{Name: name, UID: uid, GID: gid, Other: true}, nil
		}
	}
	return Account{}, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: " +
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

// Reaches reports whether the account can enter the folder. Asking the kernel beats computing:
// it knows about every parent, group and access list.
func (a Account) Reaches(dir string) bool {
	cmd := exec.Command("/bin/sh", "-c", `cd "$1"`, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = a.Attributes()
	return cmd.Run() == nil
}

// Attributes makes a command run under the account, out of reach of our terminal's Ctrl-C and of
// whoever ends all of our session.
func (a Account) Attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.Other {
		attr.Credential = &syscall.Credential{Uid: uint32(a.UID), Gid: uint32(a.GID)}
	}
	return attr
}

// Mkdir makes a folder that only the account enters.
func (a Account) Mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return a.Own(dir)
}

// Own hands a file or folder to the account, with all that is in it.
func (a Account) Own(path string) error {
	if !a.Other {
		return nil
	}
	return filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, a.UID, a.GID)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a server that still runs removed it while we looked
		}
		return err
	})
}

// WriteFile replaces a file at once, readable by us alone: it may hold a password.
func WriteFile(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err != nil {
		os.Remove(temp.Name())
		return err
	}
	return os.Rename(temp.Name(), path)
}
