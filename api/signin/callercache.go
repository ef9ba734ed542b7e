package signin

import (
	"sync"
	"time"

	"postroom/internal/store"
)

type storeCredentials = store.Credentials

// callerCache keeps callers by their token for a second: a client that sends many requests is
// looked up once. What changes in this process is seen at once (forget), what changes in another
// within a second.
type callerCache struct {
	mu      sync.Mutex
	entries map[string]cachedCaller
	now     func() time.Time
}

type cachedCaller struct {
	found store.Credentials
	until time.Time
}

const (
	callerAge  = time.Second
	callerMost = 2000
	touchEvery = time.Minute // how exact a token's last use is known
)

func newCallerCache() *callerCache {
	return &callerCache{entries: map[string]cachedCaller{}, now: time.Now}
}

// get returns the caller with a token, looked up by its hash when it is not known.
func (c *callerCache) get(token string, lookUp func(hash []byte) (store.Credentials, error)) (store.Credentials, error) {
	hash := hashOf(token)
	key := string(hash)
	c.mu.Lock()
	entry, ok := c.entries[key]
	c.mu.Unlock()
	if ok && c.now().Before(entry.until) {
		return entry.found, nil
	}
	found, err := lookUp(hash)
	if err != nil {
		return store.Credentials{}, err
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
// groups and tokens.
func (c *callerCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
}
