package host

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// The ways to lock a file. The lock ends with the process, however that ends.
const (
	TryExclusive = syscall.LOCK_EX | syscall.LOCK_NB
	TryShared    = syscall.LOCK_SH | syscall.LOCK_NB
)

// LockFile opens and locks the file at path; closing it unlocks.
func LockFile(path string, how int) (*os.File, error) {
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
		return nil, ErrLocked
	}
	return nil, err
}

// WaitLock locks the file as soon as the others let go, within the time.
func WaitLock(ctx context.Context, within time.Duration, path string, how int) (file *os.File, err error) {
	err = Until(ctx, within, func() (bool, error) {
		file, err = LockFile(path, how)
		if errors.Is(err, ErrLocked) {
			return false, nil
		}
		return err == nil, err
	})
	return file, err
}
