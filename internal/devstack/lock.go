package devstack

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// errLocked: another process holds the lock.
var errLocked = errors.New("locked by another process")

// The ways to lock a file. The lock ends with the process, however that ends.
const (
	tryExclusive = syscall.LOCK_EX | syscall.LOCK_NB
	tryShared    = syscall.LOCK_SH | syscall.LOCK_NB
)

// lockFile opens and locks the file at path; closing it unlocks.
func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return file, nil
	}
	file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, err
}

// waitLock locks the file as soon as the others let go.
func waitLock(ctx context.Context, path string, how int) (file *os.File, err error) {
	err = until(ctx, 2*startWithin, func() (bool, error) {
		file, err = lockFile(path, how)
		if errors.Is(err, errLocked) {
			return false, nil
		}
		return err == nil, err
	})
	return file, err
}
