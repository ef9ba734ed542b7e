package signin

import (
	"sync"
	"time"

	"postroom/internal/credential"
	"postroom/internal/desk/identity"
	"postroom/internal/store/signin"
)

// known is somebody who showed a secret, and what the secret is.
type known struct {
	signin.Credentials
	session identity.Session // id 0: the secret is not that of a session
	oauth   bool             // an application shows it
}

// callerCache keeps callers by their secret for a second: a client that sends many requests is
// looked up once. What changes in this process is seen at once (forget), what changes in another
// within a second.
type callerCache struct {
	mu      sync.Mutex
	entries map[string]cachedCaller
	now     func() time.Time
}

type cachedCaller struct {
	found known
	until time.Time
}

const (
	callerAge  = time.Second
	callerMost = 2000
	touchEvery = time.Minute // how exact the last use of a token or session is known
)

func newCallerCache() *callerCache {
	return &callerCache{entries: map[string]cachedCaller{}, now: time.Now}
}

// get returns who has a secret of a kind, looked up by its hash when it is not known.
func (c *callerCache) get(kind, secret string, lookUp func(hash []byte) (known, error)) (known, error) {
	hash := credential.HashToken(secret)
	key := kind + string(hash)
	c.mu.Lock()
	entry, ok := c.entries[key]
	c.mu.Unlock()
	if ok && c.now().Before(entry.until) {
		return entry.found, nil
	}
	found, err := lookUp(hash)
	if err != nil {
		return known{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= callerMost {
		clear(c.entries)
	}
	c.entries[key] = cachedCaller{found: found, until: c.now().Add(callerAge)}
	return found, nil
}

// due reports whether a token's last use has to be written.
func (c *callerCache) due(usedAt *time.Time) bool {
	return usedAt == nil || c.now().Sub(*usedAt) >= touchEvery
}

// forget makes every caller be looked up again. It is called after changes to people, roles,
// groups, tokens and sessions.
func (c *callerCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
}
