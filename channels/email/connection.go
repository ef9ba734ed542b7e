package email

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

const (
	keepFor      = 15 * time.Second // an idle connection; many servers hang up after a minute
	keepMessages = 50               // sent over one connection; many servers allow a hundred
	keepEach     = 3                // idle connections of an account
	keepAll      = 50               // idle connections
	quitWithin   = 2 * time.Second
)

// connection is one to an SMTP server, logged in.
type connection struct {
	client   *smtp.Client
	conn     net.Conn
	messages int  // sent over it
	reused   bool // it was kept: the server may have hung up since
	idle     *time.Timer
}

// bind cuts the connection when ctx ends, until the function it returns is called. That one reports
// whether the connection is still whole.
func (c *connection) bind(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, c.cut)
}

func (c *connection) cut() { _ = c.conn.Close() }

// quit ends the connection in good manners, but not for long.
func (c *connection) quit() {
	patience := time.AfterFunc(quitWithin, c.cut)
	defer patience.Stop()
	_ = c.client.Quit()
	c.cut()
}

// idleConnections are those that wait for another message of their account.
type idleConnections struct {
	ending sync.WaitGroup

	mu     sync.Mutex
	byUser map[server][]*connection // the one used last is last
	count  int
	closed bool
}

func newIdleConnections() *idleConnections {
	return &idleConnections{byUser: map[server][]*connection{}}
}

// take returns a connection that waits for messages of an account, or nil.
func (i *idleConnections) take(account server) *connection {
	if i == nil {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for all := i.byUser[account]; len(all) > 0; all = i.byUser[account] {
		last := all[len(all)-1]
		i.drop(account, last)
		if last.idle.Stop() {
			last.reused = true
			return last
		}
	}
	return nil
}

// drop forgets a connection. The lock is held.
func (i *idleConnections) drop(account server, gone *connection) bool {
	all := i.byUser[account]
	for n, one := range all {
		if one != gone {
			continue
		}
		if all = append(all[:n:n], all[n+1:]...); len(all) == 0 {
			delete(i.byUser, account)
		} else {
			i.byUser[account] = all
		}
		i.count--
		return true
	}
	return false
}

// keep lets a connection wait for another message, if there is room for it. Otherwise it is ended.
func (i *idleConnections) keep(account server, c *connection) {
	if i == nil || !i.put(account, c) {
		c.quit()
	}
}

func (i *idleConnections) put(account server, c *connection) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed || c.messages >= keepMessages || len(i.byUser[account]) >= keepEach || i.count >= keepAll {
		return false
	}
	i.byUser[account] = append(i.byUser[account], c)
	i.count++
	c.idle = time.AfterFunc(keepFor, func() { i.expire(account, c) })
	return true
}

func (i *idleConnections) expire(account server, c *connection) {
	i.mu.Lock()
	ours := i.drop(account, c)
	if ours {
		i.ending.Add(1)
	}
	i.mu.Unlock()
	if ours {
		defer i.ending.Done()
		c.quit()
	}
}

// close ends what waits, and lets nothing wait any more.
func (i *idleConnections) close() {
	i.mu.Lock()
	i.closed = true
	var waiting []*connection
	for account, all := range i.byUser {
		for _, c := range all {
			c.idle.Stop()
			waiting = append(waiting, c)
		}
		delete(i.byUser, account)
	}
	i.count = 0
	i.mu.Unlock()
	for _, c := range waiting {
		i.ending.Go(c.quit)
	}
	i.ending.Wait()
}
