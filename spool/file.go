package spool

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// writeFile makes a file appear whole or not at all, and on disk when it returns.
func writeFile(root *os.Root, name string, data []byte) (err error) {
	temporary := path.Join(path.Dir(name), "."+rand.Text()+".tmp") // several may write the same mail
	file, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, root.Remove(temporary))
	}
	if err := root.Rename(temporary, name); err != nil {
		return err
	}
	return syncFolder(root, path.Dir(name))
}

// lock keeps other processes from changing the spool until it is undone. It ends with the process,
// however that ends.
func lock(root *os.Root) (unlock func() error, err error) {
	file, err := root.OpenFile(".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.ENOLCK) {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil // without locks on this file system, too: keeping mail matters more
}

// syncFolder makes a renaming last.
func syncFolder(root *os.Root, name string) error {
	folder, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// mailIDs lists the mails of a kind.
func mailIDs(root *os.Root, kind Kind) (ids []string, err error) {
	files, err := fs.ReadDir(root.FS(), string(kind))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if id, isMail := strings.CutSuffix(file.Name(), ".eml"); isMail && file.Type().IsRegular() && isID(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// lookUp describes a mail, as well as can be told; false: there is none.
func lookUp(root *os.Root, kind Kind, id string) (Entry, bool) {
	info, err := root.Lstat(path.Join(string(kind), id+".eml"))
	if err != nil || !info.Mode().IsRegular() {
		return Entry{}, false
	}
	entry, known := readEntry(root, kind, id)
	if !known {
		entry = Entry{FirstAt: info.ModTime().UTC(), LastAt: info.ModTime().UTC()}
	}
	entry.ID, entry.Kind, entry.Size = id, kind, info.Size()
	return entry, true
}

// readEntry reads the reason beside a mail. One that can't be read counts as none: what matters is
// the mail.
func readEntry(root *os.Root, kind Kind, id string) (entry Entry, ok bool) {
	data, err := root.ReadFile(path.Join(string(kind), id+".json"))
	if err != nil || json.Unmarshal(data, &entry) != nil {
		return Entry{}, false
	}
	return entry, true
}
