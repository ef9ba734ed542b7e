package blob

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"postroom/internal/desk"
)

// folder keeps blobs as files named by their sum, spread over 256 folders.
type folder struct{ dir string }

func (f folder) path(sum desk.BlobSum) string {
	name := hex.EncodeToString(sum[:])
	return filepath.Join(f.dir, name[:2], name)
}

// put writes a file so that after a crash it is there whole or not at all, and is on disk when put returns.
func (f folder) put(sum desk.BlobSum, data []byte) error {
	path := f.path(sum)
	dir := filepath.Dir(path)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return syncDir(dir) // whoever wrote it may have died before doing so
	}
	if err := makeDir(dir); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone already once it was renamed
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// get reads a file that a row says is there. If it isn't, the folder is not the one it was, perhaps
// for a moment only: nobody may take that for "there is no such blob".
func (f folder) get(sum desk.BlobSum) ([]byte, error) {
	data, err := os.ReadFile(f.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", errMissing, f.path(sum))
	}
	return data, err
}

var errMissing = errors.New("file is missing, is the folder of blobs mounted")

func (f folder) remove(sum desk.BlobSum) error {
	err := os.Remove(f.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// makeDir makes a folder, and those above it, so that they survive a power cut.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

// syncDir makes what was named in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
