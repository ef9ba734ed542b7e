package host

import (
	"context"
	"errors"
	"time"
)

// Kept is a server that many processes use. Each holds users shared; whoever may start it holds start.
type Kept struct {
	Process      *Process
	Users, Start string // lock files
	Unused       time.Duration
	End          func() // ends the server; the second time it does nothing
}

// Keep keeps the server until nobody has used it for a while, or ctx ends.
func (k Kept) Keep(ctx context.Context) error {
	defer k.End()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for lastUse := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-k.Process.Ended:
			return errors.New("the server ended by itself")
		case <-ticker.C:
		}
		if k.used() {
			lastUse = time.Now()
		}
		if time.Since(lastUse) > k.Unused && k.endUnused() {
			return nil
		}
	}
}

// endUnused ends the server unless somebody came just now: whoever comes waits for the start lock.
func (k Kept) endUnused() bool {
	starting, err := LockFile(k.Start, TryExclusive)
	if err != nil {
		return false
	}
	defer starting.Close()
	if k.used() {
		return false
	}
	k.End()
	return true
}

func (k Kept) used() bool {
	file, err := LockFile(k.Users, TryExclusive)
	if err != nil {
		return true
	}
	file.Close()
	return false
}
