package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"postroom/api/rest"
	"postroom/internal/credential"
)

// What guessing passwords costs.
const (
	failuresAtATime = 32          // in this process; more are turned away at once
	verifiedFor     = time.Minute // a right password is not hashed again for so long
	verifiedMost    = 1000        // remembered at once
)

// logins checks passwords. Because a hash is dear on purpose and a client with Basic sends the
// password with every request, it remembers for a minute which were right: not the passwords,
// but their MAC under a key that nobody else has, bound to the stored hash, so that a changed
// password is wrong at once.
type logins struct {
	takes time.Duration // every failed attempt
	key   []byte
	slots chan struct{} // attempts that are being checked, or wait for their failure to have taken long enough

	checks singleflight.Group // a client that sends many requests at once has its password hashed once

	mu       sync.Mutex
	verified map[[sha256.Size]byte]time.Time // until when
}

// noHash is a hash of no password, so that an unknown name takes as long as a known one. It is made
// when it is first needed: that is dear, and most servers of tests never need it.
var noHash = sync.OnceValue(func() string {
	hash, _ := credential.HashPassword(credential.NewToken())
	return hash
})

func newLogins(takes time.Duration) *logins {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // crypto/rand never fails
	return &logins{
		takes: takes, key: key, slots: make(chan struct{}, failuresAtATime),
		verified: map[[sha256.Size]byte]time.Time{},
	}
}

// verdict on a password.
type verdict struct {
	right bool
	fresh bool  // it was hashed just now, not remembered
	err   error // it could not be checked
}

// check reports whether a password belongs to a hash; an empty hash belongs to nobody.
func (l *logins) check(hash, name, password string) verdict {
	key := l.mac(hash, name, password)
	if hash != "" && l.remembered(key) {
		return verdict{right: true}
	}
	found, _, _ := l.checks.Do(string(key[:]), func() (any, error) { return l.verify(key, hash, password), nil })
	return found.(verdict)
}

// verify hashes a password, if not too many are being hashed.
func (l *logins) verify(key [sha256.Size]byte, hash, password string) verdict {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		return verdict{err: rest.ErrTooMany}
	}
	if hash == "" {
		credential.VerifyPassword(noHash(), password)
		return verdict{}
	}
	if !credential.VerifyPassword(hash, password) {
		return verdict{}
	}
	l.remember(key)
	return verdict{right: true, fresh: true}
}

// ask is check for a password that somebody else knows: knows asks there.
func (l *logins) ask(source, name, password string, knows func() (bool, error)) verdict {
	key := l.mac("known to "+source, name, password)
	if l.remembered(key) {
		return verdict{right: true}
	}
	found, _, _ := l.checks.Do(string(key[:]), func() (any, error) {
		select {
		case l.slots <- struct{}{}:
			defer func() { <-l.slots }()
		default:
			return verdict{err: rest.ErrTooMany}, nil
		}
		right, err := knows()
		if right {
			l.remember(key)
		}
		return verdict{right: right, fresh: right, err: err}, nil
	})
	return found.(verdict)
}

// refuse is the answer to a failed attempt, after the time that it has to take.
func (l *logins) refuse(ctx context.Context, text string) error {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		return rest.ErrTooMany
	}
	wait := time.NewTimer(l.takes)
	defer wait.Stop()
	select {
	case <-wait.C:
		return rest.Unauthorized(text)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *logins) mac(hash, name, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, l.key)
	for _, part := range []string{hash, name, password} {
		_, _ = mac.Write([]byte(part))
		_, _ = mac.Write([]byte{0})
	}
	mac.Sum(sum[:0])
	return sum
}

func (l *logins) remembered(key [sha256.Size]byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok := l.verified[key]
	return ok && time.Now().Before(until)
}

func (l *logins) remember(key [sha256.Size]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if len(l.verified) >= verifiedMost {
		for k, until := range l.verified {
			if !now.Before(until) {
				delete(l.verified, k)
			}
		}
	}
	if len(l.verified) < verifiedMost {
		l.verified[key] = now.Add(verifiedFor)
	}
}
